"""Where a worktree goes and what its branch is called, so that nothing of anybody's is in the way."""

import hashlib
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from tmux_orchestra.core.errors import EnvironmentLacks
from tmux_orchestra.effects.git.claims import Claim, read_claims, repository_lock, write_claim
from tmux_orchestra.effects.git.command import git, run_git
from tmux_orchestra.effects.git.repository import Repository


@dataclass(frozen=True)
class WorktreeEntry:
    """One line of `git worktree list`. `gone`: its folder is not there."""

    path: Path
    head: str
    branch: str | None
    locked: bool
    gone: bool


def list_worktrees(repository: Repository) -> tuple[WorktreeEntry, ...]:
    """Return every worktree git knows of, the person's own ones included, the main one first."""
    listed = git(repository.common_dir, "worktree", "list", "--porcelain", "-z").raw
    found = []
    for block in os.fsdecode(listed).split("\0\0"):
        said = dict(line.partition(" ")[::2] for line in block.split("\0") if line)
        if "worktree" in said and "bare" not in said:
            path, branch = Path(said["worktree"]), said.get("branch")
            short = branch.removeprefix("refs/heads/") if branch else None
            found.append(WorktreeEntry(path, said.get("HEAD", ""), short, "locked" in said, not path.is_dir()))
    return tuple(found)


def find_worktree(repository: Repository, path: Path) -> WorktreeEntry | None:
    """Return git's entry for the worktree at `path`, None if git has none."""
    wanted = os.path.realpath(path)
    return next((entry for entry in list_worktrees(repository) if os.path.realpath(entry.path) == wanted), None)


def admin_folder(repository: Repository, path: Path) -> Path | None:
    """Return git's own folder for the worktree at `path`, even where it is too broken for `git worktree list`."""
    wanted = path.parent.resolve() / path.name
    for pointer in sorted((repository.common_dir / "worktrees").glob("*/gitdir")):
        with suppress(OSError):
            link = pointer.parent / os.fsdecode(pointer.read_bytes()).rstrip("\n")
            if link.parent.parent.resolve() / link.parent.name == wanted:
                return pointer.parent
    return None


def list_run_worktrees(repository: Repository, run: str) -> tuple[Claim, ...]:
    """Return what a run has claimed, worktrees that are not made yet or gone by now included."""
    return tuple(claim for claim in read_claims(repository) if claim.name.startswith(f"orchestra/{run}/"))


def choose_worktree(
    repository: Repository, *, name: str, branch: str, template: str, env: Mapping[str, str]
) -> tuple[Path, str]:
    """Claim and return a folder and a branch that are free; the same ones each time the same `branch` is asked for.

    `template` holds `{parent}` (the folder beside which the repository lies) and `{name}`. A taken name gets
    `-2`, `-3`… Where the folder would be unwritable or inside another repository's files, it goes below
    `$XDG_STATE_HOME` instead (from `env`).
    """
    with repository_lock(repository):
        claims = read_claims(repository)
        for claim in claims:
            if claim.name == branch:
                return Path(claim.path), claim.branch
        taken_paths = {claim.path for claim in claims} | {str(entry.path) for entry in list_worktrees(repository)}
        taken_branches = {claim.branch for claim in claims}
        for number in count(1):
            suffix = "" if number == 1 else f"-{number}"
            path = _place(repository, template, f"{name}{suffix}", env)
            candidate = f"{branch}{suffix}"
            if str(path) in taken_paths or candidate in taken_branches:
                continue
            if not os.path.lexists(path) and not _branch_in_the_way(repository, candidate):
                write_claim(repository, Claim(name=branch, branch=candidate, path=str(path)))
                return path, candidate
    raise AssertionError("unreachable: count() does not end")


def _place(repository: Repository, template: str, name: str, env: Mapping[str, str]) -> Path:
    wanted = template.replace("{parent}", str(repository.root.parent)).replace("{name}", name)
    path = Path(os.path.normpath(repository.root / Path(wanted).expanduser()))
    if _usable(repository, path.parent):
        return path
    state = env.get("XDG_STATE_HOME") or Path(env.get("HOME") or Path.home()) / ".local" / "state"
    digest = hashlib.sha256(os.fsencode(repository.common_dir)).hexdigest()[:8]
    folder = Path(state) / "tmux-orchestra" / "worktrees" / f"{repository.name}-{digest}"
    if not _usable(repository, folder):
        raise EnvironmentLacks(
            f"there is no place for worktrees: neither {path.parent} nor {folder} can be used",
            safe="nothing was created",
            hint='set one in .orchestra.toml: worktree = "/some/folder/{name}"',
        )
    return folder / path.name


def _usable(repository: Repository, folder: Path) -> bool:
    """Whether folders may be made in `folder`, and they would not show up in another repository's status."""
    while not folder.exists():
        folder = folder.parent
    if not (folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)):
        return False
    around = run_git(folder, "rev-parse", "--path-format=absolute", "--is-inside-work-tree", "--git-common-dir")
    inside, _, common = around.text.partition("\n")
    return not around.ok or inside != "true" or Path(common) == repository.common_dir


def _branch_in_the_way(repository: Repository, branch: str) -> bool:
    refs = git(repository.common_dir, "for-each-ref", "--count=1", f"refs/heads/{branch}", f"refs/heads/{branch}/")
    return bool(refs.raw)
