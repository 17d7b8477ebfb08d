"""Merging into the integration branch: all or nothing, once, whoever died in the middle."""

import subprocess
from dataclasses import replace

import pytest

from tmux_orchestra.core.errors import OrchestraError
from tmux_orchestra.effects.git import Conflicted, Merged, Repository, Worktree, merge, reset_integration
from tmux_orchestra.effects.git.changes import checked_out, read_changes, unfinished
from tmux_orchestra.mergers import Proposal


@pytest.fixture
def integration(make_worktree) -> Worktree:
    return make_worktree("_integration")


@pytest.fixture
def proposal(make_worktree, commit_file) -> Proposal:
    task = make_worktree("auth")
    return Proposal(run="r1", task="auth", title="auth: log in", commit=commit_file(task.path, "auth.py", "x\n"))


def trailers(sh, folder, key: str = "Orchestra-Task") -> list[str]:
    return sh(folder, "log", f"--format=%(trailers:key={key},valueonly,separator=%x2C)").split()


def kept(sh, repo: Repository) -> list[str]:
    return sh(repo.root, "for-each-ref", "--format=%(refname)", "refs/orchestra/r1/kept/").split()


def test_a_merge_makes_one_commit_that_says_which_task_it_was(repo, integration, proposal, sh) -> None:
    merged = merge(repo, integration.path, proposal)
    assert merged == Merged(
        sh(integration.path, "rev-parse", "HEAD"), sh(integration.path, "rev-parse", "HEAD^{tree}"), integration.commit
    )
    assert sh(integration.path, "rev-parse", "HEAD^2") == proposal.commit
    assert trailers(sh, integration.path) == ["auth"]
    assert trailers(sh, integration.path, "Orchestra-Run") == ["r1"]
    assert sh(integration.path, "log", "-1", "--format=%s") == "auth: log in"


def test_merging_again_finds_the_merge_that_is_there(repo, integration, proposal, commit_file, sh) -> None:
    merged = merge(repo, integration.path, proposal)
    assert merge(repo, integration.path, proposal) == merged
    later = commit_file(integration.path, "later", "x")
    assert merge(repo, integration.path, proposal) == merged
    assert sh(integration.path, "rev-parse", "HEAD") == later


def test_a_conflict_names_the_files_and_leaves_everything_as_it_was(repo, integration, proposal, commit_file, sh):
    before = commit_file(integration.path, "auth.py", "other\n")
    (integration.path / "untracked").write_text("x")
    assert merge(repo, integration.path, proposal) == Conflicted(("auth.py",))
    assert sh(integration.path, "rev-parse", "HEAD") == before
    assert unfinished(integration.path) is None
    assert read_changes(integration.path).paths == ("untracked",)


def test_work_that_is_contained_already_still_gets_its_mark(repo, integration, proposal, sh) -> None:
    sh(integration.path, "merge", "--quiet", "--ff-only", proposal.commit)
    merged = merge(repo, integration.path, proposal)
    assert isinstance(merged, Merged)
    assert merged.before == proposal.commit
    assert trailers(sh, integration.path) == ["auth"]
    assert merge(repo, integration.path, proposal) == merged


def test_an_agents_own_trailer_is_not_doubled(repo, integration, proposal, sh) -> None:
    task = repo.root.parent / "worktree-auth"
    sh(task, "commit", "--quiet", "--amend", "-m", "log in\n\nOrchestra-Task: auth")
    proposal = replace(proposal, commit=sh(task, "rev-parse", "HEAD"))
    merged = merge(repo, integration.path, proposal)
    assert trailers(sh, integration.path) == ["auth"]
    assert merge(repo, integration.path, proposal) == merged


