"""Removing a worktree and its branch, once everything in them is proven to be kept somewhere else.

Proven means: every commit is part of a ref that stays, and nothing else is there. What is not proven is parked
first (see `parking`), looked at once more, and only then removed. A removal that was killed in the middle is
completed by the next one.
"""

import json
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from tmux_orchestra.core.errors import OrchestraError
from tmux_orchestra.effects.git.changes import git_dir, index_lock, is_one_of, require_worktree
from tmux_orchestra.effects.git.claims import Claim, drop_claim, find_claim, repository_lock
from tmux_orchestra.effects.git.command import git, run_git
from tmux_orchestra.effects.git.parking import Holding, Parked, keep, list_kept
from tmux_orchestra.effects.git.places import WorktreeEntry, admin_folder, find_worktree, list_worktrees
from tmux_orchestra.effects.git.repository import Repository
from tmux_orchestra.effects.git.snapshot import CannotKeep, Snapshot, take

LOOKS = 5
"""How often something may have changed while it was parked, before its removal is given up."""

_MARK = "orchestra.removing"
"""A file in git's folder for a worktree whose files are being removed: what they were, all of it safe."""


@dataclass(frozen=True)
class Removed:
    """Neither the worktree nor the branch is there any more; `proof` says where their commits are."""

    proof: str
    commit: str = ""
    """Where the branch was; "" if it was gone already."""
    parked: Parked | None = None
    """What was kept of it, if not all was proven."""


@dataclass(frozen=True)
class NotRemoved:
    """Everything is still there, because of `reason`; `paths` are the files that nothing else holds."""

    reason: str
    paths: tuple[str, ...] = ()
    hint: str = ""


@dataclass(frozen=True)
class Terms:
    """On which terms something may go: what proves its commits, which files are nobody's work, what is kept."""

    proven_in: Sequence[str]
    """Refs that stay."""
    also_removable: tuple[str, ...] = ()
    """Untracked files that checks have made."""
    ignored: bool = False
    """Keep ignored files, too."""
    must_be_proven: bool = False
    """Leave it where it is rather than park it."""


def remove_worktree(
    repository: Repository, place: Holding, terms: Terms, *, foretell: bool = False
) -> Removed | NotRemoved:
    """Ensure that the worktree and its branch are gone, and that nothing which was in them is lost.

    What is not proven is parked under `refs/orchestra/<run>/kept/<name>` first. Refused, with everything left as
    it is: a lock, a git command at work, what git cannot hold, what no claim of ours names. Ignored files go with
    the folder unless `terms.ignored`; untracked caches and `terms.also_removable` go. A worktree that was moved by
    git is found; a folder that was removed by hand is forgotten. `foretell` only says what would be done.
    """
    with repository_lock(repository):
        claim, entry = find_claim(repository, place.branch), _find(repository, place)
        if claim is None or Path(claim.path) != place.path:
            gone = entry is None and repository.branch_tip(place.branch) is None
            return _gone(repository, place) if gone else NotRemoved("it was not made by tmux-orchestra")
        if entry is not None:
            place = replace(place, path=entry.path)
            _mend(repository, place)
        if objection := _objection(repository, place, entry):
            return objection
        try:
            return _remove(repository, claim, place, entry, terms, foretell=foretell)
        except CannotKeep as refusal:
            return NotRemoved(refusal.message, refusal.paths, refusal.hint)


def proof_of(repository: Repository, commits: Iterable[str], proven_in: Sequence[str]) -> str | None:
    """Name the refs of which all these commits are part; None if any is part of none of them.

    This is the one proof on which anything is deleted.
    """
    holders = [ref for ref in proven_in if repository.find(ref)]
    wanted = sorted(set(commits))
    for some in (*([ref] for ref in holders), holders):
        if some and not git(repository.common_dir, "rev-list", "--max-count=1", *wanted, "--not", *some).raw:
            return " and ".join(some)
    return None


# --- where it is, and what is in the way -------------------------------------------------------------


def _find(repository: Repository, place: Holding) -> WorktreeEntry | None:
    """Return git's entry for our worktree, also where it was moved (`git worktree move`)."""
    if entry := find_worktree(repository, place.path):
        return entry
    for entry in list_worktrees(repository):
        # Whoever else checks our branch out in a worktree of their own has no lock of ours in it.
        if entry.branch == place.branch and not entry.gone and (git_dir(entry.path) / "orchestra.lock").exists():
            return entry
    return None


