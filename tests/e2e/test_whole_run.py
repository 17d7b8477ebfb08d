"""Whole runs: what waits for what, what reaches the target, and that nothing stays behind."""

import json

import pytest

from tests.e2e.orchestra import Orchestra, git

pytestmark = pytest.mark.e2e

THREE = "Implement user auth, fix payment bugs, update API docs"


def test_docs_wait_for_both_and_a_manual_run_leaves_the_target_alone_until_merge(orchestra: Orchestra) -> None:
    start = git(orchestra.repo, "rev-parse", "main")
    run = orchestra.start(THREE, "--check", "test -f README.md")
    told = orchestra.says("wait")
    assert "3 of 3 tasks merged" in told
    docs, *others = (
        t["id"] for t in sorted(run.events("run.started")[0]["plan"]["tasks"], key=lambda t: t["kind"] != "docs")
    )
    assert all(run.place(f"task.merged {other}") < run.place(f"task.preparing {docs}") for other in others)
    assert git(orchestra.repo, "rev-parse", "main") == start
    assert git(orchestra.repo, "status", "--porcelain") == ""
    orchestra("merge")
    assert run.merged_tasks("main") == sorted([docs, *others])
    assert run.merged_tasks(f"{start}..main") == run.merged_tasks("main")
    orchestra("cleanup")
    orchestra.assert_clean()
    assert git(orchestra.repo, "status", "--porcelain") == ""


def test_auto_moves_the_target_once_the_checks_are_green_on_the_merged_tree(orchestra: Orchestra) -> None:
    run = orchestra.start(THREE, "--check", "test -f README.md", "--merge", "auto")
    orchestra("wait")
    assert len(run.merged_tasks("main")) == 3
    moved = run.events("target.moved")[0]
    tree = git(orchestra.repo, "rev-parse", f"{moved['commit']}^{{tree}}")
    assert tree in {passed["tree"] for passed in run.events("check.passed")}
    assert sorted(path.name for path in orchestra.repo.glob("REHEARSAL-*")) != []
    orchestra("cleanup")
    orchestra.assert_clean()


MODULE_PLAN = json.dumps(
    {
        "tasks": [
            {"name": "database-schema", "dependencies": []},
            {"name": "api-endpoints", "dependencies": ["database-schema"]},
            {"name": "frontend-components", "dependencies": ["api-endpoints"]},
            {"name": "documentation", "dependencies": ["frontend-components"]},
            {"name": "testing", "dependencies": ["frontend-components"]},
        ]
    }
)


@pytest.mark.parametrize("most", [1, 2])
def test_a_chain_runs_in_its_order_with_never_more_instances_than_allowed(orchestra: Orchestra, most: int) -> None:
    run = orchestra.start("--plan", MODULE_PLAN, "--no-checks", "--max-instances", str(most), "--merge", "auto")
    assert run.until("run.ended")["outcome"] == "done"
    assert set(run.statuses().values()) == {"merged"}
    assert run.most_at_once() <= most
    for task in json.loads(MODULE_PLAN)["tasks"]:
        for before in task["dependencies"]:
            assert run.place(f"task.merged {before}") < run.place(f"task.preparing {task['name']}")
    assert run.merged_tasks("main") == sorted(task["name"] for task in json.loads(MODULE_PLAN)["tasks"])


REQUESTS = [
    "Create frontend, build backend, setup database",
    "Implement user management, add authentication, create user dashboard, update docs",
    "Fix critical payment bug, add user profiles, optimize performance, update API docs",
    "Investigate payment timeout, fix database connection, update monitoring",
    "Implement user authentication, create admin dashboard, add user management",
    "Finalize features, run comprehensive tests, update documentation, prepare deployment",
]


@pytest.mark.parametrize("request_", REQUESTS)
def test_a_request_of_the_catalogue_runs_through_in_the_order_of_its_plan(orchestra: Orchestra, request_: str) -> None:
    run = orchestra.start(request_, "--no-checks", "--merge", "auto", "--max-instances", "4")
    assert run.until("run.ended")["outcome"] == "done"
    tasks = run.events("run.started")[0]["plan"]["tasks"]
    assert len(tasks) == len(request_.split(", "))
    assert set(run.statuses().values()) == {"merged"}
    for task in tasks:
        for before in task["depends_on"]:
            assert run.place(f"task.merged {before}") < run.place(f"task.preparing {task['id']}")
    assert run.merged_tasks("main") == sorted(task["id"] for task in tasks)
