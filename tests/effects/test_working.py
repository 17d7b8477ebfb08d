"""From edits to the target: what the effects on worktrees do, and what they tell."""

from pathlib import Path
from typing import Any

import pytest

from tests.effects.conftest import CommitFile, Shell
from tests.effects.run_fixtures import OpenRun, Run, open_run  # noqa: F401
from tmux_orchestra.core import actions as a
from tmux_orchestra.core import events as e
from tmux_orchestra.core.plan import Task
from tmux_orchestra.effects import working


def check(run: Run, command: str, tree: str, task: str = "a") -> e.Event:
    action = a.RunCheck(task=task, command=command, tree=tree)
    (told,) = run.carry(lambda site, state: working.run_check(site, action, state))
    return told


def merge(run: Run, task: str = "a") -> e.Event:
    work = run.task(task).work
    assert work is not None
    action = a.Merge(task=task, commit=work.commit)
    (told,) = run.carry(lambda site, state: working.merge_task(site, action, state))
    return told


def bring_in(run: Run, request: str = "") -> list[e.Event]:
    action = a.MoveTarget(commit=run.state.tip, request=request)
    return run.carry(lambda site, state: working.bring_in(site, action, state))


# --- worktrees -----------------------------------------------------------------------------------------


def test_worktrees_stand_beside_the_repository_and_making_them_again_changes_nothing(
    open_run: OpenRun, repo_path: Path
) -> None:
    run = open_run("a")
    run.stand("a")
    base = run.state.start.base
    made = run.task()
    assert made.worktree == str(repo_path.parent / "worktree-a")
    assert made.branch == f"orchestra/{run.site.folder.id}/a"
    assert made.base == run.state.tip == base
    assert run.worktree(e.INTEGRATION).name == f"worktree-{run.site.folder.id}-integration"
    (run.worktree() / "edit").write_text("kept")
    run.stand("a")
    assert run.task().worktree == made.worktree
    assert (run.worktree() / "edit").read_text() == "kept"


def test_a_task_starts_from_what_is_merged_by_then(open_run: OpenRun, commit_file: CommitFile) -> None:
    run = open_run("a", "b")
    run.stand("a")
    commit_file(run.worktree(), "new.txt", "x")
    run.collect()
    merge(run)
    run.carry(lambda site, state: working.create_worktree(site, a.CreateWorktree(task="b", start=state.tip), state))
    assert (run.worktree("b") / "new.txt").read_text() == "x"
    assert run.task("b").base == run.state.tip


# --- set-up and baseline ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("command", "code"), [("echo made > dep", 0), ("echo no; exit 3", 3)])
def test_the_set_up_runs_in_the_worktree_and_tells_how_it_ended(open_run: OpenRun, command: str, code: int) -> None:
    run = open_run("a", setup=command)
    run.stand("a")
    (told,) = run.carry(lambda site, state: working.run_setup(site, a.RunSetup(task="a"), state))
    assert isinstance(told, e.SetupFinished)
    assert (told.exit_code, told.command) == (code, command)
    assert (run.worktree() / "dep").exists() is (code == 0)
    assert (run.site.folder.task("a") / "setup.log").exists()


def test_what_the_baseline_leaves_behind_is_swept_away_and_what_is_tracked_is_as_before(open_run: OpenRun) -> None:
    run = open_run("a", checks=["echo changed > README; touch left; mkdir -p ignored; touch ignored/x; false"])
    run.stand()
    action = a.RunBaseline(command=run.state.start.checks[0])
    (told,) = run.carry(lambda site, state: working.run_baseline(site, action, state))
    assert isinstance(told, e.BaselineFinished)
    assert told.exit_code == 1
    place = run.worktree(e.INTEGRATION)
    assert (place / "README").read_text() == "hello\n"
    assert not (place / "left").exists()
    assert run.state.unchecked == run.state.start.checks