def _mend(repository: Repository, place: Holding) -> None:
    """Give a worktree whose removal was killed its link back, so that git can go on with it."""
    admin = admin_folder(repository, place.path)
    link = place.path / ".git"
    if admin and (admin / _MARK).exists() and place.path.is_dir() and not os.path.lexists(link):
        link.write_text(f"gitdir: {admin}\n", "utf-8")


def _objection(repository: Repository, place: Holding, entry: WorktreeEntry | None) -> NotRemoved | None:
    path = place.path
    for other in list_worktrees(repository):
        if other.branch == place.branch and os.path.realpath(other.path) != os.path.realpath(path):
            return NotRemoved(f"the branch {place.branch} is checked out in {other.path}")
    if entry is None:
        known = os.path.lexists(path) and not _is_empty(path)
        return NotRemoved(f"{path} is a folder that git does not know as a worktree") if known else None
    if entry.locked and not _is_half_made(repository, path):
        return NotRemoved(f"{path} is locked", hint=f"run: git worktree unlock {path}")
    if entry.gone:
        return None
    require_worktree(repository, path)
    if lock := index_lock(path):
        return NotRemoved(f"a git command is at work in {path}", hint=f"if none runs any more: rm {lock}")
    if closed := _closed_folders(path):
        return NotRemoved(f"what is in {closed[0]} cannot be removed by you", hint=f"see: ls -la {closed[0]}")
    return None


def _is_empty(path: Path) -> bool:
    """Whether nobody can have worked in a folder: it is one, with at most git's link in it."""
    if path.is_symlink() or not path.is_dir():
        return False
    return all(entry.name == ".git" and not entry.is_dir() for entry in path.iterdir())


def _is_half_made(repository: Repository, path: Path) -> bool:
    """Whether `git worktree add` was killed in the middle: it takes this mark off last."""
    admin = admin_folder(repository, path)
    try:
        return admin is not None and (admin / "locked").read_text("utf-8").strip() == "initializing"
    except OSError:
        return False


def _closed_folders(path: Path) -> list[str]:
    """Return the folders from which nothing can be removed, and which are not ours to open."""
    folders = [str(path.parent), *(folder for folder, _, _ in os.walk(path))]
    closed = (folder for folder in folders if not os.access(folder, os.W_OK | os.X_OK))
    return [folder for folder in closed if folder == folders[0] or Path(folder).stat().st_uid != os.geteuid()]


# --- removing it -------------------------------------------------------------------------------------


def _remove(  # noqa: PLR0913 - as `remove_worktree`, which has looked by now
    repository: Repository, claim: Claim, place: Holding, entry: WorktreeEntry | None, terms: Terms, *, foretell: bool
) -> Removed | NotRemoved:
    tip = repository.branch_tip(place.branch)
    if entry is None and tip is None:
        if not foretell:
            _clear(place.path)
            drop_claim(repository, claim)
        return _gone(repository, place)
    outcome = _make_safe(repository, place, entry, terms, foretell=foretell)
    if foretell or isinstance(outcome, NotRemoved):
        return outcome
    if entry is not None:
        _remove_folder(repository, place.path, entry)
    else:
        _clear(place.path)
    if outcome.commit:
        # With the value that was looked at: a commit made meanwhile keeps the branch.
        git(repository.common_dir, "update-ref", "-d", f"refs/heads/{place.branch}", outcome.commit)
    drop_claim(repository, claim)
    return outcome


def _make_safe(
    repository: Repository, place: Holding, entry: WorktreeEntry | None, terms: Terms, *, foretell: bool
) -> Removed | NotRemoved:
    """Park what is not proven, until a second look finds nothing that the first did not."""
    for _ in range(LOOKS):
        tip = repository.branch_tip(place.branch) or ""
        seen = take(repository, place.path, place.branch, ignored=terms.ignored)
        left_of = _being_removed(repository, place.path, seen) if entry else seen.files
        if left_of and (not entry or left_of != seen.files) and (known := _known(repository, place, terms, left_of)):
            return known  # made safe before a removal that was killed
        unproven = _unproven(repository, place, seen, tip, terms)
        if unproven and terms.must_be_proven:
            return unproven
        parked = keep(repository, place, seen, foretell=foretell) if unproven else None
        commits = [commit for commit in (seen.head.commit, tip, *seen.tips) if commit]
        proof = f"kept as {parked.ref}" if parked else f"merged in {proof_of(repository, commits, terms.proven_in)}"
        removed = Removed(proof, tip, parked)
        if foretell:
            return removed
        again = take(repository, place.path, place.branch, ignored=terms.ignored)
        if again == seen and (repository.branch_tip(place.branch) or "") == tip:
            _mark(repository, place.path, seen)
            return removed
    return NotRemoved(f"what is in {place.path} keeps changing", hint="see who works there, then do it again")


