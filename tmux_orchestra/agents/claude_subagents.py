"""A subagent definition in Claude Code's words: what an instance is told beside its prompt, and what it may use at all.

Claude Code's own `--agent NAME` would put the definition in the place of its whole system prompt, and what makes it a
good engineer would be gone. So the instructions are appended to that prompt; model and tools are options of their own.
The options are given to every instance, resumed ones too: older versions forget them with the process.
"""

import re
from collections.abc import Sequence

from tmux_orchestra.core.subagents import Subagent

APPEND = "--append-system-prompt"
"""Said twice, its last text counts. Said together with `--append-system-prompt-file`, older versions do not start."""

_MODEL = re.compile(r"[\w@\[][\w.:/@\[\]-]*")


def options(subagent: Subagent) -> tuple[str, ...]:
    """Return the options for model and tools. With `=`, so that no value of a file can pass for another option."""
    model = (f"--model={subagent.model}",) if _MODEL.fullmatch(subagent.model) else ()
    # A pattern (`Bash(git log:*)`) would take the whole tool away; what of it is allowed, the permission rules say.
    names = dict.fromkeys(tool.partition("(")[0].strip() for tool in subagent.tools)
    tools = (f"--tools={','.join(names)}",) if names else ()
    denied = (f"--disallowedTools={','.join(subagent.disallowed_tools)}",) if subagent.disallowed_tools else ()
    return (*model, *tools, *denied)


def instructions(subagent: Subagent, extra_args: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """Return what is appended to the system prompt, and the person's arguments without what went into it.

    A text of the person's own comes after the definition's. A file of their own stands in its place: it is not ours
    to read, and there can be only one of both.
    """
    texts, rest = [subagent.instructions], []
    arguments = iter(extra_args)
    for argument in arguments:
        option, equals, value = argument.partition("=")
        if option == APPEND:
            texts.append(value if equals else next(arguments, ""))
        else:
            rest.append(argument)
    if any(argument.partition("=")[0] == f"{APPEND}-file" for argument in rest):
        return "", tuple(extra_args)
    return "\n\n".join(filter(None, texts)), tuple(rest)
