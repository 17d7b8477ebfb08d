"""The house rules that no linter knows: what lies where, what things are called, what must not be in a file."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "tmux_orchestra"
TOP_LEVEL = {
    *("pyproject.toml", "README.md", "LICENSE", "constraints.txt"),
    *("tmux_orchestra", "layouts", "tests", "scripts"),
}
NOT_OUR_WORDS = {"job", "worker", "manager", "handler", "util", "utils", "helper", "helpers", "data", "misc"}
PURE = ("core", "planners", "agents", "mergers")
NOT_A_MIRROR = {"e2e", "doubles", "scripts"}
"""Folders of tests that stand for no folder of the package."""


def our_files() -> list[Path]:
    """Everything that git would take into a commit."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def modules(*folders: str) -> Iterator[tuple[Path, ast.Module]]:
    for folder in folders or (".",):
        for path in sorted((PACKAGE / folder).rglob("*.py")):
            yield path, ast.parse(path.read_text(encoding="utf-8"))


def test_the_top_level_holds_only_what_was_agreed() -> None:
    found = {path.relative_to(ROOT).parts[0] for path in our_files()}
    assert {name for name in found if not name.startswith(".")} <= TOP_LEVEL


def test_every_test_file_stands_where_its_module_stands() -> None:
    strays = []
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        folder = path.parent.relative_to(ROOT / "tests")
        if path.parent == ROOT / "tests" or folder.parts[0] in NOT_A_MIRROR:
            continue
        # test_<module>.py, or test_<module>_<what of it>.py; a package's rules for all its modules are its contract.
        name = path.stem.removeprefix("test_")
        here = {module.stem for module in (PACKAGE / folder).glob("[a-z]*")} | {"contract", folder.name}
        if not any(name == module or name.startswith(f"{module}_") for module in here):
            strays.append(str(path.relative_to(ROOT)))
    assert strays == []


def test_our_own_things_have_precise_names() -> None:
    found = []
    for path, tree in modules():
        names = [path.stem] + [
            node.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        ]
        for name in names:
            words = re.findall(r"[a-z]+", re.sub(r"([A-Z])", r"_\1", name).lower())
            if NOT_OUR_WORDS & set(words):
                found.append(f"{path.relative_to(ROOT)}: {name}")
    assert found == []


def test_what_runs_inside_a_pane_needs_nothing_but_python_and_its_neighbours() -> None:
    found = []
    for path, tree in modules("pane"):
        for node in ast.walk(tree):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or "." * node.level]
            foreign = [name for name in names if name.split(".")[0] not in sys.stdlib_module_names]
            found += [f"{path.name}: {name}" for name in foreign if not name.startswith("tmux_orchestra.pane.")]
    assert found == []


@pytest.mark.parametrize("folder", PURE)
def test_pure_code_asks_neither_the_clock_nor_the_disk_nor_chance(folder: str) -> None:
    impure = {"open", "now", "utcnow", "today", "uuid1", "uuid4", "read_text", "write_text", "read_bytes", "exists"}
    found = []
    for path, tree in modules(folder):
        for call in (node.func for node in ast.walk(tree) if isinstance(node, ast.Call)):
            name = call.attr if isinstance(call, ast.Attribute) else call.id if isinstance(call, ast.Name) else ""
            if name in impure:
                found.append(f"{path.relative_to(ROOT)}:{call.lineno}: {name}()")
    assert found == []


def test_no_file_knows_one_machine_or_one_registry() -> None:
    # Put together from pieces, so that this file does not find itself.
    machine = ("/" + "root/", "/" + "work/", "/opt/" + "orch", "/home/" + "(?!person/)[a-z]+/")
    registry = ("py" + r"pi\.org", "files.python" + r"hosted\.org", "registry.npm" + r"js\.org")
    private = re.compile("|".join((*machine, *registry)))
    found = []
    for path in our_files():
        for number, line in enumerate(path.read_bytes().decode("utf-8", "replace").splitlines(), 1):
            if private.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}")
    assert found == []


def test_every_dependency_says_why_it_is_there() -> None:
    lines = (ROOT / "pyproject.toml").read_text(encoding="utf-8").splitlines()
    project = tomllib.loads("\n".join(lines))["project"]
    for requirement in [*project["dependencies"], *project["optional-dependencies"]["dev"]]:
        number = next(n for n, line in enumerate(lines) if line.strip().startswith(f'"{requirement}"'))
        # Two that are there for the same reason may share it.
        above = next(line for line in reversed(lines[:number]) if not line.strip().startswith('"types-'))
        assert above.strip().startswith("# "), f"{requirement} gives no reason"


def test_every_dependency_is_pinned_and_no_pin_says_where_it_comes_from() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pins = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in pins if not line.startswith("#")]
    assert [line for line in pins if not re.fullmatch(r"[A-Za-z0-9_.-]+==[A-Za-z0-9_.]+", line)] == []
    pinned = {normal_name(line) for line in pins}
    wanted = {normal_name(line) for line in [*project["dependencies"], *project["optional-dependencies"]["dev"]]}
    assert wanted <= pinned


def normal_name(requirement: str) -> str:
    """Return the project's name as package indexes compare it."""
    found = re.match(r"[A-Za-z0-9_.-]+?(?=[=<>~;\[ ]|$)", requirement)
    assert found, requirement
    return re.sub(r"[-_.]+", "-", found[0]).lower()


def test_every_script_can_be_started() -> None:
    scripts = [path for path in (*(ROOT / "scripts").iterdir(), ROOT / ".ci" / "run") if path.is_file()]
    started = [path for path in scripts if path.read_bytes().startswith(b"#!")]
    assert started
    assert [str(path) for path in started if not path.stat().st_mode & 0o111] == []
