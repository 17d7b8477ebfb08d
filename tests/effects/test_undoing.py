"""Taking back: what a cleanup removed comes back as it was, and the journal knows it."""

from pathlib import Path

import pytest

from tests.effects.conftest import CommitFile, Shell
from tests.effects.run_fixtures import OpenRun, Run, open_run  # noqa: F401
from tests.effects.test_cleaning import clean, merge_task, move_target
from tmux_orchestra.core import actions as a
from tmux_orchestra.core import events as e
from tmux_orchestra.effects import undoing


@pytest.fixture
def run(open_run: OpenRun, commit_file: CommitFile) -> Run:
    """`a` is merged, `b` has failed with a commit and an edit, the target holds the result, and the run is over."""
    run = open_run("a", "b")
    run.stand("a", "b")
    merge_task(run, commit_file)
    commit_file(run.worktree("b"), "b.txt", "precious\n")
    (run.worktree("b") / "draft").write_text("draft\n")
    run.tell(e.TaskPreparing(task="b"), e.TaskFailed(task="b"))
    move_target(run)
    run.tell(e.RunEnded(outcome="failed"))
    return run


def take_back(run: Run, *, foretell: bool = False) -> e.UndoFinished:
    step = run.state.last_step
    assert step
    action = a.Undo(request="u", step=step)
    if foretell:
        told = undoing.undo(run.site, action, run.state, foretell=True)
    else:
        told = run.carry(lambda site, state: undoing.undo(site, action, state))
    assert isinstance(told[-1], e.UndoFinished)
    return told[-1]


def test_a_cleanup_and_then_the_merge_are_taken_back(run: Run, sh: Shell, repo_path: Path) -> None:
    before, places = run.state, [run.worktree(t) for t in ("a", "b", e.INTEGRATION)]
    clean(run, "all")
    assert not any(place.exists() for place in places)
    sh(repo_path, "gc", "--quiet", "--prune=now")
    assert take_back(run, foretell=True).undone
    assert not any(place.exists() for place in places)
    assert take_back(run).undone
    assert all(place.exists() for place in places)
    after = run.state
    for task in ("a", "b"):
        for known in ("worktree", "branch", "base"):
            assert getattr(after.tasks[task], known) == getattr(before.tasks[task], known)
    assert (after.tip, after.integration_worktree) == (before.tip, before.integration_worktree)
    assert sh(run.worktree("b"), "status", "--porcelain") == "?? draft"
    assert sh(run.worktree("b"), "log", "-1", "--format=%s") == "write b.txt"
    assert take_back(run).undone
    assert sh(repo_path, "rev-parse", "main") == run.state.start.base
    assert run.state.last_step is None
    assert run.state.moved is None
    assert run.state.start.base != run.state.tip == sh(run.worktree(e.INTEGRATION), "rev-parse", "HEAD")


def test_a_folder_in_the_way_refuses_and_the_rest_can_be_had_once_it_is_gone(run: Run) -> None:
    place = run.worktree("b")
    clean(run, "all")
    place.mkdir()
    assert not take_back(run, foretell=True).undone
    told = take_back(run)
    assert (told.undone, str(place) in told.reason) == (False, True)
    place.rmdir()
    assert take_back(run).undone
    assert (place / "draft").exists()


def test_a_cleanup_again_after_an_undo_keeps_both_states(run: Run, sh: Shell, repo_path: Path) -> None:
    clean(run, "all")
    take_back(run)
    (run.worktree("b") / "draft").write_text("later\n")
    clean(run, "all")
    refs = sh(repo_path, "for-each-ref", "--format=%(refname)", "refs/orchestra/").split()
    drafts = (sh(repo_path, "show", f"{ref}:draft") for ref in refs if "/kept/b" in ref)
    assert sorted(drafts) == ["draft", "later"]
    take_back(run)
    assert (run.worktree("b") / "draft").read_text() == "later\n"
