"""Settings: what a person may choose, with defaults and meaning. Reading them from files is `effects.files`' work."""

import shlex
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

MergePolicy = Literal["auto", "each", "manual"]
MergeStrategy = Literal["merge", "squash", "rebase"]


def _words(line: object) -> object:
    """Split a line into words as a shell would; anything else is left as it is. Raises ValueError."""
    return tuple(shlex.split(line)) if isinstance(line, str) else line


class Settings(BaseModel):
    """One run's settings, merged from defaults, files, environment and flags. Times are in seconds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    agent: str = "claude"
    planner: str = "auto"
    """Who breaks the request into tasks. auto: the run's own agent, where it can and is ready to; otherwise rules."""
    planner_timeout: float = Field(default=27.0, gt=0)
    """How long a model may take for the plan with `auto`: the person has one, the rules' at worst, within 30 s of
    pressing Enter. A planner that was named may take ten times as long, but not this long without a sign of life."""
    checks: tuple[str, ...] | None = None
    """Shell lines that must pass; None: what the repository shows; (): none."""
    setup: str = ""
    """A shell line run in every fresh worktree, for what git does not carry (dependencies, .env)."""
    allow: tuple[str, ...] = ()
    """Further permission rules for the agent, in its own notation."""
    max_instances: int = Field(default=3, ge=1)
    layout: str = "default"
    base: str = ""
    """Where tasks start; empty: the target's tip."""
    merge: MergePolicy | None = None
    """None: auto, but manual for a rehearsal and where a check is red on the untouched base."""
    merge_strategy: MergeStrategy = "merge"
    """What a task becomes on the integration branch: a merge above its commits, one commit, or its commits again."""
    budget_usd: float | None = Field(default=None, gt=0)
    trust: bool = False
    dangerously_skip_permissions: bool = False
    agent_args: tuple[str, ...] = ()
    sign: bool = False
    max_restarts: int = Field(default=3, ge=0)
    """Launches of the same conversation after failures that may pass."""
    max_attempts: int = Field(default=3, ge=1)
    """Turns in which an agent may try to get the checks green before its task has failed."""
    restart_delay: float = Field(default=2.0, ge=0)
    """Before the first restart; doubled for each one after it."""
    check_slots: int = Field(default=1, ge=1)
    check_timeout: float = Field(default=1800.0, gt=0)
    end_timeout: float = Field(default=10.0, gt=0)
    """How long an agent may take to end after being asked, before it is killed."""
    attention_grace: float = Field(default=120.0, ge=0)
    """How long a task that needs a person keeps its slot."""
    person_grace: float = Field(default=60.0, ge=0)
    """How long a task stays with the person who typed into it, after that turn ended."""
    notify_command: Annotated[tuple[str, ...], BeforeValidator(_words)] = ()
    """A program, with its arguments, that is told what a person should hear of: JSON on its stdin. (): none."""
    keep_ignored: bool = False
    """Whether what is parked before it is removed holds ignored files, too."""
    keep_days: float = Field(default=90.0, ge=0)
    """How long what was parked stays, in days; then the next `cleanup` lets it go, and says so. 0: for ever."""
    worktree: str = Field(default="{parent}/worktree-{name}", pattern=r"\{name\}")
    """Where worktrees go; `{parent}` is the folder that holds the repository, `{name}` (needed) tells them apart."""
    socket_name: str = Field(default="tmux-orchestra", pattern=r"^[^/]+$")
