"""What is the user's stays the user's: the checkout, the branch, edits, other runs."""

from pathlib import Path

import pytest

from tests.e2e.conftest import make_repository
from tests.e2e.orchestra import Orchestra, Run, git, socket_path, tmux

pytestmark = pytest.mark.e2e


def snapshot(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Everything in the checkout but git's own folder: path -> (mode, content)."""
    files = (path for path in folder.rglob("*") if ".git" not in path.parts and path.is_file())
    return {str(path.relative_to(folder)): (path.stat().st_mode, path.read_bytes()) for path in files}


def test_a_dirty_checkout_stays_byte_for_byte_and_blocks_only_what_is_in_its_way(orchestra: Orchestra) -> None:
    repo = orchestra.repo
    (repo / "README.md").write_text("my own words, not committed\n")
    (repo / "src" / "main.py").write_text("print('staged')\n")
    git(repo, "add", "src/main.py")
    (repo / "notes.txt").write_text("untracked\n")
    before, status = snapshot(repo), git(repo, "status", "--porcelain=v2")
    start = git(repo, "rev-parse", "main")
    run = orchestra.start_plan(
        "--merge", "auto", docs="rehearse: write README.md new words", other="rehearse: write other.txt x"
    )
    told = orchestra.says("wait", code=1)
    assert "README.md" in told
    assert snapshot(repo) == before
    assert git(repo, "status", "--porcelain=v2") == status
    assert git(repo, "rev-parse", "main") == start
    assert "README.md" in orchestra.says("merge", code=1)
    git(repo, "restore", "README.md")
    orchestra("merge")
    assert run.merged_tasks("main") == ["docs", "other"]
    after = snapshot(repo)
    assert after["notes.txt"] == before["notes.txt"]
    assert after["src/main.py"] == before["src/main.py"]
    assert after["README.md"][1] == b"new words\n"
    orchestra("cleanup")
    orchestra.assert_clean()


def run_with_a_commit_meanwhile(orchestra: Orchestra, name: str) -> tuple[Run, str]:
    """Start a run that makes `a.txt`, which does not go with `red.txt`; commit a file of that name while it runs."""
    check = "test ! -e a.txt || test ! -e red.txt"
    run = orchestra.start_plan("--merge", "auto", "--check", check, api="rehearse: slow 1\nrehearse: write a.txt one")
    run.until("task.running", "api")
    (orchestra.repo / name).write_text("a commit of mine\n")
    git(orchestra.repo, "add", name)
    git(orchestra.repo, "commit", "--quiet", "--message=mine")
    return run, git(orchestra.repo, "rev-parse", "main")


def test_a_target_that_moved_meanwhile_is_merged_in_and_checked_again(orchestra: Orchestra) -> None:
    run, mine = run_with_a_commit_meanwhile(orchestra, "mine.txt")
    orchestra("wait")
    assert git(orchestra.repo, "merge-base", "--is-ancestor", mine, "main") == ""
    assert run.merged_tasks("main") == ["api"]
    tree = git(orchestra.repo, "rev-parse", "main^{tree}")
    assert tree in {e["tree"] for e in run.events("check.passed", "_integration")}


def test_a_target_that_makes_the_merged_tree_red_is_left_alone(orchestra: Orchestra) -> None:
    _run, mine = run_with_a_commit_meanwhile(orchestra, "red.txt")
    assert "red" in orchestra.says("wait", code=1)
    assert git(orchestra.repo, "rev-parse", "main") == mine
    assert git(orchestra.repo, "status", "--porcelain") == ""


@pytest.mark.parametrize(("strategy", "commits"), [("squash", 2), ("rebase", 3)])
def test_a_run_may_leave_a_line_of_commits(strategy: str, commits: int, orchestra: Orchestra) -> None:
    two = "rehearse: write a.txt one\nrehearse: write b.txt two"
    run = orchestra.start_plan(
        "--merge", "auto", "--strategy", strategy, "--check", "true", api=two, docs=("rehearse: write c.txt 3", "api")
    )
    orchestra("wait")
    base = run.events("run.started")[0]["base"]
    assert run.merged_tasks("main") == ["api", "docs"]
    assert git(orchestra.repo, "rev-list", "--merges", f"{base}..main") == ""
    assert int(git(orchestra.repo, "rev-list", "--count", f"{base}..main")) == commits
    assert git(orchestra.repo, "show", "main:c.txt") == "3"


def test_tasks_that_conflict_are_sent_back_and_never_break_the_integration_branch(orchestra: Orchestra) -> None:
    run = orchestra.start_plan(
        one="rehearse: write shared.txt one", two="rehearse: slow 0.5\nrehearse: write shared.txt two"
    )
    orchestra("wait", code=1)
    assert run.events("merge.conflicted", "two")
    assert run.statuses()["one"] == "merged"
    integration = run.events("worktree.created", "_integration")[0]["path"]
    assert git(Path(integration), "status", "--porcelain") == ""
    assert git(Path(integration), "show", "HEAD:shared.txt") == "one"


def test_runs_from_a_subfolder_and_from_a_linked_worktree_do_not_meet(orchestra: Orchestra) -> None:
    repo = orchestra.repo
    linked = repo.parent / "linked"
    git(repo, "worktree", "add", "--quiet", "-b", "side", str(linked))
    inside = Orchestra(repo, repo / "src")
    beside = Orchestra(repo, linked)
    first = inside.start_plan("--merge", "auto", api="rehearse: slow 0.5\nrehearse: write a.txt one")
    second = beside.start_plan("--merge", "auto", api="rehearse: slow 0.5\nrehearse: write a.txt two")
    inside("wait", "--run", first.id)
    beside("wait", "--run", second.id)
    assert git(repo, "show", "main:a.txt") == "one"
    assert git(repo, "show", "side:a.txt") == "two"
    assert first.merged_tasks("main") == second.merged_tasks("side") == ["api"]
    assert (linked / "a.txt").read_text() == "two\n"
    for run in (first, second):
        orchestra("cleanup", "--run", run.id)
    assert orchestra.beside() == ["linked"]
    git(repo, "worktree", "remove", str(linked))
    git(repo, "branch", "-D", "side")
    orchestra.assert_clean()


ODD = ["with space", "ünïcode-日本", "dots.and.more", "-dash", "it's #{pane_id} $(x) ;%h", "näme\ttab"]


@pytest.mark.parametrize("name", ODD)
def test_the_repositorys_name_does_not_matter(orchestra: Orchestra, tmp_path: Path, name: str) -> None:
    repo = make_repository(tmp_path / "odd place" / name)
    odd = Orchestra(repo, repo)
    run = odd.start_plan("--merge", "auto", "--check", "test -f README.md", "--layout", "review", api="a small edit")
    run.until("run.ended")
    assert run.merged_tasks("main") == ["api"]
    odd("cleanup")
    odd.assert_clean()


HOSTILE = """
set-option -g base-index 1
set-option -g destroy-unattached on
set-option -g default-command "exec false"
set-option -s exit-empty off
set-option -g remain-on-exit off
set-window-option -g automatic-rename on
set-hook -g after-new-session "new-window -d -n intruder sleep 1000"
set-hook -g after-new-window "split-window -d sleep 1000"
set-hook -g window-linked "rename-window linked-by-hook"
set-hook -g pane-died "kill-pane"
set-hook -g session-created "kill-session -a"
"""


def test_a_hostile_tmux_configuration_of_the_persons_does_not_stop_a_run(orchestra: Orchestra, home: Path) -> None:
    conf = home / ".config" / "tmux-orchestra" / "tmux.conf"
    conf.parent.mkdir(parents=True)
    conf.write_text(HOSTILE)
    run = orchestra.start_plan("--merge", "auto", api="rehearse: crash-once", docs=("a small edit", "api"))
    orchestra("wait")
    assert run.merged_tasks("main") == ["api", "docs"]
    orchestra("cleanup")
    orchestra.assert_clean()


def test_a_run_on_the_persons_own_server_leaves_their_sessions_alone(orchestra: Orchestra) -> None:
    tmux("-f", "/dev/null", "new-session", "-d", "-s", "mine", "sleep", "1000", socket="default")
    run = orchestra.start_plan("--merge", "auto", "--socket-name", "default", api="a small edit")
    orchestra("wait")
    assert run.merged_tasks("main") == ["api"]
    orchestra("cleanup")
    assert tmux("list-sessions", "-F", "#{session_name}", socket="default") == "mine"
    assert [path.name for path in socket_path().parent.iterdir()] == ["default"]
