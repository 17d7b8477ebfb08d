"""Tasks that work on the same lines: it is known while they work, and told once."""

import pytest

from tests.cli.terminal import ORCHESTRA, terminal
from tests.e2e.orchestra import Orchestra, git

pytestmark = pytest.mark.e2e


def test_a_conflict_is_told_while_the_tasks_work_and_forgotten_when_they_do_no_more(orchestra: Orchestra) -> None:
    run = orchestra.start_plan(
        *("--max-instances", "3"),
        left="rehearse: write src/main.py print('left')\nrehearse: hang",
        right="rehearse: ask What now?",
        aside="rehearse: write aside.txt one\nrehearse: hang",
    )
    run.until("task.attention", "right")
    assert run.events("conflicts.forecast") == []
    with terminal(f"{ORCHESTRA} attach", orchestra.repo, columns=120) as screen:
        screen.until("right needs you", run.id)
        orchestra("send", "right", "rehearse: write src/main.py print('right')")
        screen.until("left and right conflict in src/main.py")  # in tmux's own line, for a few seconds
        screen.until("! left and right conflict as they are now: src/main.py")
    (pair,) = run.until("conflicts.forecast")["pairs"]
    assert (pair["tasks"], pair["paths"]) == (["left", "right"], ["src/main.py"])
    told = {name: task["conflicts_with"] for name, task in orchestra.tasks().items()}
    assert told == {"left": ["right"], "right": ["left"], "aside": []}
    detailed = orchestra.says("status", "detailed")
    assert "src/main.py, line 1 left | print('left') right | print('right')" in detailed
    objects = git(orchestra.repo, "count-objects")
    orchestra("cancel", "left")
    assert orchestra.tasks()["right"]["conflicts_with"] == []
    assert git(orchestra.repo, "count-objects") == objects
    orchestra("cancel")
    assert len(run.events("conflicts.forecast")) <= 2
    assert run.events("action.failed") == []
    assert not (run.folder / "forecast").exists()
