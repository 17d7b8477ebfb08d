"""`layouts`: the tmux layouts that `--layout` knows by name."""

import click

from tmux_orchestra.cli.console import answer, show_json
from tmux_orchestra.cli.options import json_option
from tmux_orchestra.effects.layouts import known_layouts


@click.command("layouts")
@json_option
def command(*, as_json: bool) -> None:
    """List the layouts; --layout also takes a file in tmuxp's workspace format."""
    known = known_layouts()
    if as_json:
        show_json({name: str(path) for name, path in known.items()})
        return
    width = max(map(len, known), default=0)
    for name, path in known.items():
        answer(f"{name:<{width}}  {path}")