def test_what_the_set_up_left_in_the_integration_worktree_outlives_the_baseline(open_run: OpenRun) -> None:
    run = open_run("a", setup="touch dependency", checks=["test -e dependency"])
    run.stand()
    run.carry(lambda site, state: working.run_setup(site, a.RunSetup(task=e.INTEGRATION), state))
    action = a.RunBaseline(command="test -e dependency")
    for _ in range(2):
        (told,) = run.carry(lambda site, state: working.run_baseline(site, action, state))
        assert isinstance(told, e.BaselineFinished)
        assert told.exit_code == 0


# --- collecting ------------------------------------------------------------------------------------------


def test_leftovers_are_committed_and_the_answer_is_kept(open_run: OpenRun, sh: Shell, commit_file: CommitFile) -> None:
    run = open_run("a")
    run.stand("a")
    commit_file(run.worktree(), "one.txt", "1\n")
    (run.worktree() / "two.txt").write_text("2\n3\n")
    run.tell(e.TaskPreparing(task="a"), e.AgentStopped(task="a", message="All is done.\nSee `two.txt`."))
    told = run.collect()
    assert (told.commits, told.added, told.leftovers) == (2, 3, ("two.txt",))
    assert told.result == "All is done.\nSee `two.txt`."
    assert (run.site.folder.task("a") / "result.md").read_text() == told.result + "\n"
    assert sh(run.worktree(), "status", "--porcelain") == ""
    assert told.commit == sh(run.worktree(), "rev-parse", "HEAD")
    assert told.tree == sh(run.worktree(), "rev-parse", "HEAD^{tree}")


def test_a_long_answer_is_kept_whole_on_disk_and_short_in_the_journal(open_run: OpenRun) -> None:
    run = open_run("a")
    run.stand("a")
    run.tell(e.AgentStopped(task="a", message="x" * 100_000))
    assert len(run.collect().result) == 20_000
    assert (run.site.folder.task("a") / "result.md").stat().st_size == 100_001


def test_looking_again_at_the_same_work_says_the_same(open_run: OpenRun, commit_file: CommitFile) -> None:
    run = open_run("a")
    run.stand("a")
    commit_file(run.worktree(), "one.txt", "1\n")
    assert run.collect() == run.collect()


# --- checks ----------------------------------------------------------------------------------------------


def test_a_check_runs_in_the_worktree_and_tells_of_the_tree_it_was_about(
    open_run: OpenRun, commit_file: CommitFile
) -> None:
    run = open_run("a")
    run.stand("a")
    commit_file(run.worktree(), "one.txt", "1\n")
    tree = run.collect().tree
    green, red = check(run, "test -e one.txt && echo fine", tree), check(run, "echo broken; exit 7", tree)
    assert isinstance(green, e.CheckPassed)
    assert (green.tree, green.tail) == (tree, "fine")
    assert isinstance(red, e.CheckFailed)
    assert (red.tree, red.exit_code, red.tail) == (tree, 7, "broken")


def test_a_check_whose_time_runs_out_has_no_exit_code(open_run: OpenRun) -> None:
    run = open_run("a", check_timeout=0.2)
    run.stand("a")
    told = check(run, "sleep 600", run.collect().tree)
    assert isinstance(told, e.CheckFailed)
    assert told.exit_code is None


def test_what_a_check_leaves_behind_is_not_the_agents_work(open_run: OpenRun, sh: Shell) -> None:
    run = open_run("a")
    run.stand("a")
    (run.worktree() / "mine.txt").write_text("1\n")
    tree = run.collect().tree
    told = check(run, "touch report.xml; mkdir out; touch out/x", tree)
    assert isinstance(told, e.CheckPassed)
    assert set(told.left_behind) == {"report.xml", "out/x"}
    again = check(run, "true", tree)
    assert isinstance(again, e.CheckPassed), "what checks left is no reason to look again"
    (run.worktree() / "later.txt").write_text("2\n")
    assert run.collect().leftovers == ("later.txt",)
    assert "report.xml" not in sh(run.worktree(), "ls-tree", "-r", "--name-only", "HEAD")


@pytest.mark.parametrize("edit", ["commit", "file"])
def test_work_that_has_changed_since_is_looked_at_again_instead(
    open_run: OpenRun, commit_file: CommitFile, edit: str
) -> None:
    run = open_run("a")
    run.stand("a")
    commit_file(run.worktree(), "one.txt", "1\n")
    tree = run.collect().tree
    if edit == "commit":
        commit_file(run.worktree(), "two.txt", "2\n")
    else:
        (run.worktree() / "two.txt").write_text("2\n")
    told = check(run, "false", tree)
    assert isinstance(told, e.WorkCollected)
    assert told.tree != tree
    assert told.commits == 2


