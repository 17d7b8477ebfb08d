"""A person at the command line: what a command said, and what it must not have changed."""

import contextlib
import io
import os
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.e2e.orchestra import PROGRAM, Orchestra, git
from tmux_orchestra.cli import run


@dataclass(frozen=True)
class Said:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str

    def refused(self, code: int, *words: str) -> None:
        """Assert a failure in three lines: what failed, what is safe, what to run next."""
        assert self.code == code, self
        assert "Traceback" not in self.err, self.err
        lines = self.err.splitlines()
        assert len(lines) == 3, self.err
        assert all(line.strip() == line and line for line in lines), self.err
        for word in words:
            assert word in self.err, self.err


Say = Callable[..., Said]


def say_here(*arguments: str) -> Said:
    """The program in this very process: quick, for what needs no process of its own."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run(list(arguments))
    return Said(code, out.getvalue(), err.getvalue())


class HereOrchestra(Orchestra):
    """The program in `repo`, in this very process."""

    def __call__(self, *arguments: str, code: int = 0, **_options: Any) -> subprocess.CompletedProcess[str]:
        with contextlib.chdir(self.here):
            said = say_here(*arguments)
        assert said.code == code, f"{arguments}: {said}"
        return subprocess.CompletedProcess(arguments, said.code, said.out, said.err)


def say_apart(*arguments: str, cwd: Path, env: Mapping[str, str | None] | None = None, stdin: str = "") -> Said:
    """The program in a process of its own, with these variables beside those of the test; None unsets one."""
    world = {**os.environ, **(env or {})}
    done = subprocess.run(
        [*PROGRAM, *arguments],
        cwd=cwd,
        input=stdin.encode(),
        capture_output=True,
        env={name: value for name, value in world.items() if value is not None},
        timeout=120,
        check=False,
    )
    return Said(done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"))


def completed(repo: Path, *words: str) -> list[str]:
    """What the shell offers when a person presses Tab after these words of `tmux-orchestra`."""
    env = {"_TMUX_ORCHESTRA_COMPLETE": "bash_complete", "COMP_WORDS": " ".join(("tmux-orchestra", *words))}
    said = say_apart(cwd=repo, env={**env, "COMP_CWORD": str(len(words))})
    return [line.partition(",")[2] for line in said.out.splitlines() if line]


def everything(folder: Path) -> dict[str, object]:
    """All that must be as it was: the files below `folder`, and what its repositories' refs and worktrees are."""
    found: dict[str, object] = {}
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder).parts
        if ".git" in inside and "orchestra" not in inside:
            continue
        found[str(path)] = path.read_bytes() if path.is_file() else "folder"
    for repository in folder.rglob(".git"):
        top = repository.parent
        for command in (
            ("status", "--porcelain", "--untracked-files=all"),
            ("for-each-ref",),
            ("worktree", "list", "--porcelain"),
            ("config", "--list", "--local"),
        ):
            found[f"{top}: {command}"] = git(top, *command)
    return found
