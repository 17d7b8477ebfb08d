"""The user's repository: where it is, what its refs say, and whether a run can work in it."""

import os
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tmux_orchestra.core.errors import EnvironmentLacks, OrchestraError, UsageError
from tmux_orchestra.effects.git.command import OLDEST_GIT, READING, git, run_git

BRANCHES = "orchestra"
"""Every branch of ours is `orchestra/<run>/<name>`."""

REFS = "refs/orchestra"
"""Every other ref of ours is `refs/orchestra/<run>/<name>`."""

IDENTITY_HINT = 'run: git config --global user.name "Your Name"; git config --global user.email "you@example.com"'


@dataclass(frozen=True)
class Head:
    """What a worktree has checked out: `branch` is None when it is detached."""

    branch: str | None
    commit: str


@dataclass(frozen=True)
class DiffStat:
    """The size of a change, binary files counted as files only."""

    files: int
    added: int
    removed: int


@dataclass(frozen=True)
class Repository:
    """A git repository with at least one commit, and the worktree in which the person is."""

    root: Path
    """The main worktree; the repository's own folder where it is bare and has linked worktrees only."""
    here: Path
    """The top of the worktree where the run was started."""
    common_dir: Path

    @property
    def state_dir(self) -> Path:
        """Where runs are kept: `orchestra/` in the folder that all worktrees share."""
        return self.common_dir / "orchestra"

    @property
    def name(self) -> str:
        """What a person calls this repository; not unique."""
        name = self.root.name.removesuffix(".git")
        return name if name.strip(".") and not name.startswith(".") else self.root.parent.name

    @classmethod
    def open(cls, path: Path) -> Self:
        """Find the repository that `path` lies in: its top, a subfolder or a linked worktree.

        Raises UsageError for a place without a usable repository (none, bare, inside `.git`, no commit yet)
        and EnvironmentLacks where git is missing, too old or refuses the folder's owner.
        """
        require_git()
        path = path.absolute()
        if not path.is_dir():
            raise UsageError(f"{path} is not a folder", safe="nothing was changed")
        found = run_git(path, "rev-parse", "--path-format=absolute", "--is-bare-repository", "--git-common-dir")
        if not found.ok:
            raise _no_repository(path, found.complaint)
        bare, _, common = found.text.partition("\n")
        top = run_git(path, "rev-parse", "--path-format=absolute", "--show-toplevel")
        if bare == "true" or not top.ok:
            raise UsageError(
                f"{path} is a bare repository or the inside of one: it has no files to work on",
                safe="nothing was changed",
                hint="run tmux-orchestra in a worktree (git worktree add ../work)",
            )
        here = Path(top.text)
        repository = cls(root=_main_worktree(here), here=here, common_dir=Path(common))
        repository._require_commit()
        return repository

    def _require_commit(self) -> None:
        if not run_git(self.here, "rev-parse", "--verify", "--quiet", "HEAD^{commit}").ok:
            raise UsageError(
                f"{self.here} has no commit yet, so there is nothing that tasks could start from",
                safe="nothing was changed",
                hint='run: git add --all && git commit --allow-empty -m "first commit"',
            )

    def head(self, worktree: Path | None = None) -> Head:
        """Return what is checked out in `worktree` (default: `here`). Raises OrchestraError on an unborn branch."""
        folder = worktree or self.here
        branch = run_git(folder, "symbolic-ref", "--quiet", "--short", "HEAD")
        commit = git(folder, "rev-parse", "--verify", "HEAD^{commit}", what=f"nothing is committed in {folder}")
        return Head(branch.text if branch.ok else None, commit.text)

    def resolve(self, ref: str) -> str:
        """Return the id of the commit that `ref` names. Raises UsageError if it names none."""
        commit = self.find(ref)
        if commit is None:
            raise UsageError(
                f"{ref!r} names no commit in {self.root}", safe="nothing was changed", hint="run: git branch --all"
            )
        return commit

    def find(self, ref: str) -> str | None:
        """Return the id of the commit that `ref` names, None if it names none."""
        found = run_git(self.common_dir, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
        return found.text if found.ok else None

    def branch_tip(self, branch: str) -> str | None:
        """Return the commit that a local branch points to, None if there is no such branch."""
        return self.find(f"refs/heads/{branch}")

    def tree(self, commit: str) -> str:
        """Return the id of a commit's tree: equal for equal content."""
        return git(self.common_dir, "rev-parse", "--verify", "--end-of-options", f"{commit}^{{tree}}").text

    def is_ancestor(self, older: str, newer: str) -> bool:
        """Whether everything in `older` is part of `newer`; a commit is its own ancestor."""
        answer = run_git(self.common_dir, "merge-base", "--is-ancestor", older, newer)
        if answer.exit_code not in (0, 1):
            raise OrchestraError(f"cannot compare {older[:12]} with {newer[:12]}: {answer.complaint}")
        return answer.ok

    def branches(self, run: str) -> dict[str, str]:
        """Return every branch of a run with its commit."""
        listed = git(
            self.common_dir,
            "for-each-ref",
            "--format=%(objectname) %(refname:lstrip=2)",
            f"refs/heads/{BRANCHES}/{run}/",
        )
        return {branch: commit for commit, _, branch in (line.partition(" ") for line in listed.text.splitlines())}

    def diff_stat(self, base: str, commit: str) -> DiffStat:
        """Return how much lies between two commits."""
        listed = git(self.common_dir, "diff-tree", "-r", "-z", "--numstat", "--no-renames", base, commit)
        counts = [entry.split("\t", 2)[:2] for entry in listed.fields]
        return DiffStat(
            files=len(counts),
            added=sum(int(added) for added, _ in counts if added != "-"),
            removed=sum(int(removed) for _, removed in counts if removed != "-"),
        )

    def checkout_size(self) -> int:
        """Return how many bytes the tracked files of `here` take on the disk."""
        size = 0
        for path in git(self.here, "ls-files", "-z", options=READING).fields:
            with suppress(OSError):  # removed, or outside of a sparse checkout
                size += (self.here / path).lstat().st_size
        return size

    def user_excludes(self, env: Mapping[str, str] = os.environ) -> str:
        """Return the text of the person's own excludes file (`core.excludesFile` or git's default); empty if none."""
        configured = run_git(self.here, "config", "--type=path", "--get", "core.excludesFile")
        default = Path(env.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "git" / "ignore"
        try:
            return (self.here / configured.text if configured.ok else default).read_text("utf-8", "surrogateescape")
        except OSError:
            return ""

    def refuse_branch_named_orchestra(self) -> None:
        """Raise UsageError where a branch `orchestra` keeps git from making any `orchestra/…`."""
        if self.branch_tip(BRANCHES):
            raise UsageError(
                f"the branch {BRANCHES!r} stands in the way: git cannot have {BRANCHES}/<run>/<task> beside it",
                safe="nothing was changed",
                hint=f"run: git branch -m {BRANCHES} {BRANCHES}-old",
            )

    def identity_problem(self, env: Mapping[str, str] = os.environ) -> str | None:
        """Say what keeps commits from having an author, None if nothing does.

        Git's guess (login name at host name) is not an identity: it would end up in the user's history.
        """
        options = ["-c", "user.useConfigOnly=true"]
        if env.get("EMAIL") and not run_git(self.here, "config", "--get", "user.email").ok:
            options += ["-c", f"user.email={env['EMAIL']}"]  # git accepts it, but not with useConfigOnly
        for role in ("AUTHOR", "COMMITTER"):
            if not run_git(self.here, "var", f"GIT_{role}_IDENT", options=options).ok:
                return f"git does not know who commits here (no user.name or user.email)\n{IDENTITY_HINT}"
        return None


def require_git() -> str:
    """Return git's version. Raises EnvironmentLacks where git is missing or older than what we rely on."""
    said = run_git(Path("/"), "version").text
    version = tuple(int(number) for number in re.findall(r"\d+", said)[:2])
    if version < OLDEST_GIT:
        wanted = ".".join(map(str, OLDEST_GIT))
        raise EnvironmentLacks(
            f"git is too old: {said}; {wanted} or newer is needed",
            safe="nothing was changed",
            hint=f"install git {wanted} or newer",
        )
    return said.removeprefix("git version ")


def _no_repository(path: Path, complaint: str) -> OrchestraError:
    if "not a git repository" in complaint:
        return UsageError(
            f"{path} is not in a git repository",
            safe="nothing was changed",
            hint="run it inside a repository, or make one: git init && git add --all && git commit -m start",
        )
    return EnvironmentLacks(f"git cannot read the repository at {path}: {complaint}", safe="nothing was changed")


def _main_worktree(here: Path) -> Path:
    """Return the main worktree, or the bare repository in its place."""
    own = git(here, "rev-parse", "--path-format=absolute", "--git-dir", "--git-common-dir").text.splitlines()
    if own[0] == own[1]:
        return here  # `worktree list` names the wrong folder for a submodule's own repository
    first = git(here, "worktree", "list", "--porcelain", "-z").fields[0]
    return Path(first.removeprefix("worktree "))
