"""How Claude Code is launched: what it is told, what it may do, and what is refused before anything starts."""

import json
import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from tmux_orchestra.agents import Assignment
from tmux_orchestra.agents.claude import SETTINGS_FILE, SUBAGENT_FILE, Claude
from tmux_orchestra.core.briefs import LONGEST_PROMPT
from tmux_orchestra.core.errors import UsageError
from tmux_orchestra.core.subagents import Subagent

SESSION = "0a0b0c0d-0000-4000-8000-000000000001"
ASSIGNMENT = Assignment(
    run="run-1",
    task="api",
    attempt=1,
    session_id=SESSION,
    resume=False,
    prompt="build the api",
    worktree=Path("/home/person/worktree-api"),
    folder=Path("/home/person/it's a repo/.git/orchestra/runs/run-1/tasks/api"),
    hook=Path("/opt/with space/hook.sh"),
    python="/usr/bin/python3",
    checks=("make test",),
    allow=("WebSearch",),
)


def settings(assignment: Assignment) -> dict[str, object]:
    found: dict[str, object] = json.loads(Claude().launch(assignment).files[SETTINGS_FILE])
    return found


def test_a_first_instance_opens_the_conversation_whose_id_we_chose_and_asks_nobody() -> None:
    argv = Claude().launch(ASSIGNMENT).argv
    assert argv == (
        *("claude", "--session-id", SESSION, "--settings", str(ASSIGNMENT.folder / SETTINGS_FILE)),
        *("--permission-mode", "dontAsk", "--", "build the api"),
    )


def test_a_later_instance_resumes_it() -> None:
    argv = Claude().launch(replace(ASSIGNMENT, resume=True)).argv
    assert argv[:3] == ("claude", "--resume", SESSION)


def test_further_arguments_stand_before_the_prompt_and_cannot_swallow_it() -> None:
    argv = Claude().launch(replace(ASSIGNMENT, extra_args=("--add-dir", "../docs"))).argv
    assert argv[-4:] == ("--add-dir", "../docs", "--", "build the api")


POET = Subagent(
    name="poet", instructions="Write verse.", model="haiku", tools=("Read", "Bash(ls:*)", "Bash(cat:*)"),
    disallowed_tools=("Bash(rm:*)",),
)  # fmt: skip


def test_a_subagent_adds_to_the_system_prompt_and_the_persons_arguments_come_after_it() -> None:
    launch = Claude().launch(replace(ASSIGNMENT, subagent=POET, extra_args=("--model", "opus")))
    file = str(ASSIGNMENT.folder / SUBAGENT_FILE)
    assert launch.files[SUBAGENT_FILE] == "Write verse.\n"
    assert launch.argv[launch.argv.index("dontAsk") + 1 : -2] == (
        *("--model=haiku", "--tools=Read,Bash", "--disallowedTools=Bash(rm:*)"),
        *("--append-system-prompt-file", file, "--model", "opus"),
    )


@pytest.mark.parametrize("given", [("--append-system-prompt", "In English."), ("--append-system-prompt=In English.",)])
def test_what_the_person_appends_comes_after_what_the_subagent_is_told(given: tuple[str, ...]) -> None:
    launch = Claude().launch(replace(ASSIGNMENT, subagent=POET, extra_args=("--effort", "low", *given)))
    assert launch.files[SUBAGENT_FILE] == "Write verse.\n\nIn English.\n"
    assert launch.argv[-4:] == ("--effort", "low", "--", "build the api")


def test_a_file_that_the_person_appends_stands_in_the_subagents_place() -> None:
    given = ("--append-system-prompt-file", "x.md")
    launch = Claude().launch(replace(ASSIGNMENT, subagent=POET, extra_args=given))
    assert SUBAGENT_FILE not in launch.files
    assert [word for word in launch.argv if word.startswith("--append")] == ["--append-system-prompt-file"]


def test_a_model_that_is_none_is_left_out() -> None:
    odd = POET.model_copy(update={"model": "--dangerously-skip-permissions"})
    assert not [word for word in Claude().launch(replace(ASSIGNMENT, subagent=odd)).argv if "--model" in word]


def test_permissions_are_skipped_only_for_a_person_who_named_that() -> None:
    skipping = replace(ASSIGNMENT, dangerously_skip_permissions=True)
    assert "--dangerously-skip-permissions" in Claude().launch(skipping).argv
    assert "--permission-mode" not in Claude().launch(skipping).argv
    assert settings(skipping)["skipDangerousModePermissionPrompt"] is True
    assert "--dangerously-skip-permissions" not in Claude().launch(ASSIGNMENT).argv
    assert "skipDangerousModePermissionPrompt" not in settings(ASSIGNMENT)
    assert "IS_SANDBOX" not in Claude().launch(skipping).env


