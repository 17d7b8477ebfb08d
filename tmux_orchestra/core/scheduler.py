"""Deciding: state + time -> actions. Pure; the same state and time always give the same actions.

`decide` says what should be happening now, not what is new: an action comes again until its event is in
the journal. Whoever executes leaves out what is under way already. So a supervisor that starts after a
crash needs nothing but the journal.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from tmux_orchestra.core import actions as a
from tmux_orchestra.core import by_hand
from tmux_orchestra.core import events as e
from tmux_orchestra.core.forecast import in_best_order, look_ahead
from tmux_orchestra.core.lifecycle import (
    LAUNCH_TIMEOUT,
    could_not,
    end_leftover,
    free_from_person,
    not_before,
    pending_check,
    prompt_deadline,
    quiet_deadline,
    step,
    stepped_in,
)
from tmux_orchestra.core.plan import PRIORITIES
from tmux_orchestra.core.settings import Settings
from tmux_orchestra.core.state import LIVE, LOST, RunState, Status, TaskState

SEND_TIMEOUT = timedelta(seconds=15)
"""How long an agent may take to confirm a text that was typed into it."""

ENTER_AGAIN = timedelta(seconds=2)
"""How long a typed text may stay unconfirmed before Enter is pressed again: an agent that is just drawing loses it."""


def decide(state: RunState, settings: Settings, now: datetime) -> list[a.Action]:
    """Return everything that should be done now, most important first."""
    actions = [*_answers(state, now)]
    if state.ended:
        # A launch that was under way when its task was called off may have been late.
        return actions + [action for task in state.tasks.values() for action in end_leftover(task)]
    actions += foundations(state, settings, now)
    for task in state.tasks.values():
        actions += step(state, task, now)
    if not any(isinstance(action, a.Record) for action in actions):
        # A conclusion may take a slot again (somebody answered a task that had given its own up): first it is drawn.
        actions += _starts(state, settings, now)
    actions += _unproven_merges(state)
    actions += _next_merge(state)
    actions += look_ahead(state)
    if not actions and _all_over(state):
        actions += _finish(state)
    return actions


# --- slots -------------------------------------------------------------------------------------------


def holds_slot(task: TaskState, settings: Settings, now: datetime) -> bool:
    """Whether the task counts against `max_instances`: a person may keep it waiting only for a while."""
    if task.status is Status.ATTENTION:
        return task.alive and task.since is not None and now < task.since + timedelta(seconds=settings.attention_grace)
    return task.status in LIVE or task.alive


def ready(state: RunState, task: TaskState, now: datetime) -> bool:
    """Whether nothing but a slot keeps a waiting task from being prepared."""
    return (
        task.status is Status.WAITING
        and not (task.hold_wished or task.holds or task.cancel_wished or task.alive)
        and all(state.tasks[d].status is Status.MERGED for d in task.task.depends_on)
        and (not_before(state, task) or now) <= now
        and (state.limit_until or now) <= now
        and state.integration_problem is None
    )


def _starts(state: RunState, settings: Settings, now: datetime) -> Iterator[a.Action]:
    waiting = [t for t in state.tasks.values() if t.status is Status.WAITING and not t.cancel_wished]
    for task in waiting:
        lost = [d for d in task.task.depends_on if state.tasks[d].status in LOST]
        if lost and not task.retry_wished and not any(state.tasks[d].retry_wished for d in lost):
            yield a.Record(event=e.TaskSkipped(task=task.id, reason=f"{lost[0]} {state.tasks[lost[0]].status}"))
        elif state.integration_problem:
            yield from could_not(task, state.integration_problem)
    free = settings.max_instances - sum(holds_slot(t, settings, now) for t in state.tasks.values())
    candidates = [t for t in waiting if ready(state, t, now)]
    candidates.sort(key=lambda t: PRIORITIES.index(t.task.priority))
    for task in candidates[: max(free, 0)]:
        yield a.Record(event=e.TaskPreparing(task=task.id))


# --- what everything stands on ------------------------------------------------------------------------


def foundations(state: RunState, settings: Settings, _now: datetime) -> list[a.Action]:
    """Return what is still missing of the integration worktree, the windows, and the checks on the untouched base."""
    return list(_missing_foundations(state, settings))


def _missing_foundations(state: RunState, settings: Settings) -> Iterator[a.Action]:
    if state.session and (missing := tuple(t.id for t in state.tasks.values() if not t.window and not t.settled)):
        yield a.OpenWindows(tasks=missing)
    if state.integration_problem:
        return
    if not state.integration_worktree:
        yield a.CreateIntegration()
    elif settings.setup and state.integration_setup is None:
        yield a.RunSetup(task=e.INTEGRATION)
    elif missing := tuple(c for c in state.start.checks if c not in state.baseline):
        yield a.RunBaseline(command=missing[0])


# --- merging -----------------------------------------------------------------------------------------


def _unproven_merges(state: RunState) -> Iterator[a.Action]:
    """Take back what is on the integration branch and will not be proven there, whatever became of its task."""
    for task in state.tasks.values():
        if task.half_merged:
            before = task.merge.before if task.merge else state.tip
            yield a.RevertMerge(task=task.id, before=before, reason="it was not carried through")


def _merging(state: RunState) -> bool:
    """Whether the integration branch's tip is not proven yet."""
    return any(task.status is Status.MERGING or task.half_merged for task in state.tasks.values())


