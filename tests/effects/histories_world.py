"""A small real repository in which random histories happen, and what can be seen of it at any moment.

Every content that somebody writes is unlike any other, so that a blob's id says whose it is and whether it is lost.
"""

import hashlib
import os
import shutil
import stat
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tmux_orchestra.effects.git import Repository, add_worktree, choose_worktree

RUN = "r1"
INTEGRATION = "_integration"
TASKS = ("auth", "docs")

_CONFIG = """[user]
\tname = Ada
\temail = ada@example.com
[init]
\tdefaultBranch = main
[core]
\tfsync = none
[advice]
\tdetachedHead = false
[gc]
\tauto = 0
"""

_FIRST = {
    "a": "".join(f"line {number} of a\n" for number in range(12)),
    "b": "".join(f"line {number} of b\n" for number in range(12)),
    "d/c": "c\n",
    "-x": "an option?\n",
    ".gitignore": "*.log\n",
}


@dataclass(frozen=True)
class Seen:
    """The ids of all objects that are safe, and of those that only a log of git's leads to."""

    solid: frozenset[str]
    logged: frozenset[str]


@dataclass(frozen=True)
class Files:
    """A worktree's files with their modes, and its HEAD; nothing at all where it is gone."""

    head: str
    contents: Mapping[str, tuple[int, bytes]]