def _unproven(repository: Repository, place: Holding, seen: Snapshot, tip: str, terms: Terms) -> NotRemoved | None:
    """Say what of a snapshot is nowhere else."""
    removable = {path for path in seen.untracked if is_one_of(path, terms.also_removable)}
    if paths := tuple(path for path in seen.paths if path not in removable):
        return NotRemoved(f"{len(paths)} uncommitted files in {place.path}", paths)
    commits = [commit for commit in (seen.head.commit, tip, *seen.tips) if commit]
    if proof_of(repository, commits, terms.proven_in) is None:
        return NotRemoved(f"{place.branch} has commits that are not merged")
    return None


def _known(repository: Repository, place: Holding, terms: Terms, files: str) -> Removed | None:
    """Say where the branch and these files are safe by now, None if they are not."""
    tip = repository.branch_tip(place.branch) or ""
    for kept in reversed(list_kept(repository, place.run)):
        if (
            kept.task == place.name
            and tip == kept.tip
            and files in {repository.tree(kept.commit), repository.tree(tip)}
        ):
            return Removed(f"kept as {kept.ref}", tip, Parked(kept.ref, kept.commit))
    proof = proof_of(repository, [tip], terms.proven_in) if tip and files == repository.tree(tip) else None
    return Removed(f"merged in {proof}", tip) if proof else None


def _gone(repository: Repository, place: Holding) -> Removed:
    last = _last_kept(repository, place)
    return Removed(f"kept as {last.ref}" if last else "it was gone already", parked=last)


def _last_kept(repository: Repository, place: Holding) -> Parked | None:
    kept = [kept for kept in list_kept(repository, place.run) if kept.task == place.name]
    return Parked(kept[-1].ref, kept[-1].commit) if kept else None


def _mark(repository: Repository, path: Path, seen: Snapshot) -> None:
    if admin := admin_folder(repository, path):
        (admin / _MARK).write_text(json.dumps([seen.head.commit, seen.index, seen.files]), "utf-8")


def _being_removed(repository: Repository, path: Path, seen: Snapshot) -> str:
    """Return what the files were when a removal began that was killed; "" if somebody has worked there since."""
    admin = admin_folder(repository, path)
    try:
        head, index, files = json.loads((admin / _MARK).read_text("utf-8")) if admin else ("", "", "")
    except (OSError, ValueError):
        return ""
    if (seen.head.commit, seen.index) != (head, index):
        return ""
    how = ("-r", "--name-only", "--no-renames", "--diff-filter=d")
    added = run_git(repository.common_dir, "diff-tree", *how, files, seen.files)
    return str(files) if added.ok and not added.raw else ""


def _remove_folder(repository: Repository, path: Path, entry: WorktreeEntry) -> None:
    # Forced, because git agrees to nothing but what is in commits; all else is parked by now. Twice: half-made ones
    # are locked, others were refused.
    force = ["--force", "--force"] if entry.locked else ["--force"]
    if not entry.gone:
        _open(path)
        for folder, folders, _ in os.walk(path):
            for name in folders:
                _open(Path(folder, name))
    answer = run_git(repository.common_dir, "worktree", "remove", *force, str(path))
    if not answer.ok:
        raise OrchestraError(
            f"cannot remove {path}: {answer.complaint}",
            safe="its branch is kept, and all that was in it is merged or parked",
            hint=f"see what is left: ls -la {path}",
        )


def _open(folder: Path) -> None:
    """Let what is in a folder of ours be removed, whatever its mode."""
    if not folder.is_symlink() and not os.access(folder, os.W_OK | os.X_OK):
        with suppress(OSError):
            folder.chmod(folder.stat().st_mode | 0o700)


def _clear(path: Path) -> None:
    """Remove an empty folder of ours that git does not know (any more)."""
    if os.path.lexists(path) and _is_empty(path):
        (path / ".git").unlink(missing_ok=True)
        path.rmdir()
