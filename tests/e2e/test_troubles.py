"""Tasks that do not go smoothly: what becomes of them, of what waits for them, and of the others."""

import psutil
import pytest

from tests.e2e.orchestra import Orchestra, git, kill, tmux

pytestmark = pytest.mark.e2e


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Restarts come at once, and so does what follows a person's words."""
    monkeypatch.setenv("TMUX_ORCHESTRA_RESTART_DELAY", "0.05")
    monkeypatch.setenv("TMUX_ORCHESTRA_MAX_RESTARTS", "2")
    monkeypatch.setenv("TMUX_ORCHESTRA_MAX_ATTEMPTS", "2")
    monkeypatch.setenv("TMUX_ORCHESTRA_PERSON_GRACE", "0.2")


def test_failures_skip_what_waits_for_them_and_nothing_else(orchestra: Orchestra) -> None:
    run = orchestra.start_plan(
        *("--check", "test ! -e BROKEN"),
        *("--max-instances", "4", "--merge", "auto"),
        doomed="rehearse: crash",
        red="rehearse: break-check",
        behind_doomed=("never", "doomed"),
        behind_both=("never", "behind-doomed", "red"),
        fine="a small edit",
    )
    told = orchestra.says("wait", code=1)
    assert run.statuses() == {
        "doomed": "attention", "red": "failed", "behind-doomed": "waiting", "behind-both": "skipped", "fine": "merged",
    }  # fmt: skip
    assert len(run.events("instance.started", "doomed")) == 3
    assert len(run.events("instance.started", "red")) == 2
    assert "behind" not in " ".join(run.story()).replace("task.skipped behind", "").replace("window.opened behind", "")
    assert "after 2 restarts: " in told
    assert "this crash was rehearsed" in run.events("instance.examined", "doomed")[-1]["tail"]
    orchestra("cancel", "doomed")
    assert "1 of 5" in orchestra.says("wait", code=1)
    tasks = orchestra.tasks()
    assert "is red" in tasks["red"]["reason"]
    assert "doomed" in tasks["behind-doomed"]["reason"]
    assert run.merged_tasks("main") == ["fine"]
    kept = orchestra.says("cleanup", "all", "--yes")
    assert f"refs/orchestra/{run.id}/kept/red" in kept
    orchestra.assert_clean()


def test_what_may_pass_is_gone_on_with_and_what_needs_a_person_says_so(orchestra: Orchestra) -> None:
    run = orchestra.start_plan(
        *("--max-instances", "6"),
        stumbles="rehearse: crash-once",
        untidy="rehearse: dirty",
        limited="rehearse: limit 2",
        asks="rehearse: ask Which colour?",
        idles="rehearse: noop",
    )
    told = orchestra.says("wait", code=1)
    assert "Which colour?" in told
    assert "no commit of its own" in told
    assert run.statuses() == {
        "stumbles": "merged", "untidy": "merged", "limited": "merged", "asks": "attention", "idles": "attention",
    }  # fmt: skip
    first, second = run.events("instance.launched", "stumbles")
    assert first["session_id"] == second["session_id"]
    assert [e["source"] for e in run.events("agent.session_started", "stumbles")] == ["startup", "resume"]
    first, second = run.events("instance.launched", "limited")
    assert first["session_id"] == second["session_id"]
    assert second["at"] >= run.events("agent.failed", "limited")[0]["retry_at"]
    integration = f"orchestra/{run.id}/_integration"
    assert "not committed" in git(orchestra.repo, "show", f"{integration}:README.md")
    assert git(orchestra.repo, "show", f"{integration}:rehearsal-untidy/draft.txt")
    assert git(orchestra.repo, "show", f"{integration}:rehearsal-untidy.txt")
    orchestra("send", "asks", "rehearse: write answer.txt blue")
    orchestra("cancel", "idles")
    run.until("task.merged", "asks")
    assert git(orchestra.repo, "show", f"{integration}:answer.txt") == "blue"


def test_a_window_closed_by_hand_asks_the_person_and_retry_goes_on(orchestra: Orchestra) -> None:
    run = orchestra.start_plan(slow="rehearse: slow 3\nrehearse: write a.txt one")
    run.until("agent.prompt_received", "slow")
    tmux("kill-window", "-t", run.events("window.opened", "slow")[0]["window"])
    assert "closed" in orchestra.says("wait", code=1)
    assert run.processes("slow") == []
    orchestra("retry", "slow")
    orchestra("wait")
    assert run.merged_tasks(f"orchestra/{run.id}/_integration") == ["slow"]


def test_a_killed_launcher_is_noticed_and_its_task_goes_on_in_the_same_conversation(orchestra: Orchestra) -> None:
    run = orchestra.start_plan(slow="rehearse: slow 3\nrehearse: write a.txt one")
    started = run.until("instance.started", "slow")
    run.until("agent.prompt_received", "slow")
    kill([started["launcher_pid"]])
    orchestra("wait")
    assert len({e["session_id"] for e in run.events("instance.launched", "slow")}) == 1
    assert run.merged_tasks(f"orchestra/{run.id}/_integration") == ["slow"]


def test_an_agent_that_deletes_its_worktree_hurts_nobody_else(orchestra: Orchestra) -> None:
    run = orchestra.start_plan(vandal="rehearse: hang", fine="rehearse: slow 1")
    run.until("agent.prompt_received", "vandal")
    (worktree,) = {e["path"] for e in run.events("worktree.created", "vandal")}
    git(orchestra.repo, "worktree", "remove", "--force", worktree)
    kill([p.pid for p in run.processes("vandal")])
    told = orchestra.says("wait", code=1)
    assert run.statuses() == {"vandal": "attention", "fine": "merged"}
    assert "vandal needs you" in told
    orchestra("cancel", "vandal")
    orchestra("wait", code=1)
    orchestra("cleanup", "all", "--yes")


def test_checks_may_daemonise_flood_and_kill_themselves(orchestra: Orchestra) -> None:
    flood = "yes flood | head -c 30000000"
    daemon = "setsid sleep 1000 >/dev/null 2>&1 & sleep 1000 &"
    suicide = "test ! -e kill-me || kill -9 $$"
    run = orchestra.start_plan(
        *("--check", flood, "--check", daemon, "--check", suicide),
        good="a small edit",
        bad="rehearse: write kill-me now",
    )
    orchestra("wait", code=1)
    assert run.statuses() == {"good": "merged", "bad": "failed"}
    assert {e["exit_code"] for e in run.events("check.failed", "bad")} == {-9}
    assert all(len(e["tail"]) < 20_000 for e in run.events("check.passed"))
    assert [p for p in psutil.process_iter() if p.name() == "sleep" and marks_of(p, run.id)] == []


def marks_of(process: psutil.Process, run: str) -> bool:
    try:
        return process.environ().get("TMUX_ORCHESTRA_CHECK", "").startswith(run)
    except psutil.Error:
        return False


def test_a_torn_line_in_the_journal_is_passed_over(orchestra: Orchestra) -> None:
    run = orchestra.start_plan(slow="rehearse: slow 1")
    run.until("agent.prompt_received", "slow")
    with (run.folder / "events.jsonl").open("ab") as journal:
        journal.write(b'{"event": "agent.to')
    orchestra("wait")
    assert run.statuses() == {"slow": "merged"}
