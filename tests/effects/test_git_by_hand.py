"""A conflicted merge in a person's hands: it waits, is taken whole, and what is given up is kept."""

import subprocess
from dataclasses import replace

import pytest

from tests.effects.conftest import CommitFile, MakeWorktree, Shell
from tmux_orchestra.core.errors import OrchestraError
from tmux_orchestra.effects.git import (
    Conflicted,
    Merged,
    Repository,
    Resolved,
    Unresolved,
    Worktree,
    give_back,
    hand_over,
    take_resolution,
)
from tmux_orchestra.effects.git.changes import read_changes, unfinished
from tmux_orchestra.mergers import Proposal

KEPT = ("for-each-ref", "--format=%(refname)", "refs/orchestra/r1/kept/")


@pytest.fixture
def integration(make_worktree: MakeWorktree, commit_file: CommitFile) -> Worktree:
    """The integration branch, in which somebody else's README is merged already."""
    made = make_worktree("_integration")
    commit_file(made.path, "README", "theirs\n")
    return made


@pytest.fixture
def before(repo: Repository, integration: Worktree) -> str:
    return repo.head(integration.path).commit


@pytest.fixture
def proposal(make_worktree: MakeWorktree, commit_file: CommitFile) -> Proposal:
    task = make_worktree("auth")
    commit_file(task.path, "new.py", "x\n")
    return Proposal(run="r1", task="auth", title="log in", commit=commit_file(task.path, "README", "mine\n"))


def trailers(sh: Shell, folder, since: str) -> list[str]:
    listed = sh(folder, "log", "--format=%(trailers:key=Orchestra-Task,valueonly,separator=%x2C)", f"{since}..")
    return listed.split()


def resolve(sh: Shell, integration: Worktree, *commit: str) -> None:
    (integration.path / "README").write_text("theirs and mine\n")
    sh(integration.path, "add", "README")
    sh(integration.path, *(commit or ("commit", "--no-edit")))


def test_the_conflict_stands_and_asking_again_leaves_what_was_done_meanwhile(
    repo: Repository, integration: Worktree, before: str, proposal: Proposal, sh: Shell
) -> None:
    assert hand_over(repo, integration.path, proposal) == Conflicted(("README",))
    assert "<<<<<<<" in (integration.path / "README").read_text()
    assert repo.head(integration.path).commit == before
    resolve(sh, integration, "status")
    assert hand_over(repo, integration.path, proposal) == Conflicted(())
    assert (integration.path / "README").read_text() == "theirs and mine\n"


def test_what_does_not_conflict_any_more_is_merged(
    repo: Repository, integration: Worktree, proposal: Proposal, sh: Shell
) -> None:
    sh(integration.path, "reset", "--quiet", "--hard", "HEAD~1")
    assert isinstance(hand_over(repo, integration.path, proposal), Merged)


@pytest.mark.parametrize("strategy", ["squash", "rebase"])
def test_a_person_gets_a_plain_merge_whatever_the_strategy(
    strategy: str, repo: Repository, integration: Worktree, before: str, *, proposal: Proposal, sh: Shell
) -> None:
    assert hand_over(repo, integration.path, proposal, strategy=strategy) == Conflicted(("README",))
    resolve(sh, integration)
    assert isinstance(take_resolution(repo, integration.path, proposal, before), Resolved)
    assert trailers(sh, integration.path, before) == ["auth"]


def test_what_conflicts_only_commit_by_commit_is_merged_as_a_whole(
    repo: Repository, integration: Worktree, before: str, *, proposal: Proposal, sh: Shell, commit_file: CommitFile
) -> None:
    last = commit_file(repo.root.parent / "worktree-auth", "README", "hello\n")
    undone = replace(proposal, commit=last)
    result = hand_over(repo, integration.path, undone, strategy="rebase")
    assert isinstance(result, Merged)
    assert result.commit == repo.head(integration.path).commit
    assert trailers(sh, integration.path, before) == ["auth"]


@pytest.mark.parametrize(
    ("how", "commits"),
    [
        (("commit", "--no-edit"), 1),
        (("commit", "--quiet", "-m", "my own words"), 2),
        (("-c", "commit.cleanup=scissors", "-c", "core.commentChar=;", "commit", "--no-edit"), None),
    ],
    ids=["our message", "their message", "odd settings"],
)
def test_a_whole_resolution_is_taken_with_exactly_one_trailer(
    how: tuple[str, ...], commits: int | None, repo: Repository, integration: Worktree, before: str, *,
    proposal: Proposal, sh: Shell,
) -> None:  # fmt: skip
    hand_over(repo, integration.path, proposal)
    resolve(sh, integration, *how)
    person = repo.head(integration.path).commit
    for _ in range(2):
        taken = take_resolution(repo, integration.path, proposal, before)
        assert isinstance(taken, Resolved)
        assert taken.commit == repo.head(integration.path).commit
        assert trailers(sh, integration.path, before) == ["auth"]
        assert repo.is_ancestor(taken.commit, taken.ref)
        assert repo.tree(taken.ref) == taken.tree
        assert repo.is_ancestor(person, taken.commit)
    assert commits in (None, int(sh(integration.path, "rev-list", "--count", "--first-parent", f"{before}..")))
    assert sh(integration.path, "show", "HEAD:README") == "theirs and mine"


