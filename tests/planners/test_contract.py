"""What every planner in the dict must keep to, whichever it is."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tmux_orchestra.agents import AGENTS
from tmux_orchestra.core.errors import UsageError
from tmux_orchestra.core.plan import Plan
from tmux_orchestra.planners import PLANNERS, Ask, NoAnswer, NoTaskFound, Planner, Sign, Talk

ROOT = "/srv/it's a repo"
REQUESTS = st.text(max_size=200) | st.lists(
    st.sampled_from(["fix the login,", "then", "add tests", "@/etc/passwd", "\ud800", "\0", "\x1b[31m", "实现", "\n- "])
).map(" ".join)
LINES = st.text(max_size=100) | st.sampled_from(
    [
        *("", "{", "null", "[]", '{"type": 3}', "[" * 5000, '{"type": "result"}', '{"type": "system"}'),
        '{"type": "result", "structured_output": {"tasks": [{"id": "a", "depends_on": ["b"]}]}}',
    ]
)


@pytest.fixture(params=PLANNERS)
def planner(request: pytest.FixtureRequest) -> Planner:
    return PLANNERS[request.param]


def ask(planner: Planner, request: str) -> Plan | Ask | UsageError:
    try:
        return planner.plan(request, ROOT)
    except UsageError as error:
        return error


def test_its_name_can_be_typed_and_auto_is_nobodys() -> None:
    assert all(re.fullmatch(r"[a-z][a-z0-9-]*", name) for name in PLANNERS)
    assert "auto" not in PLANNERS
    assert "rules" not in AGENTS, "an agent of that name could not be asked"


def test_any_text_gives_a_plan_or_a_question_or_a_reason(planner: Planner) -> None:
    usual = ask(planner, "fix the login")

    @settings(max_examples=50)
    @given(REQUESTS)
    def check(request: str) -> None:
        answer = ask(planner, request)
        if isinstance(answer, Plan):
            assert PLANNERS.get(answer.planner or "") is planner
        if isinstance(answer, Ask):
            assert isinstance(usual, Ask)
            for text in (*answer.argv, *answer.if_trusted, *answer.in_a_hurry, *answer.env, *answer.env.values()):
                assert "\0" not in text
                text.encode()
            assert answer.argv == usual.argv, "what a person asks for is nobody's business, and arguments are public"

    check()


@pytest.mark.parametrize("blank", ["", " ", "\n\t"])
def test_nobody_is_asked_about_nothing(planner: Planner, blank: str) -> None:
    with pytest.raises(NoTaskFound):
        planner.plan(blank, ROOT)


def test_whatever_a_program_prints_is_heard_and_it_is_not_asked_for_ever(planner: Planner) -> None:
    if not isinstance(question := ask(planner, "fix the login"), Ask):
        return

    @settings(max_examples=100)
    @given(st.lists(LINES, max_size=20))
    def check(lines: list[str]) -> None:
        talk, asked = question.talk, 1
        for line in lines:
            try:
                heard = talk.hear(line)
            except (NoAnswer, NoTaskFound):
                return
            if isinstance(heard, Talk):
                talk, asked = heard, asked + 1
                assert talk.says.encode()
            else:
                assert heard is None or isinstance(heard, Plan | Sign)
        assert asked <= 2

    check()
