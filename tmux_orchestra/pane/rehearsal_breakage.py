"""Ways to break a repository's checks: a failing test in the fashion of the tests that are there."""

from fnmatch import fnmatch
from pathlib import PurePosixPath

_PYTHON = """import unittest


class TestRehearsed{name}(unittest.TestCase):
    def test_rehearsed_failure(self):
        self.fail("rehearsed failure")
"""
_GO = """package {package}

import "testing"

func TestRehearsed{name}(t *testing.T) {{ t.Fatal("rehearsed failure") }}
"""
_RUST = '#[test]\nfn rehearsed_failure() {\n    panic!("rehearsed failure");\n}\n'
_JAVASCRIPT = 'throw new Error("rehearsed failure");\n'


def broken_files(tracked: list[str], task: str) -> dict[str, str]:
    """Return path -> text of files that make the usual checks fail, given the repository's paths.

    Always among them is `BROKEN`, for checks that no fashion of tests is recognised of.
    """
    files = {"BROKEN": "rehearsed failure\n"}
    slug, name = task.replace("-", "_"), "".join(part.capitalize() for part in task.split("-"))
    if (folder := _home(tracked, ("test_*.py", "*_test.py", "conftest.py"), "tests")) is not None:
        files[f"{folder}test_rehearsed_{slug}.py"] = _PYTHON.format(name=name)
    if (folder := _home(tracked, ("*.test.js", "*.test.mjs", "*.test.ts", "package.json"), "test")) is not None:
        files[f"{folder}rehearsed-{task}.test.js"] = _JAVASCRIPT
    if (folder := _home(tracked, ("*_test.go",), "")) is not None:
        package = PurePosixPath(folder).name or "main"
        files[f"{folder}rehearsed_{slug}_test.go"] = _GO.format(package=package, name=name)
    if _home(tracked, ("Cargo.toml",), "") is not None:
        files[f"tests/rehearsed_{slug}.rs"] = _RUST
    return files


def _home(tracked: list[str], patterns: tuple[str, ...], usual: str) -> str | None:
    """Return the folder (with its slash) of the first such file, `usual` first; None if there is no such file."""
    folders = [
        str(PurePosixPath(path).parent)
        for path in tracked
        if any(fnmatch(PurePosixPath(path).name, pattern) for pattern in patterns)
    ]
    if not folders:
        return None
    folder = usual if usual in folders else folders[0]
    return "" if folder == "." else f"{folder}/"
