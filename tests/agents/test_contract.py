"""What every agent in the dict must keep to, whichever it is."""

import json
import re
import string
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tmux_orchestra.agents import AGENTS, Agent, Assignment, Machine
from tmux_orchestra.core import events as e
from tmux_orchestra.core.errors import OrchestraError
from tmux_orchestra.core.subagents import Subagent

AT = datetime(2026, 1, 1, tzinfo=UTC)
FOLDER = Path("/srv/it's a repo/.git/orchestra/runs/r1/tasks/api")
ASSIGNMENT = Assignment(
    run="r1", task="api", attempt=2, session_id="0a0b0c0d-0000-4000-8000-000000000001", resume=False,
    prompt="build it", worktree=Path("/srv/worktree-api"), folder=FOLDER, hook=Path("/opt/with space/hook.sh"),
    python="/usr/bin/python3", checks=("make test",),
    subagent=Subagent(name="poet", instructions="Write verse.", model="haiku", tools=("Read", "Bash(ls:*)")),
)  # fmt: skip
NOTHING = Machine(programs={}, env={}, files={}, repository=Path("/srv/repo"))

# The person's prompts hold any text that the command line and plan files can bring.
PROMPTS = st.text(min_size=1, max_size=300).filter(lambda text: bool(text.strip()) and "\0" not in text)
ANY_TEXT = st.text(st.characters(), max_size=20)  # halves of surrogate pairs included: JSON can bring them
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=4),
    max_leaves=10,
)
KNOWN_KEYS = [
    *("hook_event_name", "event", "task", "at", "told_by", "session_id", "source", "prompt", "text", "digest", "tool"),
    *("tool_name", "tool_input", "tool_use_id", "tool_response", "detail", "call", "rule", "phase", "item", "title"),
    *("status", "items", "question", "message", "background_tasks", "last_assistant_message", "error", "transient"),
    *("retry_at", "reason", "notification_type", "todos", "subject", "taskId", "error_type", "is_interrupt"),
]
KNOWN_VALUES = [
    *(name for name in e.EVENTS if name.startswith("agent.")),
    *("SessionStart", "UserPromptSubmit", "PreToolUse", "PostToolUse", "PostToolUseFailure", "Stop", "StopFailure"),
    *("Notification", "PermissionRequest", "PermissionDenied", "TodoWrite", "TaskCreate", "TaskUpdate", "SessionEnd"),
    *("Bash", "Edit", "in_progress", "completed", "deleted", "permission_prompt", "rate_limit", "AskUserQuestion"),
]
PAYLOADS = st.dictionaries(st.sampled_from(KNOWN_KEYS), st.sampled_from(KNOWN_VALUES) | JSON, max_size=8) | (
    st.dictionaries(ANY_TEXT, JSON, max_size=4)
)


@pytest.fixture(params=AGENTS)
def agent(request: pytest.FixtureRequest) -> Agent:
    return AGENTS[request.param]


def test_what_it_takes_is_bytes_and_says_what_was_measured(agent: Agent) -> None:
    assert agent.footprint is None or (agent.footprint.bytes > 1_000_000 and agent.footprint.where)


def test_its_name_is_the_one_under_which_it_is_found() -> None:
    assert {name: agent.name for name, agent in AGENTS.items()} == {name: name for name in AGENTS}
    assert all(re.fullmatch(r"[a-z][a-z0-9-]*", name) for name in AGENTS)


@pytest.mark.parametrize("name", AGENTS)
@given(prompt=PROMPTS, resume=st.booleans(), attempt=st.integers(1, 9))
def test_the_prompt_is_one_argument_or_one_file_and_nowhere_else(
    name: str, prompt: str, resume: bool, attempt: int
) -> None:
    # Wherever the prompt shows up beside its place, this word does.
    prompt += "\nxyzzy-plugh"
    launch = AGENTS[name].launch(replace(ASSIGNMENT, prompt=prompt, resume=resume, attempt=attempt))
    places = [text for text in (*launch.argv, *launch.files.values()) if "xyzzy-plugh" in text]
    assert len(places) == 1
    assert places[0].strip().endswith(prompt.strip()), "whole, whatever an agent has to put before it"
    told = json.dumps([dict(launch.env), *launch.files])
    assert "xyzzy-plugh" not in told


@pytest.mark.parametrize(
    "prompt", ["-p", "--help", "; rm -rf ~", "$(reboot)", "`reboot`", "a\nb", "| sh", "&", "'", '"']
)
def test_no_shell_reads_it_and_no_word_of_it_is_an_option(agent: Agent, prompt: str) -> None:
    plain = agent.launch(replace(ASSIGNMENT, prompt="word"))
    launch = agent.launch(replace(ASSIGNMENT, prompt=prompt))
    assert Path(launch.argv[0]).name not in {"sh", "bash", "zsh", "env", "exec"}
    assert [len(launch.argv), set(launch.files)] == [len(plain.argv), set(plain.files)]
    changed = [given for given, usual in zip(launch.argv, plain.argv, strict=True) if given != usual]
    assert changed in ([], [prompt])
    if changed and prompt.startswith("-"):
        assert launch.argv[launch.argv.index(prompt) - 1] == "--"