@pytest.mark.parametrize("written", ["Orchestra-Task: docs", "Orchestra-Task: auth\n\nnot at the end"])
def test_a_trailer_that_would_lie_is_refused(written: str, repo, integration, proposal, sh) -> None:
    task = repo.root.parent / "worktree-auth"
    sh(task, "commit", "--quiet", "--amend", "-m", f"log in\n\n{written}")
    with pytest.raises(OrchestraError, match="Orchestra-Task"):
        merge(repo, integration.path, replace(proposal, commit=sh(task, "rev-parse", "HEAD")))
    assert sh(integration.path, "rev-parse", "HEAD") == integration.commit


def test_the_target_catches_up_without_a_tasks_mark(repo: Repository, integration, commit_file, sh) -> None:
    ahead = commit_file(repo.root, "mine", "x\n")
    commit_file(integration.path, "theirs", "x\n")
    caught_up = merge(repo, integration.path, Proposal(run="r1", title="Merge main", commit=ahead))
    assert isinstance(caught_up, Merged)
    assert trailers(sh, integration.path) == []
    assert merge(repo, integration.path, Proposal(run="r1", title="Merge main", commit=ahead)) == caught_up


def test_a_hook_that_refuses_is_an_error_and_nothing_stays(repo: Repository, integration, proposal, sh) -> None:
    hook = repo.common_dir / "hooks" / "commit-msg"
    hook.write_text("#!/bin/sh\necho error: no ticket number >&2\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(OrchestraError, match="no ticket number"):
        merge(repo, integration.path, proposal)
    assert sh(integration.path, "status", "--porcelain") == ""
    assert unfinished(integration.path) is None


def test_settings_of_the_user_do_not_change_the_message(repo, integration, proposal, git_home, sh) -> None:
    with (git_home / ".gitconfig").open("a") as config:
        config.write("[merge]\n\tlog = true\n\tff = only\n[commit]\n\tcleanup = strip\n\tgpgSign = true\n")
        config.write("[gpg]\n\tprogram = false\n[log]\n\tshowSignature = true\n[color]\n\tui = always\n")
    merge(repo, integration.path, replace(proposal, title="#12 log in"))
    assert sh(integration.path, "log", "-1", "--no-color", "--no-show-signature", "--format=%s") == "#12 log in"
    assert sh(integration.path, "log", "-1", "--format=%(trailers:key=Orchestra-Task,valueonly)").strip() == "auth"


@pytest.mark.parametrize("state", ["conflict", "no commit yet", "stale lock"])
def test_a_killed_merge_is_taken_over(state: str, repo: Repository, integration, proposal, *, commit_file, sh) -> None:
    match state:
        case "conflict":
            other = commit_file(integration.path, "auth.py", "other\n")
            sh(integration.path, "merge", proposal.commit, check=False)
            assert merge(repo, integration.path, proposal) == Conflicted(("auth.py",))
            assert sh(integration.path, "rev-parse", "HEAD") == other
            return
        case "no commit yet":
            sh(integration.path, "merge", "--no-commit", "--no-ff", proposal.commit)
            (repo.common_dir / "worktrees" / integration.path.name / "MERGE_HEAD").unlink()
        case "stale lock":
            (repo.common_dir / "worktrees" / integration.path.name / "index.lock").write_text("")
    assert isinstance(merge(repo, integration.path, proposal), Merged)
    assert trailers(sh, integration.path) == ["auth"]


@pytest.mark.parametrize("staged", [False, True])
def test_a_persons_edit_in_the_way_is_parked(staged: bool, repo, integration, proposal, *, commit_file, sh) -> None:
    task = repo.root.parent / "worktree-auth"
    proposal = replace(proposal, commit=commit_file(task, "README", "by the task\n"))
    (integration.path / "README").write_text("by hand\n")
    if staged:
        sh(integration.path, "add", "README")
    assert isinstance(merge(repo, integration.path, proposal), Merged)
    (ref,) = kept(sh, repo)
    assert sh(repo.root, "show", f"{ref}:README") == "by hand"
    assert read_changes(integration.path).paths == ()


def test_a_persons_edit_elsewhere_stays_until_the_tree_is_checked(repo, integration, proposal, sh) -> None:
    (integration.path / "README").write_text("by hand\n")
    merged = merge(repo, integration.path, proposal)
    assert isinstance(merged, Merged)
    assert (integration.path / "README").read_text() == "by hand\n"
    assert kept(sh, repo) == []
    reset_integration(repo, integration.path, "r1", merged.commit)
    (ref,) = kept(sh, repo)
    assert sh(repo.root, "show", f"{ref}:README") == "by hand"
    assert read_changes(integration.path).paths == ()


def test_a_red_merge_is_taken_back_with_what_the_checks_left(repo: Repository, integration, proposal, sh) -> None:
    (integration.path / "kept").write_text("x")
    merged = merge(repo, integration.path, proposal)
    assert isinstance(merged, Merged)
    (integration.path / "README").write_text("by a check\n")
    (integration.path / "-report\n").write_text("x")
    left = ("-report\n", "README", "../x")
    stays = reset_integration(repo, integration.path, "r1", merged.before, checked=True, remove=left)
    assert stays == ("kept",)
    assert sh(integration.path, "rev-parse", "HEAD") == merged.before
    assert read_changes(integration.path).paths == ("kept",)
    assert sh(repo.root, "for-each-ref", "refs/orchestra") == ""
    again = merge(repo, integration.path, proposal)
    assert isinstance(again, Merged)
    assert again.before == merged.before


def test_a_foreign_commit_in_the_way_is_parked(repo: Repository, integration, proposal, commit_file, sh) -> None:
    merged = merge(repo, integration.path, proposal)
    assert isinstance(merged, Merged)
    foreign = commit_file(integration.path, "by-hand", "x")
    reset_integration(repo, integration.path, "r1", merged.before)
    (ref,) = kept(sh, repo)
    assert sh(repo.root, "merge-base", "--is-ancestor", foreign, ref) == ""
    assert sh(repo.root, "show", f"{ref}:by-hand") == "x"


def test_no_gc_and_no_rerere_is_started_for_the_user(repo: Repository, integration, proposal, sh) -> None:
    sh(repo.root, "config", "gc.auto", "1")
    merge(repo, integration.path, proposal)
    assert not (repo.common_dir / "rr-cache").exists()
    assert not (repo.common_dir / "gc.pid").exists()
    assert subprocess.run(["git", "fsck"], cwd=repo.root, check=False, capture_output=True).returncode == 0


def test_what_is_checked_out_is_known_with_and_without_asking_git(
    repo: Repository, integration, commit_file, sh
) -> None:
    commit = commit_file(integration.path, "new", "x\n")
    assert checked_out(repo, integration.path).commit == commit
    assert checked_out(repo, integration.path) == repo.head(integration.path)
    sh(repo.root, "pack-refs", "--all")
    assert checked_out(repo, integration.path).commit == commit
    sh(integration.path, "checkout", "--quiet", "--detach", "HEAD^")
    assert checked_out(repo, integration.path).commit == integration.commit
    assert checked_out(repo, repo.root) == repo.head()
    sh(integration.path, "checkout", "--quiet", "--orphan", "unborn")
    with pytest.raises(OrchestraError, match="nothing is committed"):
        checked_out(repo, integration.path)


@pytest.mark.parametrize("how", ["--detach", "-b mine"])
def test_another_branch_in_the_integration_worktree_is_never_moved(how: str, repo, integration, proposal, sh) -> None:
    sh(integration.path, "checkout", "--quiet", *how.split())
    with pytest.raises(OrchestraError, match="not the integration branch"):
        merge(repo, integration.path, proposal)
    with pytest.raises(OrchestraError, match="not the integration branch"):
        reset_integration(repo, integration.path, "r1", integration.commit)
    assert sh(integration.path, "rev-parse", "HEAD") == integration.commit
