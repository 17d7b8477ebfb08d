"""Opening a repository: where a run may start, and what is said where it may not."""

from pathlib import Path

import pytest

from tmux_orchestra.core.errors import EnvironmentLacks, UsageError
from tmux_orchestra.effects.git import Repository, require_git, unfinished
from tmux_orchestra.effects.git.changes import read_changes


def test_a_subfolder_belongs_to_its_repository(repo_path: Path) -> None:
    repository = Repository.open(repo_path / "src")
    assert (repository.root, repository.here) == (repo_path, repo_path)
    assert repository.state_dir == repo_path / ".git" / "orchestra"


def test_a_linked_worktree_knows_the_main_one_and_itself(repo_path: Path, sh) -> None:
    linked = repo_path.parent / "linked"
    sh(repo_path, "worktree", "add", "--quiet", "-b", "side", str(linked))
    repository = Repository.open(linked)
    assert (repository.root, repository.here) == (repo_path, linked)
    assert repository.head().branch == "side"
    assert repository.common_dir == repo_path / ".git"


def test_a_worktree_of_a_bare_repository_is_a_place_to_work(repo_path: Path, tmp_path: Path, sh) -> None:
    bare = tmp_path / "hub" / ".bare"
    sh(tmp_path, "clone", "--quiet", "--bare", str(repo_path), str(bare))
    sh(bare, "worktree", "add", "--quiet", str(tmp_path / "hub" / "main"), "main")
    repository = Repository.open(tmp_path / "hub" / "main")
    assert repository.root == bare
    assert repository.name == "hub"


@pytest.mark.parametrize("place", ["nowhere", "plain", "bare", "inside"])
def test_a_place_without_a_usable_repository_is_a_usage_error(place: str, repo_path: Path, tmp_path: Path, sh) -> None:
    (tmp_path / "plain").mkdir()
    sh(tmp_path, "clone", "--quiet", "--bare", str(repo_path), str(tmp_path / "bare"))
    folder = repo_path / ".git" if place == "inside" else tmp_path / place
    with pytest.raises(UsageError) as caught:
        Repository.open(folder)
    assert str(folder) in caught.value.message


def test_a_repository_without_commits_is_refused_with_the_command_that_makes_one(tmp_path: Path, sh) -> None:
    sh(tmp_path, "init", "--quiet", "empty")
    with pytest.raises(UsageError) as caught:
        Repository.open(tmp_path / "empty")
    assert "git commit" in caught.value.hint


def test_git_is_missed_by_name(repo_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EnvironmentLacks, match="git is not installed"):
        Repository.open(repo_path)


def test_an_old_git_is_refused_with_its_version(
    tmp_path: Path, git_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = tmp_path / "bin" / "git"
    old.parent.mkdir()
    old.write_text("#!/bin/sh\necho git version 2.30.2\n")
    old.chmod(0o755)
    monkeypatch.setenv("PATH", f"{old.parent}:/usr/bin:/bin")
    with pytest.raises(EnvironmentLacks, match=r"2\.30\.2"):
        require_git()


def test_what_a_hook_inherits_does_not_lead_astray(repo_path: Path, tmp_path: Path, sh, monkeypatch) -> None:
    sh(tmp_path, "init", "--quiet", "other")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other" / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    monkeypatch.setenv("GIT_WORK_TREE", str(tmp_path / "other"))
    repository = Repository.open(repo_path)
    assert repository.root == repo_path
    assert not read_changes(repo_path)


def test_a_detached_head_has_no_branch(repo: Repository, repo_path: Path, sh) -> None:
    sh(repo_path, "checkout", "--quiet", "--detach")
    assert repo.head().branch is None
    assert repo.head().commit == repo.resolve("main")


def test_an_unknown_ref_is_a_usage_error(repo: Repository) -> None:
    for ref in ("nothing", "--all", ""):
        with pytest.raises(UsageError):
            repo.resolve(ref)


def test_a_host_names_guess_is_no_identity(repo: Repository, git_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert repo.identity_problem() is None
    (git_home / ".gitconfig").write_text("")
    problem = repo.identity_problem()
    assert problem is not None
    assert "user.name" in problem
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "Ada")
        assert repo.identity_problem() is not None
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "ada@example.com")
    assert repo.identity_problem() is None


