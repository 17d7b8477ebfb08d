"""A repository, the program in it, and nothing left when the test is over."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.orchestra import Orchestra, end_servers, git


@pytest.fixture
def repo(home: Path, tmp_path: Path) -> Path:
    """A repository with one commit on `main`, in a folder of its own: worktrees appear beside it."""
    return make_repository(tmp_path / "place" / "repo")


def make_repository(folder: Path) -> Path:
    folder.mkdir(parents=True)
    subprocess.run(["git", "init", "--quiet", "--initial-branch=main", str(folder)], check=True)
    git(folder, "config", "user.name", "Person")
    git(folder, "config", "user.email", "person@localhost")
    (folder / "README.md").write_text("# A project\n")
    (folder / "src").mkdir()
    (folder / "src" / "main.py").write_text("print('hello')\n")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message=start")
    return folder


@pytest.fixture
def orchestra(repo: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Orchestra]:
    """The program in `repo`, with an agent that does not pause for show."""
    monkeypatch.setenv("REHEARSAL_PACE", "0")
    monkeypatch.setenv("TERM", os.environ.get("TERM", "xterm-256color"))
    yield Orchestra(repo, repo)
    end_servers()
