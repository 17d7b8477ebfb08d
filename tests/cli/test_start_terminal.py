"""`start` with a person at a real terminal: what is shown, asked, and taken back."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.cli.person import everything
from tests.cli.terminal import ORCHESTRA, SOCKET, Terminal, terminal
from tests.e2e.orchestra import Orchestra, git, plan, tmux
from tests.waiting import retry_until

ONE = f"{ORCHESTRA} start --plan '{plan(user_auth='a small edit')}' --agent rehearsal"


def test_no_is_an_answer_and_nothing_is_created(orchestra: Orchestra, repo: Path, place: Path) -> None:
    before = everything(place)
    with terminal(f"{ONE} --no-checks", repo) as screen:
        assert "user-auth" in screen.until("Start?", "[Y/n/e/p]")
        screen.type("n", "Enter")
        screen.ended(1)
        assert "nothing was created" in screen.screen()
    assert everything(place) == before


@pytest.mark.parametrize(("key", "code"), [("C-c", 130), ("C-d", 1)])
def test_leaving_at_the_question_is_no_agreement(
    orchestra: Orchestra, repo: Path, place: Path, key: str, code: int
) -> None:
    before = everything(place)
    with terminal(f"{ONE} --no-checks", repo) as screen:
        screen.until("[Y/n/e/p]")
        screen.type(key)
        assert "Traceback" not in screen.ended(code)
    assert everything(place) == before


def test_e_edits_the_plan_and_shows_it_again(orchestra: Orchestra, repo: Path, tmp_path: Path) -> None:
    editor, does = tmp_path / "editor", tmp_path / "editor.sed"
    editor.write_text('#!/bin/sh\nsed -i -f "$0.sed" "$1"\n')
    editor.chmod(0o700)
    does.write_text("s/^- id: .*/- id: Not A Name/")
    with terminal(f"EDITOR={editor} {ONE} --no-checks --detach", repo) as screen:
        screen.until("[Y/n/e/p]")
        screen.type("e", "Enter")
        screen.until("Not A Name", "lower-case", "Edit it again?")
        screen.type("n", "Enter")
        screen.until("your text is kept in", "the plan is as it was before")
        does.write_text("s/^- id: .*/- id: renamed/\ns/^  kind: .*/&\\n  subagent: poet/")
        screen.type("e", "Enter")
        screen.until("task renamed: subagent: there is none called")
        does.write_text("/subagent: poet/d")
        screen.type("Enter")
        screen.until("renamed  feature")
        screen.type("Enter")
        screen.ended(0)
    orchestra("wait")
    assert list(orchestra.tasks()) == ["renamed"]


def test_p_edits_the_prompts_and_a_later_change_of_the_plan_keeps_them(
    orchestra: Orchestra, repo: Path, home: Path, tmp_path: Path
) -> None:
    editor, does = tmp_path / "editor", tmp_path / "does"
    editor.write_text(f"#!/bin/sh\n. {does}\n")
    editor.chmod(0o700)
    two = plan(user_auth="rehearse: write auth.txt 1", api_docs=("a small edit", "user-auth"))
    with terminal(
        f"EDITOR={editor} {ORCHESTRA} start --plan {_quoted(two)} --agent rehearsal --no-checks -d", repo
    ) as screen:
        screen.until("[Y/n/e/p]")
        does.write_text(': > "$1"')
        screen.type("p", "Enter")
        screen.until("user-auth.md is empty", "what you wrote is kept in")
        does.write_text('printf "Mine.\\nrehearse: write mine.txt 2\\n" > "$2"')
        screen.type("p", "Enter")
        screen.until("yours now: api-docs")
        does.write_text("sed -i '1i constraints: [Be brief]' \"$1\"")
        screen.type("e", "Enter")
        screen.until("constraint: Be brief")
        screen.type("Enter")
        screen.ended(0)
        assert "told in your own words: api-docs" in screen.screen()
    orchestra("wait")
    (run,) = orchestra.runs()
    prompts = {task: (run.folder / "tasks" / task / "prompt.md").read_text() for task in orchestra.tasks()}
    assert prompts["api-docs"].startswith("Mine.\nrehearse: write mine.txt 2\n\nWhat the tasks before yours have")
    assert "- Be brief" in prompts["user-auth"]
    assert [path.name for path in (home / ".local/state/tmux-orchestra/drafts").glob("*/*.md")].count(
        "api-docs.md"
    ) == 1


def test_it_attaches_and_detaching_leaves_the_work_going_on(orchestra: Orchestra, repo: Path) -> None:
    slow = plan(user_auth="edit\nrehearse: slow 2")
    with terminal(f"{ORCHESTRA} start --plan {_quoted(slow)} --agent rehearsal --no-checks --yes", repo) as screen:
        screen.until("user-auth", "running", "0:status")
        screen.type("C-b", "d")
        screen.ended(0)
        assert "on its way" in screen.screen()
    assert "1 of 1 tasks merged" in orchestra("wait").stdout


# --- the baseline ------------------------------------------------------------------------------------


def test_a_red_baseline_asks_and_no_takes_everything_back(orchestra: Orchestra, repo: Path, place: Path) -> None:
    before = git(repo, "for-each-ref")
    with terminal(f"{ONE} --check 'echo it is broken; false'", repo) as screen:
        screen.until("[Y/n/e/p]")
        screen.type("Enter")
        screen.until("is red before anything was changed", "it is broken", "[N/y]")
        screen.type("Enter")
        screen.ended(1)
        assert "nothing was left behind" in screen.screen()
    orchestra.assert_clean()
    assert [path.name for path in place.iterdir()] == ["repo"]
    assert git(repo, "for-each-ref") == before
    assert tmux("list-sessions") == ""


def test_going_on_without_a_red_check_keeps_the_result_on_a_branch(orchestra: Orchestra, repo: Path) -> None:
    with terminal(f"{ONE} --detach --merge auto --check 'test -e nothing' --check true", repo) as screen:
        screen.until("[Y/n/e/p]")
        screen.type("y", "Enter")
        screen.until("[N/y]")
        screen.type("y", "Enter")
        screen.ended(0)
    assert "main was not touched" in orchestra("wait").stdout
    (run,) = orchestra.runs()
    assert [event["check"] for event in run.events("baseline.finished")] == ["test -e nothing", "true"]
    assert {event["command"] for event in run.events("check.passed")} == {"true"}


def test_interrupting_the_baseline_ends_the_check_and_takes_everything_back(
    orchestra: Orchestra, repo: Path, place: Path
) -> None:
    with terminal(f"{ONE} --check 'sleep 543'", repo) as screen:
        screen.until("[Y/n/e/p]")
        screen.type("Enter")
        screen.until("running the checks")
        retry_until(lambda: _runs("sleep 543"), what="the check")
        screen.type("C-c")
        screen.ended(130)
        assert "nothing was left behind" in screen.screen()
    assert not _runs("sleep 543")
    orchestra.assert_clean()


# --- in tmux already ---------------------------------------------------------------------------------


def test_inside_another_tmux_it_opens_a_window_there(orchestra: Orchestra, repo: Path) -> None:
    slow = _quoted(plan(user_auth="edit\nrehearse: slow 2"))
    with terminal(f"{ORCHESTRA} start --plan {slow} --agent rehearsal --no-checks --yes", repo, inside=True) as screen:
        screen.ended(0)
        (run,) = orchestra.runs()
        shown = retry_until(lambda: _window(run.id), what="the new window")
        Terminal(shown).until("user-auth", "0:status")
        subprocess.run(["tmux", "-L", SOCKET, "kill-pane", "-t", shown], check=True)
    assert "1 of 1 tasks merged" in orchestra("wait").stdout


def test_inside_the_same_tmux_it_switches_over(orchestra: Orchestra, repo: Path) -> None:
    slow = _quoted(plan(user_auth="edit\nrehearse: slow 2"))
    start = f"{ORCHESTRA} start --plan {slow} --agent rehearsal --no-checks --yes --socket-name {SOCKET}"
    with terminal(f"{ORCHESTRA} doctor", repo, inside=True) as inner:
        inner.until("[ended")
        session = tmux("display-message", "-p", "-t", inner.pane, "#{session_id}", socket=SOCKET)
        with terminal(f"tmux -L {SOCKET} attach -t '{session}'", repo) as outer:
            outer.until("[ended")
            subprocess.run(
                ["tmux", "-L", SOCKET, "respawn-pane", "-k", "-t", inner.pane, "-c", str(repo), "sh", "-c", start],
                check=True,
            )
            outer.until("user-auth", "0:status", "running")
    assert "1 of 1 tasks merged" in orchestra("wait").stdout


def _window(run: str) -> str:
    listed = tmux("list-panes", "-a", "-F", "#{pane_id} #{window_name}", socket=SOCKET).splitlines()
    return next((line.split()[0] for line in listed if run in line), "")


def _runs(command: str) -> bool:
    found = subprocess.run(["pgrep", "-xf", command], capture_output=True, text=True, check=False)
    return found.returncode == 0


def _quoted(text: str) -> str:
    assert "'" not in text
    assert json.loads(text)
    return f"'{text}'"
