"""Starting a run: its folder and first event, then its session with a supervisor that carries it."""

import os
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.effects.conftest import CommitFile, Shell
from tests.effects.run_fixtures import OpenRun, Run, open_run  # noqa: F401
from tests.effects.tmux_fixtures import raw_tmux
from tests.waiting import retry_until
from tmux_orchestra.core.errors import OrchestraError
from tmux_orchestra.core.plan import Plan, Task
from tmux_orchestra.core.settings import Settings
from tmux_orchestra.effects import starting
from tmux_orchestra.effects.commands import CHECK_MARK
from tmux_orchestra.effects.git import Repository
from tmux_orchestra.effects.journal import lock_is_held

PLAN = Plan(tasks=(Task(id="a", prompt="rehearse: hang"),))


def test_a_run_begins_with_everything_that_never_changes(open_run: OpenRun, repo_path: Path, sh: Shell) -> None:
    run = open_run("a", "b", checks=["make test"])
    start = run.state.start
    assert (start.request, start.target, start.checks) == ("do it", "main", ("make test",))
    assert start.base == sh(repo_path, "rev-parse", "HEAD")
    assert start.integration == f"orchestra/{start.run}/_integration"
    folder = run.site.folder
    assert folder.path == repo_path / ".git" / "orchestra" / "runs" / start.run
    assert {path.name for path in folder.path.iterdir()} == {"plan.json", "settings.json", "events.jsonl", "tasks"}
    assert {path.stat().st_mode & 0o077 for path in folder.path.rglob("*")} == {0}
    assert Plan.model_validate_json((folder.path / "plan.json").read_text()) == start.plan
    assert Settings.model_validate_json((folder.path / "settings.json").read_text()) == start.settings
    assert sh(repo_path, "status", "--porcelain") == ""
    assert sh(repo_path, "branch", "--list") == "* main", "nothing else is created yet"


def test_a_run_starts_where_it_was_told_to(
    repo: Repository, repo_path: Path, commit_file: CommitFile, sh: Shell
) -> None:
    first = sh(repo_path, "rev-parse", "HEAD")
    commit_file(repo_path, "later.txt", "x")
    _, started = starting.begin(repo, starting.Agreed("x", PLAN, Settings(base="HEAD~1")))
    assert (started.base, started.target) == (first, "main")


def test_a_detached_checkout_gives_a_run_without_a_target(repo_path: Path, sh: Shell) -> None:
    sh(repo_path, "checkout", "--quiet", "--detach")
    _, started = starting.begin(Repository.open(repo_path), starting.Agreed("x", PLAN, Settings()))
    assert started.target is None


def test_a_base_that_is_none_is_refused_before_anything_is_made(repo: Repository, repo_path: Path) -> None:
    with pytest.raises(OrchestraError):
        starting.begin(repo, starting.Agreed("x", PLAN, Settings(base="no-such-ref")))
    assert not (repo_path / ".git" / "orchestra" / "runs").exists()


def test_runs_that_begin_at_once_do_not_meet(open_run: OpenRun) -> None:
    assert len({open_run("a").site.folder.id for _ in range(5)}) == 5


def window_names(run: Run) -> list[str]:
    assert run.state.session is not None
    listed = raw_tmux(run.site.tmux.socket_name, "list-windows", "-t", run.state.session.session_id, "-F", "#W")
    return listed.splitlines()


def test_two_that_open_it_at_once_give_the_run_one_keeper(open_run: OpenRun) -> None:
    run = open_run(Task(id="a", prompt="rehearse: hang"))
    with ThreadPoolExecutor(4) as together:
        opened = list(together.map(lambda _: starting.open_session(run.site), range(4)))
    assert len(set(opened)) == 1
    retry_until(lambda: run.task().alive, what="the agent runs", seconds=60)
    assert sorted(name.split()[0] for name in window_names(run)) == ["a", "status", "supervisor"]


def test_the_session_carries_the_run_and_is_repaired_by_opening_it_again(open_run: OpenRun) -> None:
    run = open_run(Task(id="a", prompt="rehearse: hang"))
    site = run.site
    opened = starting.open_session(site)
    assert site.tmux.find_session(site.folder.id) is not None
    retry_until(lambda: run.task().alive, what="the agent runs", seconds=30)
    assert lock_is_held(site.folder.lock)
    supervisor = run.state.supervisor
    assert supervisor is not None
    assert window_names(run)[0] == "status"
    assert "supervisor" in window_names(run)

    told = site.folder.journal.read_bytes().count(b"session.opened")
    assert starting.open_session(site) == opened, "while it is carried nothing is missing"
    assert site.folder.journal.read_bytes().count(b"session.opened") == told == 1
    assert run.state.supervisor == supervisor

    os.kill(supervisor.pid, signal.SIGKILL)
    retry_until(
        lambda: run.state.supervisor and run.state.supervisor.pid != supervisor.pid,
        what="the keeper's new one",
        seconds=30,
    )
    assert run.task().alive, "the agent did not notice"
    assert starting.close_session(site.folder, site.tmux)
    assert site.tmux.find_session(site.folder.id) is None
    assert not starting.close_session(site.folder, site.tmux)
    retry_until(lambda: not lock_is_held(site.folder.lock), what="the supervisor has gone with its session")


def test_with_a_session_ends_what_its_supervisor_was_still_telling_the_person_with(
    open_run: OpenRun, tmp_path: Path
) -> None:
    run = open_run("a")
    site = run.site
    site.tmux.open_session("shop", site.repository.here, os.environ, run=site.folder.id)
    stubborn = f"trap '' HUP TERM; touch {tmp_path}/begun; while :; do sleep 600; done"
    environment = {**os.environ, CHECK_MARK: f"{site.folder.id}/_notify"}
    child = subprocess.Popen(["sh", "-c", stubborn], env=environment, start_new_session=True)
    try:
        retry_until((tmp_path / "begun").exists, seconds=60)
        assert starting.close_session(site.folder, site.tmux)
        assert child.wait(timeout=60) == -signal.SIGKILL
    finally:
        child.kill()
        child.wait()
