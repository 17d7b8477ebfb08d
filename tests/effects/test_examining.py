"""Evidence of what befell an instance, gathered from real panes, windows, servers and folders."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.effects.run_fixtures import OpenRun, Run, launch, open_run, open_windows  # noqa: F401
from tests.effects.tmux_fixtures import end_server, raw_tmux
from tests.waiting import retry_until
from tmux_orchestra.core import actions as a
from tmux_orchestra.core import events as e
from tmux_orchestra.core.errors import OrchestraError
from tmux_orchestra.effects import examining
from tmux_orchestra.effects.executor import Executor
from tmux_orchestra.effects.files import write
from tmux_orchestra.effects.git.command import git


@pytest.fixture
def ended(open_run: OpenRun, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Run]:
    """Begin a run in which an instance obeyed a prompt, until something that `ended` names has happened to it."""
    monkeypatch.setenv("REHEARSAL_PACE", "0")

    def prepare(prompt: str) -> Run:
        run = open_run("a")
        run.stand("a")
        open_windows(run, "a")
        run.tell(e.TaskPreparing(task="a"))
        launch(run, prompt)
        run.hear("agent.prompt_received")
        return run

    return prepare


def examine(run: Run) -> e.InstanceExamined:
    (found,) = run.carry(lambda site, state: examining.examine(site, a.Examine(task="a"), state))
    assert isinstance(found, e.InstanceExamined)
    return found


def test_an_end_in_its_own_window_is_told_with_the_last_lines_of_the_agent_itself(ended: Callable[[str], Run]) -> None:
    run = ended("rehearse: crash")
    run.hear("instance.exited")
    found = examine(run)
    assert found.gone == ()
    assert "crash" in found.tail
    assert "the agent has ended" not in found.tail
    assert "the agent has ended" in (run.site.folder.task("a") / "output.log").read_text()


def test_a_pane_a_window_and_a_server_that_are_gone_are_told_apart(ended: Callable[[str], Run]) -> None:
    run = ended("rehearse: hang")
    socket, pane = run.site.tmux.socket_name, run.task().pane
    assert examine(run).gone == ()
    raw_tmux(socket, "split-window", "-d", "-t", pane, "sleep 100")
    raw_tmux(socket, "kill-pane", "-t", pane)
    run.hear("instance.exited")
    assert examine(run).gone == ("pane",)
    raw_tmux(socket, "kill-window", "-t", run.task().window)
    assert examine(run).gone == ("pane", "window")
    shutil.rmtree(run.worktree())
    end_server(run.site.tmux)
    assert examine(run).gone == ("pane", "window", "session", "worktree")


def test_what_only_quotes_the_farewell_loses_nothing() -> None:
    assert examining.last_lines("one\n\ntwo\na: the agent has ended. (exit code 1)\n\n\n", "a") == "one\ntwo"
    assert examining.last_lines("\n".join(f"line {n}" for n in range(99)), "a").splitlines()[0] == "line 69"
    assert examining.last_lines("", "a") == ""


# --- a full disk -------------------------------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Make a disk of two megabytes."""
    place = tmp_path / "disk"
    place.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "small", place], check=False, capture_output=True)
    if made.returncode != 0:
        pytest.skip("a disk can only be mounted by root")
    yield place
    subprocess.run(["umount", "--lazy", place], check=True)


def test_a_full_disk_is_known_by_its_number_and_by_what_git_says(small_disk: Path, open_run: OpenRun) -> None:
    run = open_run("a")
    git(small_disk, "init", "--quiet")
    fill = small_disk / "fill"
    fill.write_bytes(bytes(1_500_000))
    (small_disk / "large").write_bytes(bytes(range(256)) * 1000)
    with pytest.raises(OrchestraError) as told:
        write(small_disk / "x" / "y", "z" * 1_000_000)
    assert examining.kind_of(told.value, run.state, "a") == "disk-full"
    with small_disk.joinpath("rest").open("wb") as rest, pytest.raises(OSError, match="No space"):
        rest.write(bytes(2_000_000))
    with pytest.raises(OrchestraError) as told:
        git(small_disk, "add", "--all")
    assert examining.kind_of(told.value, run.state, "a") == "disk-full"
    assert examining.kind_of(OrchestraError("git says no"), run.state, "a") == ""


def test_room_is_looked_for_until_there_is_some(small_disk: Path, open_run: OpenRun) -> None:
    run = open_run("a")
    worktree = small_disk / "worktree-a"
    worktree.mkdir()
    run.tell(e.WorktreeCreated(task="a", path=str(worktree), branch="b", base=run.state.tip))
    fill = small_disk / "fill"
    fill.write_bytes(bytes(1_500_000))
    executor = Executor(run.site.folder, run.state, lambda: None)
    try:
        assert executor.start(a.FindRoom(task="a"), run.state)
        (full,) = retry_until(executor.finished, what="no room")
        assert isinstance(full, e.ActionFailed)
        assert (full.kind, full.task) == ("disk-full", "a")
        assert str(small_disk) in full.reason
        fill.unlink()
        retry_until(lambda: executor.start(a.FindRoom(task="a"), run.state), seconds=20, what="the next try")
        assert retry_until(executor.finished, what="room") == [e.RoomReturned(task="a")]
    finally:
        executor.close()
    assert [path.name for path in small_disk.iterdir()] == ["worktree-a"]


def test_what_fails_where_the_worktree_is_gone_says_so(open_run: OpenRun) -> None:
    run = open_run("a")
    run.stand("a")
    assert examining.kind_of(OrchestraError("x"), run.state, "a") == ""
    shutil.rmtree(run.worktree())
    assert examining.kind_of(OrchestraError("x"), run.state, "a") == "worktree-gone"
