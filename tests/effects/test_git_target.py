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


# --- what a person's checkout may look like -------------------------------------------------------------


def everything(folder: Path, sh) -> tuple[object, ...]:
    """The files with their times, the index, and every ref."""
    return fingerprint(folder), sh(folder, "ls-files", "-s", "-t", "-v"), sh(folder, "for-each-ref")


def refused(repo: Repository, result: str, sh, *words: str) -> Refused:
    """Assert that the target is left alone with everything of the user's, for this reason."""
    before = everything(repo.root, sh)
    told = move_target(repo, RUN, "main", result)
    assert isinstance(told, Refused)
    assert everything(repo.root, sh) == before
    for word in words:
        assert word in f"{told.reason} {told.paths} {told.hint}"
    return told


def test_files_that_the_result_does_not_change_are_not_even_rewritten(
    repo: Repository, make_worktree, commit_file, sh
) -> None:
    for number in range(3):
        commit_file(repo.root, f"same{number}", "x\n")
    (repo.root / "same1").chmod(0o600)
    result = commit_file(make_worktree("_integration").path, "README", "result\n")
    before = {path: path.stat() for path in repo.root.iterdir() if path.name.startswith("same")}
    assert isinstance(move_target(repo, RUN, "main", result), Moved)
    assert all(path.stat().st_mtime_ns == was.st_mtime_ns for path, was in before.items())
    assert all(path.stat().st_mode == was.st_mode for path, was in before.items())


def test_a_folder_that_the_user_has_replaced_by_a_link_is_not_followed(repo: Repository, result: str, sh) -> None:
    elsewhere = repo.root.parent / "elsewhere"
    elsewhere.mkdir()
    (repo.root / "src").rename(elsewhere / "src")
    (repo.root / "src").symlink_to(elsewhere / "src")
    refused(repo, result, sh, "src")
    assert (elsewhere / "src" / "app.py").read_text() == "one\ntwo\nthree\n"


@pytest.mark.parametrize("ignored", [True, False])
def test_a_link_where_the_result_has_a_folder_is_named(ignored: bool, repo: Repository, result: str, sh) -> None:
    (repo.root.parent / "elsewhere").mkdir()
    (repo.root / "new").symlink_to(repo.root.parent / "elsewhere")
    if ignored:
        (repo.common_dir / "info" / "exclude").write_text("new\n")
    assert refused(repo, result, sh).paths == ("new",)


def test_a_file_that_differs_only_in_case_is_another_file(repo: Repository, make_worktree, sh) -> None:
    integration = make_worktree("_integration").path
    sh(integration, "mv", "README", "Readme")
    sh(integration, "commit", "--quiet", "-m", "case")
    (repo.root / "readme").write_text("mine\n")
    assert isinstance(move_target(repo, RUN, "main", sh(integration, "rev-parse", "HEAD")), Moved)
    assert sorted(p.name for p in repo.root.iterdir() if p.name.lower() == "readme") == ["Readme", "readme"]
    assert (repo.root / "readme").read_text() == "mine\n"


@pytest.mark.parametrize("edited", [True, False])
def test_what_is_hidden_from_status_counts_if_it_was_edited(edited: bool, repo: Repository, result: str, sh) -> None:
    sh(repo.root, "update-index", "--skip-worktree", "README")
    if edited:
        (repo.root / "README").write_text("mine\n")
        assert refused(repo, result, sh).paths == ("README",)
    else:
        assert isinstance(move_target(repo, RUN, "main", result), Moved)


@pytest.mark.parametrize("how", ["unstaged", "staged", "untracked", "ignored", "removed", "link"])
def test_what_is_as_the_result_has_it_already_is_no_obstacle(how: str, repo: Repository, make_worktree, sh) -> None:
    integration = make_worktree("_integration").path
    sh(integration, "rm", "--quiet", "src/app.py")
    (integration / "README").write_text("result\n")
    (integration / "new").write_text("result\n")
    (integration / "link").symlink_to("README")
    sh(integration, "add", "--all")
    sh(integration, "commit", "--quiet", "-m", "result")
    match how:
        case "unstaged" | "staged":
            (repo.root / "README").write_text("result\n")
        case "untracked" | "ignored":
            (repo.root / "new").write_text("result\n")
        case "removed":
            (repo.root / "src" / "app.py").unlink()
        case "link":
            (repo.root / "link").symlink_to("README")
    if how == "ignored":
        (repo.common_dir / "info" / "exclude").write_text("new\n")
    if how == "staged":
        sh(repo.root, "add", "README")
    assert isinstance(move_target(repo, RUN, "main", sh(integration, "rev-parse", "HEAD")), Moved)
    assert sh(repo.root, "status", "--porcelain", "--ignored") == ""


def test_a_staged_version_beneath_an_edit_is_not_lost(repo: Repository, result: str, sh) -> None:
    (repo.root / "README").write_text("staged only\n")
    sh(repo.root, "add", "README")
    (repo.root / "README").write_text("result\n")
    assert refused(repo, result, sh).paths == ("README",)


