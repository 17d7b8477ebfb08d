"""Merging by hand: what follows while the integration worktree is a person's, from the asking to the answer.

`merge manual` reserves the worktree in the journal first, so that whoever takes over after a crash leaves it
alone. Then the conflicted merge is prepared there. From then on nothing else happens in it until the person
says `merge` (their commit is taken and goes the way of every merge: checked, then proven or taken back) or
`merge abort`.
"""

from collections.abc import Iterator
from shlex import quote

from tmux_orchestra.core import actions as a
from tmux_orchestra.core import events as e
from tmux_orchestra.core.state import RunState, Status


def waiting_for(state: RunState) -> str:
    """Say whose merge is in a person's hands, "" if none is."""
    if state.by_hand is None:
        return ""
    return (state.start.target or "the target") if state.by_hand.task == e.INTEGRATION else state.by_hand.task


def asked_of_the_person(state: RunState) -> str:
    """Say what is to be done about the merge that is in a person's hands."""
    stands = state.by_hand.stands if state.by_hand else None
    if stands is None:
        return "its merge is being prepared for you"
    return (
        f"its merge is in your hands: resolve and commit it in {stands.path}, then run: tmux-orchestra merge "
        "(to give up: tmux-orchestra merge abort)"
    )


def candidate(state: RunState, task: str = "") -> str:
    """Return whose conflict a person could resolve now: the named one's, else the first; "" if there is none."""
    conflicted = [t.id for t in state.tasks.values() if t.status is Status.CONFLICTED and not t.resolved]
    if task:
        return task if task in conflicted else ""
    return next(iter(conflicted), e.INTEGRATION if state.target_conflict else "")


def prepare(state: RunState, *, busy: bool) -> Iterator[a.Action]:
    """Bring about the conflicted merge that was reserved, once no other one is under way."""
    by_hand = state.by_hand
    if by_hand is None or by_hand.stands or busy:
        return
    if by_hand.problem:
        gone = e.MergeAbandoned(task=by_hand.task, reason=by_hand.problem, request=by_hand.request)
        yield a.Record(event=gone)
    else:
        yield a.HandOver(task=by_hand.task, commit=by_hand.commit, request=by_hand.request)


def answer(state: RunState, wish: e.MergeRequested, *, busy: bool) -> Iterator[a.Action]:
    """Answer a request that is about a merge by hand."""
    by_hand = state.by_hand
    if by_hand is None:
        if wish.how == "abort":
            yield _refuse(wish, "no merge is in your hands", "tmux-orchestra status")
        elif not busy or state.ended:
            yield from _reserve(state, wish)
    elif by_hand.stands is None:
        return  # it is being prepared, and that answers
    elif by_hand.problem:
        yield _refuse(wish, by_hand.problem)
    elif wish.how == "abort":
        yield a.GiveBack(task=by_hand.task, request=wish.id)
    elif wish.how == "automatic":
        yield a.TakeResolution(task=by_hand.task, request=wish.id)
    elif wish.task in ("", by_hand.task):
        yield a.HandOver(task=by_hand.task, commit=by_hand.stands.commit, request=wish.id)
    else:
        what = waiting_for(state)
        yield _refuse(wish, f"the merge of {what} is in your hands already", "tmux-orchestra merge, or merge abort")


def _reserve(state: RunState, wish: e.MergeRequested) -> Iterator[a.Action]:
    task = candidate(state, wish.task)
    if not task:
        yield _refuse(wish, f"{wish.task or 'nothing'} has no conflict to resolve", "tmux-orchestra status")
    elif not state.integration_worktree:
        yield _refuse(wish, "the integration worktree is gone, by a cleanup", f"tmux-orchestra retry {task}")
    elif state.target_merge:
        yield _refuse(wish, f"{state.start.target} is merged in and not yet moved", "tmux-orchestra merge")
    else:
        work = state.tasks[task].work if task in state.tasks else None
        reserved = e.MergeReserved(task=task, commit=work.commit if work else "", request=wish.id)
        yield a.Record(event=reserved)


def _refuse(wish: e.MergeRequested, reason: str, hint: str = "") -> a.Record:
    return a.Record(event=e.MergeRefused(reason=reason, hint=hint, request=wish.id))


def instructions(stands: e.MergeHandedOver, run: str) -> str:
    """Return what a person is told who resolves the merge: where it waits, what conflicts, and every command."""
    what = "Your branch" if stands.task == e.INTEGRATION else stands.task
    conflicts = "\n".join(f"  {ascii(path)[1:-1]}" for path in stands.paths)
    commands = (
        (f"cd {quote(stands.path)}", ""),
        ("git status", "what is still in conflict"),
        ("git mergetool", "or edit the files: what both sides meant should live on"),
        ("git add FILE...", "each one that is resolved"),
        ("git commit", "keep the lines at the end of the message"),
        (f"tmux-orchestra merge --run {run}", "checks the result, and goes on"),
    )
    width = max(len(command) for command, why in commands if why)
    steps = "\n".join(f"  {command:{width if why else 0}}{'   ' * bool(why)}{why}" for command, why in commands)
    return (
        f"{what} conflicts with what is merged already, in:\n{conflicts}\n\n"
        f"The merge waits for you; nothing else is merged meanwhile:\n{steps}\n\n"
        f"To give up: tmux-orchestra merge abort --run {run}"
    )
