"""Command lines that hold a request: its words may begin with dashes, and the agent's own arguments follow `--`."""

from typing import Any

import click

SHIELD = "\ufeff"
"""Put before a word that begins with a dash but is no option, so that it is not taken for one."""

AGENT_ARGS = "tmux_orchestra.agent_args"
"""Where `click.Context.meta` holds what came after `--`."""


class RequestCommand(click.Command):
    """Takes `[REQUEST]... [-- AGENT ARGS]`; "- fix this", with its spaces, is a word of the request, not an option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Set the agent's own arguments aside, and shield requests that look like options."""
        place = args.index("--") if "--" in args else len(args)
        head, tail = args[:place], args[place + 1 :]
        rest = super().parse_args(ctx, [SHIELD + word if _is_sentence(word) else word for word in head])
        ctx.params = {name: _unshielded(value) for name, value in ctx.params.items()}
        has_request = ctx.params["words"] or ctx.params["file"] or ctx.params["plan_source"]
        has_request = has_request or (self.name == "start" and ctx.params["prompts"])  # a plan lies beside them
        if tail and not has_request:
            # The usual way to pass words that begin with a dash; the agent's arguments then follow a second `--`.
            place = tail.index("--") if "--" in tail else len(tail)
            ctx.params["words"], tail = tuple(tail[:place]), tail[place + 1 :]
        ctx.meta[AGENT_ARGS] = tuple(tail)
        return rest


def _is_sentence(word: str) -> bool:
    return word.startswith("-") and any(map(str.isspace, word.partition("=")[0]))


def _unshielded(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(map(_unshielded, value))
    return value.removeprefix(SHIELD) if isinstance(value, str) else value
