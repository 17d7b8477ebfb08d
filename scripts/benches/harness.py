"""What benches share: two ways of one thing, taken in turns, their medians and ratio; repositories to do it in."""

import os
import statistics
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


def nothing() -> None:
    """Prepare nothing."""


@dataclass(frozen=True)
class Comparison:
    """Our way of something beside the plain one. `prepare` runs before each, and is not measured."""

    title: str
    ours: Callable[[], object]
    plain: Callable[[], object]
    limit: float
    """How many times as long as the plain way ours may take."""
    prepare: Callable[[], object] = nothing


def measure(name: str, comparison: Comparison, repetitions: int) -> bool:
    """Take both ways in turns, print their medians and the ratio; say whether it is within the limit."""
    times: dict[str, list[float]] = {"ours": [], "plain": []}
    ways = {"ours": comparison.ours, "plain": comparison.plain}
    for turn in range(repetitions + 1):
        # Who goes second finds warm caches: each is that in every other turn.
        for who in sorted(ways, reverse=bool(turn % 2)):
            comparison.prepare()
            begun = time.perf_counter()
            ways[who]()
            if turn:
                times[who].append(time.perf_counter() - begun)
    ours, plain = (statistics.median(times[who]) * 1000 for who in ("ours", "plain"))
    ratio = ours / plain
    verdict = "ok" if ratio <= comparison.limit else "TOO SLOW"
    print(
        f"{name}: {comparison.title}: ours {ours:.1f} ms, plain {plain:.1f} ms, ratio {ratio:.2f} "
        f"(at most {comparison.limit:g}): {verdict}",
        flush=True,
    )
    return ratio <= comparison.limit


def private_git(home: Path) -> None:
    """Let nobody's git configuration count in this process, and give commits an author."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        del os.environ[name]
    config = home / "gitconfig"
    config.write_text(
        "[user]\n\tname = Bench\n\temail = bench@localhost\n[init]\n\tdefaultBranch = main\n"
        "[gc]\n\tauto = 0\n",  # one that starts in the background would disturb what is measured
        "utf-8",
    )
    os.environ |= {"HOME": str(home), "GIT_CONFIG_GLOBAL": str(config), "GIT_CONFIG_NOSYSTEM": "1"}


def git(folder: Path, *args: str) -> str:
    """Run git as a person would type it; returns what it prints."""
    return subprocess.run(["git", *args], cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def make_repository(path: Path, files: int, *, per_folder: int = 50) -> Path:
    """Make a repository with that many small files in folders, and one commit on `main`."""
    for number in range(files):
        file = path / f"part{number // per_folder}" / f"file{number}.txt"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(f"line {line} of file {number}\n" for line in range(30)), "utf-8")
    git(path, "init", "--quiet")
    git(path, "add", "--all")
    git(path, "commit", "--quiet", "--message", "start")
    git(path, "gc", "--quiet")
    return path