def test_its_files_have_names_and_stay_in_the_tasks_folder(agent: Agent) -> None:
    launch = agent.launch(ASSIGNMENT)
    for name in launch.files:
        assert set(name) <= set(string.ascii_letters + string.digits + "-_."), name
        assert not name.startswith("."), "the folder's hidden names are files that are being written"
        assert name not in {"launch.json", "inbox", "output.log", "result.md", "prompt.md", "waiting.txt"}


def test_it_writes_nothing_into_the_worktree_and_changes_no_path(agent: Agent) -> None:
    launch = agent.launch(ASSIGNMENT)
    assert not [word for word in launch.argv if word.startswith(str(ASSIGNMENT.worktree))]
    assert not {"PATH", "HOME", "TMUX", "PWD", "TMUX_ORCHESTRA_TASK"} & set(launch.env)


def test_what_the_person_gave_for_the_agent_reaches_it_as_it_is(agent: Agent) -> None:
    words = ("--model", "it's $HOME")
    argv = agent.launch(replace(ASSIGNMENT, extra_args=words)).argv
    assert any(argv[n : n + 2] == words for n in range(len(argv)))


def test_the_same_assignment_gives_the_same_launch(agent: Agent) -> None:
    assert agent.launch(ASSIGNMENT) == agent.launch(ASSIGNMENT)


def test_a_conversation_that_goes_on_says_so_and_keeps_its_id(agent: Agent) -> None:
    first, again = agent.launch(ASSIGNMENT), agent.launch(replace(ASSIGNMENT, resume=True))
    assert first.argv != again.argv
    assert ASSIGNMENT.session_id in first.argv
    assert ASSIGNMENT.session_id in again.argv


def test_the_subagent_is_told_to_every_instance_and_stands_in_no_path(agent: Agent) -> None:
    for resume in (False, True):
        launch = agent.launch(replace(ASSIGNMENT, resume=resume))
        assert any("poet" in word or "Write verse." in word for word in (*launch.argv, *launch.files.values()))
        other = agent.launch(replace(ASSIGNMENT, resume=resume, subagent=Subagent(name="../x", instructions="y")))
        assert set(other.files) == set(launch.files)
        agent.launch(replace(ASSIGNMENT, resume=resume, subagent=None))


def test_dangerous_rights_are_passed_only_by_name(agent: Agent) -> None:
    assert "dangerously" not in json.dumps([agent.launch(ASSIGNMENT).argv, dict(agent.launch(ASSIGNMENT).files)])


def test_a_prompt_too_long_for_it_is_passed_or_refused_with_the_tasks_name(agent: Agent) -> None:
    refused = None
    try:
        agent.launch(replace(ASSIGNMENT, prompt="x" * 5_000_000))
    except OrchestraError as error:
        refused = error
    assert refused is None or ("api" in refused.message and refused.safe and len(refused.message) < 500)


@pytest.mark.parametrize("name", AGENTS)
@given(payload=PAYLOADS)
def test_whatever_a_hook_brings_is_read_without_a_complaint_and_can_be_written_down(
    name: str, payload: dict[str, Any]
) -> None:
    facts = AGENTS[name].read_hook("api", json.loads(json.dumps(payload)), AT)
    for fact in facts:
        assert fact.event.startswith("agent.")
        assert not isinstance(fact, e.Unknown)
        assert fact.task == "api"  # type: ignore[attr-defined]
        fields = json.loads(json.dumps(fact.model_dump(mode="json", exclude_none=True), ensure_ascii=False).encode())
        assert type(e.parse(fields)) is type(fact)


@pytest.mark.parametrize("payload", [{}, {"event": "task.merged"}, {"event": "run.ended", "outcome": "done"}])
def test_an_agent_cannot_tell_what_is_not_its_to_tell(agent: Agent, payload: dict[str, Any]) -> None:
    assert list(agent.read_hook("api", payload, AT)) == []


@pytest.mark.parametrize(
    "content", [None, "", "{", "[]", "null", '{"projects": 3}', "\0", '{"projects": {"/srv/repo": []}}']
)
def test_whatever_the_machine_is_like_it_can_say_what_it_lacks(agent: Agent, content: str | None) -> None:
    for programs in ({}, {name: f"/usr/bin/{name}" for name in agent.programs}):
        machine = replace(NOTHING, programs=programs, files=dict.fromkeys(agent.looks_at, content))
        lack = agent.lacks(machine)
        assert lack is None or (lack.what and lack.hint)


def test_without_its_programs_it_lacks_something(agent: Agent) -> None:
    assert (agent.lacks(NOTHING) is None) == (agent.programs == ())


def test_a_persons_trust_is_written_only_where_it_looks(agent: Agent) -> None:
    assert set(agent.trust(NOTHING)) <= set(agent.looks_at)


def test_a_conversation_is_reopened_by_a_command_or_not_at_all(agent: Agent) -> None:
    words = agent.reopen(ASSIGNMENT.session_id)
    assert words == () or ASSIGNMENT.session_id in words
