"""`cleanup` and `merge`: what comes when the work is done."""

from pathlib import Path

from tests.cli.person import Say, everything
from tests.cli.terminal import ORCHESTRA, terminal
from tests.e2e.orchestra import Orchestra, git


def test_a_run_that_goes_on_is_not_cleaned_up(orchestra: Orchestra, say: Say) -> None:
    run = orchestra.start_plan(auth="edit\nrehearse: hang")
    run.until("task.running", "auth")
    say("cleanup").refused(1, "not over", "tmux-orchestra cancel")
    orchestra("cancel")


def test_a_dry_run_and_a_no_leave_everything_where_it_is(
    orchestra: Orchestra, repo: Path, place: Path, say: Say
) -> None:
    orchestra.start_plan(auth="a small edit").until("supervisor.stopped")
    before = everything(place)
    said = say("cleanup", "--dry-run")
    assert said.code == 0
    assert f"would remove {place / 'worktree-auth'} and its branch: all that is in it is merged" in said.out
    assert f"would leave {place}" in said.out
    asked = say("cleanup", "all")
    assert asked.code == 2
    assert "--yes" in asked.err
    with terminal(f"{ORCHESTRA} cleanup all", repo) as screen:
        screen.until("[Y/n]")
        screen.type("n", "Enter")
        screen.ended(1)
        assert "nothing was removed" in screen.screen()
    assert everything(place) == before


def test_after_the_merge_nothing_is_left_and_doing_it_again_is_fine(orchestra: Orchestra, repo: Path) -> None:
    run = orchestra.start_plan(auth="a small edit")
    orchestra("wait")
    told = orchestra("merge").stdout
    assert "main now holds the result" in told
    assert f"tmux-orchestra undo {run.id}" in told
    assert "closed the run's tmux session" in orchestra("cleanup").stdout
    orchestra.assert_clean()
    assert orchestra("cleanup").stdout == "there is nothing to clean up\n"
    assert run.merged_tasks("main") == ["auth"]


def test_what_is_not_merged_is_kept_and_named(orchestra: Orchestra, say: Say, repo: Path) -> None:
    run = orchestra.start_plan(auth="a small edit")
    orchestra("wait")
    said = say("cleanup")
    assert said.code == 1
    assert "_integration has commits that are not merged" in said.err
    assert git(repo, "for-each-ref", "--format=%(refname:short)", "refs/heads/orchestra") == (
        f"orchestra/{run.id}/_integration"
    )


def test_a_merge_without_a_conflict_is_shown_before_it_is_made(orchestra: Orchestra, say: Say, repo: Path) -> None:
    run = orchestra.start_plan(auth="rehearse: write auth.txt x")
    orchestra("wait")
    before = git(repo, "rev-parse", "main")
    (repo / "auth.txt").write_text("mine\n")
    told = say("merge", "manual").out
    for words in ("auth  ", "1 commits, +1", "  A auth.txt", "in the way now", f"tmux-orchestra merge --run {run.id}"):
        assert words in told, told
    say("merge", "abort").refused(1, "no merge is in your hands")
    assert git(repo, "rev-parse", "main") == before
    (repo / "auth.txt").unlink()
    orchestra("merge")
    assert "nothing to bring in" in say("merge", "manual").out