def test_the_mail_address_may_come_from_the_environment(repo: Repository, git_home: Path, monkeypatch) -> None:
    (git_home / ".gitconfig").write_text("[user]\n\tname = Ada\n")
    assert repo.identity_problem() is not None
    monkeypatch.setenv("EMAIL", "ada@example.com")
    assert repo.identity_problem() is None


def test_a_branch_named_orchestra_is_refused(repo: Repository, repo_path: Path, sh) -> None:
    repo.refuse_branch_named_orchestra()
    sh(repo_path, "branch", "orchestra")
    sh(repo_path, "pack-refs", "--all")
    with pytest.raises(UsageError, match="orchestra"):
        repo.refuse_branch_named_orchestra()


ODD_NAMES = ("-rf", "new\nline", 'quo"te', "héß✓", "a b", "tab\there", "\\back", "semi;$(x)", ":colon", "*star")


def test_changes_are_told_apart_whatever_the_names(repo_path: Path, sh) -> None:
    sh(repo_path, "config", "status.showUntrackedFiles", "no")
    for name in ODD_NAMES:
        (repo_path / name).write_text("x")
    (repo_path / b"raw\xff".decode("utf-8", "surrogateescape")).write_text("x")
    (repo_path / "README").write_text("edited\n")
    (repo_path / "src" / "app.py").unlink()
    (repo_path / "added").write_text("x")
    (repo_path / "ignored").mkdir()
    (repo_path / "ignored" / "x").write_text("x")
    sh(repo_path, "add", "added")
    changes = read_changes(repo_path)
    assert changes.staged == ("added",)
    assert changes.unstaged == ("README", "src/app.py")
    assert set(changes.untracked) == {*ODD_NAMES, "raw\udcff"}


def test_an_unfinished_operation_has_a_name(repo: Repository, repo_path: Path, commit_file, sh) -> None:
    assert unfinished(repo_path) is None
    sh(repo_path, "checkout", "--quiet", "-b", "side")
    commit_file(repo_path, "README", "side\n")
    sh(repo_path, "checkout", "--quiet", "main")
    commit_file(repo_path, "README", "main\n")
    sh(repo_path, "merge", "side", check=False)
    assert unfinished(repo_path) == "a merge"
    assert read_changes(repo_path).unmerged == ("README",)
    sh(repo_path, "merge", "--abort")
    sh(repo_path, "rebase", "side", check=False)
    assert unfinished(repo_path) == "a rebase"


def test_the_size_of_a_change_counts_lines_and_binary_files(repo: Repository, repo_path: Path, commit_file, sh) -> None:
    base = repo.head().commit
    commit_file(repo_path, "README", "hello\nworld\n")
    commit_file(repo_path, "new\nname", "1\n2\n")
    (repo_path / "blob").write_bytes(bytes(range(256)))
    sh(repo_path, "add", "blob")
    sh(repo_path, "commit", "--quiet", "-m", "blob")
    size = repo.diff_stat(base, repo.head().commit)
    assert (size.files, size.added, size.removed) == (3, 3, 0)


def test_the_size_of_a_checkout_is_that_of_its_tracked_files(repo: Repository, repo_path: Path) -> None:
    (repo_path / "untracked").write_text("x" * 1000)
    assert repo.checkout_size() == len("hello\n") + len("one\ntwo\nthree\n") + len("ignored/\n*.log\n")


def test_the_persons_own_excludes_are_read_from_where_git_reads_them(repo: Repository, git_home: Path) -> None:
    assert repo.user_excludes() == ""
    (git_home / ".config" / "git").mkdir(parents=True)
    (git_home / ".config" / "git" / "ignore").write_text("*.swp\n")
    assert repo.user_excludes() == "*.swp\n"
    (git_home / "mine").write_text("*.bak\n")
    with (git_home / ".gitconfig").open("a") as config:
        config.write("[core]\n\texcludesFile = ~/mine\n")
    assert repo.user_excludes() == "*.bak\n"
