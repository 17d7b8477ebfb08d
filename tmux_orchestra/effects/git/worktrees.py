"""Making worktrees, so that making one twice, or after a crash in the middle, equals making it once."""

import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tmux_orchestra.core.errors import OrchestraError
from tmux_orchestra.effects.git.changes import git_dir, require_worktree
from tmux_orchestra.effects.git.claims import (
    Claim,
    drop_claim,
    find_claim,
    read_claims,
    repository_lock,
    worktree_lock,
    write_claim,
)
from tmux_orchestra.effects.git.command import git, run_git
from tmux_orchestra.effects.git.parking import Holding, keep
from tmux_orchestra.effects.git.places import admin_folder, find_worktree
from tmux_orchestra.effects.git.repository import Repository
from tmux_orchestra.effects.git.snapshot import take


@dataclass(frozen=True)
class Worktree:
    """A worktree that stands, populated. `submodules` are empty folders in it: nobody initialised them."""

    path: Path
    branch: str
    commit: str
    submodules: tuple[str, ...] = ()


@dataclass
class _Attempt:
    """One call of `add_worktree`: what it is to make, and what it has made so far and must undo if it fails."""

    repository: Repository
    path: Path
    branch: str
    start: str
    made_claim: bool = False
    made_branch: bool = False
    made_worktree: bool = False


def add_worktree(repository: Repository, path: Path, branch: str, start: str) -> Worktree:
    """Ensure that a worktree stands at `path` on `branch`, which begins at the commit `start`.

    What stands already stays as it is, with all that was done in it; what a crash left half made is
    completed. If anything fails, what this call created is undone and OrchestraError says what failed.
    No hook runs (`post-checkout`), filters do. A folder or branch that is not ours is refused.
    """
    attempt = _Attempt(repository, path, branch, start)
    try:
        with repository_lock(repository) as held:
            _claim(attempt)
            _register(attempt, held)
        require_worktree(repository, path)  # git would answer for what lies around a folder that has lost its link
        _populate(attempt)
    except OrchestraError as error:
        full = " (the disk is full)" if _is_full(path) else ""  # git says so in some places only
        left = _undo(attempt)
        raise OrchestraError(
            f"cannot make the worktree {path}: {error.message}{full}",
            safe=left or error.safe or "nothing was left behind; your files and branches are as they were",
            hint=error.hint or "see to the cause (disk, permissions), then: tmux-orchestra retry",
        ) from error
    return Worktree(path, branch, repository.head(path).commit, _submodules(repository, start))


def _claim(attempt: _Attempt) -> None:
    repository, path, branch = attempt.repository, attempt.path, attempt.branch
    claim = find_claim(repository, branch)
    if claim is not None and claim.path == str(path):
        return
    if claim is not None:
        raise OrchestraError(f"the branch {branch} belongs to another worktree, {claim.path}")
    for taken in (path if os.path.lexists(path) else None, branch if repository.branch_tip(branch) else None):
        if taken:
            raise OrchestraError(f"{taken} exists already and is not ours", safe="it was not touched")
    write_claim(repository, Claim(name=branch, branch=branch, path=str(path)))
    attempt.made_claim = True


def require_room(repository: Repository, claim: Claim, start: str) -> None:
    """Raise OrchestraError unless a worktree can be made again as claimed, its branch at `start`; or stands so."""
    ours = any(known == claim for known in read_claims(repository))
    tip = repository.branch_tip(claim.branch)
    if os.path.lexists(claim.path) and not ours:
        raise OrchestraError(f"{claim.path} is there already", safe="it was not touched", hint="move it away")
    if tip is not None and tip != start:
        hint = f"look at it: git log {claim.branch}"
        raise OrchestraError(
            f"the branch {claim.branch} is somewhere else by now", safe="nothing was changed", hint=hint
        )


def _register(attempt: _Attempt, held: int) -> None:
    """Make git know the worktree, without files in it yet. The caller holds the repository's lock."""
    repository, path = attempt.repository, attempt.path
    if (admin := admin_folder(repository, path)) and _is_half_made(admin):
        shutil.rmtree(admin)  # git gave it up before anything was in it; `worktree prune` would never take it
        admin = None
    if admin:
        if not path.is_dir():
            _relink(path, admin, held)
        return
    _clear_half_made(path)
    with suppress(OSError):  # git says what is wrong, in better words
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if repository.branch_tip(attempt.branch):
        what = [str(path), attempt.branch]
    else:
        attempt.made_branch = True
        what = ["--no-track", "-b", attempt.branch, str(path), attempt.start]
    attempt.made_worktree = True
    git(repository.common_dir, "worktree", "add", "--quiet", "--no-checkout", *what, held=[held])


