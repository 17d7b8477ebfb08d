"""Conflicts with the real Claude Code: its own agent resolves them from what it reads, and checks gate a bad merge."""

import re
from dataclasses import replace

import pytest

from tests.doubles.messages_api import Request, Step, say, use
from tests.e2e.claude_person import Sit, sit  # noqa: F401 - a fixture
from tests.e2e.orchestra import git
from tests.e2e.test_claude_runs import CHECK, bash, commit, script, write

pytestmark = [pytest.mark.claude, pytest.mark.e2e]

BEFORE = "def total(prices):\n    result = sum(prices)\n    return result\n"
CONFLICT = re.compile(r"^<{7} .*?\n(.*?)^={7}\n(.*?)^>{7} .*?\n", re.MULTILINE | re.DOTALL)


def merge_others() -> Step:
    """Run the merge that the prompt names."""

    def given(request: Request) -> dict[str, str]:
        named = re.findall(r"run `(git merge orchestra/[^`]+)`", request.text)
        return {"command": named[-1], "description": "bring the others' work in"}

    return use("Bash", given)


def read(name: str, **more: int) -> Step:
    return use("Read", lambda request: {"file_path": f"{request.cwd}/{name}", **more})


def write_both_sides(name: str) -> Step:
    """Compose the file from what the Read tool has just given: both sides of every conflict, one after the other."""

    def given(request: Request) -> dict[str, str]:
        numbered = request.last_result.partition("<system-reminder>")[0].splitlines()
        text = "\n".join(re.sub(r"^\s*\d+[\t→]", "", line) for line in numbered).rstrip("\n") + "\n"
        assert CONFLICT.search(text), f"no conflict in what was read:\n{text}"
        return {"file_path": f"{request.cwd}/{name}", "content": CONFLICT.sub(r"\1\2", text)}

    return use("Write", given)


def change(old: str, new: str) -> Step:
    def given(request: Request) -> dict[str, str]:
        return {"file_path": f"{request.cwd}/shop/total.py", "old_string": old, "new_string": new}

    return use("Edit", given)


def test_the_second_of_two_who_edit_the_same_function_resolves_the_conflict_from_what_it_reads(sit: Sit) -> None:
    discount = "    result = sum(prices)\n    result -= discount(prices)\n"
    tax = "    result = sum(prices)\n    result += tax(prices)\n"
    person = sit(
        script(
            "Your work conflicts",
            merge_others(),
            # Other lines than before: 2.1.197 answers the same reading with "unchanged", whatever git did to the file.
            read("shop/total.py", offset=1, limit=100),
            write_both_sides("shop/total.py"),
            bash("git add shop/total.py && git commit --no-edit"),
            say("Both are in."),
        ),
        script(
            "implement discounts",
            read("shop/total.py"), change("    result = sum(prices)\n", discount), commit("Discounts"), say("Done."),
        ),
        script(
            "implement taxes",
            read("shop/total.py"), change("    result = sum(prices)\n", tax), commit("Taxes"), say("Done."),
        ),
    )  # fmt: skip
    (person.repo / "shop" / "total.py").write_text(BEFORE)
    git(person.repo, "add", "--all")
    git(person.repo, "commit", "--quiet", "--message=total")
    run = person.start("Implement discounts, implement taxes", "--check", CHECK, agent="claude")
    person("wait", timeout=150)
    (conflict,) = run.events("merge.conflicted")
    assert conflict["paths"] == ["shop/total.py"]
    assert len({event["session_id"] for event in run.events("instance.started", conflict["task"])}) == 1
    assert len(run.merged_tasks("main")) == 2
    merged = (person.repo / "shop" / "total.py").read_text()
    assert sorted(merged.splitlines()) == sorted(
        [*BEFORE.splitlines(), "    result -= discount(prices)", "    result += tax(prices)"]
    )
    assert git(person.repo, "log", "--merges", "--format=%h", "main", "--", "shop/total.py")


def test_what_is_green_alone_and_red_together_is_taken_back_and_mended_by_its_agent(sit: Sit) -> None:
    person = sit(
        script(
            "First bring the others' work",
            merge_others(),
            write("shop/checkout.py", "from shop.prices import total\n\n\ndef checkout():\n    return total([1])\n"),
            commit("Use the new name"),
            say("It follows the new name."),
        ),
        script(
            "rename",
            bash("git mv shop/sums.py shop/prices.py"), commit("Rename"), say("Renamed."),
        ),
        script(
            "implement checkout",
            write("shop/checkout.py", "from shop.sums import total\n\n\ndef checkout():\n    return total([1])\n"),
            replace(commit("Checkout"), delay=1.0), say("Done."),
        ),
    )  # fmt: skip
    (person.repo / "shop" / "sums.py").write_text(BEFORE)
    (person.repo / "tests" / "test_all.py").write_text(
        "import importlib, pathlib, unittest\n\n\nclass T(unittest.TestCase):\n    def test(self):\n"
        "        for file in pathlib.Path('shop').glob('*.py'):\n"
        "            importlib.import_module(f'shop.{file.stem}')\n"
    )
    git(person.repo, "add", "--all")
    git(person.repo, "commit", "--quiet", "--message=sums")
    run = person.start("Rename sums to prices, implement checkout", "--check", CHECK, agent="claude")
    person("wait", timeout=150)
    (reverted,) = run.events("merge.reverted")
    (red,) = run.events("check.failed")
    assert red["task"] == "_integration"
    assert "sums" in red["tail"]
    assert len({event["session_id"] for event in run.events("instance.started", reverted["task"])}) == 1
    assert len(run.merged_tasks("main")) == 2
    assert "shop.prices" in (person.repo / "shop" / "checkout.py").read_text()