def _next_merge(state: RunState) -> Iterator[a.Action]:
    """Let one finished task into the integration branch at a time: the order in which the fewest conflict."""
    if not state.integration_worktree or _merging(state):
        return
    if state.target_merge:  # until that is settled, nobody's work may come on top of it
        yield from _settle_target_merge(state, state.target_merge)
        return
    if state.by_hand or (state.merge_wish and state.merge_wish.how == "manual"):
        return
    if task := next((t for t in state.tasks.values() if t.resolved and t.status is Status.CONFLICTED), None):
        yield a.Record(event=e.TaskMerging(task=task.id, reason="resolved by hand"))
        return
    finished = [
        t for t in state.tasks.values()
        if t.status is Status.FINISHED and not (t.holds or t.hold_wished or t.cancel_wished or stepped_in(t))
    ]  # fmt: skip
    if finished:
        yield a.Record(event=e.TaskMerging(task=in_best_order(state, finished)[0].id))
    elif state.merge_policy == "each":
        yield from bring_to_target(state)


def _settle_target_merge(state: RunState, merge: e.MergeFinished) -> Iterator[a.Action]:
    if state.merge_policy != "manual":
        yield from bring_to_target(state)
    elif state.merge_wish is None:
        yield a.RevertMerge(task=e.INTEGRATION, before=merge.before, reason="nobody asks for it any more")


def bring_to_target(state: RunState, request: str = "") -> Iterator[a.Action]:
    """Move the target to the integration branch's tip, once the tip's tree has passed the gates."""
    if state.tip == state.start.base and state.target_merge is None:
        return
    if state.moved and state.moved.commit == state.tip and not request:
        return
    red = (
        f"{state.integration_check.command} is red once {state.start.target} is merged in"
        if state.integration_check
        else ""
    )
    problem = state.target_problem or state.integration_problem
    told = f"{problem.reason}. {problem.hint}".strip() if problem else red
    if state.target_merge and told:
        yield a.RevertMerge(task=e.INTEGRATION, before=state.target_merge.before, reason=told)
    elif problem:
        if state.refused is None or request:
            yield a.Record(event=_refusal(state, told, request))
    elif red:
        yield a.Record(event=_refusal(state, red, request))
    elif state.target_merge and (check := pending_check(state, state.tip_tree)):
        yield a.RunCheck(task=e.INTEGRATION, command=check, tree=state.tip_tree)
    elif state.refused is None or request:
        yield a.MoveTarget(commit=state.tip, request=request)


def _refusal(state: RunState, reason: str, request: str) -> e.TargetRefused:
    hint = f"the result is on {state.start.integration}"
    return e.TargetRefused(target=state.start.target, reason=reason, hint=hint, request=request)


