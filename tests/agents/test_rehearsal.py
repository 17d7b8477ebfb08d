from pathlib import Path

import pytest

from tmux_orchestra.agents import Assignment, Machine
from tmux_orchestra.agents.rehearsal import Rehearsal
from tmux_orchestra.core import events

FOLDER = Path("/runs/r1/tasks/api")


def assignment(**fields: object) -> Assignment:
    given = {
        "run": "r1",
        "task": "api",
        "attempt": 2,
        "session_id": "s1",
        "resume": False,
        "prompt": "do it\n",
        "worktree": Path("/w"),
        "folder": FOLDER,
        "hook": Path("/pane/hook.sh"),
        "python": "/usr/bin/python3",
    }
    return Assignment(**(given | fields))  # type: ignore[arg-type] # a table of mixed values


def test_the_prompt_travels_in_a_file_of_the_attempt():
    launch = Rehearsal().launch(assignment())
    assert launch.files == {"prompt-2.txt": "do it\n"}
    assert launch.argv[-1] == str(FOLDER / "prompt-2.txt")
    assert "do it\n" not in launch.argv


def test_the_program_is_there_and_runs_isolated():
    python, *flags, program = Rehearsal().launch(assignment()).argv[:4]
    assert (python, flags) == ("/usr/bin/python3", ["-I", "-S"])
    assert Path(program).is_file()


@pytest.mark.parametrize("resume", [False, True])
def test_resume_is_said_to_a_conversation_that_exists(resume: bool):
    argv = Rehearsal().launch(assignment(resume=resume)).argv
    assert ("--resume" in argv) == resume
    assert argv[argv.index("--session-id") + 1] == "s1"
    assert argv[argv.index("--inbox") + 1] == str(FOLDER / "inbox")
    assert argv[argv.index("--hook") + 1] == "/pane/hook.sh"


def test_extra_arguments_come_before_the_prompt():
    argv = Rehearsal().launch(assignment(extra_args=("--loud",))).argv
    assert argv[-2:] == ("--loud", str(FOLDER / "prompt-2.txt"))


def test_a_payload_is_an_event_of_the_task_it_came_from():
    payload = {"event": "agent.stopped", "message": "Done.", "task": "other", "at": "2020-01-01T00:00:00Z"}
    assert Rehearsal().read_hook("api", payload) == (events.AgentStopped(task="api", message="Done."),)


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"event": 7},
        {"event": "agent.danced"},
        {"event": "agent.stopped", "background_tasks": "many"},
        {"event": "task.merged"},
        {"event": "instance.exited", "attempt": 1},
        {"event": "cancel.requested"},
    ],
)
def test_whatever_is_no_agent_s_event_is_dropped(payload: dict[str, object]):
    assert Rehearsal().read_hook("api", payload) == ()


def test_lacks_nothing_and_reopens_nothing():
    machine = Machine(programs={}, env={}, files={}, repository=Path("/r"))
    assert Rehearsal().lacks(machine) is None
    assert Rehearsal().reopen("s1") == ()
