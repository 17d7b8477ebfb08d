"""Parking and restoring: whatever a worktree holds comes back byte for byte, and parking itself touches nothing."""

import os
import socket
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.effects.conftest import RUN, CommitFile, MakeWorktree, Shell
from tmux_orchestra.core.errors import OrchestraError
from tmux_orchestra.effects.git import CannotKeep, Repository, Worktree, list_kept, park, restore
from tmux_orchestra.effects.git.claims import drop_claim, find_claim
from tmux_orchestra.effects.git.command import git

REF = f"refs/orchestra/{RUN}/kept/auth"

Scene = Callable[[Path, Shell], None]
SCENES: dict[str, Scene] = {}


def scene(made: Scene) -> Scene:
    """Something that may be found in a worktree."""
    SCENES[made.__name__] = made
    return made


@pytest.fixture
def task(make_worktree: MakeWorktree, commit_file: CommitFile) -> Worktree:
    """A worktree with a commit of its own."""
    made = make_worktree("auth")
    commit_file(made.path, "own.txt", "own\n")
    return made


def leave(repo: Repository, task: Worktree, sh: Shell) -> None:
    """Remove the worktree, its branch and everything that no ref leads to, as brutally as git can."""
    sh(repo.root, "worktree", "remove", "--force", "--force", str(task.path))
    sh(repo.root, "branch", "--quiet", "-D", task.branch, check=False)
    claim = find_claim(repo, task.branch)
    assert claim
    drop_claim(repo, claim)
    sh(repo.root, "reflog", "expire", "--expire=now", "--all")
    sh(repo.root, "worktree", "prune")
    sh(repo.root, "gc", "--quiet", "--prune=now")


def picture(worktree: Path, sh: Shell) -> dict[str, object]:
    """Everything that can be seen of a worktree."""
    files: dict[str, object] = {}
    for folder, folders, names in os.walk(worktree):
        folders[:] = [name for name in folders if name != ".git"]
        for place in (Path(folder, name) for name in {*names, *folders} - {".git"}):
            mode = place.lstat().st_mode
            if not stat.S_ISDIR(mode):
                held = os.fsencode(place.readlink()) if stat.S_ISLNK(mode) else place.read_bytes()
                files[str(place.relative_to(worktree))] = (held, mode & 0o100)
    admin = Path(sh(worktree, "rev-parse", "--absolute-git-dir"))
    return {
        "files": files,
        "index": git(worktree, "ls-files", "--stage", "-v", "-z").raw,
        "status": git(worktree, "status", "--porcelain=v2", "--branch", "-z", options=["--no-optional-locks"]).raw,
        "operation": {f.name: f.read_bytes() for f in admin.glob("*_HEAD") if f.name != "ORIG_HEAD"},
    }


@scene
def edits_of_every_kind(at: Path, sh: Shell) -> None:
    (at / "README").write_text("staged\n")
    sh(at, "add", "README")
    (at / "README").write_text("and edited again\n")
    (at / "src" / "app.py").unlink()
    (at / "new folder").mkdir()
    (at / "new folder" / "ümläut\n\t\"'\\").write_bytes(b"\0\xff\n\r\n")
    (at / "link").symlink_to("nowhere/at all")
    (at / "own.txt").chmod(0o755)
    (at / "staged-only").write_text("x")
    sh(at, "add", "staged-only")
    (at / "staged-only").unlink()
    sh(at, "mv", ".gitignore", "renamed")


@scene
def a_file_for_a_folder_and_a_folder_for_a_file(at: Path, sh: Shell) -> None:
    (at / "src" / "app.py").unlink()
    (at / "src").rmdir()
    (at / "src").write_text("now a file")
    (at / "README").unlink()
    (at / "README").mkdir()
    (at / "README" / "inner").write_text("now a folder")
    sh(at, "add", "src")


@scene
def a_conflict(at: Path, sh: Shell) -> None:
    sh(at, "switch", "--quiet", "-c", "other", "main")
    (at / "README").write_text("theirs\n")
    (at / "own.txt").write_text("theirs\n")
    sh(at, "add", "--all")
    sh(at, "commit", "--quiet", "-m", "theirs")
    sh(at, "switch", "--quiet", "-")
    (at / "README").write_text("ours\n")
    sh(at, "commit", "--quiet", "-a", "-m", "ours")
    sh(at, "merge", "other", check=False)
    sh(at, "branch", "-D", "other")
    (at / "README").write_text("half resolved\n")


