"""A conflict that no agent could resolve, in a person's hands: resolved or given up, whoever died meanwhile."""

import signal
from pathlib import Path

import pytest

from tests.e2e.orchestra import Orchestra, Run, Told, end_servers, git, kill, tmux
from tests.waiting import retry_until

pytestmark = pytest.mark.e2e

CHECK = "! grep -q '<<<<<<<' shared.txt"


def conflicting(orchestra: Orchestra, monkeypatch: pytest.MonkeyPatch, *options: str, **more: Told) -> Run:
    """Begin a run of two tasks that write the same file: the second will be conflicted. A third waits for it."""
    monkeypatch.setenv("TMUX_ORCHESTRA_MAX_ATTEMPTS", "1")
    monkeypatch.setenv("TMUX_ORCHESTRA_PERSON_GRACE", "0")
    tasks: dict[str, Told] = {
        "one": "rehearse: write shared.txt one",
        "two": "rehearse: slow 0.7\nrehearse: write shared.txt two",
        "three": ("rehearse: write three.txt x", "two"),
    }
    return orchestra.start_plan(*options, **(tasks | more))


def place(run: Run) -> Path:
    return Path(run.events("worktree.created", "_integration")[0]["path"])


def resolve(run: Run, text: str = "one and two\n") -> None:
    (place(run) / "shared.txt").write_text(text)
    git(place(run), "add", "shared.txt")
    git(place(run), "commit", "--no-edit")


def test_a_person_resolves_after_the_run_is_over_and_without_tmux(
    orchestra: Orchestra, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = conflicting(orchestra, monkeypatch, "--merge", "auto", "--check", CHECK)
    assert "merge manual two" in orchestra.says("wait", code=1)
    end_servers()
    told = orchestra.says("merge", "manual")
    for words in (
        "two conflicts with",
        "in: shared.txt",
        f"cd {place(run)}",
        "git mergetool",
        "git commit",
        "merge abort",
    ):
        assert words in told, told
    assert "in your hands" in orchestra.says("why", "two")
    assert "still in conflict (shared.txt)" in orchestra.says("merge", code=1)
    assert "in your hands" in orchestra.says("cleanup", "all", "--yes", code=1)
    resolve(run)
    told = orchestra.says("merge")
    assert "two is merged as you resolved it" in told
    assert "tmux-orchestra retry three" in told
    assert run.merged_tasks("main") == ["one", "two"]
    assert (orchestra.repo / "shared.txt").read_text() == "one and two\n"
    orchestra("retry", "three")
    orchestra("wait")
    assert run.merged_tasks("main") == ["one", "three", "two"]


def test_a_resolution_that_is_red_is_taken_back_and_kept(orchestra: Orchestra, monkeypatch: pytest.MonkeyPatch) -> None:
    run = conflicting(orchestra, monkeypatch, "--check", CHECK)
    orchestra("wait", code=1)
    orchestra("merge", "manual", "two")
    resolve(run, "<<<<<<< bad\n")
    told = orchestra.says("merge", code=1)
    assert "red after it was merged by hand" in told
    ref = run.events("merge.resolved", "two")[0]["ref"]
    assert ref in told
    assert git(orchestra.repo, "show", f"{ref}:shared.txt") == "<<<<<<< bad"
    assert git(place(run), "show", "HEAD:shared.txt") == "one"
    orchestra("merge", "manual", "two")
    told = orchestra.says("merge", "abort")
    assert "as it was before" in told
    assert git(place(run), "status", "--porcelain") == ""
    assert run.statuses()["two"] == "conflicted"


def test_while_the_run_lives_other_merges_wait_and_a_killed_supervisor_changes_nothing(
    orchestra: Orchestra, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = conflicting(
        orchestra, monkeypatch, "--merge", "auto", last="rehearse: ask Which?\nrehearse: write last.txt x"
    )
    run.until("task.conflicted", "two")
    run.until("task.attention", "last")
    orchestra("merge", "manual")
    window = run.events("merge.handed_over", "two")[0]["window"]
    shown = retry_until(
        lambda: "git mergetool" in (s := tmux("capture-pane", "-p", "-t", window)) and s, what="a shell"
    )
    assert "shared.txt" in shown
    tmux("send-keys", "-t", window, "pwd > here", "Enter")
    retry_until((place(run) / "here").exists, what="a shell in the worktree")
    (place(run) / "here").unlink()
    before = len(run.events("supervisor.started"))
    kill([run.supervisor().pid], signal.SIGKILL)
    run.until("supervisor.started", times=before + 1)
    orchestra("send", "last", "this one")
    run.until("task.finished", "last")
    assert "in your hands" in orchestra.says("why", "last")
    assert "two needs you" in orchestra.says("wait", code=1)
    assert not run.events("task.merging", "last")
    resolve(run)
    orchestra("merge")
    run.until("run.ended")
    assert run.merged_tasks("main") == ["last", "one", "two"]
    assert run.place("task.merged two") < run.place("task.merging last")
    orchestra("cleanup", "all", "--yes")  # the shell that was opened there goes, too
    orchestra.assert_clean()


def test_a_target_that_conflicts_with_the_result_is_resolved_by_hand_too(orchestra: Orchestra) -> None:
    run = orchestra.start_plan("--merge", "auto", one="rehearse: slow 1\nrehearse: write shared.txt one")
    run.until("task.running", "one")
    (orchestra.repo / "shared.txt").write_text("mine\n")
    git(orchestra.repo, "add", "shared.txt")
    git(orchestra.repo, "commit", "--quiet", "--message=mine")
    assert "merge manual" in orchestra.says("wait", code=1)
    assert "Your branch conflicts" in orchestra.says("merge", "manual")
    resolve(run, "mine and one\n")
    assert "main now holds the result" in orchestra.says("merge")
    assert (orchestra.repo / "shared.txt").read_text() == "mine and one\n"
    assert run.merged_tasks("main") == ["one"]
