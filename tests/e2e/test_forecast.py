"""Tasks that work on the same lines: it is known while they work, and told once."""

import pytest

from tests.e2e.orchestra import Orchestra, git

pytestmark = pytest.mark.e2e


def test_a_conflict_is_told_while_the_tasks_work_and_forgotten_when_they_do_no_more(orchestra: Orchestra) -> None:
    run = orchestra.start_plan(
        *("--max-instances", "3"),
        left="rehearse: write src/main.py print('left')\nrehearse: hang",
        right="rehearse: write src/main.py print('right')\nrehearse: hang",
        aside="rehearse: write aside.txt one\nrehearse: hang",
    )
    (pair,) = run.until("conflicts.forecast")["pairs"]
    assert (pair["tasks"], pair["paths"]) == (["left", "right"], ["src/main.py"])
    told = {name: task["conflicts_with"] for name, task in orchestra.tasks().items()}
    assert told == {"left": ["right"], "right": ["left"], "aside": []}
    assert "left and right conflict as they are now: src/main.py" in orchestra.says("status")
    detailed = orchestra.says("status", "detailed")
    assert "src/main.py, line 1 left | print('left') right | print('right')" in detailed
    objects = git(orchestra.repo, "count-objects")
    orchestra("cancel", "left")
    run.until("task.cancelled", "left")
    assert orchestra.tasks()["right"]["conflicts_with"] == []
    assert git(orchestra.repo, "count-objects") == objects
    orchestra("cancel")
    assert len(run.events("conflicts.forecast")) <= 2
    assert run.events("action.failed") == []
    assert not (run.folder / "forecast").exists()