@scene
def intended_to_be_added(at: Path, sh: Shell) -> None:
    (at / "soon").write_text("soon\n")
    sh(at, "add", "--intent-to-add", "soon")


@scene
def edits_that_git_was_told_not_to_see(at: Path, sh: Shell) -> None:
    sh(at, "update-index", "--assume-unchanged", "README")
    sh(at, "update-index", "--skip-worktree", "src/app.py")
    (at / "README").write_text("hidden\n")
    (at / "src" / "app.py").write_text("hidden too\n")


@scene
def a_sparse_checkout(at: Path, sh: Shell) -> None:
    (at / "deep" / "er").mkdir(parents=True)
    (at / "deep" / "er" / "x").write_text("x")
    sh(at, "add", "--all")
    sh(at, "commit", "--quiet", "-m", "deep")
    sh(at, "sparse-checkout", "set", "src")
    assert not (at / "deep").exists()
    (at / "src" / "new").write_text("new")


@scene
def a_tracked_file_that_is_ignored(at: Path, sh: Shell) -> None:
    (at / "tracked.log").write_text("1\n")
    sh(at, "add", "--force", "tracked.log")
    sh(at, "commit", "--quiet", "-m", "a log")
    (at / "tracked.log").write_text("2\n")


@scene
def filters_that_do_not_give_the_bytes_back(at: Path, sh: Shell) -> None:
    (at / ".gitattributes").write_text("*.up filter=up\n*.txt text eol=crlf\n*.mix text\n")
    sh(at, "config", "filter.up.clean", "tr a-z A-Z")
    sh(at, "config", "filter.up.smudge", "cat")
    (at / "x.up").write_text("Mixed\n")
    (at / "lf.txt").write_bytes(b"one\ntwo\n")
    (at / "both.mix").write_bytes(b"one\r\ntwo\n")


@scene
def a_detached_head_and_a_commit_on_it(at: Path, sh: Shell) -> None:
    sh(at, "checkout", "--quiet", "--detach")
    (at / "detached").write_text("x")
    sh(at, "add", "--all")
    sh(at, "commit", "--quiet", "-m", "on no branch")


@scene
def nothing_at_all(at: Path, sh: Shell) -> None:
    pass


@pytest.mark.parametrize("name", SCENES)
def test_everything_comes_back_after_prune_and_gc(name: str, repo: Repository, task: Worktree, sh: Shell) -> None:
    SCENES[name](task.path, sh)
    before = picture(task.path, sh)
    index = (Path(sh(task.path, "rev-parse", "--absolute-git-dir")) / "index").read_bytes()
    parked = park(repo, RUN, "auth", task.path, task.branch)
    assert parked.ref == REF
    assert picture(task.path, sh) == before, "parking touches nothing"
    assert (Path(sh(task.path, "rev-parse", "--absolute-git-dir")) / "index").read_bytes() == index
    leave(repo, task, sh)
    (kept,) = list_kept(repo, RUN)
    assert (kept.worktree, kept.branch, kept.task) == (task.path, task.branch, "auth")
    restore(repo, parked.ref, kept.worktree, kept.branch)
    assert picture(task.path, sh) == before
    assert park(repo, RUN, "auth", task.path, task.branch).ref == REF, "what is kept already is not kept twice"
    restore(repo, parked.ref, kept.worktree, kept.branch)
    assert picture(task.path, sh) == before, "restoring twice is restoring once"


def test_the_kept_commit_is_laid_out_so_that_plain_git_finds_everything(
    repo: Repository, task: Worktree, sh: Shell
) -> None:
    head = sh(task.path, "rev-parse", "HEAD")
    (task.path / "README").write_text("staged\n")
    sh(task.path, "add", "README")
    (task.path / "README").write_text("on disk\n")
    (task.path / "new").write_text("untracked\n")
    parked = park(repo, RUN, "auth", task.path, task.branch)
    assert parked.paths == ("README", "new")
    assert sh(repo.root, "show", f"{REF}:README") == "on disk"
    assert sh(repo.root, "show", f"{REF}:new") == "untracked"
    assert sh(repo.root, "rev-parse", f"{REF}^1") == head
    assert sh(repo.root, "show", f"{REF}^2:README") == "staged"


