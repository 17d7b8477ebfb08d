"""Collecting work: everything an agent made is in the commit, or an error says why, and nothing is lost."""

import stat
from pathlib import Path

import pytest

from tmux_orchestra.core.errors import OrchestraError
from tmux_orchestra.effects.git import Repository, Work, Worktree, collect
from tmux_orchestra.effects.git.changes import read_changes


@pytest.fixture
def task(make_worktree) -> Worktree:
    return make_worktree("auth")


@pytest.fixture
def collected(repo: Repository, task: Worktree):
    def call(**how) -> Work:
        return collect(repo, task.path, task.branch, task.commit, "leftovers of auth", **how)

    return call


def files_at(sh, folder: Path, commit: str) -> set[str]:
    return set(sh(folder, "ls-tree", "-r", "-z", "--name-only", commit).split("\0")) - {""}


def test_a_task_that_did_nothing_has_no_commits(collected, task: Worktree) -> None:
    work = collected()
    assert (work.commit, work.commits, work.added, work.leftovers) == (task.commit, 0, 0, ())


def test_commits_are_counted_and_measured(collected, task: Worktree, commit_file) -> None:
    commit_file(task.path, "a", "1\n2\n")
    last = commit_file(task.path, "README", "other\n")
    work = collected()
    assert (work.commit, work.commits, work.added, work.removed) == (last, 2, 3, 1)


def test_every_kind_of_leftover_is_committed_whatever_its_name(collected, task: Worktree, sh, repo) -> None:
    (task.path / "README").write_text("edited\n")
    (task.path / "src" / "app.py").unlink()
    names = {"-rf", "new\nline", 'quo"te', "héß", ":colon", "*star", "deep/er/file"}
    for name in names:
        (task.path / name).parent.mkdir(parents=True, exist_ok=True)
        (task.path / name).write_text("x")
    (task.path / "staged").write_text("x")
    sh(task.path, "add", "staged")
    sh(task.path, "rm", "--quiet", "--cached", ".gitignore")
    (task.path / ".gitignore").unlink()
    work = collected()
    assert files_at(sh, task.path, work.commit) == {"README", "staged", *names}
    assert set(work.leftovers) == {"README", "src/app.py", ".gitignore", "staged", *names}
    assert not read_changes(task.path)
    assert repo.branch_tip(task.branch) == work.commit
    assert collected().commit == work.commit


def test_ignored_files_caches_and_excluded_ones_are_left_out(collected, task: Worktree, sh) -> None:
    for name in ("ignored/x", "run.log", "src/__pycache__/app.pyc", ".pytest_cache/v", ".env", "copied/a", "mine.py"):
        (task.path / name).parent.mkdir(exist_ok=True)
        (task.path / name).write_text("x")
    sh(task.path, "add", ".env")
    work = collected(exclude=(".env", "copied"))
    assert work.leftovers == ("mine.py",)
    assert (task.path / ".env").read_text() == "x"
    assert files_at(sh, task.path, work.commit) == {".gitignore", "README", "src/app.py", "mine.py"}


def test_an_edit_that_is_only_staged_is_kept_beside_the_later_one(collected, task: Worktree, sh) -> None:
    (task.path / "README").write_text("staged\n")
    sh(task.path, "add", "README")
    (task.path / "README").write_text("later\n")
    work = collected()
    assert work.commits == 2
    assert sh(task.path, "show", f"{work.commit}~:README") == "staged"
    assert sh(task.path, "show", f"{work.commit}:README") == "later"


def test_a_hook_of_the_repository_does_not_block_leftovers(collected, repo: Repository, task: Worktree) -> None:
    for name in ("pre-commit", "commit-msg", "prepare-commit-msg", "post-commit"):
        hook = repo.common_dir / "hooks" / name
        hook.write_text("#!/bin/sh\ntouch hooked\nexit 1\n")
        hook.chmod(hook.stat().st_mode | stat.S_IXUSR)
    (task.path / "new").write_text("x")
    assert collected().leftovers == ("new",)
    assert not (task.path / "hooked").exists()


