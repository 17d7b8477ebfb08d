"""No work is ever lost, whatever comes when: random histories in real repositories, and what they have found."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.effects.histories import COUNTED, Histories
from tests.effects.histories_world import World
from tmux_orchestra.core.errors import OrchestraError
from tmux_orchestra.effects.git import (
    Merged,
    Moved,
    Refused,
    Repository,
    Worktree,
    merge,
    move_target,
    park,
    reset_integration,
    restore,
)
from tmux_orchestra.mergers import MERGERS, Proposal

EXAMPLES = int(os.environ.get("HISTORIES", "10"))
"""scripts/histories runs more."""


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")
@pytest.mark.timeout(0 if "HISTORIES" in os.environ else 180)
def test_random_histories_lose_nothing(git_home: Path, tmp_path: Path) -> None:
    world = World(tmp_path)

    class Here(Histories):
        pass

    Here.world = world
    chosen = settings(
        max_examples=EXAMPLES,
        stateful_step_count=int(os.environ.get("HISTORY_STEPS", "20")),
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink] if "HISTORIES_SHRINK" in os.environ else [Phase.generate],
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
    )
    try:
        run_state_machine_as_test(Here, settings=chosen)
    finally:
        print(dict(COUNTED))


def test_a_tree_that_an_index_holds_as_a_cache_is_nobodys_work(git_home: Path, tmp_path: Path) -> None:
    world = World(tmp_path)
    task = world.path("auth")
    (task / "a").write_text("mine\n")
    world.git(task, "commit", "--quiet", "--all", "--message=x")
    blob, tree = (world.git(task, "rev-parse", name).strip() for name in ("HEAD:a", "HEAD^{tree}"))
    world.git(task, "reset", "--quiet", "--soft", "HEAD~1")
    (task / "a").unlink()
    seen = world.see()
    assert (blob in seen.solid, tree in seen.solid, tree in seen.logged) == (True, False, True)


# --- what they have found -------------------------------------------------------------------------------


@pytest.fixture
def integration(make_worktree) -> Worktree:
    return make_worktree("_integration")


@pytest.fixture
def proposal(make_worktree, commit_file) -> Proposal:
    task = make_worktree("auth")
    return Proposal(run="r1", task="auth", title="auth", commit=commit_file(task.path, "src/app.py", "by the task\n"))


@pytest.mark.parametrize("how", ["a file for a folder", "out of the index"])
def test_a_file_where_a_tracked_one_was_removed_outlives_a_merge_that_git_refuses(
    how: str, repo: Repository, integration: Worktree, proposal: Proposal, sh
) -> None:
    if how == "a file for a folder":
        (integration.path / "src" / "app.py").unlink()
        (integration.path / "src").rmdir()
        (integration.path / "src").write_text("by hand\n")
        path = "src"
    else:
        sh(integration.path, "rm", "--quiet", "--cached", "src/app.py")
        (integration.path / "src" / "app.py").write_text("by hand\n")
        path = "src/app.py"
    assert isinstance(merge(repo, integration.path, proposal), Merged)
    (ref,) = sh(repo.root, "for-each-ref", "--format=%(refname)", "refs/orchestra/r1/kept/").split()
    assert sh(repo.root, "show", f"{ref}:{path}") == "by hand"


def test_another_branch_that_somebody_checks_out_for_a_look_is_never_moved(
    repo: Repository, integration: Worktree, proposal: Proposal, commit_file, sh
) -> None:
    sh(integration.path, "switch", "--quiet", "--create", "mine")
    mine = commit_file(integration.path, "mine", "x\n")
    for step in (
        lambda: merge(repo, integration.path, proposal),
        lambda: reset_integration(repo, integration.path, "r1", integration.commit),
    ):
        with pytest.raises(OrchestraError, match="has mine checked out"):
            step()
    assert sh(repo.root, "rev-parse", "mine") == mine
    sh(integration.path, "switch", "--quiet", integration.branch)
    assert isinstance(merge(repo, integration.path, proposal), Merged)


def test_the_lock_of_a_git_that_was_killed_at_a_ref_of_ours_stops_nothing(
    repo: Repository, integration: Worktree, proposal: Proposal, sh
) -> None:
    lock = repo.common_dir / "refs" / "orchestra" / "r1" / "before.lock"
    lock.parent.mkdir(parents=True)
    lock.touch()
    os.utime(lock, (1, 1))
    assert isinstance(move_target(repo, "r1", "main", proposal.commit), Moved)
    assert not lock.exists()
    assert sh(repo.root, "rev-parse", "refs/orchestra/r1/before") == integration.commit


def test_the_lock_of_a_ref_of_the_persons_is_left_to_them(repo: Repository, proposal: Proposal) -> None:
    lock = repo.common_dir / "refs" / "heads" / "main.lock"
    lock.touch()
    os.utime(lock, (1, 1))
    assert isinstance(move_target(repo, "r1", "main", proposal.commit), Refused)
    assert lock.exists()


@pytest.mark.parametrize("strategy", sorted(MERGERS))
@pytest.mark.parametrize("path", ["new", "new/below", "folder"])
def test_what_a_merge_that_died_has_written_is_no_obstacle_and_is_kept(
    strategy: str, path: str, repo: Repository, integration: Worktree, proposal: Proposal, *, commit_file, sh
) -> None:
    task = repo.root.parent / "worktree-auth"
    commit_file(task, "new", "whole\n")
    proposal = replace(proposal, commit=commit_file(task, "folder/file", "whole\n"))
    (integration.path / path).parent.mkdir(exist_ok=True)
    (integration.path / path).write_text("ha")
    (integration.path / "elsewhere").write_text("x")
    assert isinstance(merge(repo, integration.path, proposal, strategy=strategy), Merged)
    assert (integration.path / "new").read_text() == "whole\n"
    (ref,) = sh(repo.root, "for-each-ref", "--format=%(refname)", "refs/orchestra/r1/kept/").split()
    assert sh(repo.root, "show", f"{ref}:{path}") == "ha"
    assert (integration.path / "elsewhere").exists()


@pytest.mark.parametrize("mark", ["skip-worktree", "assume-unchanged"])
def test_restoring_sees_an_edit_that_git_was_told_not_to_see(mark: str, repo: Repository, make_worktree, sh) -> None:
    task = make_worktree("auth")
    (task.path / "new").write_text("x")
    parked = park(repo, "r1", "auth", task.path, task.branch)
    (task.path / "new").unlink()
    sh(task.path, "update-index", f"--{mark}", "README")
    (task.path / "README").write_text("by hand\n")
    with pytest.raises(OrchestraError, match="README"):
        restore(repo, parked.ref, task.path, task.branch)
    assert (task.path / "README").read_text() == "by hand\n"


def test_a_commit_that_its_agent_has_reset_away_outlives_the_taking_back_of_its_merge(
    repo: Repository, integration: Worktree, proposal: Proposal, sh
) -> None:
    assert isinstance(merge(repo, integration.path, proposal), Merged)
    reset_integration(repo, integration.path, "r1", integration.commit)
    assert not sh(repo.root, "for-each-ref", "refs/orchestra"), "its own branch has it"
    assert isinstance(merge(repo, integration.path, proposal), Merged)
    sh(repo.root.parent / "worktree-auth", "reset", "--quiet", "--hard", "HEAD~1")
    reset_integration(repo, integration.path, "r1", integration.commit)
    assert sh(repo.root, "for-each-ref", "--contains", proposal.commit, "refs/orchestra")
