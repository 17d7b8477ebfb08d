"""A task's work on disk: its worktree, its commits, its checks, its way into the integration branch and the target."""

import os
from pathlib import Path

from tmux_orchestra.core import actions as a
from tmux_orchestra.core import events as e
from tmux_orchestra.core.state import RunState
from tmux_orchestra.effects import commands, git
from tmux_orchestra.effects.files import write
from tmux_orchestra.effects.site import Site
from tmux_orchestra.mergers import Proposal

# --- worktrees ---------------------------------------------------------------------------------------


def create_integration(site: Site, state: RunState) -> list[e.Event]:
    """Make the integration branch and its worktree: at the run's base, or at what was merged before a cleanup."""
    made = _add_worktree(site, state, f"{site.folder.id}-integration", state.start.integration, state.tip)
    return [e.WorktreeCreated(task=e.INTEGRATION, path=str(made.path), branch=made.branch, base=made.commit)]


def create_worktree(site: Site, action: a.CreateWorktree, state: RunState) -> list[e.Event]:
    """Make a task's branch and worktree."""
    made = _add_worktree(site, state, action.task, f"orchestra/{site.folder.id}/{action.task}", action.start)
    return [e.WorktreeCreated(task=action.task, path=str(made.path), branch=made.branch, base=action.start)]


def _add_worktree(site: Site, state: RunState, name: str, branch: str, start: str) -> git.Worktree:
    template = state.settings.worktree
    path, branch = git.choose_worktree(site.repository, name=name, branch=branch, template=template, env=os.environ)
    return git.add_worktree(site.repository, path, branch, start)


# --- the user's shell lines -----------------------------------------------------------------------------


def run_setup(site: Site, action: a.RunSetup, state: RunState) -> list[e.Event]:
    """Run the setup command in a fresh worktree."""
    outcome = _run(site, state, action.task, state.settings.setup, "setup")
    code = -1 if outcome.exit_code is None else outcome.exit_code
    return [e.SetupFinished(task=action.task, command=state.settings.setup, exit_code=code, tail=outcome.tail)]


def run_baseline(site: Site, action: a.RunBaseline, state: RunState) -> list[e.Event]:
    """Run a check where nobody has changed anything yet; what it leaves in the integration worktree is swept away."""
    outcome = _run(site, state, e.INTEGRATION, action.command, "baseline")
    _sweep_integration(site, state, state.start.base)
    code = -1 if outcome.exit_code is None else outcome.exit_code
    return [e.BaselineFinished(check=action.command, exit_code=code, tail=outcome.tail)]


def run_check(site: Site, action: a.RunCheck, state: RunState) -> list[e.Event]:
    """Run one check on a tree. If the worktree holds another tree by now, look at the work again instead."""
    worktree = site.worktree(state, action.task)
    head = site.repository.head(worktree).commit
    if action.task != e.INTEGRATION and (
        site.repository.tree(head) != action.tree or _edited(worktree, state, action.task)
    ):
        return collect_work(site, action.task, state)
    if action.task == e.INTEGRATION:  # a person's edits there are parked: it is the commit that is checked
        git.reset_integration(site.repository, worktree, site.folder.id, head)
    before = set(git.read_changes(worktree).untracked)
    outcome = _run(site, state, action.task, action.command, "check")
    left = tuple(sorted(set(git.read_changes(worktree).untracked) - before))
    if action.task == e.INTEGRATION:
        git.reset_integration(site.repository, worktree, site.folder.id, head, checked=True, remove=left)
        left = ()
    fields = {
        "task": action.task,
        "command": action.command,
        "tree": action.tree,
        "tail": outcome.tail,
        "left_behind": left,
    }
    if outcome.exit_code == 0:
        return [e.CheckPassed.model_validate(fields)]
    return [e.CheckFailed.model_validate(fields | {"exit_code": outcome.exit_code})]


def _edited(worktree: Path, state: RunState, task: str) -> bool:
    """Whether there are edits beside what checks themselves left behind."""
    return bool(git.read_changes(worktree).without(state.left_behind.get(task, ())))