def test_a_check_on_the_merged_tree_leaves_it_as_it_was(open_run: OpenRun, commit_file: CommitFile, sh: Shell) -> None:
    run = open_run("a")
    run.stand("a")
    commit_file(run.worktree(), "one.txt", "1\n")
    run.collect()
    merged = merge(run)
    assert isinstance(merged, e.MergeFinished)
    told = check(run, "echo x >> one.txt; touch left; exit 1", merged.tree, e.INTEGRATION)
    assert isinstance(told, e.CheckFailed)
    assert told.left_behind == ()
    place = run.worktree(e.INTEGRATION)
    assert sh(place, "status", "--porcelain") == ""
    assert sh(place, "rev-parse", "HEAD") == merged.commit


# --- merging ---------------------------------------------------------------------------------------------


def both_change(run: Run, commit_file: CommitFile, path: str = "src/app.py") -> None:
    run.stand("a", "b")
    for task in ("a", "b"):
        commit_file(run.worktree(task), path, f"{task}\n")
        run.collect(task)


def test_a_merge_done_twice_is_done_once(open_run: OpenRun, commit_file: CommitFile, sh: Shell) -> None:
    run = open_run("a")
    run.stand("a")
    commit_file(run.worktree(), "one.txt", "1\n")
    run.collect()
    first, second = merge(run), merge(run)
    assert first == second
    assert isinstance(first, e.MergeFinished)
    assert first.before == run.state.start.base
    listed = sh(run.worktree(e.INTEGRATION), "log", "--format=%(trailers:key=Orchestra-Task,valueonly)").split()
    assert listed == ["a"]


def test_a_conflict_names_its_files_and_leaves_the_integration_branch_as_it_was(
    open_run: OpenRun, commit_file: CommitFile, sh: Shell
) -> None:
    run = open_run("a", "b")
    both_change(run, commit_file)
    merge(run, "a")
    tip = run.state.tip
    told = merge(run, "b")
    assert isinstance(told, e.MergeConflicted)
    assert told.paths == ("src/app.py",)
    place = run.worktree(e.INTEGRATION)
    assert (sh(place, "rev-parse", "HEAD"), sh(place, "status", "--porcelain")) == (tip, "")
    assert run.state.tip == tip


def test_a_merge_is_taken_back_and_taking_it_back_twice_is_once(
    open_run: OpenRun, commit_file: CommitFile, sh: Shell
) -> None:
    run = open_run("a")
    run.stand("a")
    commit_file(run.worktree(), "one.txt", "1\n")
    run.collect()
    merged = merge(run)
    assert isinstance(merged, e.MergeFinished)
    action = a.RevertMerge(task="a", before=merged.before, reason="red")
    for _ in range(2):
        run.carry(lambda site, state: working.revert_merge(site, action, state))
        assert sh(run.worktree(e.INTEGRATION), "rev-parse", "HEAD") == merged.before == run.state.tip
    assert not (run.worktree(e.INTEGRATION) / "one.txt").exists()
    assert isinstance(merge(run), e.MergeFinished), "and it can be merged again"


# --- the target ------------------------------------------------------------------------------------------


def merged_run(open_run: OpenRun, commit_file: CommitFile, **settings: Any) -> Run:
    run = open_run("a", **settings)
    run.stand("a")
    commit_file(run.worktree(), "one.txt", "1\n")
    run.collect()
    merge(run)
    return run


def test_the_target_moves_with_the_users_checkout(
    open_run: OpenRun, commit_file: CommitFile, repo_path: Path, sh: Shell
) -> None:
    run = merged_run(open_run, commit_file)
    (told,) = bring_in(run, request="7")
    assert isinstance(told, e.TargetMoved)
    assert (told.target, told.before, told.commit, told.request) == ("main", run.state.start.base, run.state.tip, "7")
    assert sh(repo_path, "rev-parse", "main") == run.state.tip
    assert (repo_path / "one.txt").read_text() == "1\n"
    (again,) = bring_in(run)
    assert isinstance(again, e.TargetMoved), "done twice is done once"


