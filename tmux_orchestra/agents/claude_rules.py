"""Claude Code's permission rules: what an unattended instance may do, and the rule that would allow one thing more.

The CLI compares each command of a shell line by itself (`a && b` needs a rule for both, or one for the whole line),
takes a prefix rule `Bash(x:*)` for the command with any arguments, and passes commands that only read by itself.
"""

import re
import shlex
from collections.abc import Iterable, Iterator, Sequence

OWN_FILES = (
    # Covers every tool that writes files. Without the `./` it would reach beyond the worktree.
    "Edit(./**)",
    # The editing tools cannot remove or rename. The CLI holds these commands' paths inside the worktree, out of `.git`.
    *(f"Bash({command}:*)" for command in ("rm", "mv", "cp", "mkdir", "touch")),
)
"""Everything with which an agent edits its own worktree."""

OWN_BRANCH = tuple(
    # git itself keeps `rm` and `mv` inside the worktree; `merge` is how a conflict is resolved.
    f"Bash(git {verb}:*)"
    for verb in ("add", "commit", "rm", "mv", "merge")
)
"""Everything with which an agent moves its own branch forward."""

_READS_ONLY = frozenset(
    """
    basename cat cd cut date diff dirname echo egrep false fgrep file find grep head ls nl printf pwd readlink
    realpath sleep sort stat tail test tr tree true uniq wc which
    """.split()  # noqa: SIM905 - words are read more easily than strings
)
_SPEAKS_IN_VERBS = frozenset(
    """
    apt apt-get brew bun bundle cargo composer deno docker dotnet gh git go gradle helm just kubectl make mvn npm
    npx pip pip3 pnpm podman poetry rails rake rustup terraform uv yarn
    """.split()  # noqa: SIM905 - words are read more easily than strings
)
_RUNS_ANYTHING = frozenset(
    """
    bash chmod chown curl dash doas env eval exec fish kill killall node nohup perl php pkill python python3 ruby
    sh source ssh sudo time timeout watch wget xargs zsh
    """.split()  # noqa: SIM905 - words are read more easily than strings
)
_NOBODY_MAY_ALLOW = frozenset({"AskUserQuestion", "EnterPlanMode", "ExitPlanMode"})


def allowed(checks: Iterable[str], more: Iterable[str]) -> list[str]:
    """Return an instance's rules: its worktree, its branch, the checks as written or with further arguments, `more`."""
    rules = [*OWN_FILES, *OWN_BRANCH]
    for check in checks:
        # Word for word for the whole line; one by one for an agent that runs a part of it.
        for command in (check.strip(), *(part for part in commands_in(check) if _needs_rule(part))):
            written = (_bash(command), _bash(f"{command}:*"))
            # A command that no rule can hold stays denied: better than a dialog that holds up the whole instance.
            rules += [rule for rule in written if not fault(rule)]
    return list(dict.fromkeys([*rules, *more]))


def fault(rule: str) -> str:
    """Return what is wrong with a rule; "" if nothing is.

    Claude Code opens a dialog about a rule that it cannot read, before anything else, and waits there.
    """
    tool, opening, content = rule.strip().partition("(")
    bare = re.sub(r"\\.", "", content)
    if opening and (not rule.strip().endswith(")") or bare.count("(") + 1 != bare.count(")")):
        return "its parentheses do not match; write a literal one as \\( or \\)"
    content = content[:-1]
    prefix, _, after = content.partition(":*")
    faults = {
        "it needs the form Tool or Tool(what)": not re.fullmatch(r"[A-Z]\w*|mcp__[\w*-]+", tool),
        "there is nothing between its parentheses": opening and not content.strip(),
        "a rule for an MCP server's tool takes no parentheses": opening and tool.startswith("mcp__"),
        "`:*` belongs at the end of a Bash rule, after a command": ":*" in content
        and (tool != "Bash" or not prefix.strip() or after),
        "WebFetch takes domain:HOST": opening and tool == "WebFetch" and not content.startswith("domain:"),
    }
    return next((what for what, wrong in faults.items() if wrong), "")


