"""What verbs share: which repository and run they are about, and the options that say so."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from tmux_orchestra.agents import AGENTS
from tmux_orchestra.core.errors import OrchestraError, UsageError
from tmux_orchestra.core.state import RunState
from tmux_orchestra.effects.files import RunFolder, find_run, runs
from tmux_orchestra.effects.git import Repository
from tmux_orchestra.effects.journal import is_over, lock_is_held, read_state
from tmux_orchestra.effects.layouts import known_layouts
from tmux_orchestra.effects.site import Site
from tmux_orchestra.effects.tmux import Tmux
from tmux_orchestra.views.words import plain


@dataclass(frozen=True)
class Chosen:
    """The run that a command is about."""

    site: Site
    state: RunState

    @property
    def folder(self) -> RunFolder:
        """Where the run keeps what it knows."""
        return self.site.folder

    @property
    def carried(self) -> bool:
        """Whether somebody carries the run at this moment."""
        return lock_is_held(self.folder.lock)

    def refuse_unknown(self, tasks: tuple[str, ...]) -> None:
        """Raise UsageError for a task that the run does not have."""
        for task in tasks:
            if task not in self.state.tasks:
                raise UsageError(
                    f"run {self.folder.id} has no task {task!r}",
                    safe="nothing was requested",
                    hint=f"its tasks: {', '.join(self.state.tasks)}",
                )


def choose_run(run_id: str | None) -> Chosen:
    """Return the run of that id; by default the newest unfinished one of this repository, else the newest."""
    repository = Repository.open(Path.cwd())
    if run_id:
        folder = find_run(repository.state_dir, run_id)
        return _chosen(repository, folder, _read(folder))
    newest: tuple[RunFolder, RunState] | None = None
    for folder in runs(repository.state_dir):
        state = None if newest and is_over(folder.journal) else read_state(folder.journal)
        if state is None:
            continue
        newest = newest or (folder, state)
        if not state.ended:
            newest = (folder, state)
            break
    if newest is None:
        raise UsageError(
            "there is no run in this repository yet",
            safe="nothing was changed",
            hint='tmux-orchestra start "what you want done"',
        )
    return _chosen(repository, *newest)


def _chosen(repository: Repository, folder: RunFolder, state: RunState) -> Chosen:
    return Chosen(Site(folder, repository, Tmux(state.settings.socket_name)), state)


def _read(folder: RunFolder) -> RunState:
    state = read_state(folder.journal)
    if state is None:
        raise OrchestraError(
            f"the run {folder.id} was never started", safe="nothing was changed", hint="tmux-orchestra runs"
        )
    return state


def complete_run(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer this repository's runs to the shell; nothing where there are none."""
    try:
        found = runs(Repository.open(Path.cwd()).state_dir)
        return [CompletionItem(folder.id) for folder in found if folder.id.startswith(incomplete)]
    except OrchestraError:
        return []


def complete_task(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer the tasks of the chosen run (by default the newest unfinished one) to the shell, with their titles."""
    try:
        tasks = choose_run(ctx.params.get("run_id")).state.tasks.values()
    except OrchestraError:
        return []
    return [CompletionItem(task.id, help=plain(task.task.title)) for task in tasks if task.id.startswith(incomplete)]


def complete_agent(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer the names of the agents to the shell."""
    return [CompletionItem(name) for name in AGENTS if name.startswith(incomplete)]


def complete_layout(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer the shipped layouts and files to the shell."""
    shipped = [CompletionItem(name) for name in known_layouts() if name.startswith(incomplete)]
    return shipped or [CompletionItem(incomplete, type="file")]


Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

run_option: Decorator = click.option(
    "--run", "run_id", metavar="ID", shell_complete=complete_run, help="The run; default: the newest unfinished one."
)
json_option: Decorator = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
yes_option: Decorator = click.option("--yes", "-y", is_flag=True, help="Agree to everything that would be asked.")
timeout_option: Decorator = click.option(
    "--timeout",
    type=click.FloatRange(min=0),
    default=30.0,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait for the answer.",
)
task_argument: Decorator = click.argument("task", metavar="TASK", shell_complete=complete_task)
tasks_argument: Decorator = click.argument("tasks", metavar="[TASK]...", nargs=-1, shell_complete=complete_task)
