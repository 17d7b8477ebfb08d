"""How every git command of ours is run: by argv, in one folder, in an environment that nothing leaks into.

The user's configuration counts (identity, filters, hooks), except where it would change what we parse or
start something in the background.
"""

import os
import re
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from tmux_orchestra.core.errors import EnvironmentLacks, OrchestraError

if TYPE_CHECKING:
    from git import Git

OLDEST_GIT = (2, 38)
"""`merge-tree --write-tree` appeared there."""

_ENVIRONMENT = {"GIT_EDITOR": "true", "GIT_SEQUENCE_EDITOR": "true", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}

# Set by git around hooks and `rebase --exec`: they would point our commands at another repository, index
# or meaning of paths than the folder they are run in. (`git rev-parse --local-env-vars`, but for the
# GIT_CONFIG_* that carry a user's settings.)
_INHERITED = (
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_DIFF_OPTS",
    "GIT_DIR",
    "GIT_EXTERNAL_DIFF",
    "GIT_GLOB_PATHSPECS",
    "GIT_GRAFT_FILE",
    "GIT_ICASE_PATHSPECS",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_INTERNAL_SUPER_PREFIX",
    "GIT_LITERAL_PATHSPECS",
    "GIT_NAMESPACE",
    "GIT_NOGLOB_PATHSPECS",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_QUARANTINE_PATH",
    "GIT_REFLOG_ACTION",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
)

# A gc or a file monitor in the background would outlive the command and race with the agents' commits; a
# stale file monitor could hide an edit from a safety check; the rest changes what is printed or touched.
_OPTIONS = tuple(
    word
    for setting in (
        "gc.auto=0",
        "maintenance.auto=false",
        "core.fsmonitor=false",
        "color.ui=false",
        "submodule.recurse=false",
    )
    for word in ("-c", setting)
)


_OWN_LOCK = re.compile(
    r"Unable to create '(?P<lock>[^']*/refs/(?:orchestra/|heads/orchestra/[^']*/_integration)[^']*\.lock)'"
)
LONGEST_LOCK = 2.0
"""Seconds after which the lock of a ref of ours is nobody's any more."""

READING = ("--no-optional-locks",)
"""Options for commands in a worktree where somebody else may be committing: they take no `index.lock`."""


@dataclass(frozen=True)
class Answer:
    """What a git command said."""

    argv: tuple[str, ...]
    exit_code: int
    raw: bytes
    stderr: str

    @property
    def ok(self) -> bool:
        """Whether git exited with 0."""
        return self.exit_code == 0

    @property
    def text(self) -> str:
        """The output without its final newlines; bytes that are not UTF-8 survive as surrogates."""
        return os.fsdecode(self.raw).rstrip("\n")

    @property
    def fields(self) -> tuple[str, ...]:
        """The pieces of `-z` output; any byte but NUL may be part of one."""
        return tuple(os.fsdecode(piece) for piece in self.raw.split(b"\0") if piece)

    @property
    def complaint(self) -> str:
        """Git's own words about a failure, short enough for one message."""
        lines = [line.strip() for line in (self.stderr or self.text).splitlines() if line.strip()]
        told = [line for line in lines if line.startswith(("fatal:", "error:"))] or lines
        return "; ".join(told[-3:]) or f"git exited with {self.exit_code}"


@cache
def _wrapper() -> "type[Git]":
    """Return GitPython's runner. It is loaded late: it costs 70 ms, and its import fails where git is missing."""
    try:
        from git import Git  # noqa: PLC0415 - see above
    except ModuleNotFoundError:
        raise
    except ImportError as error:
        raise _git_missing() from error
    return Git


def _git_missing() -> EnvironmentLacks:
    return EnvironmentLacks(
        "git is not installed, or not on PATH", safe="nothing was changed", hint="install git 2.38 or newer"
    )


