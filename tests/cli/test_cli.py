"""The command line as a whole: its verbs, their help, how it refuses, and how it ends."""

import json
import os
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import click
import pytest

from tests.cli.person import Say, completed
from tests.e2e.orchestra import PROGRAM
from tmux_orchestra import cli
from tmux_orchestra.cli import VERBS, program

PEOPLES = [verb for verb, line in VERBS.items() if line]
READING = ("status", "plan", "runs", "events", "logs", "doctor", "layouts", "wait", "why")
OF_A_RUN = ("status", "attach", "send", "logs", "events", "why", "wait", "pause", "resume", "cancel", "retry", "merge")
ROOT = Path(__file__).parents[2]


def command(verb: str) -> click.Command:
    found: click.Command = import_module(f"tmux_orchestra.cli.{verb}").command
    return found


# --- help --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_a_module_a_name_and_a_help_text(verb: str) -> None:
    assert command(verb).name == verb
    assert command(verb).help
    undescribed = [p.name for p in command(verb).params if isinstance(p, click.Option) and not p.help]
    assert undescribed == []


def test_every_module_with_a_command_is_a_verb() -> None:
    folder = Path(cli.__file__).parent
    with_command = {p.stem for p in folder.glob("*.py") if re.search(r"^def command\(", p.read_text(), re.MULTILINE)}
    assert with_command == set(VERBS)


@pytest.mark.parametrize("verb", PEOPLES)
def test_the_help_is_short_fits_a_terminal_and_uses_our_words(say: Say, verb: str) -> None:
    said = say(verb, "--help")
    assert (said.code, said.err) == (0, "")
    assert len(said.out.splitlines()) < 70
    assert all(len(line) <= 80 for line in said.out.splitlines()), said.out
    assert not re.search(r"\b(job|worker|manager|handler|util|helper)s?\b", said.out, re.IGNORECASE)


def test_the_list_of_commands_leaves_out_what_is_not_for_people(say: Say) -> None:
    said = say("--help")
    listed = re.findall(r"^  ([a-z-]+)  +\S", said.out.partition("Commands:")[2], re.MULTILINE)
    assert listed == PEOPLES


def test_without_a_verb_the_help_is_shown_and_it_is_a_usage_error(say: Say) -> None:
    said = say()
    assert said.code == 2
    assert "Commands:" in said.out


def test_the_readmes_table_of_commands_has_every_verb() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = {row for line in readme.splitlines() if line.startswith("| `") for row in re.findall(r"`([a-z-]+)", line)}
    assert set(PEOPLES) - rows == set()


# --- refusing ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("strat",), ("'strat'", "run: tmux-orchestra start")),
        (("zzz",), ("'zzz'", "tmux-orchestra --help")),
        (("--zzz",), ("--zzz", "tmux-orchestra --help")),
        (("status", "everything"), ("everything", "status --help")),
        (("pause", "--timeout", "-1"), ("--timeout", "pause --help")),
        (("send",), ("TASK", "send --help")),
    ],
)
def test_a_wrong_command_line_is_refused_in_three_lines(
    say: Say, repo: Path, untouched: None, arguments: tuple[str, ...], words: tuple[str, ...]
) -> None:
    say(*arguments).refused(2, *words)


@pytest.mark.parametrize("verb", [*OF_A_RUN, "cleanup", "recover"])
def test_without_a_run_every_verb_says_how_to_start_one(say: Say, repo: Path, untouched: None, verb: str) -> None:
    further = {"send": ("api", "text"), "logs": ("api",), "why": ("api",)}.get(verb, ())
    say(verb, *further).refused(2, "no run in this repository yet", "tmux-orchestra start")


@pytest.mark.parametrize("verb", [*OF_A_RUN, "cleanup", "recover", "runs", "start"])
def test_outside_of_a_repository_every_verb_says_so(
    say: Say, home: Path, place: Path, untouched: None, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    monkeypatch.chdir(place)
    further = {"send": ("api", "text"), "logs": ("api",), "why": ("api",), "start": ("fix it",)}.get(verb, ())
    say(verb, *further).refused(2, "not in a git repository")


@pytest.mark.parametrize("verb", READING)
def test_every_reading_verb_speaks_json(verb: str) -> None:
    assert "--json" in {option for param in command(verb).params for option in param.opts}


# --- ending ------------------------------------------------------------------------------------------


def test_a_bug_is_told_without_a_traceback_and_written_down(
    say: Say, home: Path, repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(VERBS, "no_such_module", "")
    said = say("no_such_module")
    said.refused(3, "this is a bug", "no_such_module")
    log = Path(said.err.split()[-1])
    assert log.is_relative_to(home)
    assert "Traceback" in log.read_text()


@pytest.mark.parametrize("home_", ["", None, "/proc/no/such/home"])
def test_a_bug_is_written_down_even_without_a_home(
    say: Say, repo: Path, monkeypatch: pytest.MonkeyPatch, home_: str | None
) -> None:
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.delenv("HOME") if home_ is None else monkeypatch.setenv("HOME", home_)
    monkeypatch.setitem(VERBS, "no_such_module", "")
    said = say("no_such_module")
    said.refused(3)
    log = Path(said.err.split()[-1])
    assert "Traceback" in log.read_text()
    log.unlink()


def test_closed_streams_are_no_failure(repo: Path) -> None:
    program_ = " ".join(f"'{word}'" for word in PROGRAM)
    for closed in ("<&-", ">&-", "2>&-", "<&- >&- 2>&-"):
        done = subprocess.run(["sh", "-c", f"{program_} layouts {closed}"], cwd=repo, capture_output=True, check=False)
        assert (done.returncode, done.stderr) == (0, b""), closed


# --- completion --------------------------------------------------------------------------------------


def test_the_shell_completes_verbs_agents_and_layouts(repo: Path) -> None:
    assert completed(repo, "sta") == ["start", "status"]
    assert completed(repo, "start", "--agent", "re") == ["rehearsal"]
    assert completed(repo, "start", "--layout", "comp") == ["compact"]
    assert completed(repo, "why", "") == []


def test_the_program_is_a_group_that_can_be_asked_for_its_version(say: Say) -> None:
    assert isinstance(program, click.Group)
    assert re.fullmatch(r"tmux-orchestra, version \d+\.\d+\S*\n", say("--version").out)


def test_no_verb_is_imported_before_it_is_called() -> None:
    code = "import sys, tmux_orchestra.cli; print([m for m in sys.modules if m.startswith(('libtmux', 'git', 'rich'))])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ)
    assert json.loads(done.stdout.replace("'", '"')) == []


def test_only_who_plans_waits_for_the_planners() -> None:
    """Their tables of phrases are a third of what any other command would load."""
    others = [f"tmux_orchestra.cli.{verb}" for verb in VERBS if verb not in {"start", "plan"}]
    code = (
        f"import sys, {', '.join(others)}; print([m for m in sys.modules if m.startswith('tmux_orchestra.planners')])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
