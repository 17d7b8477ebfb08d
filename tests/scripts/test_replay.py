"""scripts/replay: it does the merges of a real repository again, leaves the clone alone, and sees every kind."""

import os
import subprocess
from pathlib import Path

REPLAY = Path(__file__).parent.parent.parent / "scripts" / "replay"


def run(folder: Path, *command: object) -> str:
    env = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    env |= {f"GIT_{role}_{what}": "ada@localhost" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    done = subprocess.run(list(map(str, command)), cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_merges_are_replayed_and_told_by_kind(tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    run(tmp_path, "git", "init", "--quiet", "--initial-branch=main", clone)

    def commit(name: str, text: str) -> None:
        (clone / name).write_text(text)
        run(clone, "git", "add", "--all")
        run(clone, "git", "commit", "--quiet", "--message", name)

    commit("start", "x\n")
    run(clone, "git", "checkout", "--quiet", "-b", "side")
    commit("side", "theirs\n")
    run(clone, "git", "checkout", "--quiet", "main")
    commit("main", "x\n")
    run(clone, "git", "merge", "--quiet", "--no-edit", "side")  # clean
    run(clone, "git", "checkout", "--quiet", "side")
    commit("start", "theirs\n")
    run(clone, "git", "checkout", "--quiet", "main")
    commit("start", "ours\n")
    run(clone, "git", "merge", "--quiet", "--no-edit", "--strategy=ours", "side")  # a conflict, for whoever merges it
    state = run(clone, "git", "for-each-ref"), run(clone, "git", "count-objects", "-v")
    told = run(tmp_path, REPLAY, clone, "--only", "forecast")
    assert told.startswith("forecast: 2 merges, ")
    for part in ("1 clean", "1 conflicting", "2 forecast of commits = git merge", "2 forecast of edits = git merge"):
        assert part in told
    told = run(tmp_path, REPLAY, clone, "--only", "queue")
    assert told.startswith("queue: 2 merges, ")
    for part in (
        "1 clean",
        "1 conflicting",
        "2 queue = git merge",
        "1 history has git's own merge",
        "1 queue = history",
    ):
        assert part in told
    assert (run(clone, "git", "for-each-ref"), run(clone, "git", "count-objects", "-v")) == state
