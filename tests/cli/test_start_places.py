"""`start` in places that are unusual and yet fine: it works, and what was there stays as it was."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.person import HereOrchestra
from tests.e2e.orchestra import PROGRAM, Orchestra, git, plan
from tests.waiting import retry_until

ONE = plan(user_auth="a small edit")


def test_a_detached_head_keeps_the_result_on_a_branch_and_says_so(orchestra: Orchestra, repo: Path) -> None:
    git(repo, "checkout", "--quiet", "--detach")
    told = orchestra("start", "--plan", ONE, "--no-checks", "--agent", "rehearsal", "--yes", "--detach").stdout
    assert "no branch is checked out" in told
    assert "orchestra/" in orchestra("wait").stdout
    (run,) = orchestra.runs()
    assert run.merged_tasks(f"orchestra/{run.id}/_integration") == ["user-auth"]
    refused = orchestra("merge", code=1).stderr
    assert "detached" in refused
    assert git(repo, "rev-parse", "HEAD") == git(repo, "rev-parse", "main")


def test_a_dirty_checkout_is_allowed_said_and_left_alone(orchestra: Orchestra, repo: Path) -> None:
    (repo / "src" / "main.py").write_text("print('edited')\n")
    (repo / "staged").write_text("staged\n")
    git(repo, "add", "staged")
    (repo / "untracked").write_text("untracked\n")
    before = git(repo, "status", "--porcelain")
    told = orchestra("start", "--plan", ONE, "--no-checks", "--agent", "rehearsal", "--yes", "--detach").stdout
    assert "uncommitted changes stay" in told
    orchestra("wait")
    assert git(repo, "status", "--porcelain") == before
    (run,) = orchestra.runs()
    assert "edited" not in git(repo, "show", f"orchestra/{run.id}/user-auth:src/main.py")


@pytest.mark.parametrize("where", ["a subfolder", "a linked worktree"])
def test_it_may_be_started_from(orchestra: Orchestra, repo: Path, place: Path, where: str) -> None:
    if where == "a linked worktree":
        git(repo, "worktree", "add", "--quiet", "-b", "side", str(place / "linked"))
        orchestra.here = place / "linked" / "src"
    else:
        orchestra.here = repo / "src"
    run = orchestra.start_plan("--merge", "auto", user_auth="a small edit")
    assert "1 of 1 tasks merged" in orchestra("wait").stdout
    assert "1 of 1 tasks merged" in orchestra("status").stdout
    target = "side" if where == "a linked worktree" else "main"
    assert run.merged_tasks(target) == ["user-auth"]
    assert (place / "worktree-user-auth").is_dir()


def test_taken_names_get_a_number_and_what_has_them_is_left_alone(
    orchestra: Orchestra, repo: Path, place: Path
) -> None:
    foreign = place / "worktree-user-auth"
    foreign.mkdir()
    (foreign / "mine").write_text("mine\n")
    run = orchestra.start_plan(user_auth="a small edit")
    orchestra("wait")
    assert orchestra.tasks()["user-auth"]["worktree"] == str(place / "worktree-user-auth-2")
    assert [path.name for path in foreign.iterdir()] == ["mine"]
    orchestra("merge")
    orchestra("cleanup")
    assert [path.name for path in foreign.iterdir()] == ["mine"]
    assert git(repo, "for-each-ref", f"refs/heads/orchestra/{run.id}") == ""


def test_the_mark_of_a_task_is_no_setting(orchestra: Orchestra, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMUX_ORCHESTRA_TASK", "another-run/another-task")
    monkeypatch.setenv("TMUX_ORCHESTRA_RUN", "another-run")
    orchestra.start_plan(user_auth="a small edit")
    assert "1 of 1 tasks merged" in orchestra("wait").stdout


def test_two_starts_at_once_are_two_runs(orchestra: Orchestra, repo: Path) -> None:
    command = [*PROGRAM, "start", "--plan", ONE, "--no-checks", "--agent", "rehearsal", "--yes", "--detach"]
    starts = [
        subprocess.Popen(command, cwd=repo, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        for _ in range(2)
    ]
    for start in starts:
        told, _ = start.communicate(timeout=60)
        assert start.returncode == 0, told
    first, second = orchestra.runs()
    for run in (first, second):
        orchestra("wait", "--run", run.id)
    places = {orchestra.status("--run", run.id)["tasks"][0]["worktree"] for run in (first, second)}
    assert len(places) == 2


@pytest.mark.parametrize("name", ['it\'s a $(touch pwned) #{pane_id} ; "folder" ünï', os.fsdecode(b"caf\xe9")])
def test_a_folder_whose_name_is_odd_is_a_folder(place: Path, orchestra: Orchestra, name: str) -> None:
    odd = place / name
    git(place, "clone", "--quiet", str(orchestra.repo), str(odd))
    git(odd, "config", "user.name", "Person")
    git(odd, "config", "user.email", "person@localhost")
    there = HereOrchestra(odd, odd)
    there.start_plan("--check", "test -e src/main.py", user_auth="a small edit")
    assert "1 of 1 tasks merged" in there("wait").stdout
    assert list(place.rglob("pwned")) == []


def test_a_red_check_is_no_gate_and_yes_keeps_the_result_on_a_branch(orchestra: Orchestra, repo: Path) -> None:
    run = orchestra.start("--plan", ONE, "--check", "no-such-program --at-all")
    told = orchestra("wait").stdout
    assert "main was not touched" in told
    assert "no-such-program" in orchestra("status").stdout
    assert run.events("baseline.finished")[0]["exit_code"] == 127
    assert git(repo, "log", "--format=%s", "main") == "start"


@pytest.mark.skipif(sys.platform != "linux", reason="mounts a small disk")
def test_a_disk_that_fills_names_the_task_and_takes_back_what_was_made(
    orchestra: Orchestra, repo: Path, place: Path
) -> None:
    disk = place / "small"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=400k,nr_inodes=60", "tmpfs", str(disk)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("only root may mount a small disk")
    try:
        (repo / "big").write_bytes(b"x" * 150_000)
        git(repo, "add", "big")
        git(repo, "commit", "--quiet", "--message=big")
        (repo / ".orchestra.toml").write_text(f'worktree = "{disk}/{{name}}"\n')
        before = git(repo, "status", "--porcelain")
        run = orchestra.start_plan(
            "--max-instances", "4", one="a small edit", two="a small edit", three="a small edit", four="a small edit"
        )
        told = orchestra("wait", code=1, timeout=90).stderr
        assert "disk" in told.lower() or "space" in told.lower(), told
        retry_until(lambda: "attention" in run.statuses().values(), seconds=30)
        asked = [task for task, status in run.statuses().items() if status == "attention"]
        assert all(task in told for task in asked), told
        asked = [task for task in asked if not run.events("worktree.created", task)]
        assert asked, told
        assert git(repo, "status", "--porcelain") == before
        made = {line.split()[0] for line in git(repo, "worktree", "list").splitlines()}
        assert not [task for task in asked if str(disk / task) in made], told
        assert not [task for task in asked if (disk / task).exists()], told
        orchestra("cancel")
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)
