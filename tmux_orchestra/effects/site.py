"""Where a run takes place: its folder, its repository, its tmux server. What every effect needs."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from tmux_orchestra.core.events import INTEGRATION
from tmux_orchestra.core.state import RunState, TaskState
from tmux_orchestra.effects.files import RunFolder, write
from tmux_orchestra.effects.git import Repository
from tmux_orchestra.effects.processes import MARK, Kin
from tmux_orchestra.effects.tmux import Tmux

PANE = Path(__file__).parents[1] / "pane"
"""The programs that run inside panes."""

CACHES = "__pycache__/\n*.py[co]\n.pytest_cache/\n.mypy_cache/\n.ruff_cache/\n.hypothesis/\n"
"""What running code leaves behind and remakes at will: agents' `git add -A` must not make it their work."""


@dataclass(frozen=True)
class Site:
    """The places and tools of one run."""

    folder: RunFolder
    repository: Repository
    tmux: Tmux

    def worktree(self, state: RunState, task: str) -> Path:
        """Return the worktree of a task, or of the integration branch."""
        return Path(state.integration_worktree if task == INTEGRATION else state.tasks[task].worktree)

    def kin(self, task: TaskState, *, everywhere: bool = False) -> Kin:
        """Return how the task's processes are found; `everywhere` includes those that work outside its worktree."""
        roots = []
        if task.instance and task.instance.pid:
            roots.append((task.instance.pid, task.instance.start_time))
        within = None if everywhere or not task.worktree else Path(task.worktree)
        return Kin(f"{MARK}={self.folder.id}/{task.id}", tuple(roots), within)

    def git_environment(self) -> dict[str, str]:
        """Return variables that configure git for agents without anything being written into anybody's configuration.

        No gc behind the back of parallel commits, and byte-code caches count as ignored (beside what the
        user's own excludes file says).
        """
        excludes = self.folder.path / "excludes"
        if not excludes.exists():
            write(excludes, self.repository.user_excludes() + "\n" + CACHES)
        settings = {"gc.auto": "0", "maintenance.auto": "false", "core.excludesFile": str(excludes)}
        first = int(os.environ.get("GIT_CONFIG_COUNT") or 0)
        # Nobody would see an editor that opens inside of an agent's tool; a merge's message stands without it.
        added = {"GIT_CONFIG_COUNT": str(first + len(settings)), "GIT_EDITOR": "true"}
        for number, (key, value) in enumerate(settings.items(), first):
            added |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
        return added


PYTHON = sys.executable
"""The interpreter that runs this program, and what runs inside panes."""