def denied_rule(tool: str, detail: str) -> str:
    """Return the rule that would allow such a call; "" where no rule can.

    `detail` is the command, the path (relative inside the worktree, else absolute) or the address the tool was given.
    """
    rule = "" if tool in _NOBODY_MAY_ALLOW else _rule_for(tool, detail.strip())
    return "" if fault(rule) or rule in OWN_FILES else rule


def _rule_for(tool: str, detail: str) -> str:
    host = re.match(r"https?://([^/:?#]+)", detail)
    match tool:
        case "Bash":
            return _bash_rule(detail)
        case "Edit" | "Write" | "NotebookEdit":
            # What is denied inside the worktree is protected by the CLI itself. `//` begins an absolute path.
            return f"Edit(/{_escaped(detail)})" if detail.startswith("/") else ""
        case "Read":
            return f"Read(/{_escaped(detail)})" if detail.startswith("/") else ""
        case "Grep" | "Glob" if detail.startswith("/"):
            return f"Read(/{_escaped(detail.rstrip('/'))}/**)"
        case "WebFetch" if host:
            return f"WebFetch(domain:{host[1]})"
        case "Skill" if detail:
            return f"Skill({_escaped(detail)})"
    return tool


def _bash(command: str) -> str:
    return f"Bash({_escaped(command)})"


def _escaped(content: str) -> str:
    return re.sub(r"([\\()])", r"\\\1", content) if re.search("[()]", content) else content


def commands_in(line: str) -> tuple[str, ...]:
    """Return a shell line's commands, without redirections; a line that cannot be read is one command."""
    # What follows a here-document's mark is text.
    line = line.partition("\n")[0] if "<<" in line else line
    words = shlex.shlex(line, posix=False, punctuation_chars=";&|<>\n")
    words.whitespace = " \t\r"
    words.whitespace_split = True
    words.commenters = ""
    try:
        return tuple(" ".join(command) for command in _split(list(words)) if command)
    except ValueError:
        return (line.strip(),)


def _split(words: Sequence[str]) -> Iterator[list[str]]:
    command: list[str] = []
    target_follows = False
    for word in words:
        if word[0] in "<>":
            # `2>&1`: the number before belongs to the redirection, and so does what follows it.
            if command and command[-1].isdigit():
                command.pop()
            target_follows = True
        elif target_follows:
            target_follows = False
        elif set(word) <= set(";&|\n"):
            yield command
            command = []
        else:
            command.append(word)
    yield command


def _needs_rule(command: str) -> bool:
    program, *_ = command.split() or [""]
    return program not in {"", *_READS_ONLY} and not any(
        command == rule[5:-3] or command.startswith(f"{rule[5:-3]} ") for rule in OWN_BRANCH
    )


def _bash_rule(line: str) -> str:
    commands = [command for command in commands_in(line) if _needs_rule(command)]
    if re.search(r"[$`]", line):
        # What it does follows from what the shell puts in: word for word or not at all.
        return _bash(line) if "\n" not in line else ""
    if not commands:
        # Harmless commands: what was refused is where their output goes, and no rule moves that border.
        return ""
    words = commands[0].split()
    # An assignment before the command belongs to what a rule is compared with.
    assignments = len(words) - len(_after_assignments(words))
    program, *arguments = words[assignments:] or [""]
    if program in _RUNS_ANYTHING and arguments[:1] != ["-m"]:
        return _bash(commands[0])
    kept = assignments + 1 + _verbs(program, arguments)
    return _bash(f"{' '.join(words[:kept])}:*")


def _after_assignments(words: Sequence[str]) -> Sequence[str]:
    for place, word in enumerate(words):
        if not re.match(r"[A-Za-z_]\w*=", word):
            return words[place:]
    return ()


def _verbs(program: str, arguments: Sequence[str]) -> int:
    """How many arguments say what the program does, rather than what it does it to."""
    if arguments[:1] == ["-m"]:
        return min(2, len(arguments))
    if program not in _SPEAKS_IN_VERBS or not arguments or not re.fullmatch(r"[a-z][\w:-]*", arguments[0]):
        return 0
    return 2 if arguments[0] in {"run", "exec"} and len(arguments) > 1 else 1
