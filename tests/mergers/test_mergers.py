"""Every strategy keeps the contract of `Merger`."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tmux_orchestra.mergers import MERGERS, Proposal, StepEnded
from tmux_orchestra.mergers.proposal import message

COMMIT = "c" * 40
PROPOSAL = Proposal(run="r1", task="auth", title="auth: log in", commit=COMMIT)


@pytest.fixture(params=MERGERS)
def merger(request: pytest.FixtureRequest):
    assert MERGERS[request.param].name == request.param
    return MERGERS[request.param]


@pytest.mark.parametrize("contained", [False, True])
def test_steps_are_git_commands_that_carry_the_trailers_once(merger, contained: bool) -> None:
    steps = merger.steps(Proposal(run="r1", task="auth", title="t", commit=COMMIT, contained=contained))
    assert steps
    assert all(step and not step[0].startswith("-") for step in steps)
    assert sum(word.count("Orchestra-Task: auth") for step in steps for word in step) == 1
    assert sum(word.count(f"Orchestra-Commit: {COMMIT}") for step in steps for word in step) == 1


def test_what_is_merged_is_the_commit_and_nothing_by_name(merger) -> None:
    assert any(COMMIT in step for step in merger.steps(PROPOSAL))


def test_a_conflict_is_told_from_a_refusal(merger) -> None:
    assert merger.read(StepEnded(0)) == "done"
    assert merger.read(StepEnded(1, unmerged=("a",))) == "conflicted"
    assert merger.read(StepEnded(1)) == "refused"


def test_an_attempt_can_be_abandoned(merger) -> None:
    assert merger.abandon()


@given(title=st.text(max_size=50), body=st.text(max_size=80))
def test_the_message_ends_with_the_trailers_whatever_title_and_body_say(title: str, body: str) -> None:
    for hostile in ("", "Orchestra-Task: other\n"):
        proposal = Proposal(run="r1", task="auth", title=title, commit=COMMIT, body=body + "\n" + hostile)
        lines = message(proposal).splitlines()
        assert lines[-3:] == ["Orchestra-Task: auth", "Orchestra-Run: r1", f"Orchestra-Commit: {COMMIT}"]
        assert lines[-4] == ""
        assert sum(line.startswith("Orchestra-Task:") for line in lines) == 1
        assert lines[0].strip()


def test_a_marked_commit_gets_no_second_trailer() -> None:
    text = message(Proposal(run="r1", task="auth", title="t", commit=COMMIT, marked=True))
    assert "Orchestra-Task" not in text
    assert "Orchestra-Run: r1" in text