# --- the end -----------------------------------------------------------------------------------------


def _all_over(state: RunState) -> bool:
    """Whether nothing is left to do or to end; of an ended agent, the launcher's word is waited for."""
    over = (t.settled and t.cleared == t.attempt and not (t.alive or t.launching) for t in state.tasks.values())
    return all(over)


def _finish(state: RunState) -> Iterator[a.Action]:
    if state.by_hand and not state.cancelled:
        return
    if state.merge_policy != "manual" and state.refused is None:
        moves = list(bring_to_target(state))
        if moves:
            yield from moves
            return
    merged = [t for t in state.tasks.values() if t.status is Status.MERGED]
    if len(merged) == len(state.tasks):
        outcome: a.Outcome = "failed" if state.refused else "done"
    else:
        failed = any(t.status in LOST - {Status.CANCELLED, Status.SKIPPED} for t in state.tasks.values())
        outcome = (
            "failed" if failed or not any(t.status is Status.CANCELLED for t in state.tasks.values()) else "cancelled"
        )
    summary = f"{len(merged)} of {len(state.tasks)} tasks merged"
    yield a.Record(event=e.RunEnded(outcome=outcome, summary=summary))


# --- requests that wait for an answer -------------------------------------------------------------------


def _answers(state: RunState, now: datetime) -> Iterator[a.Action]:
    yield from by_hand.prepare(state, busy=_merging(state) or state.target_merge is not None)
    if state.merge_wish:
        yield from _answer_merge(state, state.merge_wish)
    if state.cleanup_wish:
        wish = state.cleanup_wish
        if state.by_hand:
            kept = {"run": f"{by_hand.waiting_for(state)}: {by_hand.asked_of_the_person(state)}"}
            yield a.Record(event=e.CleanupFinished(request=wish.id, kept=kept))
        elif state.ended:
            yield a.Cleanup(request=wish.id, scope=wish.scope, keep_ignored=wish.keep_ignored)
        else:
            kept = {"run": "it is not over; wait for it, or cancel it first"}
            yield a.Record(event=e.CleanupFinished(request=wish.id, kept=kept))
    if state.undo_wish:
        yield _answer_undo(state, state.undo_wish)
    for request in state.sends.values():
        yield from _answer_send(state, request, now)


def _answer_merge(state: RunState, wish: e.MergeRequested) -> Iterator[a.Action]:
    request = wish.id
    if state.by_hand or wish.how != "automatic":
        yield from by_hand.answer(state, wish, busy=_merging(state) or state.target_merge is not None)
        return
    if _merging(state):
        return
    if state.start.target is None:
        yield a.Record(event=_refusal(state, "the run has no target: it was started on a detached HEAD", request))
    elif state.tip == state.start.base:
        yield a.Record(event=_refusal(state, "nothing is merged into the integration branch yet", request))
    else:
        yield from bring_to_target(state, request)


def _answer_undo(state: RunState, wish: e.UndoRequested) -> a.Action:
    """Take the last step back, if it is the one that was meant."""
    step, reason = state.last_step, ""
    if step is None or step.number != wish.step:
        reason = "it is not the last thing that was done any more"
    elif step.kind == "cleanup" and not state.ended:
        reason = "the run goes on: its worktrees are being made as they are needed"
    elif step.kind == "merge" and (_merging(state) or state.by_hand):
        reason = "a merge is under way"
    elif step.kind == "cancel" and any(not state.tasks[task].settled for task in step.tasks):
        reason = "it is still being called off"
    elif step.kind != "cancel":
        return a.Undo(request=wish.id, step=step)
    return a.Record(event=e.UndoFinished(request=wish.id, step=wish.step, undone=not reason, reason=reason))


