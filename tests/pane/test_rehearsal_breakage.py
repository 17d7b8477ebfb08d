import pytest

from tmux_orchestra.pane.rehearsal_breakage import broken_files


@pytest.mark.parametrize(
    ("tracked", "added"),
    [
        ([], []),
        (["README.md", "src/main.c"], []),
        (["test_a.py"], ["test_rehearsed_my_task.py"]),
        (["src/test_a.py", "tests/test_b.py"], ["tests/test_rehearsed_my_task.py"]),
        (["package.json", "src/a.js"], ["rehearsed-my-task.test.js"]),
        (["pkg/a.go", "pkg/a_test.go"], ["pkg/rehearsed_my_task_test.go"]),
        (["Cargo.toml", "src/lib.rs"], ["tests/rehearsed_my_task.rs"]),
    ],
)
def test_adds_a_failing_test_beside_the_tests_that_are_there(tracked: list[str], added: list[str]):
    assert list(broken_files(tracked, "my-task")) == ["BROKEN", *added]


def test_two_tasks_break_the_same_repository_without_conflict():
    first, second = (broken_files(["tests/test_a.py"], task) for task in ("a", "b"))
    assert first["BROKEN"] == second["BROKEN"]
    assert set(first) & set(second) == {"BROKEN"}