@dataclass
class World:
    """The person's worktree, one for the integration branch, one for each task. `renew` before each history."""

    folder: Path
    top: Path = field(init=False)
    repository: Repository = field(init=False)

    def __post_init__(self) -> None:
        """Make the repository once; each history begins with a copy of it, at the same place."""
        self.top = self.folder / "ws"
        root = self.top / "proj"
        root.mkdir(parents=True)
        Path(os.environ["GIT_CONFIG_GLOBAL"]).write_text(_CONFIG, "utf-8")
        self.git(root, "init", "--quiet", "--template=")
        for name, text in _FIRST.items():
            (root / name).parent.mkdir(exist_ok=True)
            (root / name).write_text(text)
        self.git(root, "add", "--all")
        self.git(root, "commit", "--quiet", "--message=first")
        self.repository = Repository.open(root)
        self.base = self.repository.head().commit
        for name in (INTEGRATION, *TASKS):
            add_worktree(self.repository, *self.claimed(name), self.base)
        shutil.copytree(self.top, self.folder / "template", symlinks=True)

    def claimed(self, name: str) -> tuple[Path, str]:
        """Return the folder and branch of a task or of the integration branch."""
        branch = f"orchestra/{RUN}/{name}"
        return choose_worktree(
            self.repository, name=f"{RUN}-{name}", branch=branch, template="{parent}/worktree-{name}", env=os.environ
        )

    def renew(self) -> None:
        """Begin again with the first commit and untouched worktrees."""
        if self.top.exists():
            for folder, folders, _ in os.walk(self.top):
                for name in folders:
                    place = Path(folder, name)
                    if not place.is_symlink():
                        place.chmod(0o755)
            shutil.rmtree(self.top)
        shutil.copytree(self.folder / "template", self.top, symlinks=True)

    def path(self, name: str) -> Path:
        """Return where a worktree lies; "" is the person's."""
        return self.top / (f"worktree-{RUN}-{name}" if name else "proj")

    def branch(self, name: str) -> str:
        """Return a worktree's own branch."""
        return f"orchestra/{RUN}/{name}" if name else "main"

    @staticmethod
    def git(folder: Path, *args: str) -> str:
        """Run git as a person would; whether it refuses is the person's affair."""
        done = subprocess.run(
            ["git", *args], cwd=folder, capture_output=True, check=False, env={**os.environ, "GIT_EDITOR": "true"}
        )
        return os.fsdecode(done.stdout)

    # --- looking -------------------------------------------------------------------------------------

    def see(self, *, logs: bool = True) -> Seen:
        """Look for everything that anybody's work can be in: refs, HEADs, indexes, files; and git's logs if asked.

        Of an index only the blobs count: the trees in it are a cache, which git drops at the next `add`.
        """
        asked = (("--all",), ("--indexed-objects",), ("--all", "--reflog"))[: 2 + logs]
        how = ("git", "rev-list", "--objects", "--missing=allow-any")
        listings = []
        for process in [self._start([*how, *which]) for which in asked]:
            out, err = process.communicate()
            assert process.returncode == 0, f"git does not understand its own repository any more: {err!r}"
            listings.append(frozenset(line[:40].decode() for line in out.split(b"\n") if line))
        files = {blob_id(content) for name in self.names() for _, content in self.files(name).contents.values()}
        solid = listings[0] | self._blobs(listings[1] - listings[0] - files) | files
        return Seen(solid, listings[2] | solid if logs else solid)

    def _start(self, argv: list[str]) -> subprocess.Popen[bytes]:
        pipe = subprocess.PIPE
        return subprocess.Popen(argv, cwd=self.repository.common_dir, stdin=pipe, stdout=pipe, stderr=pipe)

    def _blobs(self, objects: frozenset[str]) -> frozenset[str]:
        if not objects:
            return objects
        listed = "".join(f"{one}\n" for one in objects).encode()
        out, _ = self._start(["git", "cat-file", "--batch-check"]).communicate(listed)
        return frozenset(line[:40].decode() for line in out.splitlines() if line[41:].startswith(b"blob"))

    @staticmethod
    def names() -> tuple[str, ...]:
        """Return every worktree's name; "" is the person's."""
        return ("", INTEGRATION, *TASKS)

    def files(self, name: str) -> Files:
        """Read a worktree's files, but for what git ignores here."""
        top = self.path(name)
        found = {}
        for folder, folders, files in os.walk(top):
            for each in [*files, *(name for name in folders if Path(folder, name).is_symlink())]:
                place = Path(folder, each)
                if each == ".git" or (each.endswith(".log") and place.parent.name != ".git"):
                    continue
                mode = place.lstat().st_mode
                content = os.fsencode(place.readlink()) if stat.S_ISLNK(mode) else place.read_bytes()
                found[str(place.relative_to(top))] = (mode, content)
            folders[:] = [each for each in folders if each != ".git" and not Path(folder, each).is_symlink()]
        admin = self.admin(name)
        head = (admin / "HEAD").read_text() if (admin / "HEAD").exists() else ""
        return Files(head, found)

    def admin(self, name: str) -> Path:
        """Return git's own folder for a worktree."""
        common = self.top / "proj" / ".git"
        return common / "worktrees" / self.path(name).name if name else common

    def refs(self) -> dict[str, str]:
        """Return every ref with what it points to."""
        listed = self.git(self.repository.common_dir, "for-each-ref", "--format=%(refname) %(objectname)")
        return dict(line.rsplit(" ", 1) for line in listed.splitlines())

    def staged(self, name: str) -> str:
        """Return what a worktree's index holds, with its marks."""
        return self.git(self.path(name), "ls-files", "--stage", "-v", "-z")

    def drop_locks(self) -> None:
        """Remove what a killed git keeps everybody else's away with, as its message says."""
        for name in self.names():
            (self.admin(name) / "index.lock").unlink(missing_ok=True)

    def leftovers(self) -> list[str]:
        """Return the locks and half-written files that lie about."""
        common = self.repository.common_dir
        locks = [path for path in common.rglob("*.lock") if path.name not in {"orchestra.lock", "repo.lock"}]
        halves = [
            *self.top.rglob(".orchestra-*"),
            *common.rglob("orchestra.index"),
            *common.rglob("orchestra.restoring"),
        ]
        return sorted(str(path.relative_to(self.top)) for path in (*locks, *halves))


def blob_id(content: bytes) -> str:
    """Return the id that git gives these bytes."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
