"""After a restart of the machine: pids, start times and tmux's ids name somebody else, and nobody believes in them."""

import pytest

from tests.core.stories import SESSION, launched, started, told
from tmux_orchestra.core import events as e
from tmux_orchestra.core.state import RunState

AT_WORK = (e.TaskPreparing(task="a"), e.WindowOpened(task="a", window="@1", pane="%1"))


def supervisor(boot: str) -> e.SupervisorStarted:
    return e.SupervisorStarted(pid=7, start_time=70, boot=boot)


def identities(state: RunState) -> set[int]:
    """Every pid and start time that the task is known by."""
    task = state.tasks["a"]
    assert task.launch is not None
    assert task.instance is not None
    return {
        task.instance.pid, task.instance.start_time, task.launch.launcher_pid, task.launch.launcher_start_time
    }  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after", "forgotten"),
    [("one", "two", True), ("one", "one", False), ("", "two", False), ("one", "", False)],
)
def test_processes_of_another_boot_are_forgotten(before: str, after: str, forgotten: bool) -> None:
    running = told(supervisor(before), *AT_WORK, launched(), started())
    assert 0 not in identities(running)
    state = told(supervisor(after), after=running)
    assert (identities(state) == {0}) == forgotten
    assert state.tasks["a"].alive, "that it has ended is told by whoever looks for it"


def test_what_a_launcher_told_before_the_restart_and_was_heard_after_it_names_nobody() -> None:
    late = started().model_copy(update={"boot": "one"})
    state = told(supervisor("one"), *AT_WORK, launched(), supervisor("two"), late)
    assert identities(state) == {0}
    assert 0 not in identities(told(supervisor("two"), *AT_WORK, launched(), late.model_copy(update={"boot": "two"})))


@pytest.mark.parametrize(
    ("before", "after", "lost"), [(100, 200, True), (100, 100, False), (0, 100, False), (100, 0, False)]
)
def test_another_server_with_the_same_pid_and_the_same_ids_has_no_windows_of_ours(
    before: int, after: int, lost: bool
) -> None:
    first, second = (SESSION.model_copy(update={"server_started": moment}) for moment in (before, after))
    task = told(first, *AT_WORK, launched(), second).tasks["a"]
    assert (task.window == "", task.terminal_lost) == (lost, lost)
