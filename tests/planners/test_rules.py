"""The rules planner: what it promises for every request."""

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tmux_orchestra.core.errors import ExitCode, UsageError
from tmux_orchestra.core.plan import Plan, find_cycle
from tmux_orchestra.planners import DependencyCycle, NoTaskFound
from tmux_orchestra.planners.rules import plan
from tmux_orchestra.planners.verbs import ENGLISH

PIECES = """fix add the login page docs tests and then , . ; : -> → ( ) ` " ' 1. 2) - * # [ ] [x] once is done after
before it both depends on in parallel URGENT low priority don't touch keep unchanged deploy `a,b` https://x.y/z,1
e.g. when rehearse: 实现 修复 を 追加し 🔥 ß É"""
WORDS = st.sampled_from([*PIECES.split(), "\n", "\n\n", "\t", "\x1b[31m", "\u202e", "\ud800"])

VERBS = st.sampled_from(sorted(ENGLISH))
THINGS = st.sampled_from(
    ["login page", "orders API", "`a, b` parser", "CSV export (old, new)", "v2.1 docs", "e2e tests"]
)
PREAMBLES = st.sampled_from(
    ["", "please ", "can you ", "then ", "finally, ", "URGENT: ", "OPS-7 ", "in the app, ", "🔥 "]
)
REMARKS = st.sampled_from(
    [
        *(
            "2 depends on 1",
            "these are independent",
            "in this order",
            "no new packages",
            "thanks!",
            "low priority",
            "# Web",
        ),
        *(
            "after 1, 2 and 3",
            "once that is done",
            "the search returns 500",
            "users want a map",
            "- [x] done",
            "Context: x",
        ),
    ]
)
INSTRUCTIONS = st.builds("{}{} the {}".format, PREAMBLES, VERBS, THINGS)
SEPARATORS = st.sampled_from(
    [", ", "; ", ". ", " and ", "\n", "\n- ", "\n1. ", "\n  - ", " -> ", ": ", "\n\n", " before ", " (", ") "]
)
SENTENCES = st.lists(st.tuples(INSTRUCTIONS | REMARKS, SEPARATORS), max_size=12).map(
    lambda said: "".join(part for pair in said for part in pair)
)
REQUESTS = st.text() | st.lists(WORDS, max_size=60).map(" ".join) | SENTENCES


def read(request: str) -> Plan | None:
    try:
        return plan(request)
    except (NoTaskFound, DependencyCycle):
        return None


@settings(max_examples=300, deadline=None)
@given(REQUESTS)
def test_any_text_gives_a_valid_plan_or_one_of_two_errors(request):
    found = read(request)
    if found is None:
        return
    ids = [task.id for task in found.tasks]
    assert len(set(ids)) == len(ids)
    assert not {"status", "supervisor"} & set(ids)
    for task in found.tasks:
        assert re.fullmatch(r"[a-z0-9][a-z0-9-]{0,39}", task.id)
        assert 0 < len(task.title) <= 80
        assert task.prompt
        assert task.subagent
        assert set(task.depends_on) <= set(ids) - {task.id}
        assert set(task.reasons) == set(task.depends_on)
        assert all(reason.startswith(("stated: ", "implied: ")) for reason in task.reasons.values())
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", task.title + task.prompt)
    assert not find_cycle({task.id: task.depends_on for task in found.tasks})


@pytest.mark.parametrize("separator", [", ", "; ", ". ", "\n", " and "])
def test_every_verb_begins_an_instruction_of_its_own_wherever_it_stands(separator):
    instructions = [f"{verb} the orders API of part {number}" for number, verb in enumerate(sorted(ENGLISH))]
    lists = [instructions[start : start + 20] for start in range(0, len(instructions), 20)]
    requests = [
        separator.join(part for said in listed for part in (said, f"fix the {said[-3:]} bug")) for listed in lists
    ]
    titles = {task.title.casefold() for request in requests for task in plan(request).tasks}
    strays = [said for said in instructions if said.casefold() not in titles]
    # "follow the style guide" and "respect the limits" are rules to keep, not work.
    assert [said.split(" ")[0] for said in strays] == ["follow", "respect"]


@settings(max_examples=50, deadline=None)
@given(REQUESTS)
def test_the_same_request_gives_the_same_plan(request):
    assert read(request) == read(request)


def test_a_request_without_a_task_is_a_usage_error_that_says_so():
    with pytest.raises(UsageError, match="no task found in the request") as raised:
        plan("hello")
    assert raised.value.exit_code == ExitCode.USAGE
    assert raised.value.hint


def test_a_stated_cycle_is_a_usage_error_that_names_it():
    with pytest.raises(UsageError, match="dependency cycle: importer -> exporter -> importer") as raised:
        plan("1. Build the importer (depends on 2)\n2. Build the exporter (depends on 1)")
    assert raised.value.exit_code == ExitCode.USAGE


