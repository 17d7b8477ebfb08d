"""Real repositories in private folders, for the tests of `effects.git`."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tmux_orchestra.effects.git import Repository, Worktree, add_worktree

RUN = "r1"
Shell = Callable[..., str]


@pytest.fixture
def git_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A HOME of our own, with an identity; nothing of the machine's git configuration counts."""
    home = tmp_path / "home"
    home.mkdir()
    for name in [name for name in os.environ if name.startswith(("GIT_", "XDG_"))] + ["EMAIL"]:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(home / ".gitconfig"))
    (home / ".gitconfig").write_text(
        "[user]\n\tname = Ada\n\temail = ada@example.com\n[init]\n\tdefaultBranch = main\n"
        '[protocol "file"]\n\tallow = always\n[advice]\n\tdetachedHead = false\n'
    )
    return home


@pytest.fixture
def sh(git_home: Path) -> Shell:
    """Run git in a folder as a person would; returns what it prints."""

    def run(folder: Path, *args: str, check: bool = True) -> str:
        done = subprocess.run(["git", *args], cwd=folder, capture_output=True, text=True, check=False)
        assert not check or done.returncode == 0, f"git {args}: {done.stderr}"
        return done.stdout.rstrip("\n")

    return run


@pytest.fixture
def repo_path(tmp_path: Path, sh: Shell) -> Path:
    """A repository with a few files and one commit on `main`."""
    path = tmp_path / "ws" / "proj"
    path.mkdir(parents=True)
    sh(path, "init", "--quiet")
    (path / "README").write_text("hello\n")
    (path / "src").mkdir()
    (path / "src" / "app.py").write_text("one\ntwo\nthree\n")
    (path / ".gitignore").write_text("ignored/\n*.log\n")
    sh(path, "add", "--all")
    sh(path, "commit", "--quiet", "-m", "first")
    return path


@pytest.fixture
def repo(repo_path: Path) -> Repository:
    """The repository at `repo_path`, opened."""
    return Repository.open(repo_path)


CommitFile = Callable[[Path, str, str], str]


@pytest.fixture
def commit_file(sh: Shell) -> CommitFile:
    """Write a file in a worktree and commit it; returns the commit's id."""

    def commit(folder: Path, name: str, text: str) -> str:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
        sh(folder, "add", "--", name)
        sh(folder, "commit", "--quiet", "-m", f"write {name}")
        return sh(folder, "rev-parse", "HEAD")

    return commit


MakeWorktree = Callable[..., Worktree]


@pytest.fixture
def make_worktree(repo: Repository) -> MakeWorktree:
    """Make a worktree of a task (or `_integration`) beside the repository."""

    def make(name: str, start: str = "") -> Worktree:
        path = repo.root.parent / f"worktree-{name.strip('_')}"
        return add_worktree(repo, path, f"orchestra/{RUN}/{name}", start or repo.head().commit)

    return make
