"""Every action that `decide` may order, as data. Each is an *ensure*: carried out twice, it is done once.

Carrying out an action gives events, failure included; `effects.executor` holds one case for each class.
Two actions with the same `lane` never run at once: a task's effects follow one another, and so do the
effects on the integration worktree.
"""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from tmux_orchestra.core.events import INTEGRATION, Event, Hold, News
from tmux_orchestra.core.state import Step


class Action(BaseModel):
    """What all actions share."""

    model_config = ConfigDict(frozen=True)

    @property
    def lane(self) -> str:
        """What this action must not share with another one at the same time."""
        return str(getattr(self, "task", INTEGRATION))


class Record(Action):
    """Write down what follows from the facts (a status, a denial, the run's end). Touches nothing else."""

    event: Event


class CreateIntegration(Action):
    """Make the integration branch and its worktree."""


class CreateWorktree(Action):
    """Make a task's branch and worktree at the integration branch's tip, populated."""

    task: str
    start: str


class RunSetup(Action):
    """Run the setup command in a fresh worktree."""

    task: str


class RunBaseline(Action):
    """Run a check on the untouched base, in the integration worktree."""

    command: str


class OpenWindows(Action):
    """Open the windows of these tasks, in one go."""

    tasks: tuple[str, ...]

    @property
    def lane(self) -> str:
        """Windows are opened once, before anything else needs them."""
        return "windows"


class Launch(Action):
    """Start an instance in the task's window."""

    task: str
    attempt: int
    session_id: str
    """Empty: choose one."""
    resume: bool
    prompt: str
    reminder: str = ""
    """Comes behind the prompt, whoever wrote that: what is still open from an earlier turn."""


class Examine(Action):
    """Look at where an instance has ended, or does not begin: its last lines, and what is not there any more."""

    task: str


class FindRoom(Action):
    """Try whether the disk that was full takes files again."""

    task: str


class EndInstance(Action):
    """End the agent: its own way first, then SIGTERM, then SIGKILL; descendants and checks of the task too."""

    task: str


class Freeze(Action):
    """Stop every process of the instance (SIGSTOP) for this hold."""

    task: str
    hold: Hold

    @property
    def lane(self) -> str:
        """Freezing waits for nothing but other freezing."""
        return f"{self.task}/freeze"


class Thaw(Action):
    """Take this hold off; let the processes go on (SIGCONT) if it was the last one."""

    task: str
    hold: Hold

    @property
    def lane(self) -> str:
        """Thawing waits for nothing but other freezing."""
        return f"{self.task}/freeze"


class Collect(Action):
    """Commit what the agent left uncommitted and say what there is to check."""

    task: str


class RunCheck(Action):
    """Run one check in the task's worktree (or the integration worktree), whose HEAD has this tree."""

    task: str
    command: str
    tree: str

    @property
    def lane(self) -> str:
        """Checks on the integration worktree follow its merges."""
        return self.task


class Merge(Action):
    """Merge the task's checked commit into the integration branch."""

    task: str
    commit: str

    @property
    def lane(self) -> str:
        """One merge at a time."""
        return INTEGRATION


class RevertMerge(Action):
    """Take the last merge back: the integration branch is `before` again."""

    task: str
    before: str
    reason: str

    @property
    def lane(self) -> str:
        """One merge at a time."""
        return INTEGRATION


class HandOver(Action):
    """Begin the merge that conflicts and leave it there for a person, with a window."""

    task: str
    commit: str
    request: str = ""

    @property
    def lane(self) -> str:
        """It happens in the integration worktree."""
        return INTEGRATION


class TakeResolution(Action):
    """See whether the person has resolved the merge, and say what the integration branch holds then."""

    task: str
    request: str = ""

    @property
    def lane(self) -> str:
        """It happens in the integration worktree."""
        return INTEGRATION


class GiveBack(Action):
    """Give up the merge by hand: the integration branch is as it was before; what was begun is kept."""

    task: str
    request: str = ""

    @property
    def lane(self) -> str:
        """It happens in the integration worktree."""
        return INTEGRATION


class MoveTarget(Action):
    """Bring the integration branch's tip into the user's branch, if nothing of the user's is overwritten."""

    commit: str
    request: str = ""


class Forecast(Action):
    """Look which tasks in flight will conflict. Done already for these very `looks`, tip and target: nothing to do."""

    looks: tuple[tuple[str, datetime | None], ...]
    """Each task in flight, and when its files may have changed last."""
    tip: str
    moved: str = ""
    """What the target was last moved to."""

    @property
    def lane(self) -> str:
        """It only reads: it waits for nothing, and nothing waits for it."""
        return "_forecast"


class Send(Action):
    """Type a text into the task's agent, and press Enter. An empty text: only Enter."""

    id: str
    task: str
    text: str


class Cleanup(Action):
    """Remove windows, worktrees and branches of the tasks in scope; what is not proven merged is parked first."""

    request: str
    scope: Literal["success", "failed", "all"]
    keep_ignored: bool = False


class Undo(Action):
    """Take a step back: move the target back, or bring back what a cleanup removed."""

    request: str
    step: Step


class Tell(Action):
    """Tell the person these news: on every terminal that shows the run, and by their own command."""

    news: tuple[News, ...]

    @property
    def lane(self) -> str:
        """One after another; nothing else waits for it."""
        return "_telling"


Outcome = Literal["done", "failed", "cancelled"]
