"""The integration queue: eight clean merges by our code, beside the same `git merge` commands typed in a row."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

from harness import Comparison, git, make_repository

from tmux_orchestra.effects.git import Conflicted, Repository, add_worktree, merge
from tmux_orchestra.mergers import Proposal

MERGES = 8
COMMITS = 3
FILES = (1_000, 20_000)


def comparisons(folder: Path) -> Iterator[Comparison]:
    """Yield one comparison for each size of the repository."""
    for files in FILES:
        yield _queue(make_repository(folder / f"with-{files}", files))


def _queue(path: Path) -> Comparison:
    repository = Repository.open(path)
    base = repository.head().commit
    tips = [_task(path, number, base) for number in range(MERGES)]
    worktree = add_worktree(repository, path.with_name(f"{path.name}-queue"), "orchestra/bench/_integration", base).path

    def prepare() -> None:
        git(worktree, "reset", "--hard", "--quiet", base)
        git(worktree, "status")  # the next command finds an index that knows every file

    def ours() -> None:
        for number, tip in enumerate(tips):
            proposal = Proposal(run="bench", task=f"task-{number}", title=f"Task {number}", commit=tip)
            if isinstance(merge(repository, worktree, proposal), Conflicted):
                raise AssertionError(f"task {number} conflicts")

    def plain() -> None:
        for number, tip in enumerate(tips):
            subprocess.run(
                ["git", "merge", "--no-ff", "--no-stat", "--quiet", "-m", f"Task {number}", tip],
                cwd=worktree,
                check=True,
            )

    files = git(path, "ls-tree", "-r", "--name-only", base).count("\n") + 1
    return Comparison(f"{MERGES} clean merges, {files:,} files", ours, plain, limit=1.3, prepare=prepare)


def _task(path: Path, number: int, base: str) -> str:
    """Commit a few edits that no other task makes, on a branch of their own; return its tip."""
    git(path, "checkout", "--quiet", "-b", f"task-{number}", base)
    for commit in range(COMMITS):
        for place in range(3):
            index = number * 100 + commit * 10 + place
            file = path / f"part{index // 50}" / f"file{index}.txt"
            file.write_text(file.read_text("utf-8") + f"by task {number}\n", "utf-8")
        git(path, "commit", "--quiet", "--all", "--message", f"task {number}, step {commit}")
    tip = git(path, "rev-parse", "HEAD")
    git(path, "checkout", "--quiet", "main")
    return tip
