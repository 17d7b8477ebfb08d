"""Removing worktrees: only what is proven to be kept somewhere else goes, or is parked first."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.effects.conftest import RUN
from tmux_orchestra.effects.git import (
    Holding,
    NotRemoved,
    Removed,
    Repository,
    Terms,
    Worktree,
    command,
    list_kept,
    parking,
    removal,
    remove_worktree,
    restore,
)
from tmux_orchestra.effects.git.claims import read_claims

REF = f"refs/orchestra/{RUN}/kept/auth"


@pytest.fixture
def task(make_worktree, commit_file, repo: Repository, sh) -> Worktree:
    """A worktree whose one commit is merged into main."""
    made = make_worktree("auth")
    sh(repo.root, "merge", "--quiet", "--no-ff", "-m", "merged", commit_file(made.path, "new", "x"))
    return made


def remove(
    repo: Repository, task: Worktree, *also_removable: str, proven: bool = True, foretell: bool = False
) -> Removed | NotRemoved:
    """Remove it only if it is proven to be merged; `proven=False`: park what is not."""
    terms = Terms(["refs/heads/gone", "main"], also_removable, must_be_proven=proven)
    return remove_worktree(repo, Holding(RUN, "auth", task.path, task.branch), terms, foretell=foretell)


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
    tip = repo.branch_tip(task.branch) or ""
    assert remove(repo, task, ".env") == Removed("merged in main", tip)
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
    for path, branch in ((mine, "mine"), (repo.root, "main")):
        assert isinstance(remove_worktree(repo, Holding(RUN, "x", path, branch), Terms(["main"])), NotRemoved)
    assert mine.is_dir()


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


# --- parked first ---------------------------------------------------------------------------------------


def test_what_is_not_proven_is_parked_and_then_goes(repo: Repository, task: Worktree, commit_file, sh) -> None:
    tip = commit_file(task.path, "more", "x")
    (task.path / "new").write_text("precious")
    foretold = remove(repo, task, proven=False, foretell=True)
    assert (task.path / "new").exists()
    assert list_kept(repo) == ()
    outcome = remove(repo, task, proven=False)
    assert isinstance(outcome, Removed)
    assert isinstance(foretold, Removed)
    assert (foretold.proof, foretold.commit) == (outcome.proof, outcome.commit) == (f"kept as {REF}", tip)
    assert outcome.parked
    assert outcome.parked.paths == ("new",)
    assert not task.path.exists()
    assert repo.branch_tip(task.branch) is None
    sh(repo.root, "gc", "--quiet", "--prune=now")
    restore(repo, REF, task.path, task.branch)
    assert (task.path / "new").read_text() == "precious"
    assert repo.branch_tip(task.branch) == tip


def test_a_commit_that_was_amended_after_all_is_parked_although_the_rest_is_merged(
    repo: Repository, task: Worktree, commit_file, sh
) -> None:
    dropped = commit_file(task.path, "dropped", "x")
    sh(task.path, "reset", "--quiet", "--hard", "HEAD^")
    remove(repo, task, proven=False)
    assert repo.is_ancestor(dropped, REF)


@pytest.mark.parametrize("writer", ["an agent", "an agent that never stops"])
def test_edits_made_while_it_was_being_parked_are_parked_as_well(
    writer: str, repo: Repository, task: Worktree, monkeypatch: pytest.MonkeyPatch
) -> None:
    (task.path / "new").write_text("first")
    edits: list[int] = []

    def keep_slowly(*args, **how):
        parked = parking.keep(*args, **how)
        if not edits or "never" in writer:
            edits.append(1)
            (task.path / "new").write_text(f"later {len(edits)}")
        return parked

    monkeypatch.setattr(removal, "keep", keep_slowly)
    outcome = remove(repo, task, proven=False)
    if "never" in writer:
        assert isinstance(outcome, NotRemoved)
        assert (task.path / "new").exists()
    else:
        assert isinstance(outcome, Removed)
        assert outcome.proof == f"kept as {REF}-2"


@pytest.mark.parametrize("dies", ["remove", "half way", "update-ref", "drop_claim"])
@pytest.mark.parametrize("dirty", [True, False])
def test_a_removal_that_was_killed_is_completed_and_nothing_is_parked_twice(
    dies: str, repo: Repository, task: Worktree, *, dirty: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if dirty:
        (task.path / "new").write_text("precious")

    def die(*_args: object, **_how: object) -> None:
        if dies == "half way":
            (task.path / ".git").unlink()
            (task.path / "README").unlink()
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        name = {
            "remove": "_remove_folder",
            "half way": "_remove_folder",
            "update-ref": "git",
            "drop_claim": "drop_claim",
        }
        patch.setattr(
            removal,
            name[dies],
            die if dies != "update-ref" else lambda *a, **k: die() if a[1] == dies else command.git(*a, **k),
        )
        with pytest.raises(KeyboardInterrupt):
            remove(repo, task, proven=False)
    outcome = remove(repo, task, proven=False)
    assert isinstance(outcome, Removed)
    assert [kept.ref for kept in list_kept(repo)] == ([REF] if dirty else [])
    assert (outcome.parked is not None) == dirty
    assert not task.path.exists()
    assert repo.branch_tip(task.branch) is None
    assert read_claims(repo) == ()


def test_a_worktree_that_was_moved_is_found(repo: Repository, task: Worktree, sh, tmp_path: Path) -> None:
    (task.path / "draft").write_text("x")
    sh(repo.root, "worktree", "move", str(task.path), str(tmp_path / "elsewhere"))
    assert isinstance(remove(repo, task, proven=False), Removed)
    assert not (tmp_path / "elsewhere").exists()
    assert sh(repo.root, "show", f"{REF}:draft") == "x"


def test_our_branch_in_a_worktree_of_the_persons_own_is_left_alone(repo, task, sh, tmp_path: Path) -> None:
    sh(repo.root, "worktree", "remove", str(task.path))
    sh(repo.root, "worktree", "add", "--quiet", str(tmp_path / "mine"), task.branch)
    assert isinstance(remove(repo, task, proven=False), NotRemoved)
    assert (tmp_path / "mine" / "README").exists()


@pytest.mark.parametrize("made", ["a locked entry", "no files yet"])
def test_a_half_made_worktree_goes(made: str, repo: Repository, task: Worktree) -> None:
    admin = repo.common_dir / "worktrees" / task.path.name
    for entry in task.path.iterdir():
        if entry.name != ".git":
            subprocess.run(["rm", "-r", entry], check=True)
    (admin / "index").unlink()
    if made == "a locked entry":
        (admin / "locked").write_text("initializing\n")
    assert isinstance(remove(repo, task, proven=False), Removed)
    assert list_kept(repo) == (), "nobody has removed files that never were there"
    assert not task.path.exists()


def test_folders_without_write_permission_go(repo: Repository, task: Worktree) -> None:
    (task.path / "closed").mkdir()
    (task.path / "closed" / "new").write_text("x")
    for folder in (task.path / "closed", task.path):
        folder.chmod(0o555)
    assert isinstance(remove(repo, task, proven=False), Removed)
    assert not task.path.exists()
