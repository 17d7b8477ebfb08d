"""scripts/try: a stranger's first minute: one command, and the request is carried out in a sample repository."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PREPARED = ROOT / ".venv"

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(
        Path(sys.prefix) != PREPARED, reason="would prepare a .venv: run the tests with the one scripts/test makes"
    ),
]


def orchestra(repository: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    program = PREPARED / "bin" / "tmux-orchestra"
    return subprocess.run([program, *arguments], cwd=repository, capture_output=True, text=True, check=False)


def test_one_command_carries_a_request_through_without_terminal_home_or_git_identity(tmp_path: Path) -> None:
    tried = subprocess.run(
        [ROOT / "scripts" / "try"],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    last = tried.stdout.splitlines()[-1]
    assert last.startswith("repository: "), tried.stderr
    repository = Path(last.removeprefix("repository: "))
    try:
        assert tried.returncode == 0, tried.stdout + tried.stderr
        log = subprocess.run(
            ["git", "log", "--format=%(trailers:key=Orchestra-Task,valueonly)"],
            cwd=repository,
            capture_output=True,
            text=True,
            check=True,
        )
        assert len(log.stdout.split()) == 3  # authentication, payments, documentation
    finally:
        cleaned = orchestra(repository, "cleanup", "all", "--yes")
    assert cleaned.returncode == 0, cleaned.stderr
    assert [path.name for path in repository.parent.iterdir()] == ["sample"]
