"""Removing worktrees: only what is proven to be kept somewhere else goes."""

import os
import subprocess
from pathlib import Path

import pytest

from tmux_orchestra.effects.git import NotRemoved, Removed, Repository, Worktree, remove_worktree
from tmux_orchestra.effects.git.claims import read_claims


@pytest.fixture
def task(make_worktree, commit_file, repo: Repository, sh) -> Worktree:
    """A worktree whose one commit is merged into main."""
    made = make_worktree("auth")
    sh(repo.root, "merge", "--quiet", "--no-ff", "-m", "merged", commit_file(made.path, "new", "x"))
    return made


def remove(repo: Repository, task: Worktree, **how) -> Removed | NotRemoved:
    return remove_worktree(repo, task.path, task.branch, ["refs/heads/gone", "main"], **how)


def assert_kept(repo: Repository, task: Worktree, outcome: object) -> NotRemoved:
    assert isinstance(outcome, NotRemoved)
    assert task.path.is_dir()
    assert repo.branch_tip(task.branch) is not None
    return outcome


def test_merged_work_goes_with_worktree_and_branch(repo: Repository, task: Worktree, sh) -> None:
    (task.path / "ignored").mkdir()
    (task.path / "ignored" / "x").write_text("x")
    (task.path / "src" / "__pycache__").mkdir()
    (task.path / "src" / "__pycache__" / "app.pyc").write_text("x")
    (task.path / ".env").write_text("x")
    assert remove(repo, task, also_removable=[".env"]) == Removed("merged in main")
    assert not os.path.lexists(task.path)
    assert repo.branch_tip(task.branch) is None
    assert len(sh(repo.root, "worktree", "list").splitlines()) == 1
    assert read_claims(repo) == ()
    assert isinstance(remove(repo, task), Removed)


def test_a_commit_that_is_not_merged_keeps_everything(repo: Repository, task: Worktree, commit_file) -> None:
    commit_file(task.path, "more", "x")
    assert "not merged" in assert_kept(repo, task, remove(repo, task)).reason


def test_a_commit_on_a_detached_head_keeps_everything(repo: Repository, task: Worktree, commit_file, sh) -> None:
    sh(task.path, "checkout", "--quiet", "--detach")
    commit_file(task.path, "more", "x")
    assert "not merged" in assert_kept(repo, task, remove(repo, task)).reason


@pytest.mark.parametrize("kind", ["staged", "unstaged", "deleted", "untracked"])
def test_uncommitted_files_keep_everything_by_name(kind: str, repo: Repository, task: Worktree, sh) -> None:
    path = "mine\n" if kind == "untracked" else "README"
    (task.path / path).write_text("mine")
    if kind == "staged":
        sh(task.path, "add", "README")
    if kind == "deleted":
        (task.path / path).unlink()
    assert assert_kept(repo, task, remove(repo, task)).paths == (path,)


def test_an_edit_hidden_from_status_keeps_everything(repo: Repository, task: Worktree, sh) -> None:
    sh(task.path, "update-index", "--assume-unchanged", "README")
    (task.path / "README").write_text("mine")
    assert assert_kept(repo, task, remove(repo, task)).paths == ("README",)


def test_an_unfinished_operation_keeps_everything(repo: Repository, task: Worktree, sh) -> None:
    sh(repo.root, "branch", "side")
    sh(task.path, "bisect", "start")
    assert "a bisection" in assert_kept(repo, task, remove(repo, task)).reason


def test_a_locked_worktree_is_kept(repo: Repository, task: Worktree, sh) -> None:
    sh(repo.root, "worktree", "lock", str(task.path))
    assert "locked" in assert_kept(repo, task, remove(repo, task)).reason


def test_a_git_at_work_keeps_everything(repo: Repository, task: Worktree) -> None:
    (repo.common_dir / "worktrees" / task.path.name / "index.lock").write_text("")
    assert "at work" in assert_kept(repo, task, remove(repo, task)).reason