def run_git(  # noqa: PLR0913 - what a command may need, each by name
    folder: Path,
    *args: str,
    options: Sequence[str] = (),
    paths: Iterable[str] | None = None,
    held: Iterable[int] = (),
    stdin: bytes = b"",
    env: Mapping[str, str] = MappingProxyType({}),
) -> Answer:
    """Run `git *args` in `folder` and return what it said, whatever its exit code.

    `paths` are handed over on stdin as literal names (`--pathspec-from-file`), so that there may be any
    number of them; `stdin` is for commands that read something else there. The descriptors in `held` stay
    open in git's process: a lock among them is held until git ends, even if we are killed meanwhile. `env`
    adds to the environment (an index of our own, say).
    """
    argv = _whole_line(folder, args, options, env, with_paths=paths is not None)
    content = stdin if paths is None else b"".join(os.fsencode(path) + b"\0" for path in paths)
    answer = _answer(argv, content, tuple(held), env)
    if not answer.ok and _clear_stale_lock(answer.stderr) and args[0] == "update-ref":
        return _answer(argv, content, tuple(held), env)
    return answer


def _whole_line(
    folder: Path, args: Sequence[str], options: Sequence[str], env: Mapping[str, str], *, with_paths: bool
) -> list[str]:
    argv = ["git", "-C", str(folder), *_OPTIONS, *options, *args]
    if with_paths:
        argv[3:3] = ["--literal-pathspecs"]
        argv += ["--pathspec-from-file=-", "--pathspec-file-nul"]
    if leaked := [word for name in _INHERITED if name in os.environ and name not in env for word in ("-u", name)]:
        argv = ["env", *leaked, *argv]
    return argv


def _answer(argv: list[str], content: bytes, held: tuple[int, ...], env: Mapping[str, str]) -> Answer:
    with tempfile.TemporaryFile() as file:
        file.write(content)
        file.seek(0)
        status, out, err = _execute(argv, stdin=file.fileno(), held=held, env={**_ENVIRONMENT, **env})
    return Answer(tuple(argv), status, out, err)


def _clear_stale_lock(complaint: str) -> bool:
    """Remove the lock of a ref that only we write, if whoever took it must be dead; return whether it is gone.

    Git holds such a lock for milliseconds, and never takes away the one of a git that was killed.
    """
    found = _OWN_LOCK.search(complaint)
    if found is None:
        return False
    lock = Path(found["lock"])
    try:
        time.sleep(max(0.0, lock.stat().st_mtime + LONGEST_LOCK - time.time()))
        if time.time() - lock.stat().st_mtime >= LONGEST_LOCK:
            lock.unlink()
    except FileNotFoundError:
        pass
    except OSError:
        return False
    return True


def _execute(
    argv: Sequence[str], *, stdin: int, held: tuple[int, ...], env: Mapping[str, str]
) -> tuple[int, bytes, str]:
    wrapper = _wrapper()
    from git import GitCommandNotFound  # noqa: PLC0415 - loaded by then

    try:
        return wrapper("/").execute(
            argv,
            istream=stdin,
            with_extended_output=True,
            with_exceptions=False,
            stdout_as_string=False,
            strip_newline_in_stdout=False,
            env=env,
            pass_fds=held,
        )
    except GitCommandNotFound as error:
        raise _git_missing() from error


def git(  # noqa: PLR0913 - as run_git
    folder: Path,
    *args: str,
    what: str = "",
    options: Sequence[str] = (),
    paths: Iterable[str] | None = None,
    held: Iterable[int] = (),
    stdin: bytes = b"",
    env: Mapping[str, str] = MappingProxyType({}),
) -> Answer:
    """Run `git *args` in `folder` as `run_git` does; raise OrchestraError with git's own words if it fails.

    `what` begins the message ("cannot commit the leftovers of api").
    """
    answer = run_git(folder, *args, options=options, paths=paths, held=held, stdin=stdin, env=env)
    if not answer.ok:
        raise OrchestraError(f"{what or f'git {args[0]} failed in {folder}'}: {answer.complaint}")
    return answer
