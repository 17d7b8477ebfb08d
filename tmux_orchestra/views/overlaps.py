"""How a forecast of conflicts is shown: one line in the summary, the lines in conflict among a task's details."""

from rich.text import Text

from tmux_orchestra.core import events as e
from tmux_orchestra.core.forecast import conflicts_with, overlaps, side
from tmux_orchestra.core.state import RunState
from tmux_orchestra.views.words import WARNING, plain


def in_one_line(state: RunState) -> list[Text]:
    """Return one line for everything that is forecast; none if nothing is."""
    if not (pairs := overlaps(state)):
        return []
    first, rest = pairs[0], pairs[1:]
    others = f" (and {len(rest)} more {'pair' if len(rest) == 1 else 'pairs'})" if rest else ""
    names = " and ".join(side(state, task) for task in first.tasks)
    words = f"! {names} conflict as they are now{others}: {_paths(first)}"
    return [Text(plain(words), WARNING, no_wrap=True, overflow="ellipsis")]


def in_detail(state: RunState, task: str) -> list[Text]:
    """Return with whom a task conflicts, in which files, and what the two sides have there."""
    lines: list[Text] = []
    for other, pair in conflicts_with(state, task).items():
        lines.append(Text(f"  conflicts with {plain(side(state, other))}: {plain(_paths(pair))}"))
        for hunk in pair.hunks:
            lines.append(Text(f"    {plain(hunk.path)}, line {hunk.line}", "bright_black"))
            for name, content in zip(pair.tasks, (hunk.ours, hunk.theirs), strict=True):
                lines += [
                    Text(f"      {plain(side(state, name))} | {plain(line)}", no_wrap=True, overflow="ellipsis")
                    for line in content.splitlines() or ["(nothing)"]
                ]
    return lines


def _paths(pair: e.Overlap) -> str:
    """List the paths, with git's word where it is more than lines."""
    told = [f"{path} ({pair.kinds[path]})" if path in pair.kinds else path for path in pair.paths]
    return ", ".join(told) + (f" and {pair.more} more" if pair.more else "")