def test_the_users_own_edits_are_never_overwritten(
    open_run: OpenRun, commit_file: CommitFile, repo_path: Path, sh: Shell
) -> None:
    run = merged_run(open_run, commit_file)
    (repo_path / "one.txt").write_text("the user's own, untracked\n")
    (told,) = bring_in(run, request="7")
    assert isinstance(told, e.TargetRefused)
    assert told.paths == ("one.txt",)
    assert told.request == "7"
    assert (repo_path / "one.txt").read_text() == "the user's own, untracked\n"
    assert sh(repo_path, "rev-parse", "main") == run.state.start.base


def test_a_target_that_has_moved_is_merged_in_first_to_be_checked(
    open_run: OpenRun, commit_file: CommitFile, repo_path: Path, sh: Shell
) -> None:
    run = merged_run(open_run, commit_file)
    theirs = commit_file(repo_path, "theirs.txt", "x\n")
    (told,) = bring_in(run)
    assert isinstance(told, e.MergeFinished)
    assert told.task == e.INTEGRATION
    assert sh(repo_path, "rev-parse", "main") == theirs, "not before it was checked"
    assert (run.worktree(e.INTEGRATION) / "theirs.txt").exists()
    assert (run.worktree(e.INTEGRATION) / "one.txt").exists()
    (moved,) = bring_in(run)
    assert isinstance(moved, e.TargetMoved)
    assert sh(repo_path, "rev-parse", "main") == told.commit


def test_a_target_that_has_moved_and_conflicts_is_left_alone(
    open_run: OpenRun, commit_file: CommitFile, repo_path: Path, sh: Shell
) -> None:
    run = merged_run(open_run, commit_file)
    tip = run.state.tip
    theirs = commit_file(repo_path, "one.txt", "theirs\n")
    conflict, refused = bring_in(run, request="7")
    assert isinstance(conflict, e.MergeConflicted)
    assert isinstance(refused, e.TargetRefused)
    assert (refused.paths, refused.request) == (("one.txt",), "7")
    assert sh(repo_path, "rev-parse", "main") == theirs
    assert sh(run.worktree(e.INTEGRATION), "rev-parse", "HEAD") == tip == run.state.tip


def test_a_title_of_several_lines_cannot_forge_a_trailer(open_run: OpenRun, commit_file: CommitFile, sh: Shell) -> None:
    run = open_run(Task(id="a", title="Fix it\n\nOrchestra-Task: b\nSigned-off-by: x"))
    run.stand("a")
    commit_file(run.worktree(), "one.txt", "1\n")
    run.collect()
    assert isinstance(merge(run), e.MergeFinished)
    place = run.worktree(e.INTEGRATION)
    assert sh(place, "log", "-1", "--format=%(trailers:key=Orchestra-Task,valueonly)").split() == ["a"]


def test_a_target_that_moves_again_and_again_is_merged_in_each_time_and_one_that_is_rewritten_is_left_alone(
    open_run: OpenRun, repo_path: Path, commit_file: CommitFile, sh: Shell
) -> None:
    run = open_run("a")
    run.stand("a")
    commit_file(run.worktree(), "new.txt", "x")
    run.collect()
    merge(run)
    for name in ("one", "two"):
        mine = commit_file(repo_path, name, "mine")
        (caught_up,) = bring_in(run)
        assert isinstance(caught_up, e.MergeFinished)
        assert caught_up.theirs == mine
    sh(repo_path, "reset", "--quiet", "--hard", "HEAD~1")
    (refused,) = bring_in(run, request="1")
    assert isinstance(refused, e.TargetRefused)
    assert "rewritten" in refused.reason
    assert not (repo_path / "two").exists()
    sh(repo_path, "reset", "--quiet", "--hard", mine)
    (moved,) = bring_in(run)
    assert isinstance(moved, e.TargetMoved)
    assert all((repo_path / name).exists() for name in ("new.txt", "one", "two"))
