"""Going back: the user's branch returns to where it was, and nothing that came after is lost."""

from pathlib import Path

import pytest

from tests.effects.conftest import RUN, CommitFile, MakeWorktree, Shell
from tmux_orchestra.effects.git import Moved, Refused, Repository, move_target, reverts, roll_back


@pytest.fixture
def before(repo: Repository) -> str:
    return repo.head().commit


@pytest.fixture
def result(repo: Repository, before: str, make_worktree: MakeWorktree, commit_file: CommitFile, sh: Shell) -> str:
    """What a run has made: two merges that add, change and remove a file; main holds it."""
    made = make_worktree("_integration")
    for name in ("one", "two"):
        sh(made.path, "switch", "--quiet", "-c", name, "HEAD")
        commit_file(made.path, f"{name}.txt", name)
        if name == "two":
            sh(made.path, "rm", "--quiet", "src/app.py")
            (made.path / "README").write_text("new\n")
            sh(made.path, "commit", "--quiet", "-am", "change")
        sh(made.path, "switch", "--quiet", made.branch)
        sh(made.path, "merge", "--quiet", "--no-ff", "-m", f"merge {name}", name)
    commit = sh(made.path, "rev-parse", "HEAD")
    assert isinstance(move_target(repo, RUN, "main", commit), Moved)
    return commit


def test_the_branch_and_its_files_are_as_before_and_other_edits_stay(
    repo: Repository, before: str, result: str, sh: Shell
) -> None:
    (repo.root / "mine").write_text("untracked")
    (repo.root / ".gitignore").write_text("edited\n")
    (repo.root / "staged").write_text("staged")
    sh(repo.root, "add", "staged")
    assert roll_back(repo, RUN, "main", before, result, result=result, foretell=True) == Moved(result, before)
    assert repo.branch_tip("main") == result
    assert roll_back(repo, RUN, "main", before, result, result=result) == Moved(result, before)
    assert sh(repo.root, "rev-parse", "main", "HEAD").split() == [before, before]
    assert sh(repo.root, "status", "--porcelain").splitlines() == [" M .gitignore", "A  staged", "?? mine"]
    assert (repo.root / "src" / "app.py").exists()
    assert not (repo.root / "one.txt").exists()
    assert sh(repo.root, "rev-parse", f"refs/orchestra/{RUN}/taken-back/{result[:12]}") == result
    assert repo.find(f"refs/orchestra/{RUN}/before") is None
    assert roll_back(repo, RUN, "main", before, result, result=result) == Moved(result, before)
    assert move_target(repo, RUN, "main", result) == Moved(before, result), "and forward again"


@pytest.mark.parametrize("name", ["README", "src/app.py", "src", "one.txt"])
def test_what_would_be_overwritten_is_named_and_everything_stays(
    name: str, repo: Repository, before: str, result: str, sh: Shell
) -> None:
    (repo.common_dir / "info" / "exclude").write_text("src\n")
    (repo.root / name).parent.mkdir(exist_ok=True)
    (repo.root / name).write_text("mine\n")
    outcome = roll_back(repo, RUN, "main", before, result, result=result)
    assert isinstance(outcome, Refused)
    assert [path for path in outcome.paths if name in path]
    assert (repo.root / name).read_text() == "mine\n"
    assert repo.branch_tip("main") == result


def test_newer_commits_stay_and_the_commands_that_revert_the_run_are_named(
    repo: Repository, before: str, result: str, commit_file: CommitFile, sh: Shell
) -> None:
    newer = commit_file(repo.root, "newer", "x")
    outcome = roll_back(repo, RUN, "main", before, result, result=result)
    assert isinstance(outcome, Refused)
    assert "1 newer commits" in outcome.reason
    assert repo.branch_tip("main") == newer
    commands = outcome.hint.partition(": ")[2].split(" && ")
    assert [command.rsplit(" ", 1)[0] for command in commands] == ["git revert --no-edit -m 1"] * 2
    for command in commands:
        sh(repo.root, *command.split()[1:])
    assert sh(repo.root, "diff", "--name-only", before, "HEAD") == "newer"


def test_a_merge_of_the_branch_itself_is_reverted_against_the_branch(
    repo: Repository, before: str, make_worktree: MakeWorktree, commit_file: CommitFile, sh: Shell
) -> None:
    made = make_worktree("_integration", before)
    commit_file(made.path, "ours", "x")
    theirs = commit_file(repo.root, "theirs", "x")
    sh(made.path, "merge", "--quiet", "-m", "catch up", "main")
    commit = sh(made.path, "rev-parse", "HEAD")
    assert list(reverts(repo, theirs, commit)) == [f"git revert --no-edit -m 2 {commit[:12]}"]


def test_commits_that_somebody_else_put_in_between_are_not_the_runs_to_take_back(
    repo: Repository, before: str, result: str, commit_file: CommitFile
) -> None:
    theirs = commit_file(repo.root, "theirs", "x")
    outcome = roll_back(repo, RUN, "main", before, theirs, result=result)
    assert isinstance(outcome, Refused)
    assert repo.branch_tip("main") == theirs


def test_a_branch_that_is_checked_out_nowhere_just_moves(repo: Repository, before: str, result: str, sh: Shell) -> None:
    sh(repo.root, "switch", "--quiet", "-c", "elsewhere")
    assert isinstance(roll_back(repo, RUN, "main", before, result, result=result), Moved)
    assert repo.branch_tip("main") == before
    assert (repo.root / "one.txt").exists()


def test_one_that_was_killed_between_files_and_branch_is_completed(
    repo: Repository, before: str, result: str, sh: Shell
) -> None:
    sh(repo.root, "read-tree", "-m", "-u", result, before)
    assert isinstance(roll_back(repo, RUN, "main", before, result, result=result), Moved)
    assert repo.branch_tip("main") == before
    assert sh(repo.root, "status", "--porcelain") == ""


def test_a_worktree_in_the_middle_of_something_is_left_alone(
    repo: Repository, before: str, result: str, sh: Shell, tmp_path: Path
) -> None:
    sh(repo.root, "switch", "--quiet", "--detach")
    sh(repo.root, "worktree", "add", "--quiet", str(tmp_path / "other"), "main")
    (tmp_path / "other" / "README").write_text("mine")
    assert isinstance(roll_back(repo, RUN, "main", before, result, result=result), Refused)
    sh(tmp_path / "other", "checkout", "--quiet", "README")
    sh(tmp_path / "other", "bisect", "start")
    assert isinstance(roll_back(repo, RUN, "main", before, result, result=result), Refused)