def test_another_state_never_overwrites_an_earlier_one(repo: Repository, task: Worktree, sh: Shell) -> None:
    (task.path / "new").write_text("1")
    first = park(repo, RUN, "auth", task.path, task.branch)
    (task.path / "new").write_text("2")
    second = park(repo, RUN, "auth", task.path, task.branch)
    assert (first.ref, second.ref) == (REF, f"{REF}-2")
    assert sh(repo.root, "show", f"{REF}:new") == "1"
    (task.path / "new").write_text("1")
    assert park(repo, RUN, "auth", task.path, task.branch) == first


def test_a_lock_that_a_killed_git_left_keeps_nothing_from_being_kept(repo: Repository, task: Worktree) -> None:
    lock = repo.common_dir / f"{REF}.lock"
    lock.parent.mkdir(parents=True)
    lock.touch()
    assert (
        park(repo, RUN, "auth", task.path, task.branch).ref == REF
    )  # nobody else writes it: it is not waited for long
    assert not lock.exists()


def test_commits_that_were_amended_or_reset_away_are_kept(
    repo: Repository, task: Worktree, commit_file: CommitFile, sh: Shell
) -> None:
    dropped = commit_file(task.path, "dropped", "x")
    sh(task.path, "reset", "--quiet", "--hard", "HEAD^")
    sh(task.path, "commit", "--quiet", "--amend", "-m", "other words")
    park(repo, RUN, "auth", task.path, task.branch)
    leave(repo, task, sh)
    assert sh(repo.root, "merge-base", dropped, REF) == dropped


def test_ignored_files_are_kept_if_asked_for(repo: Repository, task: Worktree, sh: Shell) -> None:
    (task.path / "ignored").mkdir()
    (task.path / "ignored" / "x").write_text("x")
    assert park(repo, RUN, "auth", task.path, task.branch).paths == ()
    parked = park(repo, RUN, "auth", task.path, task.branch, ignored=True)
    assert parked.paths == ("ignored/x",)
    leave(repo, task, sh)
    restore(repo, parked.ref, task.path, task.branch)
    assert (task.path / "ignored" / "x").read_text() == "x"
    assert sh(task.path, "status", "--porcelain") == ""


def test_no_hook_runs_and_nothing_is_signed(repo: Repository, task: Worktree, sh: Shell, tmp_path: Path) -> None:
    for hook in ("pre-commit", "commit-msg", "post-index-change", "reference-transaction", "post-checkout"):
        file = repo.common_dir / "hooks" / hook
        file.write_text(f"#!/bin/sh\necho {hook} >> {tmp_path}/ran\n")
        file.chmod(0o755)
    sh(repo.root, "config", "commit.gpgSign", "true")
    sh(repo.root, "config", "gpg.program", "false")
    (task.path / "new").write_text("x")
    park(repo, RUN, "auth", task.path, task.branch)
    assert not (tmp_path / "ran").exists()


def test_a_locked_index_of_the_agents_does_not_matter(repo: Repository, task: Worktree, sh: Shell) -> None:
    (Path(sh(task.path, "rev-parse", "--absolute-git-dir")) / "index.lock").touch()
    (task.path / "new").write_text("x")
    assert park(repo, RUN, "auth", task.path, task.branch).paths == ("new",)


def test_a_folder_that_was_removed_by_hand_still_has_its_index(repo: Repository, task: Worktree, sh: Shell) -> None:
    (task.path / "staged").write_text("x")
    sh(task.path, "add", "staged")
    subprocess.run(["rm", "-r", str(task.path)], check=True)
    assert park(repo, RUN, "auth", task.path, task.branch).paths == ("staged",)
    assert sh(repo.root, "show", f"{REF}:staged") == "x"


def test_a_nested_repository_with_work_of_its_own_is_refused_by_name(
    repo: Repository, task: Worktree, sh: Shell
) -> None:
    (task.path / "vendor").mkdir()
    sh(task.path / "vendor", "init", "--quiet")
    (task.path / "vendor" / "x").write_text("x")
    with pytest.raises(CannotKeep, match="vendor is a git repository of its own") as refusal:
        park(repo, RUN, "auth", task.path, task.branch)
    assert refusal.value.paths == ("vendor",)
    assert list_kept(repo) == ()


