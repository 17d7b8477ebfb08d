"""The rules planner: reads a request without a model, offline and at once.

The steps, each a module: `tidy` makes it plain Markdown, `outline` finds its blocks, `segment` cuts these into
clauses, `gather` decides what each clause is, `relate` finds the dependencies, `name` the ids. The same
request always gives the same plan.
"""

from tmux_orchestra.core.plan import Plan, Task
from tmux_orchestra.planners.clues import takes_up
from tmux_orchestra.planners.courtesy import without_sign_off
from tmux_orchestra.planners.draft import Draft, Reading
from tmux_orchestra.planners.errors import DependencyCycle, NoTaskFound
from tmux_orchestra.planners.gather import gather
from tmux_orchestra.planners.name import ids, titles
from tmux_orchestra.planners.outline import outline
from tmux_orchestra.planners.relate import Graph, relate
from tmux_orchestra.planners.repeats import drop_repeats
from tmux_orchestra.planners.tidy import take_rehearsals, tidy


def plan(request: str, _root: str = "", /) -> Plan:
    """Return the plan of a request, from its words alone. Raises NoTaskFound, or DependencyCycle if it states one."""
    text, rehearsals = take_rehearsals(tidy(request))
    reading = gather(outline(without_sign_off(text)))
    if not reading.tasks:
        raise NoTaskFound
    _hand_out(rehearsals, reading.tasks)
    graph, cycle = relate(reading)
    if cycle:
        names = ids(reading.tasks)
        raise DependencyCycle([names[place] for place in cycle])
    drafts, graph = drop_repeats(reading.tasks, graph)
    return _plan(reading, drafts, graph)


def _hand_out(rehearsals: dict[int, list[str]], drafts: list[Draft]) -> None:
    """Give the lines for the rehearsal agent to the task above each, or to the first if none is."""
    for line, words in sorted(rehearsals.items()):
        above = [draft for draft in drafts if draft.line <= line]
        (above[-1] if above else drafts[0]).rehearsals.extend(words)


def _plan(reading: Reading, drafts: list[Draft], graph: Graph) -> Plan:
    names = ids(drafts)
    tasks = []
    for place, draft in enumerate(drafts):
        reasons = {names[other]: reason for other, reason in sorted(graph[place].items())}
        tasks.append(
            Task(
                id=names[place],
                title=titles(draft),
                kind=draft.kind,
                priority=draft.priority,
                prompt=_prompt(draft, [titles(drafts[other]) for other in sorted(_done_before(place, drafts, graph))]),
                depends_on=tuple(reasons),
                reasons=reasons,
            )
        )
    constraints = tuple(dict.fromkeys(reading.constraints))
    return Plan(tasks=tuple(tasks), constraints=constraints, planner="rules")


def _done_before(place: int, drafts: list[Draft], graph: Graph) -> set[int]:
    """Return what a task waits for, and for a "fix it" among that, what this "it" was."""
    found = set(graph[place])
    frontier = list(found)
    while frontier:
        other = frontier.pop()
        further = set(graph[other]) - found if takes_up(drafts[other].opening) else set()
        found |= further
        frontier.extend(further)
    return found


def _prompt(draft: Draft, before: list[str]) -> str:
    """Return all that the request says of one task, so that its agent understands it alone."""
    parts = [draft.said]
    if draft.text not in draft.said:
        parts.append(draft.text)
    parts.extend(draft.details)
    if draft.background:
        parts.append("Background: " + " ".join(draft.background))
    if draft.context:
        parts.append("From the section: " + " / ".join(text.rstrip(":： ") for text in draft.context))
    if before:
        parts.append("Done before this task: " + "; ".join(before))
    parts.extend(draft.rehearsals)
    return "\n".join(parts)