def _is_half_made(admin: Path) -> bool:
    """Whether `git worktree add` was killed in the middle: it takes this mark off last."""
    try:
        return (admin / "locked").read_text("utf-8").strip() == "initializing"
    except OSError:
        return False


def _clear_half_made(path: Path) -> None:
    """Remove a folder of ours that git does not know and in which nobody can have worked."""
    if not os.path.lexists(path):
        return
    entries = [entry.name for entry in path.iterdir()] if path.is_dir() and not path.is_symlink() else [path.name]
    if entries not in ([], [".git"]) or (path / ".git").is_dir():
        raise OrchestraError(
            f"{path} is not a worktree any more, but has files in it",
            safe="they were not touched",
            hint=f"move them away: mv {path} {path}.old",
        )
    (path / ".git").unlink(missing_ok=True)
    path.rmdir()


def _relink(path: Path, admin: Path, held: int) -> None:
    """Give a worktree whose folder was removed by hand its folder back; staged edits are still in its index.

    It comes all at once: half of it would look like a whole one from which somebody has removed files.
    """
    beside = path.with_name(f".orchestra-{path.name}")
    try:
        if beside.exists():  # a predecessor was killed, and its git has ended: we hold the lock
            shutil.rmtree(beside)
        beside.mkdir(parents=True)
        if (admin / "index").exists():
            env = {"GIT_DIR": str(admin), "GIT_WORK_TREE": str(beside)}
            git(beside, "checkout-index", "--all", "--quiet", env=env, held=[held])
        (beside / ".git").write_text(f"gitdir: {admin}\n", "utf-8")
        beside.rename(path)
    except OSError as error:
        raise OrchestraError(f"cannot make {path}: {error.strerror}") from error


def _populate(attempt: _Attempt) -> None:
    """Write the files, unless that is done: the index is the last thing that `reset --hard` writes."""
    path, admin = attempt.path, git_dir(attempt.path)
    with worktree_lock(admin) as held:
        if (admin / "index").exists():
            return
        (admin / "index.lock").unlink(missing_ok=True)  # nobody populates: we hold the lock
        if any(entry.name != ".git" for entry in path.iterdir()):
            _keep_aside(attempt)
        git(path, "reset", "--hard", "--quiet", "HEAD", held=[held], what="its files cannot be written")


def _keep_aside(attempt: _Attempt) -> None:
    """Park what somebody has done in a worktree whose making was killed; half a file is git's own doing."""
    repository, path, claim = attempt.repository, attempt.path, find_claim(attempt.repository, attempt.branch)
    seen = take(repository, path, attempt.branch)
    if claim and not all(_is_begun(path, name) for name in seen.paths):
        run, name = claim.name.split("/", 2)[1:]
        keep(repository, Holding(run, name, path, attempt.branch), seen)


def _is_begun(worktree: Path, name: str) -> bool:
    """Whether a file is the beginning of what the commit has there."""
    file = worktree / name
    whole = run_git(worktree, "cat-file", "--filters", f"HEAD:{name}")
    return whole.ok and file.is_file() and not file.is_symlink() and whole.raw.startswith(file.read_bytes())


def _is_full(path: Path) -> bool:
    while not path.exists():
        path = path.parent
    disk = os.statvfs(path)
    return disk.f_bavail * disk.f_frsize < 64 * 1024 or (disk.f_files > 0 and disk.f_favail == 0)


def _undo(attempt: _Attempt) -> str:
    """Take back what a failed call has made; return what could not be, in words."""
    repository, path, branch = attempt.repository, attempt.path, attempt.branch
    left = []
    with repository_lock(repository):
        if attempt.made_worktree and find_worktree(repository, path):
            # Twice forced: half-made ones are locked. Nobody but us has had this folder yet.
            answer = run_git(repository.common_dir, "worktree", "remove", "--force", "--force", str(path))
            left += [] if answer.ok else [f"{path} could not be removed ({answer.complaint})"]
        if attempt.made_branch and repository.branch_tip(branch) == attempt.start:
            answer = run_git(repository.common_dir, "update-ref", "-d", f"refs/heads/{branch}", attempt.start)
            left += [] if answer.ok else [f"the branch {branch} could not be removed ({answer.complaint})"]
        if attempt.made_claim and not left and (claim := find_claim(repository, branch)):
            drop_claim(repository, claim)
    return "; ".join(left)


def _submodules(repository: Repository, commit: str) -> tuple[str, ...]:
    listed = run_git(
        repository.common_dir,
        "config",
        "--blob",
        f"{commit}:.gitmodules",
        "-z",
        "--get-regexp",
        r"^submodule\..*\.path$",
    )
    return tuple(entry.partition("\n")[2] for entry in listed.fields) if listed.ok else ()