@pytest.mark.parametrize("operation", ["bisect", "cherry-pick", "revert", "lock", "update-refs"])
def test_what_somebody_has_begun_and_not_ended_refuses(
    operation: str, repo: Repository, result: str, commit_file, sh
) -> None:
    sh(repo.root, "checkout", "--quiet", "-b", "side")
    side = commit_file(repo.root, "README", "side\n")
    sh(repo.root, "checkout", "--quiet", "main")
    match operation:
        case "bisect":
            sh(repo.root, "bisect", "start")
            sh(repo.root, "checkout", "--quiet", "--detach", side)
        case "cherry-pick" | "revert":
            sh(repo.root, operation, "--no-commit", side, check=False)
            (repo.common_dir / f"{operation.upper().replace('-', '_')}_HEAD").write_text(side + "\n")
        case "lock":
            (repo.common_dir / "index.lock").write_text("")
        case "update-refs":
            sh(repo.root, "checkout", "--quiet", "side")
            sh(repo.root, "branch", "--force", "main", "side")
            further = sh(repo.root, "commit-tree", "-p", side, "-m", "further", f"{side}^{{tree}}")
            sh(repo.root, "rebase", "--update-refs", "--exec", "false", "HEAD~1", check=False)
            refused(repo, further, sh, "rebase")
            return
    refused(repo, result, sh, "unfinished" if operation != "lock" else "at work")


def test_a_target_that_was_rewritten_is_refused_with_the_reason(repo: Repository, result: str, commit_file, sh) -> None:
    seen = repo.head().commit
    assert isinstance(move_target(repo, RUN, "main", result, seen=[seen]), Moved)
    sh(repo.root, "reset", "--quiet", "--hard", seen)
    assert isinstance(move_target(repo, RUN, "main", result, seen=[seen]), Moved)
    sh(repo.root, "reset", "--quiet", "--hard", seen)
    sh(repo.root, "commit", "--quiet", "--amend", "-m", "amended")
    tip = repo.branch_tip("main")
    told = move_target(repo, RUN, "main", result, seen=[seen])
    assert isinstance(told, Refused)
    assert "was rewritten" in told.reason
    assert repo.branch_tip("main") == tip


def test_the_worktrees_of_a_bare_repository(repo: Repository, result: str, sh, tmp_path: Path) -> None:
    bare, work = tmp_path / "bare.git", tmp_path / "work"
    sh(repo.root, "clone", "--quiet", "--bare", str(repo.root), str(bare))
    sh(bare, "fetch", "--quiet", str(repo.root), f"{result}:refs/heads/result")
    sh(bare, "worktree", "add", "--quiet", str(work), "main")
    here = Repository.open(work)
    assert isinstance(move_target(here, RUN, "main", result), Moved)
    assert (work / "README").read_text() == "result\n"
    assert sh(work, "status", "--porcelain") == ""


# --- hooks, and death between any two steps ---------------------------------------------------------------


def hook(repo: Repository, name: str, script: str) -> Path:
    file = repo.common_dir / "hooks" / name
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
    return file


def test_a_hook_that_keeps_the_branch_from_moving_leaves_the_files_as_they_were(
    repo: Repository, result: str, sh
) -> None:
    (repo.root / "mine").write_text("staged\n")
    sh(repo.root, "add", "mine")
    before, status = fingerprint(repo.root).keys(), sh(repo.root, "status", "--porcelain")
    contents = {name: (repo.root / name).read_bytes() for name in before}
    file = hook(
        repo, "reference-transaction", 'while read old new ref; do [ "$ref" != refs/heads/main ] || exit 1; done'
    )
    told = move_target(repo, RUN, "main", result)
    assert isinstance(told, Refused)
    assert {name: (repo.root / name).read_bytes() for name in fingerprint(repo.root)} == contents
    assert sh(repo.root, "status", "--porcelain") == status
    assert repo.find(BEFORE) is None
    file.unlink()
    assert isinstance(move_target(repo, RUN, "main", result), Moved)
    assert sh(repo.root, "status", "--porcelain") == status


def test_hooks_after_the_move_run_as_after_any_merge_and_their_failure_changes_nothing(
    repo: Repository, result: str, sh
) -> None:
    hook(repo, "post-merge", 'echo "$1" > ../told; exit 1')
    assert isinstance(move_target(repo, RUN, "main", result), Moved)
    assert (repo.root.parent / "told").read_text() == "0\n"
    assert sh(repo.root, "status", "--porcelain") == ""


@pytest.mark.parametrize("moment", ["prepared", "committed"])
def test_a_git_that_is_killed_around_the_move_of_the_branch_is_made_up_for(
    moment: str, repo: Repository, result: str, sh
) -> None:
    before = repo.head().commit
    killing = 'while read old new ref; do [ "$ref" != refs/heads/main ] || kill -9 $PPID; done'
    file = hook(repo, "reference-transaction", f'[ "$1" = {moment} ] || exit 0\n{killing}')
    move_target(repo, RUN, "main", result)
    file.unlink()
    for lock in repo.common_dir.rglob("*.lock"):
        lock.unlink()
    moved = move_target(repo, RUN, "main", result)
    assert moved in (Moved(before, result), Moved(result, result))
    assert sh(repo.root, "status", "--porcelain") == ""
    assert (repo.root / "README").read_text() == "result\n"


def test_a_git_that_is_killed_among_the_files_is_made_up_for(repo: Repository, make_worktree, commit_file, sh) -> None:
    integration = make_worktree("_integration").path
    for name in ("a", "b.x", "c"):
        result = commit_file(integration, name, f"{name}\n")
    sh(repo.root, "config", "filter.boom.smudge", "kill -9 $PPID")
    (repo.common_dir / "info" / "attributes").write_text("*.x filter=boom\n")
    first = move_target(repo, RUN, "main", result)
    assert isinstance(first, Refused)
    assert repo.branch_tip("main") != result
    (repo.common_dir / "info" / "attributes").unlink()
    again = move_target(repo, RUN, "main", result)
    assert isinstance(again, Refused)
    assert "rm " in again.hint  # nobody can tell whose lock it is
    (repo.common_dir / "index.lock").unlink()
    assert isinstance(move_target(repo, RUN, "main", result), Moved)
    assert sh(repo.root, "status", "--porcelain") == ""
