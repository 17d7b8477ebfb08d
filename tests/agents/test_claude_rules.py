"""Permission rules: least privilege that still lets an agent work, and the rule for what was denied."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tmux_orchestra.agents.claude_rules import OWN_BRANCH, OWN_FILES, allowed, commands_in, denied_rule, fault


def test_an_instance_may_edit_its_worktree_move_its_branch_run_the_checks_and_nothing_else() -> None:
    assert allowed(["make test"], ["WebSearch"]) == [
        *OWN_FILES,
        *OWN_BRANCH,
        *("Bash(make test)", "Bash(make test:*)", "WebSearch"),
    ]


def test_a_check_of_several_commands_may_also_be_run_in_parts() -> None:
    rules = allowed(["cd web && npm test && npm run lint 2>&1 | tail -3"], [])
    assert rules[len(OWN_FILES) + len(OWN_BRANCH) :] == [
        "Bash(cd web && npm test && npm run lint 2>&1 | tail -3)",
        "Bash(cd web && npm test && npm run lint 2>&1 | tail -3:*)",
        *("Bash(npm test)", "Bash(npm test:*)", "Bash(npm run lint)", "Bash(npm run lint:*)"),
    ]


@given(st.lists(st.text(), max_size=3))
@example(["\x0c"])  # a word to the shell's reader, white space to Python
def test_no_check_makes_a_rule_that_would_open_a_dialog(checks: list[str]) -> None:
    assert not [rule for rule in allowed(checks, []) if fault(rule)]


@pytest.mark.parametrize(
    ("tool", "detail", "rule"),
    [
        ("Bash", "npm install left-pad", "Bash(npm install:*)"),
        ("Bash", "cd web && npm run build -- --prod", "Bash(npm run build:*)"),
        ("Bash", "git add -A && git commit -m 'a && b' && git push", "Bash(git push:*)"),
        ("Bash", "FOO=1 make deploy", "Bash(FOO=1 make deploy:*)"),
        ("Bash", "python3 -m pytest -q tests", "Bash(python3 -m pytest:*)"),
        ("Bash", "./gradlew test > out.txt 2>&1", "Bash(./gradlew:*)"),
        # Programs that run anything are allowed word for word only.
        ("Bash", "python3 -c 'print(1)'", "Bash(python3 -c 'print\\(1\\)')"),
        ("Bash", "sudo make install", "Bash(sudo make install)"),
        ("Bash", "make test; echo $?", "Bash(make test; echo $?)"),
        # No rule moves the worktree's border for these.
        ("Bash", "rm -rf ../other", ""),
        ("Bash", "echo hi > /etc/motd", ""),
        ("Bash", "", ""),
        ("Write", "/etc/motd", "Edit(//etc/motd)"),
        ("Edit", ".claude/settings.json", ""),
        ("Read", "/etc/passwd", "Read(//etc/passwd)"),
        ("Grep", "/var/log", "Read(//var/log/**)"),
        ("WebFetch", "https://example.org/a?b", "WebFetch(domain:example.org)"),
        ("WebSearch", "how to", "WebSearch"),
        ("mcp__github__create_issue", "", "mcp__github__create_issue"),
        ("AskUserQuestion", "Which?", ""),
    ],
)
def test_the_rule_for_a_denied_call_is_as_narrow_as_is_useful(tool: str, detail: str, rule: str) -> None:
    assert denied_rule(tool, detail) == rule


@given(st.sampled_from(["Bash", "Write", "Read", "Grep", "WebFetch", "Skill", "x y", ""]), st.text())
def test_a_rule_that_is_proposed_can_be_read(tool: str, detail: str) -> None:
    rule = denied_rule(tool, detail)
    assert not rule or not fault(rule)


@pytest.mark.parametrize(
    "rule",
    [
        *("", "*", "bash(ls)", "Bash()", "Bash(:*)", "Bash(a:* b)", "Bash(x", "Bash(x) y", "Bash(grep '(' x)"),
        *("mcp__a__b(x)", "Read(a:*)", "WebFetch(https://a.b)"),
    ],
)
def test_a_rule_over_which_claude_code_would_open_a_dialog_is_a_fault(rule: str) -> None:
    assert fault(rule)


@pytest.mark.parametrize(
    "rule",
    ["Bash", "Bash(ls)", "Bash(npm run *)", "Bash(grep '\\(' x)", "Edit(//a/(b)/c)", "mcp__a", "WebFetch(domain:a.b)"],
)
def test_a_rule_that_claude_code_reads_is_no_fault(rule: str) -> None:
    assert not fault(rule)


def test_a_line_is_split_where_the_shell_would_and_nowhere_inside_quotes() -> None:
    assert commands_in("a 'b && c' | d; e & f || g") == ("a 'b && c'", "d", "e", "f", "g")
    assert commands_in("a > b 2>&1 < c\nd") == ("a", "d")
    assert commands_in("cat <<E\nrm x\nE") == ("cat",)
    assert commands_in("'unfinished && a") == ("'unfinished && a",)
