"""The forecast: sixteen branches in a large repository, beside bare `git merge-tree` calls run two at a time."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations, count
from pathlib import Path

from harness import Comparison, git, make_repository

from tmux_orchestra.effects.git import Forecaster, Place, Repository, add_worktree

BRANCHES = 16
FILES = 20_000
EDITS = 8
SHARED = 5
"""Files of which each branch edits one, in the same line: about every fifth pair conflicts."""

Pair = tuple[str, str]


def comparisons(folder: Path) -> Iterator[Comparison]:
    """Yield all pairs at once, the pairs of one branch that moved, and a whole round after an edit in a worktree."""
    path = make_repository(folder / "repository", FILES)
    repository = Repository.open(path)
    base = repository.head().commit
    tips = [_branch(path, number, base) for number in range(BRANCHES)]
    pairs = [*combinations(tips, 2)]
    yield _all_pairs(repository, folder / "all", pairs)
    yield _one_moved(repository, folder / "one", tips)
    yield _one_edited(repository, folder / "edited", tips)


def _all_pairs(repository: Repository, folder: Path, pairs: Sequence[Pair]) -> Comparison:
    def ours() -> None:
        forecaster = Forecaster(repository, folder)
        if not forecaster.clashes(pairs, repository.root):
            raise AssertionError("nothing conflicts")
        forecaster.close()

    title = f"all {len(pairs)} pairs of {BRANCHES} branches, {FILES:,} files"
    return Comparison(title, ours, lambda: _merge_trees(repository.root, pairs), limit=1.5)


def _one_moved(repository: Repository, folder: Path, tips: Sequence[str]) -> Comparison:
    forecaster = Forecaster(repository, folder)
    forecaster.clashes([*combinations(tips, 2)], repository.root)
    fresh = count()
    moved: list[str] = []

    def prepare() -> None:
        tree = f"{tips[0]}^{{tree}}"
        moved[:] = [git(repository.root, "commit-tree", tree, "-p", tips[0], "-m", f"again {next(fresh)}"), *tips[1:]]

    def ours() -> None:
        forecaster.clashes([*combinations(moved, 2)], repository.root)

    def plain() -> None:
        _merge_trees(repository.root, [(moved[0], other) for other in moved[1:]])

    title = f"the {BRANCHES - 1} pairs of one branch that moved, {FILES:,} files"
    return Comparison(title, ours, plain, limit=1.5, prepare=prepare)


def _one_edited(repository: Repository, folder: Path, tips: Sequence[str]) -> Comparison:
    """Beside the same round as typed commands: `add --all` on a copy of the index, a commit, its merges."""
    made = add_worktree(repository, repository.root.with_name("edited-worktree"), "orchestra/bench/edited", tips[0])
    forecaster = Forecaster(repository, folder)
    fresh = count()

    def prepare() -> None:
        (made.path / "part0" / "file0.txt").write_text(f"edited {next(fresh)}\n", "utf-8")

    def ours() -> None:
        sketch = forecaster.look({"edited": Place(made.path, made.branch)})["edited"]
        forecaster.clashes([(sketch, other) for other in tips[1:]], repository.root)

    def plain() -> None:
        index = folder.with_name("typed.index")
        shutil.copy2(git(made.path, "rev-parse", "--path-format=absolute", "--git-path", "index"), index)
        env = {**os.environ, "GIT_INDEX_FILE": str(index)}
        subprocess.run(["git", "add", "--all"], cwd=made.path, env=env, check=True)
        tree = subprocess.check_output(["git", "write-tree"], cwd=made.path, env=env, text=True).strip()
        sketch = git(made.path, "commit-tree", tree, "-p", tips[0], "-m", "edited")
        _merge_trees(repository.root, [(sketch, other) for other in tips[1:]])

    title = f"a round after an edit in one worktree of {BRANCHES}, {FILES:,} files"
    return Comparison(title, ours, plain, limit=1.5, prepare=prepare)


def _merge_trees(folder: Path, pairs: Sequence[Pair]) -> None:
    def merge(pair: Pair) -> None:
        subprocess.run(["git", "merge-tree", "--write-tree", *pair], cwd=folder, stdout=subprocess.DEVNULL, check=False)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(merge, pairs))


def _branch(path: Path, number: int, base: str) -> str:
    """Commit some edits of one branch's own, and one in a file that others edit too; return the tip."""
    git(path, "checkout", "--quiet", "-b", f"task-{number}", base)
    own = [number * 1000 + edit * 100 + 7 for edit in range(EDITS)]
    for index in (*own, number % SHARED):
        file = path / f"part{index // 50}" / f"file{index}.txt"
        lines = file.read_text("utf-8").splitlines(keepends=True)
        lines[3] = f"by task {number}\n"
        file.write_text("".join(lines), "utf-8")
    git(path, "commit", "--quiet", "--all", "--message", f"task {number}")
    tip = git(path, "rev-parse", "HEAD")
    git(path, "checkout", "--quiet", "main")
    return tip
