"""`status`: readable at every width, live with `--watch`, and complete with `--json`."""

import json
import re
from pathlib import Path

from tests.cli.person import Say, say_apart
from tests.cli.terminal import ORCHESTRA, terminal
from tests.e2e.orchestra import Orchestra, plan
from tests.waiting import retry_until

QUESTION = "Which colour should the button on the very first page have, if it should have one at all?"


def test_watch_shows_each_change_and_what_is_asked_at_every_size(orchestra: Orchestra, repo: Path) -> None:
    tasks = {f"part_{n}": "a small edit" for n in range(16)}
    run = orchestra.start_plan("--max-instances", "4", asks=f"Ask\nrehearse: slow 1\nrehearse: ask {QUESTION}", **tasks)
    with terminal(f"{ORCHESTRA} status --watch", repo, columns=200, rows=50) as screen:
        wide = screen.until("asks needs you", "part-15", run.id)
        assert QUESTION in wide
        assert not [line for line in wide.splitlines() if len(line) > 200]
        screen.resize(80, 20)
        narrow = screen.until("lines more")
        assert "asks needs you" in narrow
        assert run.id in narrow.splitlines()[0]
        assert "tmux-orchestra retry asks" in narrow
        run.until("task.merged", "part-15")
        orchestra("cancel", "asks")
        screen.until("16 merged", "1 cancelled", "The run is over")
        screen.type("C-c")
        screen.ended(130)


def test_no_colour_where_nobody_would_see_it(orchestra: Orchestra, repo: Path) -> None:
    orchestra.start_plan(user_auth="a small edit")
    orchestra("wait")
    assert "\x1b" not in say_apart("status", cwd=repo, env={"FORCE_COLOR": "1"}).out
    with terminal(f"NO_COLOR=1 {ORCHESTRA} status", repo) as screen:
        screen.ended(0)
        assert re.findall(r"\x1b\[[39][0-7]m", screen.screen(escapes=True)) == []
    with terminal(f"{ORCHESTRA} status", repo) as screen:
        screen.ended(0)
        assert "\x1b[32m" in screen.screen(escapes=True)


def test_every_key_of_the_json_is_there_and_nothing_is_invented(orchestra: Orchestra, repo: Path) -> None:
    orchestra.start_plan(user_auth="a small edit", api=("never", "user-auth"))
    orchestra("wait")
    status = orchestra.status()
    assert set(status) >= {"run", "supervisor", "tasks", "totals", "eta"}
    assert set(status["run"]) >= {"id", "state", "session", "socket", "target", "integration", "repo"}
    wanted = """id title kind priority status paused held_by percent activity attention depends_on worktree branch
        window pane pid start_time session_id attempt restarts commits added removed cpu_percent rss_bytes cost_usd
        result started_at ended_at conflicts_with"""
    for task in status["tasks"]:
        assert set(task) >= set(wanted.split())
        assert task["pid"] is None
        assert task["rss_bytes"] is None
    assert status["totals"] == {"merged": 2}


def test_a_run_that_nobody_carries_is_unknown_until_it_is_recovered(orchestra: Orchestra, repo: Path) -> None:
    run = orchestra.start_plan(user_auth="edit\nrehearse: hang")
    run.until("instance.started")
    keeper, supervisor = run.supervisor().parent(), run.supervisor()
    assert keeper
    keeper.kill()
    supervisor.kill()
    retry_until(lambda: orchestra.status()["run"]["state"] == "unknown", what="unknown")
    told = orchestra("status").stdout
    assert "unknown" in told
    assert "tmux-orchestra recover" in told
    assert "recover" in orchestra("why", "user-auth").stdout
    assert json.loads(orchestra("why", "user-auth", "--json").stdout)["status"] == "unknown"
    assert json.loads(orchestra("runs", "--json").stdout)[0]["state"] == "unknown"
    assert "goes on" in orchestra("recover").stdout
    retry_until(lambda: orchestra.status()["run"]["state"] == "running", what="running again")
    assert "nothing to recover" in orchestra("recover").stdout
    orchestra("cancel")


def test_watching_is_for_people(repo: Path, say: Say, untouched: None) -> None:
    say("status", "--watch", "--json").refused(2, "events --follow --json")


def test_the_newest_unfinished_run_is_meant_unless_one_is_named(orchestra: Orchestra, repo: Path, say: Say) -> None:
    older = orchestra.start("--plan", plan(one="edit\nrehearse: hang"), "--no-checks")
    newer = orchestra.start("--plan", plan(two="a small edit"), "--no-checks")
    orchestra("wait", "--run", newer.id)
    assert orchestra.status()["run"]["id"] == older.id
    assert orchestra.status("--run", newer.id)["run"]["id"] == newer.id
    say("status", "--run", "nothing").refused(2, "'nothing'", older.id, newer.id)
    orchestra("cancel")
    assert orchestra.status()["run"]["id"] == newer.id
