"""scripts/lib.sh: what a machine has is recognised, and what it lacks is installed by its own package manager."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
NEEDED = ("sh", "sed", "cut", "id", "env", "cat", "chmod")


def shell(text: str, path: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run shell text that may call the functions of scripts/lib.sh, seeing only the programs in `path`."""
    return subprocess.run(
        ["/bin/sh", "-euc", f'. "{ROOT}/scripts/lib.sh"; {text}'],
        env={**os.environ, "root": str(ROOT), **({"PATH": path} if path else {})},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def bare_machine(tmp_path: Path) -> Path:
    """A folder that is the whole PATH of a machine with a shell and little else."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in NEEDED:
        found = shutil.which(name)
        assert found
        (folder / name).symlink_to(found)
    return folder


def program(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{text}\n")
    (folder / name).chmod(0o755)


@pytest.mark.parametrize(
    ("have", "want", "enough"),
    [
        ("tmux 3.3a", "3.2", True),
        ("tmux next-3.4", "3.2", True),
        ("tmux 3.1c", "3.2", False),
        ("tmux 2.9", "3.2", False),
        ("2.39.5", "2.38", True),
        ("2.100.1", "2.38", True),
        ("2.4.11", "2.38", False),
        ("3", "2.38", True),
        ("tmux master", "3.2", False),
        ("", "3.2", False),
    ],
)
def test_versions_are_compared_as_numbers(have: str, want: str, *, enough: bool) -> None:
    assert (shell(f'at_least "{have}" {want}').returncode == 0) is enough


def test_a_python_that_is_too_old_or_does_not_run_is_passed_over(bare_machine: Path) -> None:
    program(bare_machine, "python3", "exit 1")
    program(bare_machine, "python3.13", "echo 'not installed, only a stub' >&2; exit 127")
    program(bare_machine, "python3.12", "echo /where/it/really/is")
    assert shell("find_python", str(bare_machine)).stdout == "/where/it/really/is\n"


@pytest.mark.skipif(os.getuid() != 0, reason="without root the commands go through sudo")
@pytest.mark.parametrize(
    ("installer", "tool", "asked"),
    [
        ("apt-get", "tmux", "install -y -q --no-install-recommends tmux"),
        ("dnf", "git", "install -y -q git"),
        ("pacman", "npm", "-Sy --needed --noconfirm npm"),
        ("zypper", "tmux", "--non-interactive install tmux"),
        ("apk", "git", "add -q git"),
        ("brew", "npm", "install -q node"),
    ],
)
def test_only_what_is_missing_is_installed(bare_machine: Path, installer: str, tool: str, asked: str) -> None:
    calls = bare_machine.parent / "calls"
    brings = f"printf '#!/bin/sh\\necho {tool} version 99.0\\n' > {bare_machine}/{tool}; chmod +x {bare_machine}/{tool}"
    program(bare_machine, installer, f'echo "$*" >> {calls}; {brings}')
    for present in {"tmux", "git", "npm"} - {tool}:
        program(bare_machine, present, f"echo {present} version 99.0")
    done = shell("need tmux git npm", str(bare_machine))
    assert done.returncode == 0, done.stderr
    assert calls.read_text().splitlines()[-1] == asked


def test_a_machine_without_a_known_package_manager_is_told_what_to_install(bare_machine: Path) -> None:
    done = shell("need tmux git", str(bare_machine))
    assert done.returncode == 4
    assert "install by hand: tmux git" in done.stderr


def test_a_package_manager_that_brings_an_old_version_is_not_believed(bare_machine: Path) -> None:
    program(bare_machine, "tmux", "echo tmux 3.0")
    program(bare_machine, "sudo", 'exec "$@"')
    program(bare_machine, "apt-get", "exit 0")
    done = shell("need tmux", str(bare_machine))
    assert done.returncode == 4
    assert "still missing or too old" in done.stderr
