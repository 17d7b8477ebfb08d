"""`merge`: bring a run's result into the user's branch; resolve what conflicts by hand, or give that up."""

import os
from uuid import uuid4

import click

from tmux_orchestra.cli.attach import go_to_window
from tmux_orchestra.cli.console import answer, harmless
from tmux_orchestra.cli.options import Chosen, choose_run, complete_task, run_option, timeout_option
from tmux_orchestra.cli.requests import ask
from tmux_orchestra.core import events as e
from tmux_orchestra.core.by_hand import candidate, instructions
from tmux_orchestra.core.errors import OrchestraError
from tmux_orchestra.core.state import RunState, Status
from tmux_orchestra.effects import git

MOST_FILES = 30
"""Files that a preview names."""


@click.command("merge")
@click.argument("how", type=click.Choice(["automatic", "manual", "abort"]), default="automatic")
@click.argument("task", required=False, default="", shell_complete=complete_task)
@run_option
@timeout_option
def command(how: str, task: str, run_id: str | None, timeout: float) -> None:
    """Bring the run's result into the branch it was started on, unless something of yours would be overwritten.

    'manual' hands you the conflict of TASK (default: the first one), in a window with every command on top; say
    'merge' when it is committed, or 'merge abort' to give it up. Without a conflict it shows what 'merge' would do.
    """
    chosen = choose_run(run_id)
    chosen.refuse_unknown((task,) if task else ())
    state = chosen.state
    if how == "manual" and not state.by_hand and not candidate(state, task):
        _preview(chosen, task)
        return
    wish = e.MergeRequested.model_validate({"id": uuid4().hex[:12], "how": how, "task": task})
    if (state.by_hand or how == "manual") and not chosen.carried:  # the checks run here
        timeout += len(state.gates) * state.settings.check_timeout
    over = state.ended is not None
    state = ask(chosen, wish, lambda s: _answered(s, wish.id, over=over), timeout, _outstanding)
    _report(chosen, state, wish.id)


def _outstanding(state: RunState) -> str:
    merging = [t.id for t in state.tasks.values() if t.status is Status.MERGING]
    return f"{', '.join(merging)} is being merged" if merging else "the result is not in your branch yet"


def _answered(state: RunState, request: str, *, over: bool) -> bool:
    """Whether the request has its answer. A run that was `over` and goes on by this must be over again."""
    told, moved, refused = state.answered, state.moved, state.refused
    if told and told.request == request:
        if not isinstance(told, e.MergeResolved):
            return True
        if told.task in state.tasks:
            task = state.tasks[told.task]
            under_way = task.resolved is not None and task.status in {Status.CONFLICTED, Status.MERGING}
            return not under_way and (state.ended is not None or not over)
        if state.merge_wish is None and state.target_merge:  # it was prepared, and there was nothing to resolve
            return True
    return bool((moved and moved.request == request) or (refused and refused.request == request))


def _report(chosen: Chosen, state: RunState, request: str) -> None:
    told = state.answered if state.answered and state.answered.request == request else None
    match told:
        case e.MergeHandedOver():
            answer(harmless(instructions(told, chosen.folder.id)))
            if told.window:
                answer(f"\nA shell is open there, in the window {told.window} of the run's tmux session.")
                if os.isatty(0) and os.isatty(1):
                    go_to_window(chosen, told.window)
        case e.MergeAbandoned():
            _report_abandoned(chosen, told)
        case e.MergeRefused():
            paths = f" ({', '.join(told.paths)})" if told.paths else ""
            raise OrchestraError(f"not merged: {told.reason}{paths}", safe="nothing was changed", hint=told.hint)
        case e.MergeResolved() if told.task in state.tasks:
            _report_resolved(state, told)
        case e.MergeResolved() if state.target_merge:
            answer(f"{state.start.target} merges cleanly now; to check and move it: tmux-orchestra merge")
        case _:
            _report_target(state, request)


def _report_abandoned(chosen: Chosen, told: e.MergeAbandoned) -> None:
    if told.reason != "given up":
        safe = "the integration branch is as it was"
        raise OrchestraError(f"the merge cannot be prepared: {told.reason}", safe=safe, hint="tmux-orchestra status")
    answer("given up: the integration branch is as it was before")
    if told.ref:
        answer(f"what you had begun is kept; to see it: git diff {chosen.state.start.integration} {told.ref}")


def _report_resolved(state: RunState, told: e.MergeResolved) -> None:
    task_id, task = told.task, state.tasks[told.task]
    if task.status is not Status.MERGED:
        safe = f"{state.start.target or 'your checkout'} is unchanged"
        raise OrchestraError(
            f"{task_id} is not merged: {task.reason}", safe=safe, hint=f"tmux-orchestra merge manual {task_id}"
        )
    how = "as you resolved it" if told.ref else "and had no conflict any more"
    answer(f"{task_id} is merged {how}")
    skipped = [
        t for t in state.tasks if t in state.plan.dependents(task_id) and state.tasks[t].status is Status.SKIPPED
    ]
    if skipped:
        answer(
            f"skipped because of it: {', '.join(skipped)}; to go on with them: tmux-orchestra retry {' '.join(skipped)}"
        )
    if state.ended and state.moved and state.moved.commit == state.tip:
        _report_moved(state.moved, state.start.run)
    elif state.ended:
        answer("to bring the result into your branch: tmux-orchestra merge")


def _report_target(state: RunState, request: str) -> None:
    if state.refused and state.refused.request == request:
        refused = state.refused
        paths = f" ({', '.join(refused.paths)})" if refused.paths else ""
        safe = f"{state.start.target or 'your checkout'} is unchanged; the result is on {state.start.integration}"
        raise OrchestraError(f"not merged: {refused.reason}{paths}", safe=safe, hint=refused.hint)
    if state.moved:
        _report_moved(state.moved, state.start.run)


def _report_moved(moved: e.TargetMoved, run: str) -> None:
    answer(f"{moved.target} now holds the result: {moved.commit[:12]}")
    answer(f"to take it back: tmux-orchestra undo {run}")


def _preview(chosen: Chosen, task: str) -> None:
    """Say what `merge` would do now, without doing it."""
    state, target = chosen.state, chosen.state.start.target
    if task:
        answer(f"{task} is {state.tasks[task].status.value}: it has no conflict to resolve")
    merged = [t for t in state.tasks.values() if t.status is Status.MERGED]
    for one in merged:
        work = one.work
        size = f"{work.commits} commits, +{work.added} -{work.removed}" if work and work.commits else "an answer"
        answer(f"{one.id}  {one.task.title}: {size}")
    if target is None:
        answer(f"the run has no target (it was started on a detached HEAD); the result is on {state.start.integration}")
        return
    preview = git.preview_target(chosen.site.repository, target, state.tip)
    if preview.contained:
        answer(f"{target} holds everything that is merged; there is nothing to bring in")
        return
    for path in preview.files[:MOST_FILES]:
        answer(f"  {harmless(path)}")
    if len(preview.files) > MOST_FILES:
        answer(f"  … and {len(preview.files) - MOST_FILES} more")
    answer(f"{target}: {preview.commits} new commits, {len(preview.files)} files; nothing was changed")
    if preview.ahead:
        answer(f"{target} has {preview.ahead} commits of its own since: they are merged in and checked again first")
    if preview.objection:
        paths = f" ({', '.join(preview.objection.paths)})" if preview.objection.paths else ""
        answer(f"in the way now: {harmless(preview.objection.reason + paths)}")
    answer(f"to do it: tmux-orchestra merge --run {chosen.folder.id}")
