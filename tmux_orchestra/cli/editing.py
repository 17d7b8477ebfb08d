"""A plan in the person's own editor. What they wrote is never lost, right or wrong."""

import shlex
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar, get_args

from tmux_orchestra.agents import AGENTS
from tmux_orchestra.cli import plan_yaml
from tmux_orchestra.cli.console import choose, narrate, on_terminal
from tmux_orchestra.cli.plan_files import parse_plan, read_text
from tmux_orchestra.cli.prompt_files import write_prompts
from tmux_orchestra.core.errors import OrchestraError
from tmux_orchestra.core.plan import PRIORITIES, Kind, Plan
from tmux_orchestra.effects.editor import edit_file
from tmux_orchestra.effects.files import new_drafts, write
from tmux_orchestra.effects.starting import Agreed

HEADER = f"""\
# Change what you like, save, and close the editor. Delete everything to leave the plan as it was.
#
#   id          lower-case letters, digits and dashes; the other tasks' depends_on must follow it
#   kind        {", ".join(get_args(Kind))};
#               it chooses the subagent, unless a line `subagent: NAME` names one
#   priority    {", ".join(PRIORITIES)}
#   depends_on  the tasks whose work must be merged first: [user-auth, schema]
#   agent       who works on this one task: {", ".join(AGENTS)}
#   prompt      all that its agent is told of this task alone
#
# Every agent is told the request and the constraints as well. `reasons` and `touches` only inform.
# A text with ": " or " #" in it needs quotes, unless it stands in a block, as the prompts do.

"""

_WRONG = "#! "
"""Begins the lines in which we say what is wrong; they go when the text is read again."""

Accepted = TypeVar("Accepted")


def edit(request: str, plan: Plan, accept: Callable[[str, Plan], Accepted]) -> Accepted | None:
    """Let the person edit a request and its plan; return what `accept` makes of it, or None if nothing was changed.

    What is no plan, or what `accept` refuses, can be edited again where there is a terminal. Otherwise raises
    OrchestraError, and says where the text was kept.
    """
    begun = HEADER + plan_yaml.dump(request, plan)
    draft = new_drafts("plan-") / "plan.yaml"
    write(draft, begun)
    while True:
        body = _edited(draft, begun)
        if body is None:
            shutil.rmtree(draft.parent, ignore_errors=True)
            narrate("the plan is as it was before")
            return None
        try:
            accepted = accept(*parse_plan(body, "the edited plan"))
        except OrchestraError as error:
            _ask_again(draft, error)
            write(draft, f"{_WRONG}{error.message}\n{body}")
        else:
            shutil.rmtree(draft.parent, ignore_errors=True)
            return accepted


def edit_prompts(folder: Path, agreed: Agreed, composed: Mapping[str, str]) -> None:
    """Let the person edit every task's prompt, as they have it now, in this folder. Raises OrchestraError."""
    edit_file(*write_prompts(folder, agreed.request, agreed.plan, composed, agreed.prompts))


def _edited(draft: Path, begun: str) -> str | None:
    """Return what came out of the editor; None for what went in, or for nothing."""
    try:
        edit_file(draft)
        text = read_text(draft, "the edited plan")
    except OrchestraError as error:
        if draft.exists() and draft.read_bytes() != begun.encode():
            raise _with_text_kept(draft, error) from error
        shutil.rmtree(draft.parent, ignore_errors=True)
        raise
    lines = [line for line in text.splitlines(keepends=True) if not line.startswith(_WRONG)]
    empty = not any(line.strip() and not line.startswith("#") for line in lines)
    body = "".join(lines)
    return None if empty or body == begun else body


def _ask_again(draft: Path, error: OrchestraError) -> None:
    """Return if the person wants to mend it. Raises the error, told where the text is kept, if not."""
    kept = _with_text_kept(draft, error)
    if not on_terminal():
        raise kept from error
    try:
        again = choose(f"{error.message}\nEdit it again?", yes=False)
    except OrchestraError as interrupted:
        raise _with_text_kept(draft, interrupted) from error
    if again != "y":
        raise kept from error


def _with_text_kept(draft: Path, error: OrchestraError) -> OrchestraError:
    kept = shlex.quote(str(draft))
    hint = f"mend it there, then: tmux-orchestra start --plan {kept}"
    return type(error)(error.message, safe=f"nothing was started; your text is kept in {kept}", hint=hint)
