"""Prompt files: written before a start, used as the person left them, refused where they could not be meant."""

from pathlib import Path

import pytest

from tests.cli.person import Say, everything
from tests.e2e.orchestra import Orchestra, plan
from tmux_orchestra.core.briefs import LONGEST_PROMPT

REQUEST = "Implement user auth, fix payment bugs, update API docs. No new dependencies."
REHEARSE = ("--agent", "rehearsal", "--no-checks", "--dry-run")


@pytest.fixture
def prompts(repo: Path, say: Say, tmp_path: Path) -> Path:
    """The prompts of `REQUEST`, as `plan` writes them."""
    folder = tmp_path / "prompts"
    said = say("plan", REQUEST, "--check", "make test", "--prompts", str(folder))
    assert said.code == 0
    assert f"--prompts {folder}" in said.err
    return folder


def test_every_task_has_a_file_with_all_that_is_known_before_the_start(prompts: Path) -> None:
    names = ["plan.yaml", "api-docs.md", "payment-bugs.md", "user-auth.md"]
    assert {path.name for path in prompts.iterdir()} == {*names, ".composed"}
    auth, docs = (prompts / "user-auth.md").read_text(), (prompts / "api-docs.md").read_text()
    assert auth.startswith("Implement user auth")
    for words in (
        *(f"> {REQUEST}", "- No new dependencies", "`make test`", "git commit"),
        *("at the same time", "> - Fix payment bugs"),
    ):
        assert words in auth
    assert "> - Update API docs" in auth.partition("These come later")[2]
    assert "> - Implement user auth" in docs.partition("Done before yours")[2]


def test_what_a_person_has_written_is_not_overwritten_and_what_they_have_not_is_made_anew(
    prompts: Path, repo: Path, say: Say
) -> None:
    again = ("plan", "--plan", str(prompts / "plan.yaml"), "--check", "make check", "--prompts", str(prompts))
    mine = (prompts / "plan.yaml").read_text().replace("- No new dependencies.", "- No new code.") + "# Mine.\n"
    (prompts / "plan.yaml").write_text(mine)
    assert say(*again).code == 0
    assert (prompts / "plan.yaml").read_text() == mine
    written = (prompts / "api-docs.md").read_text()
    assert "- No new code." in written
    assert "`make check`" in written
    (prompts / "api-docs.md").write_text(written + "Mine.")
    (prompts / "user-auth.md").unlink()
    before = everything(prompts)
    say(*again).refused(2, "api-docs.md is there already", "nothing was written")
    say("plan", "fix it", "--prompts", str(prompts)).refused(2, "plan.yaml is there already", "nothing was written")
    assert everything(prompts) == before


def test_what_nobody_touched_is_nobodys_word_whatever_became_of_the_plan(prompts: Path, repo: Path, say: Say) -> None:
    (prompts / "plan.yaml").write_text("- name: payment-bugs\n- name: other\n")
    assert say("start", "--prompts", str(prompts), *REHEARSE).code == 0
    (prompts / "user-auth.md").write_text("Mine.")
    said = say("start", "--prompts", str(prompts), *REHEARSE)
    said.refused(2, "user-auth.md belongs to no task", "payment-bugs, other")


def test_a_folder_of_prompts_brings_its_plan_unless_another_is_given(prompts: Path, repo: Path, say: Say) -> None:
    assert "api-docs" in say("start", "--prompts", str(prompts), *REHEARSE, "--", "--model", "x").out
    said = say("start", "--plan", plan(other="x"), "--prompts", str(prompts), *REHEARSE)
    assert "other" in said.out
    (prompts / "plan.yaml").unlink()
    say("start", "--prompts", str(prompts), *REHEARSE).refused(2, "no task found")


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("user-auht.md", "x", ("user-auht.md belongs to no task", "(did you mean user-auth.md?)", "payment-bugs")),
        ("user-auth.txt", "x", ("user-auth.txt belongs to no task", "(did you mean user-auth.md?)")),
        ("README", "x", ("README belongs to no task",)),
        ("user-auth.md", " \n", ("user-auth.md is empty",)),
        ("user-auth.md", "x" * (LONGEST_PROMPT + 1), ("task user-auth is too long", "100,001 bytes")),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_is_created(
    prompts: Path, say: Say, untouched: None, name: str, text: str, words: tuple[str, ...]
) -> None:
    (prompts / name).write_text(text)
    agent = ("--agent", "claude", "--no-checks", "--dry-run") if len(text) > LONGEST_PROMPT else REHEARSE
    say("start", REQUEST, "--prompts", str(prompts), *agent).refused(2, *words)


@pytest.mark.parametrize(("folder", "words"), [("nowhere", "No such file"), ("src", "main.py belongs"), (".git", "")])
def test_a_folder_without_prompts_is_no_folder_of_prompts(say: Say, repo: Path, folder: str, words: str) -> None:
    say("start", REQUEST, "--prompts", str(repo / folder), *REHEARSE).refused(2, words)


def test_a_prompt_too_long_or_a_rule_that_cannot_be_read_is_found_before_anything_is_created(
    say: Say, repo: Path, untouched: None
) -> None:
    claude = ("--agent", "claude", "--dry-run", "--no-checks")
    say("start", "--plan", plan(api="x" * 100_001), *claude).refused(2, "task api is too long", "nothing was started")
    say("start", "fix it", "--allow", "bash(", *claude).refused(2, "'bash(' cannot be read")


def test_an_edited_prompt_is_told_as_it_is_and_results_still_come_last(
    orchestra: Orchestra, repo: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "prompts"
    given = plan(
        first="rehearse: write first.txt 1", second=("small", "first"), third=("small", "second"), fourth=("x", "third")
    )
    orchestra("plan", "--plan", given, "--prompts", str(folder))
    (folder / "second.md").write_text("Mine alone.\nrehearse: write second.txt 2\n")
    (folder / "third.md").unlink()
    (folder / "first.md~").write_text("what an editor leaves behind")
    own = repo / ".claude" / "agents" / "bugfix.md"
    own.parent.mkdir(parents=True)
    own.write_text("---\nname: feature-development\n---\nBe kind.\n")
    run = orchestra.start("--no-checks", "--prompts", str(folder))
    assert run.events("run.started")[0]["prompts"] == {"second": "Mine alone.\nrehearse: write second.txt 2"}
    assert run.events("run.started")[0]["subagents"]["feature-development"]["instructions"] == "Be kind."
    shown = "".join(orchestra("status", "detailed").stdout.split())  # lines end where the terminal does
    assert f"subagent:feature-development({own})" in shown
    # Nobody has begun with these yet: what is written into the run's own files counts as well.
    ours = run.folder / "tasks" / "third" / "prompt.md"
    assert ours.read_text().startswith("small\n\nWork only")
    ours.write_text("Later.\nrehearse: write third.txt 3\n")
    orchestra("wait")
    told = {task: (run.folder / "tasks" / task / "prompt.md").read_text() for task in orchestra.tasks()}
    assert told["second"].startswith("Mine alone.\nrehearse: write second.txt 2\n\nWhat the tasks before yours have")
    assert "> Done: wrote first.txt" in told["second"]
    assert told["third"].startswith("Later.\nrehearse: write third.txt 3\n\nWhat the tasks before yours have reported")
    assert told["fourth"].startswith("x\n\nWork only")
    edited = {event["task"]: event["prompt_edited"] for event in run.events("instance.launched")}
    assert edited == {"first": False, "second": False, "third": True, "fourth": False}
