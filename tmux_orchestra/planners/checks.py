"""The checks that a repository shows by itself: how its own tests are run, and which file says so.

A command must work in a fresh worktree, where nothing is built or installed yet, so: `python3 -m …`, which
exists everywhere and finds modules beside the tests, and package managers by the lock file they wrote.
"""

import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from configparser import ConfigParser
from configparser import Error as ConfigError
from dataclasses import dataclass
from fnmatch import fnmatchcase

Files = Mapping[str, str | None]
"""Name below the repository's root -> text; None where only its existence is known."""

_TEST_MODULES = ("test_*.py", "*_test.py", "tests/test_*.py", "tests/*_test.py", "test/test_*.py")
_MAKEFILES = ("GNUmakefile", "makefile", "Makefile")
_LOCKS = {
    "pnpm-lock.yaml": "pnpm",
    "yarn.lock": "yarn",
    "bun.lock": "bun",
    "bun.lockb": "bun",
    "package-lock.json": "npm",
}

LOOKS_AT: tuple[str, ...] = (
    *_MAKEFILES,
    "pyproject.toml",
    "pytest.ini",
    ".pytest.ini",
    "tox.ini",
    "setup.cfg",
    "conftest.py",
    "tests/conftest.py",
    "tests/__init__.py",
    "test/__init__.py",
    "uv.lock",
    *_TEST_MODULES,
    "package.json",
    *_LOCKS,
    "Cargo.toml",
    "go.mod",
)
"""Names and patterns that `detect_checks` wants to know of; it reads nothing deeper than one folder."""


@dataclass(frozen=True)
class Check:
    """A shell line that must pass, and why it is thought to be the repository's own."""

    command: str
    because: str


def detect_checks(files: Files) -> tuple[Check, ...]:
    """Return the repository's own test commands, () if it shows none.

    A Makefile's target `test` stands alone: it is the repository's own word for "run the tests", whatever
    the languages below it. Otherwise every language that shows tests has its command.
    """
    return tuple(_make(files)) or tuple(check for language in _LANGUAGES for check in language(files))


def _make(files: Files) -> Iterator[Check]:
    for name in _MAKEFILES:  # in the order in which make itself looks for them
        if re.search(r"^(?:[\w./-]+ +)*test(?: +[\w./-]+)* *::?(?![:=])", files.get(name) or "", re.MULTILINE):
            yield Check("make test", f"{name} has the target test")
            return


def _python(files: Files) -> Iterator[Check]:
    runner = "uv run python" if "uv.lock" in files else "python3"  # uv installs what the tests need by itself
    if because := _pytest_is_used(files):
        yield Check(f"{runner} -m pytest -q", because)
        return
    for folder in ("", "tests", "test"):
        modules = [name for name in _test_modules(files) if name.rpartition("/")[0] == folder]
        name = next((name for name in modules if "unittest" in (files[name] or "")), None)
        if name is None:
            continue
        package = not folder or f"{folder}/__init__.py" in files
        command = "unittest discover" if not folder else f"unittest discover -s {folder}"
        yield Check(f"{runner} -m {command}{' -t .' if package and folder else ''}", f"{name} uses unittest")


def _pytest_is_used(files: Files) -> str:
    """Return what shows that the tests are pytest's, "" if nothing does."""
    tool = _table(_toml(files.get("pyproject.toml")).get("tool"))
    settings = _table(tool.get("pytest"))
    if "pytest" in tool:
        return f"pyproject.toml has [tool.pytest{'.ini_options' if 'ini_options' in settings else ''}]"
    for name, section in (("tox.ini", "pytest"), ("setup.cfg", "tool:pytest")):
        if section in _sections(files.get(name)):
            return f"{name} has [{section}]"
    for name in ("pytest.ini", ".pytest.ini", "conftest.py", "tests/conftest.py"):
        if name in files:
            return f"{name} is there"
    for name in _test_modules(files):
        text = files[name] or ""
        if re.search(r"^\s*(?:import|from) pytest\b", text, re.MULTILINE):
            return f"{name} imports pytest"
        if re.search(r"^(?:async )?def test_", text, re.MULTILINE):
            return f"{name} defines test functions"
    return ""


def _node(files: Files) -> Iterator[Check]:
    package = _json(files.get("package.json"))
    script = _table(package.get("scripts")).get("test")
    if not isinstance(script, str) or not script.strip() or "no test specified" in script:
        return
    named = str(package.get("packageManager", "")).partition("@")[0]
    by_lock = next((tool for lock, tool in _LOCKS.items() if lock in files), "npm")
    tool = named if named in _LOCKS.values() else by_lock
    # `bun test` would be bun's own runner, not the script.
    yield Check("bun run test" if tool == "bun" else f"{tool} test", "package.json has the script test")


def _rust(files: Files) -> Iterator[Check]:
    if "Cargo.toml" in files:
        yield Check("cargo test", "Cargo.toml is there")


def _go(files: Files) -> Iterator[Check]:
    if "go.mod" in files:
        yield Check("go test ./...", "go.mod is there")


_LANGUAGES: tuple[Callable[[Files], Iterator[Check]], ...] = (_python, _node, _rust, _go)


def _test_modules(files: Files) -> list[str]:
    """Return the names of Python's test modules; a pattern without a folder means the root alone."""
    return sorted(
        name
        for name in files
        if any(name.count("/") == pattern.count("/") and fnmatchcase(name, pattern) for pattern in _TEST_MODULES)
    )


def _toml(text: str | None) -> Mapping[str, object]:
    """Read TOML; a file that cannot be read says nothing."""
    try:
        return tomllib.loads(text or "")
    except tomllib.TOMLDecodeError:
        return {}


def _json(text: str | None) -> Mapping[str, object]:
    """Read a JSON object; a file that cannot be read says nothing."""
    try:
        return _table(json.loads(text or "{}"))
    except (ValueError, RecursionError):
        return {}


def _sections(text: str | None) -> list[str]:
    """Return the names of an INI file's sections; a file that cannot be read has none."""
    parser = ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(text or "")
    except ConfigError:
        return []
    return parser.sections()


def _table(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}
