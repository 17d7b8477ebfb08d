"""A person who has set the real Claude Code up, with a repository and the program in hand."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.doubles.claude_cli import claude_env, claude_home, claude_program
from tests.doubles.messages_api import MessagesApi, Script
from tests.e2e.orchestra import Orchestra, end_servers


@dataclass
class Person(Orchestra):
    """The program in the hands of a person who has set Claude Code up: a whole environment, nothing inherited."""

    env: dict[str, str]
    api: MessagesApi

    def __call__(self, *arguments: str, code: int = 0, **options: Any) -> Any:
        return super().__call__(*arguments, code=code, env=self.env, **options)


Sit = Callable[..., Person]


@pytest.fixture
def sit(tmp_path: Path, home: Path, sample_repo: Path) -> Iterator[Sit]:
    """Return what makes a person with a repository, for these scripts of the agents; who plans is the rules."""
    place = tmp_path / "place"
    place.mkdir()
    repo = Path(shutil.move(sample_repo, place / "shop"))
    with ExitStack() as stack:
        stack.callback(end_servers)

        def make(*scripts: Script, trust: bool = True, planner: str = "rules") -> Person:
            claude_home(home, repo, trust=trust)
            api = stack.enter_context(MessagesApi(scripts))
            env = dict(claude_env(home, api.url, program=claude_program()))
            kept = ("TMUX_TMPDIR", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME")
            env |= {name: os.environ[name] for name in kept if name in os.environ}
            env["TMUX_ORCHESTRA_PLANNER"] = planner
            return Person(repo, repo, env=env, api=api)

        yield make