def test_an_ignored_repository_with_work_of_its_own_keeps_everything(repo, task, commit_file, sh) -> None:
    (task.path / "ignored").mkdir()
    sh(task.path / "ignored", "init", "--quiet", "nested")
    commit_file(task.path / "ignored" / "nested", "x", "x")
    assert assert_kept(repo, task, remove(repo, task)).paths == ("ignored/nested",)


def test_an_ignored_clone_that_holds_nothing_new_goes(repo: Repository, task: Worktree, sh) -> None:
    (task.path / "ignored").mkdir()
    sh(task.path / "ignored", "clone", "--quiet", str(repo.root), "cloned")
    assert isinstance(remove(repo, task), Removed)
    assert not task.path.exists()


@pytest.mark.parametrize("work", ["none", "commit", "untracked"])
def test_a_submodule_goes_only_without_work_of_its_own(
    work: str, repo, tmp_path: Path, task, *, commit_file, sh
) -> None:
    sh(tmp_path, "init", "--quiet", "lib")
    commit_file(tmp_path / "lib", "x", "x")
    sh(task.path, "submodule", "--quiet", "add", str(tmp_path / "lib"), "lib")
    sh(task.path, "commit", "--quiet", "-m", "lib")
    if work == "commit":
        commit_file(task.path / "lib", "y", "y")
        sh(task.path, "commit", "--quiet", "-am", "lib")
    if work == "untracked":
        (task.path / "lib" / "y").write_text("y")
    sh(repo.root, "merge", "--quiet", task.branch)
    outcome = remove(repo, task)
    if work == "none":
        assert isinstance(outcome, Removed)
    else:
        assert_kept(repo, task, outcome)


def test_what_no_claim_names_is_never_touched(repo: Repository, sh) -> None:
    mine = repo.root.parent / "mine"
    sh(repo.root, "worktree", "add", "--quiet", "-b", "mine", str(mine))
    outcome = remove_worktree(repo, mine, "mine", ["main"])
    assert isinstance(outcome, NotRemoved)
    assert mine.is_dir()
    assert isinstance(remove_worktree(repo, repo.root, "main", ["main"]), NotRemoved)


def test_a_folder_removed_by_hand_is_forgotten_and_no_other(repo: Repository, task: Worktree, sh) -> None:
    foreign = repo.root.parent / "foreign"
    sh(repo.root, "worktree", "add", "--quiet", "--detach", str(foreign))
    subprocess.run(["rm", "-r", task.path, foreign], check=True)
    assert isinstance(remove(repo, task), Removed)
    assert repo.branch_tip(task.branch) is None
    listed = sh(repo.root, "worktree", "list", "--porcelain")
    assert str(foreign) in listed
    assert str(task.path) not in listed


def test_a_folder_removed_by_hand_keeps_a_branch_that_is_not_merged(repo, task, commit_file) -> None:
    tip = commit_file(task.path, "more", "x")
    subprocess.run(["rm", "-r", task.path], check=True)
    assert isinstance(remove(repo, task), NotRemoved)
    assert repo.branch_tip(task.branch) == tip


def test_a_folder_removed_by_hand_keeps_edits_that_are_still_in_the_index(repo, task, sh) -> None:
    (task.path / "README").write_text("staged\n")
    sh(task.path, "add", "README")
    subprocess.run(["rm", "-r", task.path], check=True)
    outcome = remove(repo, task)
    assert isinstance(outcome, NotRemoved)
    assert outcome.paths == ("README",)


def test_a_branch_that_is_gone_already_is_fine(repo: Repository, task: Worktree, sh) -> None:
    sh(task.path, "checkout", "--quiet", "--detach")
    sh(repo.root, "branch", "-D", task.branch)
    assert isinstance(remove(repo, task), Removed)
    assert not task.path.exists()


def test_a_folder_that_git_forgot_is_kept(repo: Repository, task: Worktree) -> None:
    subprocess.run(["rm", "-r", repo.common_dir / "worktrees"], check=True)
    assert isinstance(remove(repo, task), NotRemoved)
    assert (task.path / "README").exists()