def test_a_socket_is_refused_by_name_unless_git_ignores_it(
    repo: Repository, task: Worktree, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(task.path)
    (task.path / "ignored").mkdir()
    for name in ("ignored/talk", "talk"):
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(name)
        if name == "ignored/talk":
            assert park(repo, RUN, "auth", task.path, task.branch).paths == ()
    with pytest.raises(CannotKeep) as refusal:
        park(repo, RUN, "auth", task.path, task.branch)
    assert refusal.value.paths == ("talk",)


@pytest.mark.parametrize("what", ["branch", "folder", "edit"])
def test_restoring_overwrites_nothing(
    what: str, repo: Repository, task: Worktree, sh: Shell, commit_file: CommitFile
) -> None:
    (task.path / "new").write_text("kept")
    parked = park(repo, RUN, "auth", task.path, task.branch)
    if what == "branch":
        commit_file(task.path, "later", "x")
    elif what == "folder":
        leave(repo, task, sh)
        task.path.mkdir()
    (task.path / "new").write_text("mine")
    with pytest.raises(OrchestraError):
        restore(repo, parked.ref, task.path, task.branch)
    assert (task.path / "new").read_text() == "mine"


def test_restoring_goes_on_where_it_was_killed(
    repo: Repository, task: Worktree, sh: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    edits_of_every_kind(task.path, sh)
    before = picture(task.path, sh)
    parked = park(repo, RUN, "auth", task.path, task.branch)
    leave(repo, task, sh)
    for step in ("_check_out", "_write_files", "_write_index"):
        with monkeypatch.context() as patch:
            patch.setattr(f"tmux_orchestra.effects.git.restoring.{step}", _die)
            with pytest.raises(KeyboardInterrupt):
                restore(repo, parked.ref, task.path, task.branch)
    (Path(sh(task.path, "rev-parse", "--absolute-git-dir")) / "index.lock").touch()
    assert restore(repo, parked.ref, task.path, task.branch).aside is None
    assert picture(task.path, sh) == before
    assert [kept.ref for kept in list_kept(repo, RUN)] == [REF], "what it has written itself is not kept again"


@pytest.mark.parametrize("what", ["a file", "a commit"])
def test_work_in_a_worktree_whose_restoring_was_killed_is_kept(
    what: str, repo: Repository, task: Worktree, sh: Shell, monkeypatch: pytest.MonkeyPatch, *, commit_file: CommitFile
) -> None:
    (task.path / "new").write_text("kept")
    parked = park(repo, RUN, "auth", task.path, task.branch)
    leave(repo, task, sh)
    with monkeypatch.context() as patch:
        patch.setattr("tmux_orchestra.effects.git.restoring._write_index", _die)
        with pytest.raises(KeyboardInterrupt):
            restore(repo, parked.ref, task.path, task.branch)
    if what == "a commit":
        sh(task.path, "checkout", "--quiet", "--detach")
        commit_file(task.path, "own.txt", "mine")
    (task.path / "own.txt").write_text("mine")
    aside = restore(repo, parked.ref, task.path, task.branch).aside
    assert aside
    assert sh(repo.root, "show", f"{aside.ref}:own.txt") == "mine"
    assert [(task.path / name).read_text() for name in ("own.txt", "new")] == ["own\n", "kept"]


def test_restoring_never_leaves_a_commit_that_is_on_no_branch(
    repo: Repository, task: Worktree, sh: Shell, commit_file: CommitFile
) -> None:
    sh(task.path, "checkout", "--quiet", "--detach")
    parked = park(repo, RUN, "auth", task.path, task.branch)
    mine = commit_file(task.path, "later", "x")
    with pytest.raises(OrchestraError, match="on no branch"):
        restore(repo, parked.ref, task.path, task.branch)
    assert sh(task.path, "rev-parse", "HEAD") == mine
    sh(task.path, "branch", "mine")
    restore(repo, parked.ref, task.path, task.branch)
    assert (sh(task.path, "rev-parse", "HEAD"), sh(repo.root, "rev-parse", "mine")) == (
        repo.branch_tip(task.branch),
        mine,
    )


def _die(*_: object) -> None:
    raise KeyboardInterrupt
