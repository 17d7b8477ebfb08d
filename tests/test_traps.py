"""The traps catch what they are for: each is sprung by a small test suite, which a pytest of its own runs."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.traps import footprint, new_traces

ROOT = Path(__file__).parent.parent
RunSuite = Callable[[str], subprocess.CompletedProcess[str]]

DAEMON = """
import os, subprocess, sys
DAEMON = "import os, time\\nif os.fork(): os._exit(0)\\nos.setsid()\\nprint(os.getpid(), flush=True)\\ntime.sleep(60)"
def start():
    with open("pid", "wb") as out:
        subprocess.run([sys.executable, "-c", DAEMON], stdout=out, check=True)
"""


@pytest.fixture
def run_suite(tmp_path: Path) -> RunSuite:
    """Run the given test module under this project's conftest, as a person's whole test run."""

    def run(text: str) -> subprocess.CompletedProcess[str]:
        (tmp_path / "tests").mkdir()
        for needed in ("pyproject.toml", "tests/conftest.py", "tests/traps.py", "tests/waiting.py"):
            shutil.copy(ROOT / needed, tmp_path / needed)
        (tmp_path / "tests" / "test_it.py").write_text(text)
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n0"]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    return run


def the_daemon_is_gone(folder: Path) -> bool:
    pid = int((folder / "pid").read_text())
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_a_test_that_leaves_a_daemon_fails_by_name_and_the_daemon_is_ended(run_suite: RunSuite, tmp_path: Path) -> None:
    ran = run_suite(DAEMON + "def test_careless():\n    start()\ndef test_tidy():\n    pass\n")
    assert ran.returncode == pytest.ExitCode.TESTS_FAILED, ran.stdout
    assert "ERROR at teardown of test_careless" in ran.stdout
    assert "2 passed, 1 error" in ran.stdout
    assert the_daemon_is_gone(tmp_path)


def test_a_run_whose_shared_fixture_leaves_a_daemon_fails_at_its_end(run_suite: RunSuite, tmp_path: Path) -> None:
    fixture = "import pytest\n@pytest.fixture(scope='session')\ndef careless():\n    start()\n"
    ran = run_suite(DAEMON + fixture + "def test_it(careless):\n    pass\n")
    assert ran.returncode == pytest.ExitCode.TESTS_FAILED, ran.stdout
    assert "left behind by the tests" in ran.stdout
    assert the_daemon_is_gone(tmp_path)


def test_a_test_sees_nothing_of_the_person_who_runs_it(home: Path) -> None:
    assert Path.home() == home
    assert list(home.iterdir()) == []
    assert [name for name in os.environ if name.startswith(("TMUX_ORCHESTRA", "ANTHROPIC")) or name == "TMUX"] == []
    asked = subprocess.run(["git", "config", "--list", "--show-origin"], capture_output=True, text=True, check=False)
    assert "user.name" not in asked.stdout


def test_what_a_test_writes_into_the_real_home_is_seen(tmp_path: Path) -> None:
    (tmp_path / ".claude.json").write_text('{"projects": {"/somewhere": {}}}')
    before = footprint(tmp_path, tmp_path / "sockets")
    (tmp_path / ".config" / "tmux-orchestra").mkdir(parents=True)
    (tmp_path / ".claude.json").write_text('{"projects": {"/tmp/pytest-of-somebody/pytest-1/repo": {}}}')
    (tmp_path / "sockets").mkdir()
    (tmp_path / "sockets" / "tmux-orchestra").touch()
    assert len(new_traces(before, footprint(tmp_path, tmp_path / "sockets"))) == 3


def test_what_the_person_does_meanwhile_is_no_trace(tmp_path: Path) -> None:
    (tmp_path / ".claude" / "projects").mkdir(parents=True)
    before = footprint(tmp_path, tmp_path)
    (tmp_path / ".claude.json").write_text('{"projects": {"/somewhere": {}}}')
    (tmp_path / ".claude" / "projects" / "-home-me-code").mkdir()
    assert new_traces(before, footprint(tmp_path, tmp_path)) == []


def test_the_sample_repository_is_green_and_clean(sample_repo: Path) -> None:
    subprocess.run(["python3", "-B", "-m", "unittest", "-q"], cwd=sample_repo, check=True, capture_output=True)
    status = subprocess.run(["git", "status", "--porcelain"], cwd=sample_repo, check=True, capture_output=True)
    assert status.stdout == b""