def _answer_send(state: RunState, request: e.SendRequested, now: datetime) -> Iterator[a.Action]:
    task = state.tasks[request.task]

    def answer(reason: str) -> a.Record:
        return a.Record(event=e.SendFinished(task=task.id, id=request.id, delivered=not reason, reason=reason))

    dialog = task.asked or task.failure  # Enter would answer it
    if tries := state.pasted.get(request.id, ()):
        if task.prompt_digest == e.prompt_digest(request.text) and task.with_person:
            yield answer("")
        elif now >= tries[0] + SEND_TIMEOUT:
            yield answer("it was typed, but the agent has not confirmed it; look at its window")
        elif now >= tries[-1] + ENTER_AGAIN and task.alive and not (dialog or task.holds):
            yield a.Send(id=request.id, task=task.id, text="")
    elif not task.alive:
        yield answer("no agent runs for this task now")
    elif task.asked:
        yield answer("a dialog is open in its window, which would take the text for an answer; attach to it")
    elif not task.holds:  # to a paused one it waits
        yield a.Send(id=request.id, task=task.id, text=request.text)


# --- time --------------------------------------------------------------------------------------------


def next_deadline(state: RunState, settings: Settings, now: datetime) -> datetime | None:
    """Return the next moment at which `decide` may say something else although nothing happened."""
    times = [state.limit_until] if not state.ended else []
    for task in state.tasks.values() if not state.ended else ():
        if task.status is Status.WAITING:
            times.append(not_before(state, task))
        if task.status is Status.ATTENTION and task.since:
            times.append(task.since + timedelta(seconds=settings.attention_grace))
        if task.launching and task.launch and task.launch.at:
            times.append(task.launch.at + LAUNCH_TIMEOUT)
        times += [free_from_person(state, task), prompt_deadline(task), quiet_deadline(task)]
    tries = [at for id_, at in state.pasted.items() if at and id_ in state.sends]
    times += [moment for at in tries for moment in (at[0] + SEND_TIMEOUT, at[-1] + ENTER_AGAIN)]
    return min((t for t in times if t and t > now), default=None)


# --- explaining --------------------------------------------------------------------------------------


def why(state: RunState, task: TaskState, now: datetime) -> str:
    """Say in one clause why the task is where it is: "waits for auth"."""
    if task.holds:
        return f"paused ({', '.join(sorted(task.holds))})"
    if state.by_hand and state.by_hand.task == task.id:
        return by_hand.asked_of_the_person(state)
    if state.by_hand and task.status is Status.FINISHED:
        return f"waits for you: the merge of {by_hand.waiting_for(state)} is in your hands"
    if task.status is not Status.WAITING:
        return task.reason
    unmerged = [d for d in task.task.depends_on if state.tasks[d].status is not Status.MERGED]
    if unmerged:
        return f"waits for {', '.join(unmerged)}"
    if state.limit_until and state.limit_until > now:
        return f"usage limit until {state.limit_until:%H:%M:%S} UTC"
    if task.hold_wished:
        return "paused"
    return task.reason or "waits for a slot"


def needs_person(state: RunState) -> dict[str, str]:
    """Return what is asked, by task, if nothing at all can move without a person; otherwise {}."""
    if state.ended:
        return {}
    asked = {t.id: t.reason for t in state.tasks.values() if t.status is Status.ATTENTION}
    asked |= {
        t.id: f"paused; run: tmux-orchestra resume {t.id}"
        for t in state.tasks.values()
        if t.hold_wished and not t.settled
    }
    if state.by_hand:
        asked[by_hand.waiting_for(state)] = by_hand.asked_of_the_person(state)
    if not asked:
        return {}
    others = [t for t in state.tasks.values() if t.id not in asked and not t.settled]
    queued = {t.id for t in others if t.status is Status.FINISHED} if state.by_hand else set()
    stuck = {*asked, *queued}
    moving = any(t.cancel_wished or not (t.id in stuck or _waits_behind(state, t, stuck)) for t in others)
    return {} if moving else asked


def _waits_behind(state: RunState, task: TaskState, stuck: set[str]) -> bool:
    """Whether the task waits, directly or through others, for one of these."""
    return task.status is Status.WAITING and _behind(state, task, stuck)


def _behind(state: RunState, task: TaskState, stuck: set[str]) -> bool:
    return any(d in stuck or _behind(state, state.tasks[d], stuck) for d in task.task.depends_on)
