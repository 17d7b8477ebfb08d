"""`attach`: the run, or one task's window, on this terminal."""

from pathlib import Path

from tests.cli.person import Say, say_apart
from tests.cli.terminal import ORCHESTRA, terminal
from tests.e2e.orchestra import Orchestra, tmux


def test_a_tasks_window_is_shown_and_detaching_leaves_its_agent_alone(orchestra: Orchestra, repo: Path) -> None:
    run = orchestra.start_plan(user_auth="edit\nrehearse: hang", api="edit\nrehearse: hang")
    run.until("instance.started", "api")
    run.until("instance.started", "user-auth")
    with terminal(f"{ORCHESTRA} attach api", repo, columns=120) as screen:
        screen.until("api", "0:status")
        clients = tmux("list-clients", "-F", "#{window_id}")
        assert clients == orchestra.tasks()["api"]["window"]
        screen.type("C-b", "d")
        screen.ended(0)
    assert all(task["pid"] for task in orchestra.tasks().values())
    orchestra("cancel")


def test_what_cannot_be_shown_is_refused(orchestra: Orchestra, repo: Path, say: Say) -> None:
    say("attach").refused(2, "no run in this repository")
    run = orchestra.start_plan(user_auth="a small edit")
    say("attach", "nothing").refused(2, "no task 'nothing'", "user-auth")
    orchestra("wait")
    say_apart("attach", cwd=repo, env={"TMUX": None}).refused(4, "a terminal")
    tmux("kill-session", "-t", tmux("list-sessions", "-F", "#{session_id}"))
    say_apart("attach", cwd=repo).refused(1, run.id, "no tmux session", "tmux-orchestra status")


def test_a_terminal_that_cannot_show_tmux_is_told_so(orchestra: Orchestra, repo: Path) -> None:
    orchestra.start_plan(user_auth="a small edit")
    orchestra("wait")
    with terminal(f"TERM=dumb {ORCHESTRA} attach", repo) as screen:
        assert "TERM" in screen.ended(4)
