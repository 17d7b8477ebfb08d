"""Subagents: how an instance is to work on one kind of task, as Claude Code's own definition files say it."""

from collections.abc import Mapping
from difflib import get_close_matches

from pydantic import BaseModel, ConfigDict

from tmux_orchestra.core.errors import UsageError
from tmux_orchestra.core.plan import Plan


class Subagent(BaseModel):
    """One definition. What is empty restricts nothing and chooses nothing."""

    model_config = ConfigDict(frozen=True)

    name: str
    instructions: str = ""
    """The definition's text: what good work of this kind is."""
    model: str = ""
    tools: tuple[str, ...] = ()
    """The tools that it may use at all; (): every one."""
    disallowed_tools: tuple[str, ...] = ()
    """Tools (or patterns of their use) that it may not use."""
    source: str = ""
    """The file in which it was read, if that is none of ours."""

    @property
    def described(self) -> str:
        """Its name, and its file if it is a person's own."""
        return f"{self.name} ({self.source})" if self.source else self.name


def chosen(plan: Plan, known: Mapping[str, Subagent]) -> dict[str, Subagent]:
    """Return the definitions that a plan's tasks run with, by name. Raises UsageError for a name that is not known."""
    for task in plan.tasks:
        if task.subagent not in known:
            near = get_close_matches(task.subagent, known, n=1)
            suggestion = f"; did you mean {near[0]!r}?" if near else ""
            raise UsageError(
                f"task {task.id}: subagent: there is none called {task.subagent!r}{suggestion}",
                safe="nothing was started",
                hint=f"subagents: {', '.join(sorted(known))}; a file .claude/agents/NAME.md adds one",
            )
    return {task.subagent: known[task.subagent] for task in plan.tasks}
