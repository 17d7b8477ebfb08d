"""Where a run takes place: whose processes are a task's, and what agents' git is told."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.core.stories import at, exited
from tests.effects.conftest import Shell
from tests.effects.run_fixtures import OpenRun, open_run  # noqa: F401
from tmux_orchestra.core.events import INTEGRATION
from tmux_orchestra.core.state import Status


def test_a_tasks_processes_are_known_by_its_instance_its_mark_and_its_worktree(open_run: OpenRun) -> None:
    site = open_run("a").site
    kin = site.kin(at(Status.RUNNING).tasks["a"])
    assert kin.mark == f"TMUX_ORCHESTRA_TASK={site.folder.id}/a"
    assert kin.roots == ((200, 7),)
    assert kin.within == Path("/w/a")
    assert site.kin(at(Status.RUNNING).tasks["a"], everywhere=True).within is None


def test_a_task_that_never_ran_has_no_root_process_zero(open_run: OpenRun) -> None:
    site = open_run("a").site
    never = at(Status.PREPARING, exited(exit_code=127, reason="no such program")).tasks["a"]
    assert site.kin(never).roots == ()


def test_the_worktrees_are_found_by_task(open_run: OpenRun) -> None:
    run = open_run("a")
    run.stand("a")
    assert run.site.worktree(run.state, "a") == Path(run.task().worktree)
    assert run.site.worktree(run.state, INTEGRATION) == Path(run.state.integration_worktree)


def git(folder: Path, *words: str, env: dict[str, str]) -> str:
    done = subprocess.run(["git", *words], cwd=folder, env=os.environ | env, capture_output=True, text=True, check=True)
    return done.stdout


def test_caches_are_no_work_for_an_agents_git_and_nothing_is_written_into_anybodys_configuration(
    open_run: OpenRun, git_home: Path, sh: Shell, repo_path: Path
) -> None:
    (git_home / "excludes").write_text("*.swp\n")
    sh(repo_path, "config", "--global", "core.excludesFile", str(git_home / "excludes"))
    configured = (git_home / ".gitconfig").read_bytes(), (repo_path / ".git" / "config").read_bytes()
    run = open_run("a")
    run.stand("a")
    env = run.site.git_environment()
    place = run.worktree()
    for name in ("work.py", "x.swp", "__pycache__/work.pyc", ".pytest_cache/x"):
        (place / name).parent.mkdir(exist_ok=True)
        (place / name).write_text("x")
    assert git(place, "status", "--porcelain", "--untracked-files=all", env=env) == "?? work.py\n"
    assert git(place, "config", "gc.auto", env=env) == "0\n"
    assert configured == ((git_home / ".gitconfig").read_bytes(), (repo_path / ".git" / "config").read_bytes())


def test_what_the_person_configured_by_environment_still_counts(
    open_run: OpenRun, monkeypatch: pytest.MonkeyPatch, repo_path: Path
) -> None:
    for name, value in {"COUNT": "1", "KEY_0": "user.name", "VALUE_0": "From Environment"}.items():
        monkeypatch.setenv(f"GIT_CONFIG_{name}", value)
    env = open_run("a").site.git_environment()
    assert git(repo_path, "config", "user.name", env=env) == "From Environment\n"
    assert git(repo_path, "config", "maintenance.auto", env=env) == "false\n"
