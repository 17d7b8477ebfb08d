"""`start` where it must refuse: the right exit code, three lines, and nothing created or changed."""

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.person import Say, everything, say_apart
from tests.e2e.orchestra import Orchestra, git, plan

REHEARSE = ("--agent", "rehearsal", "--yes", "--detach")


# --- places ------------------------------------------------------------------------------------------


def test_outside_of_a_repository(say: Say, home: Path, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)
    before = everything(place)
    say("start", "fix the login", *REHEARSE).refused(2, "not in a git repository", "git init")
    assert everything(place) == before


def test_in_a_repository_without_a_commit(say: Say, home: Path, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git(place, "init", "--quiet", "empty")
    monkeypatch.chdir(place / "empty")
    before = everything(place)
    say("start", "fix the login", *REHEARSE).refused(2, "no commit yet", "git commit")
    assert everything(place) == before


def test_in_a_bare_repository(say: Say, repo: Path, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git(place, "clone", "--quiet", "--bare", str(repo), "bare.git")
    monkeypatch.chdir(place / "bare.git")
    before = sorted(place.rglob("*"))
    say("start", "fix the login", *REHEARSE).refused(2, "bare repository", "worktree")
    assert sorted(place.rglob("*")) == before


def test_beside_a_branch_that_takes_our_namespace(say: Say, repo: Path, place: Path) -> None:
    git(repo, "branch", "orchestra")
    before = everything(place)
    say("start", "fix the login", *REHEARSE).refused(2, "'orchestra' stands in the way", "git branch -m")
    assert everything(place) == before


# --- the machine -------------------------------------------------------------------------------------


def test_without_an_identity(say: Say, repo: Path, place: Path) -> None:
    git(repo, "config", "--unset", "user.name")
    git(repo, "config", "--unset", "user.email")
    before = everything(place)
    said = say("start", "fix the login", *REHEARSE)
    said.refused(4, "user.name", "git config --global user.name", "git config --global user.email")
    assert everything(place) == before


@pytest.fixture
def bin_without_tmux(tmp_path: Path) -> Path:
    folder = tmp_path / "bin"
    folder.mkdir()
    for program in ("git", "sh", "env"):
        found = shutil.which(program)
        assert found
        (folder / program).symlink_to(found)
    return folder


def test_without_tmux(
    say: Say, repo: Path, untouched: None, bin_without_tmux: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(bin_without_tmux))
    said = say("start", "fix the login", *REHEARSE)
    said.refused(4, "tmux is not installed", "3.2", "tmux-orchestra doctor")
    assert say("doctor").code == 4


@pytest.mark.parametrize(("version", "fine"), [("2.9", False), ("3.1c", False), ("3.2", True), ("next-3.6", True)])
def test_a_tmux_is_refused_by_its_version(
    say: Say,
    repo: Path,
    untouched: None,
    bin_without_tmux: Path,
    monkeypatch: pytest.MonkeyPatch,
    version: str,
    fine: bool,
) -> None:
    fake = bin_without_tmux / "tmux"
    fake.write_text(f"#!/bin/sh\necho tmux {version}\n")
    fake.chmod(fake.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(bin_without_tmux))
    if fine:
        assert say("start", "fix the login", "--agent", "rehearsal", "--dry-run").code == 0
    else:
        say("start", "fix the login", *REHEARSE).refused(4, f"tmux {version.rstrip('c')}", "too old", "3.2")


def test_without_claude(say: Say, repo: Path, untouched: None, monkeypatch: pytest.MonkeyPatch) -> None:
    own = os.pathsep.join(p for p in os.environ["PATH"].split(os.pathsep) if not Path(p, "claude").exists())
    monkeypatch.setenv("PATH", own)
    said = say("start", "fix the login", "--yes", "--detach")
    said.refused(4, "not installed", "npm install", "--agent rehearsal")


def test_with_a_claude_nobody_has_signed_in_to(
    say: Say, repo: Path, home: Path, untouched: None, bin_without_tmux: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = bin_without_tmux / "claude"
    fake.write_text("#!/bin/sh\n")
    fake.chmod(0o700)
    monkeypatch.setenv("PATH", f"{bin_without_tmux}{os.pathsep}{os.environ['PATH']}")
    say("start", "fix the login", "--yes", "--detach").refused(4, "never set up", "`claude`")
    (home / ".claude.json").write_text('{"hasCompletedOnboarding": true}')
    say("start", "fix the login", "--yes", "--detach").refused(4, "not signed in", "`claude`")


# --- words on the command line ------------------------------------------------------------------------


@pytest.mark.parametrize("request_", ["", "hello", "   ", "\n", "\x1b[2J", "?"])
def test_a_request_without_a_task(say: Say, repo: Path, untouched: None, request_: str) -> None:
    say("start", request_, *REHEARSE).refused(2, "no task found", 'tmux-orchestra start "')


def test_no_request_at_all(say: Say, repo: Path, untouched: None) -> None:
    say("start", *REHEARSE).refused(2, "no task found")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--plan", plan(a=("do a", "b"), b=("do b", "a"))), ("cycle", "a -> b -> a")),
        (("--plan", plan(a=("do a", "b"))), ("task 'a'", "unknown task 'b'")),
        (("fix it", "--agent", "nobody"), ("no agent 'nobody'", "claude, rehearsal")),
        (("--plan", '[{"name": "api", "agent": "nobody"}]'), ("no agent 'nobody'", "task api")),
        (("--plan", '[{"name": "api", "subagent": "testin"}]'), ("task api: subagent", "did you mean 'testing'")),
        (("fix it", "--layout", "nowhere"), ("no layout 'nowhere'", "compact, default, review")),
        (("fix it", "--planner", "nobody"), ("nobody", "'auto', 'rules', 'claude'")),
        (("fix it", "--base", "no-such-ref"), ("'no-such-ref' names no commit", "git branch")),
        (("fix it", "--max-instances", "0"), ("--max-instances", "start --help")),
        (("fix it", "--budget-usd", "-1"), ("--budget-usd", "greater than 0")),
        (("fix it", "--no-such-option"), ("--no-such-option", "start --help")),
        (("--file", "no-such-file"), ("no-such-file",)),
    ],
)
def test_what_does_not_exist_is_refused_by_name(
    say: Say, repo: Path, untouched: None, arguments: tuple[str, ...], words: tuple[str, ...]
) -> None:
    say("start", *arguments, *(() if "--agent" in arguments else ("--agent", "rehearsal")), "--yes").refused(2, *words)


def test_without_a_terminal_and_without_yes(say: Say, repo: Path, untouched: None) -> None:
    said = say("start", "fix the login", "--agent", "rehearsal")
    said.refused(2, "no terminal", "--yes")
    assert "Fix the login" in said.out


def test_a_dry_run_shows_the_plan_and_creates_nothing(say: Say, repo: Path, untouched: None) -> None:
    said = say("start", "fix the login, then update the docs", "--agent", "rehearsal", "--dry-run")
    assert (said.code, said.err) == (0, "")
    assert "Update the docs" in said.out


HOSTILE = [
    "fix the \"quotes\" and 'quotes' in $(touch pwned) `touch pwned`; touch pwned | touch pwned > pwned",
    "- fix the login\n- fix the logout\n",
    "--force fix the login",
    "fix the login\n\n\n$(touch pwned)",
    "fix \x1b[31mred\x1b[0m and \x1b]0;title\x07 and \x9b31m and \r\x08",
    "fix #{pane_id} #(touch pwned) %H %% ~ * ? [a] {b}",
    "correggi l'accesso, 修复登录, исправь вход 🙂",
    "fix " + "the very long login " * 500,
]


@pytest.mark.parametrize("request_", HOSTILE, ids=range(len(HOSTILE)))
def test_a_request_is_never_executed_and_cannot_drive_the_terminal(
    say: Say, repo: Path, untouched: None, request_: str
) -> None:
    said = say("start", request_, "--agent", "rehearsal", "--dry-run")
    assert said.code == 0, said
    assert [c for c in said.out if not c.isprintable() and c != "\n"] == []


def test_a_hostile_request_becomes_a_run_that_reads_the_same_everywhere(orchestra: Orchestra, place: Path) -> None:
    request = "\n".join(f"- {line}" for line in HOSTILE[:6])
    run = orchestra.start(request, "--no-checks", "--max-instances", "8")
    orchestra("wait")
    assert run.events("run.started")[0]["request"] == request
    assert [path for path in place.rglob("pwned") if path.is_file() and ".git" not in path.parts] == []
    for view in ("summary", "detailed", "resources"):
        shown = orchestra("status", view).stdout
        assert [c for c in shown if not c.isprintable() and c != "\n"] == []
    for told in (orchestra("events").stdout, orchestra("runs").stdout):
        assert [c for c in told if not c.isprintable() and c != "\n"] == []
    assert orchestra.status()["run"]["request"] == request


def test_a_request_may_begin_with_a_dash_and_the_agents_arguments_follow_two(say: Say, repo: Path) -> None:
    for arguments in (("- fix it",), ("--", "-fix it"), ("--", "--fix", "it"), ("--", "fix it", "--", "--model", "x")):
        said = say("start", "--agent", "rehearsal", "--dry-run", "--check", "- odd", *arguments)
        assert said.code == 0, said
        assert "fix it" in said.out.lower(), said
        assert "check:      - odd" in said.out, said
        assert "model" not in said.out, said


# --- settings ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["user", "repository", "environment", "flag"])
def test_a_bad_setting_names_its_source_its_key_and_what_is_allowed(
    say: Say, repo: Path, home: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    where, flags = "--merge", ("--merge", "sometimes") if kind == "flag" else ()
    if kind == "user":
        where = str(home / ".config" / "tmux-orchestra" / "config.toml")
        Path(where).parent.mkdir(parents=True)
        Path(where).write_text('merge = "sometimes"\n')
    elif kind == "repository":
        where = str(repo / ".orchestra.toml")
        Path(where).write_text('merge = "sometimes"\n')
    elif kind == "environment":
        where = "TMUX_ORCHESTRA_MERGE"
        monkeypatch.setenv(where, "sometimes")
    before = everything(repo.parent)
    said = say("start", "fix it", "--agent", "rehearsal", "--yes", *flags)
    said.refused(2, where, "merge" if kind != "environment" else "MERGE", "auto", "each", "manual")
    assert everything(repo.parent) == before


# --- streams, folders, locales -------------------------------------------------------------------------


def test_a_reader_who_has_seen_enough_ends_it_in_peace(repo: Path) -> None:
    request = "; ".join(f"fix part {n} of the login" for n in range(60))
    line = f'"{sys.executable}" -P -m tmux_orchestra plan "$1" --json 2>err; echo $? >code'
    shown = subprocess.run(
        ["sh", "-c", f"({line}) | head -1", "sh", request], cwd=repo, capture_output=True, text=True, check=True
    )
    assert shown.stdout == "{\n"
    assert (repo / "err").read_text() == ""
    assert (repo / "code").read_text() == "0\n"


def test_a_terminal_without_our_symbols_gets_others(orchestra: Orchestra, repo: Path) -> None:
    orchestra.start("--plan", plan(a="fix the ✓ — 修复"), "--no-checks")
    orchestra("wait")
    for environment in ({"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0"}):
        for view in (("status",), ("events",), ("status", "--json")):
            said = say_apart(*view, cwd=repo, env=environment)
            assert (said.code, said.err) == (0, ""), said
            assert "merged" in said.out
    assert "+ merged" in say_apart("status", cwd=repo, env={"PYTHONIOENCODING": "ascii"}).out


@pytest.mark.parametrize("home", [None, ""])
def test_a_home_is_not_needed_to_plan_or_to_be_told_what_is_missing(
    repo: Path, untouched: None, home: str | None
) -> None:
    env = {"HOME": home, "XDG_CONFIG_HOME": None, "XDG_STATE_HOME": None}
    assert say_apart("start", "fix it", "--agent", "rehearsal", "--dry-run", cwd=repo, env=env).code == 0
    said = say_apart("doctor", cwd=repo, env=env)
    assert said.code in {0, 4}
    assert "bug" not in said.err