@pytest.mark.parametrize("how", ["detached", "other branch", "renamed"])
def test_work_away_from_its_branch_is_brought_back(how: str, collected, task, *, commit_file, sh, repo) -> None:
    match how:
        case "detached":
            sh(task.path, "checkout", "--quiet", "--detach")
        case "other branch":
            sh(task.path, "checkout", "--quiet", "-b", "my-own")
        case "renamed":
            sh(task.path, "branch", "-m", "my-own")
    done = commit_file(task.path, "new", "x")
    (task.path / "README").write_text("staged\n")
    sh(task.path, "add", "README")
    work = collected()
    assert sh(task.path, "rev-parse", f"{work.commit}~") == done
    assert sh(task.path, "symbolic-ref", "--short", "HEAD") == task.branch
    assert repo.branch_tip(task.branch) == work.commit
    if how != "detached":
        assert repo.branch_tip("my-own") == done


def test_looking_at_an_older_commit_is_not_the_work(collected, task: Worktree, commit_file, sh) -> None:
    done = commit_file(task.path, "new", "x")
    sh(task.path, "checkout", "--quiet", "HEAD~")
    assert collected().commit == done
    assert (task.path / "new").read_text() == "x"


def test_work_split_between_branch_and_head_is_an_error(collected, task: Worktree, commit_file, sh, repo) -> None:
    one = commit_file(task.path, "one", "x")
    sh(task.path, "checkout", "--quiet", "--detach", task.commit)
    two = commit_file(task.path, "two", "x")
    with pytest.raises(OrchestraError, match="split") as caught:
        collected()
    assert "nothing was changed" in caught.value.safe
    assert (repo.branch_tip(task.branch), repo.head(task.path).commit) == (one, two)


def test_an_unfinished_merge_is_an_error(collected, task: Worktree, commit_file, sh, repo: Repository) -> None:
    commit_file(task.path, "README", "theirs\n")
    commit_file(repo.root, "README", "ours\n")
    sh(task.path, "merge", "main", check=False)
    with pytest.raises(OrchestraError, match="a merge is unfinished"):
        collected()


def test_a_git_that_is_at_work_is_an_error_that_names_its_lock(collected, repo: Repository, task: Worktree) -> None:
    lock = repo.common_dir / "worktrees" / "worktree-auth" / "index.lock"
    lock.write_text("")
    with pytest.raises(OrchestraError, match="at work") as caught:
        collected()
    assert str(lock) in caught.value.hint


@pytest.mark.parametrize("how", ["untracked", "added"])
def test_a_nested_repository_with_work_of_its_own_is_an_error(how: str, collected, task, commit_file, sh) -> None:
    sh(task.path, "init", "--quiet", "nested")
    commit_file(task.path / "nested", "x", "x")
    if how == "added":
        sh(task.path, "add", "nested")
    with pytest.raises(OrchestraError, match="repository of its own"):
        collected()


def test_a_clone_that_holds_nothing_new_is_left_out(collected, repo: Repository, task: Worktree, sh) -> None:
    sh(task.path, "clone", "--quiet", str(repo.root), "cloned")
    (task.path / "new").write_text("x")
    work = collected()
    assert "cloned" not in files_at(sh, task.path, work.commit)
    assert "new" in files_at(sh, task.path, work.commit)


def test_a_worktree_that_lost_its_git_file_is_never_taken_for_the_one_around_it(collected, task, sh) -> None:
    sh(task.path.parent, "init", "--quiet")
    (task.path / ".git").unlink()
    (task.path / "new").write_text("x")
    with pytest.raises(OrchestraError, match="not a worktree"):
        collected()
    assert sh(task.path.parent, "status", "--porcelain", "-uno") == ""


def test_signing_in_the_users_configuration_is_not_used_unless_asked_for(collected, task, git_home: Path, sh) -> None:
    with (git_home / ".gitconfig").open("a") as config:
        config.write("[commit]\n\tgpgSign = true\n[gpg]\n\tprogram = false\n")
    (task.path / "new").write_text("x")
    with pytest.raises(OrchestraError, match="gpg failed"):
        collected(sign=True)
    assert collected().leftovers == ("new",)
