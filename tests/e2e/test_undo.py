"""Taking back what a run did: the merge, the cleanup, the cancelling; with nothing of anybody's lost."""

from pathlib import Path

from tests.e2e.orchestra import Orchestra, end_servers, git


def test_one_command_takes_the_whole_run_back_and_after_a_cleanup_two(orchestra: Orchestra) -> None:
    start = git(orchestra.repo, "rev-parse", "main")
    run = orchestra.start_plan("--merge", "auto", api="a small edit", odd="rehearse: dirty")
    orchestra("wait")
    told = orchestra("status").stdout
    (command,) = [line.partition(": ")[2] for line in told.splitlines() if "take it all back" in line]
    assert command == f"tmux-orchestra undo {run.id}"
    result = git(orchestra.repo, "rev-parse", "main")
    assert result != start
    orchestra(*command.split()[1:])
    assert git(orchestra.repo, "rev-parse", "main") == start
    assert git(orchestra.repo, "status", "--porcelain") == ""
    end_servers()  # from here on without tmux
    orchestra("merge")
    assert git(orchestra.repo, "rev-parse", "main") == result
    orchestra("cleanup", "all", "--yes")
    orchestra.assert_clean()
    listed = orchestra("undo", "--list").stdout
    assert [line.split()[0] for line in listed.splitlines() if line[0] != " "] == ["cleanup", "merge"]
    assert "would take back the cleanup" in orchestra("undo", "--dry-run").stdout
    assert orchestra.beside() == []
    orchestra("undo")
    assert len(orchestra.beside()) == 3
    orchestra("undo")
    assert git(orchestra.repo, "rev-parse", "main") == start
    orchestra("undo", code=2)


def test_newer_commits_are_not_undone_but_reverted_by_the_commands_that_are_named(orchestra: Orchestra) -> None:
    orchestra.start_plan("--merge", "auto", api="rehearse: write a.txt one", web="rehearse: write b.txt two")
    orchestra("wait")
    git(orchestra.repo, "commit", "--quiet", "--allow-empty", "-m", "newer")
    told = orchestra.says("undo", code=1)
    (commands,) = [line.partition("instead: ")[2] for line in told.splitlines() if "git revert" in line]
    for one in commands.split(" && "):
        git(orchestra.repo, *one.split()[1:])
    assert not list(orchestra.repo.glob("?.txt"))
    assert git(orchestra.repo, "log", "--format=%s", "--grep=newer") == "newer"


def test_what_was_called_off_goes_on_in_the_same_conversation_also_after_a_cleanup(orchestra: Orchestra) -> None:
    run = orchestra.start_plan(api="rehearse: slow 8\nrehearse: write a.txt one")
    run.until("agent.prompt_received", "api")
    (place,) = (Path(e["path"]) for e in run.events("worktree.created", "api"))
    orchestra("cancel")
    orchestra("wait", code=1)
    (place / "draft").write_text("mine")
    orchestra("cleanup", "all", "--yes")
    orchestra.assert_clean()
    orchestra("undo")
    assert (place / "draft").read_text() == "mine"
    orchestra("undo")
    orchestra("wait")
    assert run.statuses() == {"api": "merged"}
    assert len({e["session_id"] for e in run.events("instance.launched", "api")}) == 1
    orchestra("merge")
    assert (orchestra.repo / "draft").read_text() == "mine"
