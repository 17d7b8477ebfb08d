"""Cleaning up: what is proven merged goes, all else stays and says why."""

import subprocess
from pathlib import Path

import pytest

from tests.core.stories import road
from tests.effects.conftest import CommitFile, Shell
from tests.effects.run_fixtures import OpenRun, Run, open_run  # noqa: F401
from tmux_orchestra.core import actions as a
from tmux_orchestra.core import events as e
from tmux_orchestra.core.state import Status
from tmux_orchestra.effects import cleaning, working
from tmux_orchestra.effects.cleaning import in_scope


def clean(run: Run, scope: str = "success") -> e.CleanupFinished:
    action = a.Cleanup.model_validate({"request": "9", "scope": scope})
    told = run.carry(lambda site, state: cleaning.clean_up(site, action, state))
    assert isinstance(told[-1], e.CleanupFinished)
    assert told[-1].request == "9"
    return told[-1]


def merge_task(run: Run, commit_file: CommitFile, task: str = "a") -> None:
    """Bring a task all the way: its status too."""
    commit_file(run.worktree(task), f"{task}.txt", "1\n")
    steps = [step for step in road(task, Status.CHECKING) if isinstance(step, e.StatusChanged)]
    run.tell(*steps)
    commit = run.collect(task).commit
    run.tell(e.TaskFinished(task=task), e.TaskMerging(task=task), e.MergeStarted(task=task, commit=commit))
    run.carry(lambda site, state: working.merge_task(site, a.Merge(task=task, commit=commit), state))
    run.tell(e.TaskMerged(task=task))


def move_target(run: Run) -> None:
    action = a.MoveTarget(commit=run.state.tip)
    run.carry(lambda site, state: working.bring_in(site, action, state))


@pytest.fixture
def run(open_run: OpenRun, commit_file: CommitFile) -> Run:
    """`a` is merged, `b` has failed with a commit of its own, and the target holds the result."""
    run = open_run("a", "b")
    run.stand("a", "b")
    merge_task(run, commit_file)
    commit_file(run.worktree("b"), "b.txt", "precious\n")
    run.tell(e.TaskPreparing(task="b"), e.TaskFailed(task="b"))
    move_target(run)
    return run


def test_what_is_merged_goes_with_its_branch_and_what_failed_stays(run: Run, repo_path: Path, sh: Shell) -> None:
    gone, kept = run.worktree("a"), run.worktree("b")
    integration = run.worktree(e.INTEGRATION)
    told = clean(run)
    assert set(told.removed) == {str(gone), str(integration)}
    assert told.kept == {}
    assert not gone.exists()
    assert not integration.exists()
    assert (kept / "b.txt").read_text() == "precious\n"
    branches = sh(repo_path, "for-each-ref", "--format=%(refname:short)", "refs/heads").split()
    assert branches == ["main", f"orchestra/{run.site.folder.id}/b"]
    assert run.task("a").worktree == ""
    assert run.site.folder.journal.exists(), "the story stays"


def test_what_failed_is_parked_before_it_goes(run: Run, sh: Shell, repo_path: Path) -> None:
    gone = run.worktree("b")
    (gone / "draft").write_text("precious\n")
    told = clean(run, "failed")
    ref = told.parked[str(gone)]
    assert (str(gone) in told.removed, told.kept) == (True, {})
    assert not gone.exists()
    assert sh(repo_path, "show", f"{ref}:draft") == sh(repo_path, "show", f"{ref}^1:b.txt") == "precious"


@pytest.mark.parametrize("name", ["draft.txt", "README"])
def test_edits_that_were_made_after_the_merge_are_parked(run: Run, name: str, sh: Shell, repo_path: Path) -> None:
    place = run.worktree("a")
    (place / name).write_text("precious\n")
    assert sh(repo_path, "show", f"{clean(run).parked[str(place)]}:{name}") == "precious"


@pytest.mark.parametrize("scope", ["success", "failed", "all"])
def test_what_is_foretold_is_what_is_done(run: Run, scope: str) -> None:
    (run.worktree("a") / "draft").write_text("x")
    action = a.Cleanup.model_validate({"request": "9", "scope": scope})
    foretold = cleaning.clean_up(run.site, action, run.state, foretell=True)[-1]
    assert (run.worktree("a") / "draft").exists()
    assert foretold == clean(run, scope)


