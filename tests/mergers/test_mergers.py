"""Every strategy keeps the contract of `Merger`."""

from collections.abc import Callable
from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tmux_orchestra.core.settings import MergeStrategy, Settings
from tmux_orchestra.mergers import MERGERS, Merger, OwnCommit, Proposal, Step, StepEnded, Verdict
from tmux_orchestra.mergers.proposal import defused, message, with_trailers

COMMIT = "c" * 40
OWN = OwnCommit(id=COMMIT, message="log in\n", author="Ada", email="ada@example.com", date="1700000000 +0100")
PROPOSAL = Proposal(run="r1", task="auth", title="auth: log in", commit=COMMIT, onto="b" * 40, own=(OWN,))


@pytest.fixture(params=MERGERS)
def merger(request: pytest.FixtureRequest) -> Merger:
    assert MERGERS[request.param].name == request.param
    return MERGERS[request.param]


def walk(merger: Merger, proposal: Proposal, answer: Callable[[Step], StepEnded]) -> tuple[list[Step], Verdict]:
    """Take a merger's steps, each ending as `answer` says; returns them and the verdict."""
    taken, steps = [], merger.steps(proposal)
    try:
        step = next(steps)
        while True:
            taken.append(step)
            step = steps.send(answer(step))
    except StopIteration as ended:
        return taken, ended.value


def fine(step: Step) -> StepEnded:
    return StepEnded(0, "d" * 40)


def fails_after(number: int) -> Callable[[Step], StepEnded]:
    ends = iter([0] * number)
    return lambda _step: StepEnded(next(ends, 128), "d" * 40)


def test_every_strategy_can_be_chosen_and_the_first_is_the_default() -> None:
    assert get_args(MergeStrategy) == tuple(MERGERS)
    assert Settings().merge_strategy == next(iter(MERGERS))


@pytest.mark.parametrize("own", [(), (OWN,)], ids=["contained", "one commit"])
def test_steps_are_git_commands_that_carry_the_trailers_once(merger, own) -> None:
    steps, verdict = walk(merger, replace(PROPOSAL, own=own), fine)
    assert verdict == "done"
    assert all(step.argv and not step.argv[0].startswith("-") for step in steps)
    for trailer in ("Orchestra-Task: auth", "Orchestra-Run: r1", f"Orchestra-Commit: {COMMIT}"):
        assert sum(word.count(trailer) for step in steps for word in step.argv) == 1


def test_what_is_merged_is_the_commit_and_nothing_by_name(merger) -> None:
    assert any(COMMIT in step.argv for step in walk(merger, PROPOSAL, fine)[0])


def test_a_conflict_is_told_from_a_refusal_and_nothing_follows_either(merger) -> None:
    conflicted = walk(merger, PROPOSAL, lambda _step: StepEnded(1, unmerged=("a",)))
    assert (len(conflicted[0]), conflicted[1]) == (1, "conflicted")
    refused = walk(merger, PROPOSAL, lambda _step: StepEnded(1))
    assert (len(refused[0]), refused[1]) == (1, "refused")


def test_whatever_step_fails_the_verdict_is_not_done(merger) -> None:
    proposal = replace(PROPOSAL, own=(replace(OWN, id="a" * 40), OWN))
    for number in range(len(walk(merger, proposal, fine)[0])):
        taken, verdict = walk(merger, proposal, fails_after(number))
        assert (len(taken), verdict) == (number + 1, "refused")


def test_a_mark_of_the_tasks_own_is_not_doubled_where_it_stays() -> None:
    marked = replace(PROPOSAL, own=(replace(OWN, message="log in\n\nOrchestra-Task: auth\n", marked=True),))
    count = {
        name: sum(word.count("Orchestra-Task: auth") for step in walk(merger, marked, fine)[0] for word in step.argv)
        for name, merger in MERGERS.items()
    }
    assert count == {"merge": 0, "squash": 1, "rebase": 1}  # a rebased commit brings its own along


def test_a_squash_names_the_commits_it_holds_but_no_merges() -> None:
    own = [replace(OWN, message=f"step {number}\n\nOrchestra-Task: b\n") for number in range(120)]
    steps, _ = walk(MERGERS["squash"], replace(PROPOSAL, own=(*own, replace(OWN, merges=True))), fine)
    lines = steps[-1].argv[-1].splitlines()
    assert lines[:3] == ["auth: log in", "", "* step 0"]
    assert lines[101:104] == ["* step 99", "* and 20 more", ""]
    assert sum("Orchestra-Task" in line for line in lines) == 1


def test_a_rebase_keeps_authors_and_words_but_no_words_that_are_ours_to_say() -> None:
    other = replace(OWN, id="a" * 40, author="Bob", message="first\n\nOrchestra-Commit: x\norchestra-run: y\n")
    steps, _ = walk(MERGERS["rebase"], replace(PROPOSAL, own=(other, OWN)), fine)
    (first,) = [step for step in steps if step.env.get("GIT_AUTHOR_NAME") == "Bob"]
    assert first.argv[-1] == "first\n\n> Orchestra-Commit: x\n> orchestra-run: y"
    assert steps[-2].env == OWN.authorship
    assert steps[-2].argv[-1].endswith(f"Orchestra-Onto: {PROPOSAL.onto}\n")


@given(title=st.text(max_size=50), body=st.text(max_size=80))
def test_the_message_ends_with_the_trailers_whatever_title_and_body_say(title: str, body: str) -> None:
    for hostile in ("", "Orchestra-Task: other\n"):
        proposal = Proposal(run="r1", task="auth", title=title, commit=COMMIT, body=body + "\n" + hostile)
        lines = message(proposal).splitlines()
        assert lines[-3:] == ["Orchestra-Task: auth", "Orchestra-Run: r1", f"Orchestra-Commit: {COMMIT}"]
        assert lines[-4] == ""
        assert sum(line.startswith("Orchestra-Task:") for line in lines) == 1
        assert lines[0].strip()


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("subject\n", "subject\n\nT: 1\n"),
        ("fix: it\n", "fix: it\n\nT: 1\n"),
        ("subject\n\nbody\n", "subject\n\nbody\n\nT: 1\n"),
        (
            "subject\n\nSigned-off-by: A <a@b>\nChange-Id: I1\n",
            "subject\n\nSigned-off-by: A <a@b>\nChange-Id: I1\nT: 1\n",
        ),
        ("", "T: 1\n"),
    ],
)
def test_trailers_join_the_block_that_a_message_ends_with(text: str, whole: str) -> None:
    assert with_trailers(text, "T: 1") == whole


def test_a_line_that_reads_like_a_trailer_of_ours_is_defused() -> None:
    assert defused("Orchestra-Task: a\nOrchestra-Run: b", spare=("Orchestra-Task",)) == (
        "Orchestra-Task: a\n> Orchestra-Run: b"
    )
