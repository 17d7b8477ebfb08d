"""A repository beside which nothing else lies, the program to talk to, and nothing left when the test is over."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.person import HereOrchestra, Say, everything, say_here
from tests.e2e.orchestra import Orchestra, end_servers, git


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """The folder in which worktrees appear."""
    folder = tmp_path / "place"
    folder.mkdir()
    return folder


@pytest.fixture
def repo(home: Path, place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with one commit on `main`, an identity and no tests of its own; the working directory."""
    folder = place / "repo"
    (folder / "src").mkdir(parents=True)
    git(place, "init", "--quiet", "--initial-branch=main", str(folder))
    git(folder, "config", "user.name", "Person")
    git(folder, "config", "user.email", "person@localhost")
    (folder / "src" / "main.py").write_text("print('hello')\n")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message=start")
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def say() -> Say:
    return say_here


@pytest.fixture
def untouched(place: Path) -> Iterator[None]:
    """Nothing below `place` may be other at the end than it was when this was asked for."""
    before = everything(place)
    yield
    assert everything(place) == before


@pytest.fixture
def servers() -> Iterator[None]:
    """End the tmux servers that the test has started."""
    yield
    end_servers()


@pytest.fixture
def orchestra(repo: Path, servers: None, monkeypatch: pytest.MonkeyPatch) -> Orchestra:
    """The program in `repo`, with an agent that does not pause for show."""
    monkeypatch.setenv("REHEARSAL_PACE", "0")
    monkeypatch.setenv("TERM", os.environ.get("TERM", "xterm-256color"))
    return HereOrchestra(repo, repo)