def test_one_refusal_does_not_stop_the_rest(run: Run, sh: Shell, repo_path: Path) -> None:
    sh(repo_path, "worktree", "lock", str(run.worktree("a")))
    told = clean(run, "all")
    assert "locked" in told.kept[str(run.worktree("a"))]
    assert len(told.removed) == 2


def test_a_folder_in_which_a_person_works_is_left_and_says_who(run: Run) -> None:
    with subprocess.Popen(["sleep", "60"], cwd=run.worktree("a")) as shell:
        told = clean(run)
        shell.kill()
    assert f"sleep (process {shell.pid}) is at work" in told.kept[str(run.worktree("a"))]
    assert run.worktree("a").exists()


def test_a_command_that_only_passes_by_keeps_no_folder(run: Run) -> None:
    with subprocess.Popen(["sleep", "0.3"], cwd=run.worktree("a")):
        assert str(run.worktree("a")) not in clean(run).kept


def test_what_was_parked_goes_after_the_days_of_the_setting_and_is_named(
    open_run: OpenRun, commit_file: CommitFile, sh: Shell, repo_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = open_run("a", keep_days=30)
    run.stand("a")
    commit_file(run.worktree("a"), "a.txt", "1\n")
    monkeypatch.setenv("GIT_COMMITTER_DATE", "2020-01-01T00:00:00Z")
    (ref,) = clean(run, "all").parked.values()
    monkeypatch.delenv("GIT_COMMITTER_DATE")
    commit = sh(repo_path, "rev-parse", ref)
    assert clean(run).expired == {ref: commit}
    assert sh(repo_path, "for-each-ref", "refs/orchestra") == ""


def test_a_worktree_that_a_crash_kept_out_of_the_journal_goes_as_well(run: Run, sh: Shell, repo_path: Path) -> None:
    made = working.create_worktree(run.site, a.CreateWorktree(task="b", start=run.state.tip), run.state)
    run.tell(e.WorktreeRemoved(task="b", path="", branch=""))
    assert isinstance(made[0], e.WorktreeCreated)
    assert made[0].path in clean(run, "failed").removed


def test_without_the_target_the_integration_branch_stays(open_run: OpenRun, commit_file: CommitFile) -> None:
    run = open_run("a")
    run.stand("a")
    merge_task(run, commit_file)
    integration = run.worktree(e.INTEGRATION)
    told = clean(run)
    assert str(integration) in told.kept
    assert integration.exists()
    assert not (integration.parent / "worktree-a").exists(), "its work is in the integration branch"


def test_an_integration_branch_into_which_nothing_was_merged_goes(open_run: OpenRun) -> None:
    run = open_run("a")
    run.stand()
    integration = run.worktree(e.INTEGRATION)
    assert str(integration) in clean(run).removed
    assert not integration.exists()


def test_cleaning_twice_is_cleaning_once(run: Run) -> None:
    clean(run)
    told = clean(run)
    assert (told.removed, told.kept) == ((), {})


def test_what_checks_left_behind_is_no_reason_to_keep_a_worktree(run: Run) -> None:
    place = run.worktree("a")
    (place / "report.xml").write_text("x")
    run.tell(e.CheckPassed(task="a", command="x", tree="t", left_behind=("report.xml",)))
    assert str(place) in clean(run).removed


def test_work_that_builds_on_what_was_merged_finds_it_after_a_cleanup(run: Run, commit_file: CommitFile) -> None:
    clean(run)
    run.stand()
    assert (run.worktree(e.INTEGRATION) / "a.txt").exists()
    assert run.state.tip == run.site.repository.branch_tip("main")


@pytest.mark.parametrize(
    ("scope", "tasks"), [("success", {"merged"}), ("failed", set(Status) - {"merged"}), ("all", set(Status))]
)
def test_the_scopes_divide_the_tasks(run: Run, scope: str, tasks: set[str]) -> None:
    a_task = run.task("a")
    assert {s for s in Status if in_scope(a_task.model_copy(update={"status": s}), scope)} == tasks
