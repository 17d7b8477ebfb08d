"""Plan: the tasks a request was broken into, and what waits for what.

A plan is a value. Building one checks it: ids are unique and safe as branch, folder and window names,
every dependency is known and the graph has no cycle, so that the rest of the program never asks again.
"""

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from functools import lru_cache
from graphlib import CycleError, TopologicalSorter
from typing import Annotated, Literal, Self

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

Kind = Literal["feature", "bugfix", "docs", "test", "refactor", "performance", "infra", "research", "security", "chore"]
SUBAGENTS: Mapping[Kind, str] = {
    "feature": "feature-development",
    "bugfix": "bugfix",
    "docs": "documentation",
    "test": "testing",
    "refactor": "refactoring",
    "performance": "performance",
    "infra": "infrastructure",
    "research": "research",
    "security": "security",
    "chore": "maintenance",
}
"""Kind -> the subagent definition with which its tasks' instances run, unless a plan names another one."""

KINDS_BY_OTHER_NAMES: Mapping[str, Kind] = {
    **{subagent: kind for kind, subagent in SUBAGENTS.items()},
    "bug": "bugfix", "fix": "bugfix", "tests": "test", "perf": "performance",
}  # fmt: skip
"""What people write for a kind as well, its subagent's name above all."""


def _as_kind(written: object) -> object:
    return KINDS_BY_OTHER_NAMES.get(written, written) if isinstance(written, str) else written


Priority = Literal["critical", "high", "normal", "low"]
PRIORITIES: tuple[Priority, ...] = ("critical", "high", "normal", "low")
"""Most urgent first."""

Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=50)]
"""A name that is safe as a branch, a folder, a window and an environment value."""


class Task(BaseModel):
    """One unit of work, as planned: what is asked, and which tasks must be merged first."""

    model_config = ConfigDict(frozen=True, populate_by_name=True, extra="forbid")

    id: Slug = Field(validation_alias=AliasChoices("id", "name"))
    title: str = ""
    kind: Annotated[Kind, BeforeValidator(_as_kind)] = Field(
        default="feature", validation_alias=AliasChoices("kind", "type")
    )
    priority: Priority = "normal"
    prompt: str = ""
    """What the agent is told of this task alone; the whole prompt is built around it."""
    depends_on: tuple[Slug, ...] = Field(default=(), validation_alias=AliasChoices("depends_on", "dependencies"))
    reasons: Mapping[str, str] = Field(default_factory=dict)
    """Dependency -> why it is one, in words for the person ("docs cover what is built")."""
    subagent: str = ""
    """The definition with which its instances run (`SUBAGENTS`, or a person's own); empty: the kind's."""
    agent: str = ""
    """The kind of CLI that carries this task out; empty: the run's."""
    touches: tuple[str, ...] = ()
    """Paths that it will probably change, relative to the repository's top: a forecast, nothing is refused for it."""

    @model_validator(mode="after")
    def _fill(self) -> Self:
        """A plan file need only name its tasks: that is the title and the prompt, and may be the kind (`docs`)."""
        kind = _as_kind(self.id)
        if "kind" not in self.model_fields_set and kind in SUBAGENTS:
            object.__setattr__(self, "kind", kind)
        title = self.title.strip() or (self.prompt.strip().splitlines() or [self.id.replace("-", " ")])[0][:80].strip()
        filled = {
            "title": title,
            "prompt": self.prompt if self.prompt.strip() else title,
            "subagent": self.subagent.strip() or SUBAGENTS[self.kind],
            "depends_on": tuple(dict.fromkeys(self.depends_on)),
        }
        for name, value in filled.items():
            object.__setattr__(self, name, value)
        return self


class Plan(BaseModel):
    """A request's tasks in the order they were mentioned, and what every task must respect."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    tasks: tuple[Task, ...] = Field(min_length=1)
    constraints: tuple[str, ...] = ()
    planner: str | None = None
    """Who broke the request into these tasks (a name in `planners.PLANNERS`); None: whoever wrote a plan file."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        """Refuse what could not be carried out. Raises ValueError, naming each task and field that is wrong."""
        if wrong := list(self._faults()):
            raise ValueError("; ".join(wrong))
        if cycle := find_cycle({task.id: task.depends_on for task in self.tasks}):
            raise ValueError(f"dependency cycle: {' -> '.join(cycle)}")
        return self

    def _faults(self) -> Iterator[str]:
        """Yield what keeps the tasks from being a graph: ids that are taken twice, dependencies on nothing."""
        ids = [task.id for task in self.tasks]
        for duplicate in sorted({name for name in ids if ids.count(name) > 1}):
            yield f"two tasks have the id {duplicate!r}"
        for task in self.tasks:
            for wanted in (name for name in task.depends_on if name not in ids):
                near = get_close_matches(wanted, ids, n=1)
                suggestion = f" (did you mean {near[0]!r}?)" if near else ""
                yield f"task {task.id!r} depends_on unknown task {wanted!r}{suggestion}"

    def __getitem__(self, task_id: str) -> Task:
        """Return the task of that id; KeyError if the plan has none."""
        for task in self.tasks:
            if task.id == task_id:
                return task
        raise KeyError(task_id)

    def phases(self) -> tuple[tuple[str, ...], ...]:
        """Group the ids so that each group depends on earlier groups only, as early as possible."""
        return _phases(tuple((task.id, task.depends_on) for task in self.tasks))

    def dependents(self, task_id: str) -> set[str]:
        """Return every task that waits, directly or through others, for this one."""
        found: set[str] = set()
        frontier = {task_id}
        while frontier:
            frontier = {t.id for t in self.tasks if frontier & set(t.depends_on)} - found
            found |= frontier
        return found


@lru_cache(maxsize=16)  # a run asks whenever anything has happened
def _phases(needs: tuple[tuple[str, tuple[str, ...]], ...]) -> tuple[tuple[str, ...], ...]:
    sorter = TopologicalSorter(dict(needs))
    sorter.prepare()
    order = {task: place for place, (task, _) in enumerate(needs)}
    groups: list[tuple[str, ...]] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready(), key=order.__getitem__)
        sorter.done(*ready)
        groups.append(tuple(ready))
    return tuple(groups)


def find_cycle(depends_on: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
    """Return a cycle in the graph as `(a, b, a)`, each waiting for the next, or `()` if there is none."""
    try:
        tuple(TopologicalSorter(depends_on).static_order())
    except CycleError as error:
        # graphlib lists each node before the one that waits for it; a reader expects "a waits for b".
        return tuple(reversed(error.args[1]))
    return ()