def _sweep_integration(site: Site, state: RunState, commit: str) -> None:
    worktree = Path(state.integration_worktree)
    kept_by_setup = state.settings.setup != ""
    left = () if kept_by_setup else git.read_changes(worktree).untracked
    git.reset_integration(site.repository, worktree, site.folder.id, commit, checked=True, remove=left)


def _run(site: Site, state: RunState, task: str, command: str, what: str) -> commands.Outcome:
    output = (site.folder.path if task == e.INTEGRATION else site.folder.task(task)) / f"{what}.log"
    cwd = site.worktree(state, task)
    return commands.run(command, cwd, output, f"{site.folder.id}/{task}", state.settings.check_timeout)


# --- from edits to the target ------------------------------------------------------------------------


def collect_work(site: Site, task_id: str, state: RunState) -> list[e.Event]:
    """Commit what the agent left, keep its answer, and say what there is to check."""
    task = state.tasks[task_id]
    left_by_checks = state.left_behind.get(task_id, ())
    work = git.collect(
        site.repository, Path(task.worktree), task.branch, task.base, task.task.title,
        exclude=left_by_checks, sign=state.settings.sign,
    )  # fmt: skip
    answer = task.stopped.message if task.stopped else ""
    if answer:
        write(site.folder.task(task_id) / "result.md", answer + "\n")
    return [
        e.WorkCollected(
            task=task_id, commit=work.commit, tree=work.tree, commits=work.commits, added=work.added,
            removed=work.removed, leftovers=work.leftovers, result=answer[:20_000],
        )
    ]  # fmt: skip


def merge_task(site: Site, action: a.Merge, state: RunState) -> list[e.Event]:
    """Merge a task's checked commit into the integration branch."""
    task = state.tasks[action.task]
    proposal = Proposal(run=site.folder.id, commit=action.commit, title=task.task.title, task=task.id)
    return [_merged(site, state, proposal, task.id)]


def _merged(site: Site, state: RunState, proposal: Proposal, task: str) -> e.Event:
    worktree = Path(state.integration_worktree)
    settings = state.settings
    result = git.merge(site.repository, worktree, proposal, strategy=settings.merge_strategy, sign=settings.sign)
    if isinstance(result, git.Conflicted):
        return e.MergeConflicted(task=task, paths=result.paths)
    return e.MergeFinished(task=task, commit=result.commit, tree=result.tree, before=result.before)


def revert_merge(site: Site, action: a.RevertMerge, state: RunState) -> list[e.Event]:
    """Take the last merge back."""
    git.reset_integration(site.repository, Path(state.integration_worktree), site.folder.id, action.before)
    return [e.MergeReverted(task=action.task, commit=action.before, reason=action.reason)]


def bring_in(site: Site, action: a.MoveTarget, state: RunState) -> list[e.Event]:
    """Move the target; if it has moved meanwhile, merge it into the integration branch first, to be checked again."""
    target = state.start.target or ""
    seen = [state.target_seen] if state.target_seen else []
    if state.moved and not action.request:  # whoever takes a result back does not want it again with the next one
        seen.append(state.moved.commit)
    result = git.move_target(site.repository, site.folder.id, target, action.commit, seen=seen)
    match result:
        case git.Moved():
            return [e.TargetMoved(target=target, before=result.before, commit=result.commit, request=action.request)]
        case git.Refused():
            hint = result.hint or "tmux-orchestra merge"
            return [
                e.TargetRefused(
                    target=target, reason=result.reason, hint=hint, paths=result.paths, request=action.request
                )
            ]
    proposal = Proposal(run=site.folder.id, commit=result.current, title=f"Merge {target}, which has moved meanwhile")
    caught_up = _merged(site, state, proposal, e.INTEGRATION)
    if isinstance(caught_up, e.MergeFinished):
        caught_up = caught_up.model_copy(update={"theirs": result.current})
    if isinstance(caught_up, e.MergeConflicted):
        reason = f"{target} has moved meanwhile and conflicts with the result in {', '.join(caught_up.paths)}"
        hint = "tmux-orchestra merge manual"
        return [
            caught_up,
            e.TargetRefused(target=target, reason=reason, hint=hint, paths=caught_up.paths, request=action.request),
        ]
    return [caught_up]