def test_ids_are_what_the_tasks_are_about():
    found = plan("Implement user auth, fix payment bugs, update API docs")
    assert [task.id for task in found.tasks] == ["user-auth", "payment-bugs", "api-docs"]
    assert [task.subagent for task in found.tasks] == ["feature-development", "bugfix", "documentation"]
    assert found["api-docs"].depends_on == ("user-auth", "payment-bugs")
    assert found["api-docs"].reasons["user-auth"] == "implied: docs cover what is built"


def test_a_stated_dependency_gives_the_persons_words_as_its_reason():
    found = plan("Split the settings. Once that is done, add themes.")
    assert found["themes"].reasons == {"split-settings": "stated: Once that is done"}


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        ("sketch the icons -> replace the old ones", "stated: ->"),
        ("Do the following one after another:\n1. freeze the queue\n2. drain the messages", "stated: in this order"),
        ("run the regression suite before releasing to the beta channel", "stated: before this"),
        ("add the orders table, add an orders endpoint", "implied: an API builds on its data"),
        ("add an orders endpoint, build the orders page", "implied: a screen builds on its API"),
    ],
)
def test_every_dependency_says_whether_it_was_stated_and_why(request_, reason):
    later = plan(request_).tasks[-1]
    assert list(later.reasons.values()) == [reason]


def reaches(found: Plan) -> set[tuple[str, str]]:
    return {(later, task.id) for task in found.tasks for later in found.dependents(task.id)}


def test_what_is_to_be_done_once_more_makes_no_circle():
    found = plan("Fix the parser, then run the tests, then fix the parser")
    assert reaches(found) == {("tests", "fix-parser")}


def test_our_own_windows_names_are_never_ids():
    ids = [task.id for task in plan("fix the supervisor, add status, remove the status").tasks]
    assert len(set(ids)) == 3
    assert not {"status", "supervisor"} & set(ids)


@pytest.mark.parametrize(
    "request_", ["实现登录", "ログインを実装して", "Добавь вход", "إضافة تسجيل الدخول", "🚀 add 🚀", "fix ¶ and §"]
)
def test_an_id_is_never_empty_in_any_script(request_):
    assert all(re.fullmatch(r"[a-z0-9][a-z0-9-]*", task.id) for task in plan(request_).tasks)


def test_the_same_words_under_two_headings_are_told_apart_by_them():
    found = plan("## Web\n- add tests\n\n## Mobile\n- add tests")
    assert [task.id for task in found.tasks] == ["web-tests", "mobile-tests"]


def test_rehearsal_lines_reach_the_task_above_them_and_are_not_read():
    request = (
        "rehearse: slow 1\n"
        "- Implement auth\n"
        "  rehearse: write a.txt fix x, then add y; done -> z\n"
        "  - rehearse: crash-once\n"
        "- Fix bugs, update docs\n"
        "rehearse: noop"
    )
    found = plan(request)
    assert [task.id for task in found.tasks] == ["auth", "bugs", "docs"]
    lines = {task.id: [line for line in task.prompt.split("\n") if "rehearse" in line] for task in found.tasks}
    assert lines == {
        "auth": ["rehearse: slow 1", "rehearse: write a.txt fix x, then add y; done -> z", "rehearse: crash-once"],
        "bugs": [],
        "docs": ["rehearse: noop"],
    }


def test_details_and_headings_are_part_of_the_prompt():
    prompt = plan("# Shop\n- add gift cards\n  - valid for a year\n\n    refundable\n- fix the cart").tasks[0].prompt
    for part in ("gift cards", "valid for a year", "refundable", "Shop"):
        assert part in prompt


def test_quotes_shell_text_and_options_come_through_unharmed():
    request = 'Escape `$(rm -rf ~)` in file names, and handle --force and "it\'s; done" in the parser'
    prompts = "\n".join(task.prompt for task in plan(request).tasks)
    for part in ("`$(rm -rf ~)`", "--force", '"it\'s; done"'):
        assert part in prompts


def test_thirty_tasks_take_no_time():
    request = "\n".join(
        f"{n}. add the part {n} to the page and fix its bug, see https://x.example/{n}" for n in range(1, 31)
    )
    plan(request)
    assert min(_cpu_seconds(request) for _ in range(5)) < 0.1  # 20 ms on an idle machine


@pytest.mark.parametrize(
    "piece",
    [
        *("a, ", "fix it and ", "once ", "(", "“", "fix x, ", "- fix x\n", "a(b ", "depends on ", "a/", "e.g. ", "1. "),
        *("\n", "after 1, ", "fix 1 after 2. ", "a -> ", "> ", "[", "x", "追加し、", "|a|b|\n"),
        f"{'9' * 40}x depends on 1. ",
    ],
)
def test_twenty_thousand_characters_of_anything_are_read_in_a_moment(piece):
    assert _cpu_seconds(piece * (20_000 // len(piece))) < 3  # what grows with the square takes half a minute


def _cpu_seconds(request: str) -> float:
    start = time.process_time()
    read(request)
    return time.process_time() - start