def test_later_commits_of_the_persons_belong_to_it(
    repo: Repository, integration: Worktree, before: str, *, proposal: Proposal, sh: Shell, commit_file: CommitFile
) -> None:
    hand_over(repo, integration.path, proposal)
    resolve(sh, integration)
    later = commit_file(integration.path, "fix.py", "y\n")
    taken = take_resolution(repo, integration.path, proposal, before)
    assert isinstance(taken, Resolved)
    assert taken.commit == later
    assert trailers(sh, integration.path, before) == ["auth"]


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("untouched", "still in conflict"),
        ("staged", "not committed yet"),
        ("edited after", "not committed"),
        ("aborted", "has no merge of"),
        ("rewound", "lost what was merged before"),
        ("elsewhere", "is on"),
        ("rebasing", "a rebase is unfinished"),
        ("two trailers", "more than once"),
        ("locked", "at work"),
    ],
)
def test_what_is_not_whole_is_left_as_it_is_with_the_reason(
    state: str, words: str, repo: Repository, integration: Worktree, before: str, *, proposal: Proposal, sh: Shell,
    commit_file: CommitFile,
) -> None:  # fmt: skip
    place = integration.path
    hand_over(repo, place, proposal)
    match state:
        case "staged":
            resolve(sh, integration, "status")
        case "edited after":
            resolve(sh, integration)
            (place / "README").write_text("more\n")
        case "aborted":
            sh(place, "merge", "--abort")
        case "rewound":
            sh(place, "reset", "--quiet", "--hard", "HEAD~1")
            commit_file(place, "x", "x")
        case "elsewhere":
            sh(place, "merge", "--abort")
            sh(place, "checkout", "--quiet", "--detach")
        case "rebasing":
            resolve(sh, integration)
            subprocess.run(["git", "rebase", "--exec", "false", "HEAD~1"], cwd=place, check=False, capture_output=True)
        case "two trailers":
            resolve(sh, integration)
            sh(place, "commit", "--quiet", "--allow-empty", "-m", "x\n\nOrchestra-Task: auth")
        case "locked":
            resolve(sh, integration)
            (repo.common_dir / "worktrees" / place.name / "index.lock").write_text("")
    seen = sh(place, "rev-parse", "HEAD"), sh(place, "status", "--porcelain")
    told = take_resolution(repo, place, proposal, before)
    assert isinstance(told, Unresolved)
    assert words in told.reason
    assert (sh(place, "rev-parse", "HEAD"), sh(place, "status", "--porcelain")) == seen


def test_what_is_given_up_is_kept_unless_nothing_was_done(
    repo: Repository, integration: Worktree, before: str, proposal: Proposal, sh: Shell
) -> None:
    place = integration.path
    hand_over(repo, place, proposal)
    assert give_back(repo, place, "r1", before) == ""
    hand_over(repo, place, proposal)
    (place / "README").write_text("half done\n")
    (place / "notes").write_text("untracked\n")
    ref = give_back(repo, place, "r1", before)
    assert sh(repo.root, "show", f"{ref}:README") == "half done"
    assert sh(repo.root, "rev-parse", f"{ref}^1") == before
    assert repo.head(place).commit == before
    assert unfinished(place) is None
    assert read_changes(place).paths == ("notes",)
    assert give_back(repo, place, "r1", before) == ""


def test_a_finished_resolution_that_is_given_up_is_kept_too(
    repo: Repository, integration: Worktree, before: str, proposal: Proposal, sh: Shell
) -> None:
    hand_over(repo, integration.path, proposal)
    resolve(sh, integration)
    person = repo.head(integration.path).commit
    ref = give_back(repo, integration.path, "r1", before)
    assert repo.is_ancestor(person, ref)
    assert sh(repo.root, *KEPT) == ref


def test_a_person_who_is_in_the_middle_of_something_else_is_not_disturbed(
    repo: Repository, integration: Worktree, before: str, proposal: Proposal, sh: Shell
) -> None:
    sh(integration.path, "bisect", "start")
    with pytest.raises(OrchestraError, match="a bisection is unfinished"):
        give_back(repo, integration.path, "r1", before)
