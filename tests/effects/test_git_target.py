"""Moving the user's branch: the result arrives, and nothing of the user's is overwritten."""

import hashlib
from pathlib import Path

import pytest

from tmux_orchestra.effects.git import Diverged, Moved, Refused, Repository, move_target

RUN = "r1"
BEFORE = "refs/orchestra/r1/before"


@pytest.fixture
def result(make_worktree, commit_file, sh) -> str:
    """A result that edits README, adds `new/file` and removes src/app.py."""
    integration = make_worktree("_integration").path
    sh(integration, "rm", "--quiet", "src/app.py")
    commit_file(integration, "README", "result\n")
    return commit_file(integration, "new/file", "result\n")


def fingerprint(folder: Path) -> dict[str, str]:
    """Every file's content and time of change, git's own folder left out."""
    return {
        str(file.relative_to(folder)): f"{hashlib.sha256(file.read_bytes()).hexdigest()} {file.stat().st_mtime_ns}"
        for file in sorted(folder.rglob("*"))
        if file.is_file() and ".git" not in file.parts
    }


def test_the_checked_out_branch_moves_with_its_files(repo: Repository, result: str, sh) -> None:
    before = repo.head().commit
    assert move_target(repo, RUN, "main", result) == Moved(before, result)
    assert sh(repo.root, "status", "--porcelain", "--branch") == "## main"
    assert (repo.root / "new" / "file").read_text() == "result\n"
    assert not (repo.root / "src").exists()
    assert repo.find(BEFORE) == before
    assert move_target(repo, RUN, "main", result) == Moved(before, result)


def test_edits_the_result_does_not_touch_stay_as_they_are(repo: Repository, result: str, commit_file, sh) -> None:
    (repo.root / ".gitignore").write_text("ignored/\nstaged edit\n")
    sh(repo.root, "add", ".gitignore")
    (repo.root / ".gitignore").write_text("ignored/\nunstaged edit\n")
    (repo.root / "mine").write_text("untracked")
    (repo.root / "ignored").mkdir()
    (repo.root / "ignored" / "x").write_text("ignored")
    before = fingerprint(repo.root)
    assert isinstance(move_target(repo, RUN, "main", result), Moved)
    after = fingerprint(repo.root)
    for name in (".gitignore", "mine", "ignored/x"):
        assert after[name] == before[name]
    assert sh(repo.root, "show", ":.gitignore") == "ignored/\nstaged edit"
    assert sh(repo.root, "status", "--porcelain") == "MM .gitignore\n?? mine"


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("unstaged", "README"),
        ("staged", "README"),
        ("removed by the result", "src/app.py"),
        ("untracked", "new/file"),
        ("ignored", "new/file"),
        ("file where a folder goes", "new"),
        ("folder where a file goes", "new/file/mine"),
        ("assumed unchanged", "README"),
    ],
)
def test_files_that_would_be_overwritten_refuse_by_name(
    kind: str, path: str, repo: Repository, result: str, sh
) -> None:
    (repo.root / path).parent.mkdir(parents=True, exist_ok=True)
    (repo.root / path).write_text("mine\n")
    if kind == "staged":
        sh(repo.root, "add", path)
    if kind == "ignored":
        (repo.common_dir / "info" / "exclude").write_text("new/\n")
    if kind == "assumed unchanged":
        sh(repo.root, "update-index", "--assume-unchanged", path)
    files, tip = fingerprint(repo.root), repo.branch_tip("main")
    status = sh(repo.root, "status", "--porcelain", "--ignored")
    refused = move_target(repo, RUN, "main", result)
    assert isinstance(refused, Refused)
    if kind == "folder where a file goes":
        assert refused.paths in ((path,), ("new/file",), ("new/file", path))
    elif kind != "assumed unchanged":
        assert refused.paths == (path,)
    assert fingerprint(repo.root) == files
    assert repo.branch_tip("main") == tip
    assert sh(repo.root, "status", "--porcelain", "--ignored") == status
    assert repo.find(BEFORE) is None


def test_a_target_that_moved_meanwhile_is_said(repo: Repository, result: str, commit_file) -> None:
    current = commit_file(repo.root, "meanwhile", "x")
    assert move_target(repo, RUN, "main", result) == Diverged(current)
    assert repo.branch_tip("main") == current


def test_a_target_that_is_checked_out_nowhere_moves_by_its_ref(repo: Repository, result: str, sh) -> None:
    sh(repo.root, "checkout", "--quiet", "-b", "elsewhere")
    files = fingerprint(repo.root)
    assert isinstance(move_target(repo, RUN, "main", result), Moved)
    assert repo.branch_tip("main") == result
    assert fingerprint(repo.root) == files


def test_a_target_in_another_worktree_is_updated_there(repo: Repository, result: str, sh) -> None:
    sh(repo.root, "checkout", "--quiet", "-b", "elsewhere")
    other = repo.root.parent / "other"
    sh(repo.root, "worktree", "add", "--quiet", str(other), "main")
    assert isinstance(move_target(repo, RUN, "main", result), Moved)
    assert (other / "README").read_text() == "result\n"
    assert sh(other, "status", "--porcelain") == ""


def test_an_unfinished_rebase_of_the_target_refuses(repo: Repository, result: str, commit_file, sh) -> None:
    sh(repo.root, "checkout", "--quiet", "-b", "side")
    commit_file(repo.root, "x", "side\n")
    sh(repo.root, "checkout", "--quiet", "main")
    sh(repo.root, "reset", "--quiet", "--hard", result)
    tip = commit_file(repo.root, "x", "main\n")
    sh(repo.root, "rebase", "side", check=False)
    further = sh(repo.root, "commit-tree", "-p", tip, "-m", "further", f"{tip}^{{tree}}")
    refused = move_target(repo, RUN, "main", further)
    assert isinstance(refused, Refused)
    assert "rebase" in refused.reason
    assert repo.branch_tip("main") == tip


def test_an_unfinished_merge_in_the_users_worktree_refuses(repo: Repository, result: str, commit_file, sh) -> None:
    sh(repo.root, "checkout", "--quiet", "-b", "side")
    commit_file(repo.root, "x", "side\n")
    sh(repo.root, "checkout", "--quiet", "main")
    sh(repo.root, "merge", "--no-commit", "--no-ff", "side")
    refused = move_target(repo, RUN, "main", result)
    assert isinstance(refused, Refused)
    assert "a merge is unfinished" in refused.reason


def test_a_target_that_is_gone_is_refused(repo: Repository, result: str) -> None:
    assert isinstance(move_target(repo, RUN, "nothing", result), Refused)


def test_a_target_that_has_the_result_already_stays(repo: Repository, result: str, commit_file, sh) -> None:
    sh(repo.root, "merge", "--quiet", "--ff-only", result)
    tip = commit_file(repo.root, "mine", "x")
    assert move_target(repo, RUN, "main", result) == Moved(tip, tip)
