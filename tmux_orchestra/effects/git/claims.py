"""Which folders and branches are ours: a claim is written before anything is made, and taken back last.

A crash between the two leaves a claim that says what may be repaired or undone; what no claim names is
somebody else's and is never touched. Claims live in `orchestra/worktrees/` beside the runs.
"""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import quote

from tmux_orchestra.core.errors import OrchestraError
from tmux_orchestra.effects.git.repository import Repository

LOCK_TIMEOUT = 120.0
"""Seconds to wait for a lock; whoever holds one runs a single git command, but disks are slow at times."""


@dataclass(frozen=True)
class Claim:
    """A worktree of ours. `name` is the branch that was asked for; `branch` may have got a `-2`."""

    name: str
    branch: str
    path: str


def read_claims(repository: Repository) -> tuple[Claim, ...]:
    """Return every claim in this repository, of all runs."""
    claims = []
    for file in sorted(_folder(repository).glob("*.json")):
        with suppress(OSError, ValueError, TypeError):  # taken back meanwhile
            claims.append(Claim(**json.loads(file.read_text("utf-8"))))
    return tuple(claims)


def find_claim(repository: Repository, branch: str) -> Claim | None:
    """Return the claim on a branch, None if it is not ours."""
    return next((claim for claim in read_claims(repository) if claim.branch == branch), None)


def write_claim(repository: Repository, claim: Claim) -> None:
    """Record a claim; whoever reads sees all of it or nothing."""
    file = _file(repository, claim)
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = file.with_suffix(f".{os.getpid()}.new")
    try:
        beside.write_text(json.dumps(asdict(claim)), "utf-8")
        beside.chmod(0o600)
        beside.replace(file)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise OrchestraError(f"cannot write {file}: {error.strerror}", safe="nothing was created") from error


def drop_claim(repository: Repository, claim: Claim) -> None:
    """Take a claim back; fine if it is gone already."""
    _file(repository, claim).unlink(missing_ok=True)


def _folder(repository: Repository) -> Path:
    return repository.state_dir / "worktrees"


def _file(repository: Repository, claim: Claim) -> Path:
    return _folder(repository) / f"{quote(claim.name, safe='')}.json"


@contextmanager
def repository_lock(repository: Repository) -> Iterator[int]:
    """Hold the lock that makes worktrees appear and go one at a time, for all runs; yields its descriptor.

    Git's own `worktree add` races with itself and with `prune`, and leaves half-made worktrees behind.
    """
    with _locked(repository.state_dir / "repo.lock") as descriptor:
        yield descriptor


@contextmanager
def worktree_lock(folder: Path) -> Iterator[int]:
    """Hold the lock under which one of OUR worktrees is populated or merged in; yields its descriptor.

    `folder` is git's own folder for that worktree: the lock goes when the worktree goes. Give the descriptor
    to the git command (`held`): then a supervisor that takes over from a killed one waits until an orphaned
    git has ended, and may take an `index.lock` that is still there for stale.
    """
    with _locked(folder / "orchestra.lock") as descriptor:
        yield descriptor


@contextmanager
def _locked(file: Path) -> Iterator[int]:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        deadline = time.monotonic() + LOCK_TIMEOUT
        while not _try_lock(descriptor):
            if time.monotonic() > deadline:
                raise OrchestraError(
                    f"{file} has been held for {LOCK_TIMEOUT:.0f} s by another process",
                    safe="nothing was changed",
                    hint=f"see who holds it: fuser -v {file}",
                )
            time.sleep(0.01)
        yield descriptor
    finally:
        os.close(descriptor)


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