@pytest.mark.parametrize(
    "prompt", ["-p --help", "!rm x", "#note", "a\n'b' \"c\" $(d) `e`", "(/x)", "  blanks  ", "of /x"]
)
def test_a_prompt_is_one_argument_as_it_is(prompt: str) -> None:
    assert Claude().launch(replace(ASSIGNMENT, prompt=prompt)).argv[-2:] == ("--", prompt)


@pytest.mark.parametrize(
    "prompt", ["/clear", " /clear", "\n\t/clear", "\u2060/clear", "\ufeff /clear", "/tmp/x is a path"]
)
def test_a_prompt_is_never_a_command(prompt: str) -> None:
    assert Claude().launch(replace(ASSIGNMENT, prompt=prompt)).argv[-1] == f"Task: {prompt}"


@pytest.mark.parametrize("prompt", ["", " \n\t"])
def test_an_empty_prompt_is_refused(prompt: str) -> None:
    with pytest.raises(UsageError, match="api has an empty prompt"):
        Claude().launch(replace(ASSIGNMENT, prompt=prompt))


def test_a_prompt_too_long_for_an_argument_is_refused_with_a_way_out() -> None:
    assert Claude().launch(replace(ASSIGNMENT, prompt="ü" * (LONGEST_PROMPT // 2)))
    with pytest.raises(UsageError, match=r"100,002 bytes, 100,000 fit") as refused:
        Claude().launch(replace(ASSIGNMENT, prompt="ü" * (LONGEST_PROMPT // 2 + 1)))
    assert "file" in refused.value.hint


def test_what_no_argument_can_hold_does_not_keep_the_rest_from_arriving() -> None:
    assert Claude().launch(replace(ASSIGNMENT, prompt="a\0b\ud800c")).argv[-1] == "ab?c"


def test_hooks_and_status_line_call_the_hook_with_the_right_place_whatever_its_path() -> None:
    found = json.loads(Claude().launch(ASSIGNMENT).files[SETTINGS_FILE])
    for entries in found["hooks"].values():
        for entry in entries:
            command = shlex.split(entry["hooks"][0]["command"])
            assert command == [str(ASSIGNMENT.hook), str(ASSIGNMENT.folder / "inbox")]
    status = [str(ASSIGNMENT.hook), str(ASSIGNMENT.folder / "statusline.json"), "status"]
    assert shlex.split(found["statusLine"]["command"]) == status
    assert "refreshInterval" not in found["statusLine"]


def test_a_rule_that_claude_code_could_not_read_is_refused_by_name() -> None:
    with pytest.raises(UsageError, match=r"'bash\(ls\)' cannot be read"):
        Claude().launch(replace(ASSIGNMENT, allow=("bash(ls)",)))


def test_the_environment_is_not_git_configuration() -> None:
    assert not [name for name in Claude().launch(ASSIGNMENT).env if name.startswith("GIT_")]


def test_a_conversation_is_reopened_by_its_id() -> None:
    assert Claude().reopen(SESSION) == ("claude", "--resume", SESSION)


# --- what only the screen shows ---------------------------------------------------------------------------

TRUST = " Quick safety check: Is this a project you created or one you trust?\n 1. Yes, I trust this folder\n"
KEY = " Detected a custom API key in your environment\n Do you want to use this API key?\n 2. No (recommended)"


@pytest.mark.parametrize(
    ("screen", "in_turn", "kind"),
    [
        (TRUST, False, "trust-dialog"),
        (KEY, False, "sign-in"),
        ("Select login method:", False, "sign-in"),
        ("> add a greeting", False, ""),
        ("I added a page for /login", True, ""),
        ("✻ Connection refused — a proxy may be in the way · retrying in 1s · attempt 1/10", True, "network"),
        ("✻ Unable to connect to API (ECONNRESET) · Retrying in 8s · attempt 4/10", True, "network"),
        ("✻ 529 Overloaded · retrying in 1s · attempt 1/3", True, "overload"),
        ("✻ 401 invalid x-api-key · Retrying in 1s · attempt 1/1", True, "authentication"),
        ("✻ 429 Number of requests exceeded · Retrying in 1s · attempt 1/1", True, "rate-limit"),
        ("✻ Thinking… (esc to interrupt)", True, ""),
    ],
)
def test_what_only_the_screen_shows_is_read_from_it(screen: str, in_turn: bool, kind: str) -> None:
    assert Claude().sees(f"Claude Code v2.1\n{screen}\n", in_turn=in_turn) == kind
