"""The checks that a repository shows by itself."""

import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tmux_orchestra.planners.checks import LOOKS_AT, Check, detect_checks

UNITTEST = "import unittest\n\n\nclass T(unittest.TestCase):\n    def test_it(self):\n        self.assertEqual(1, 1)\n"
PYTEST = "import pytest\n\n\ndef test_it():\n    assert True\n"
NPM_DEFAULT = json.dumps({"scripts": {"test": 'echo "Error: no test specified" && exit 1'}})
VITEST = json.dumps({"scripts": {"test": "vitest run"}})


@pytest.mark.parametrize(
    ("files", "commands"),
    [
        ({}, []),
        ({"README.md": "x"}, []),
        ({"pyproject.toml": "[tool.pytest.ini_options]\n"}, ["python3 -m pytest -q"]),
        ({"pyproject.toml": "[tool.pytest]\nstrict = true\n"}, ["python3 -m pytest -q"]),
        ({"pyproject.toml": "[project]\nname = 'x'\n"}, []),
        ({"pyproject.toml": "not [ toml"}, []),
        ({"pytest.ini": None}, ["python3 -m pytest -q"]),
        ({"tox.ini": "[tox]\n[pytest]\n"}, ["python3 -m pytest -q"]),
        ({"tox.ini": "[tox]\n"}, []),
        ({"setup.cfg": "[tool:pytest]\n"}, ["python3 -m pytest -q"]),
        ({"conftest.py": ""}, ["python3 -m pytest -q"]),
        ({"tests/test_a.py": PYTEST}, ["python3 -m pytest -q"]),
        ({"test_a.py": "def test_a():\n    pass\n"}, ["python3 -m pytest -q"]),
        ({"uv.lock": None, "tests/test_a.py": PYTEST}, ["uv run python -m pytest -q"]),
        ({"test_a.py": UNITTEST}, ["python3 -m unittest discover"]),
        ({"tests/test_a.py": UNITTEST}, ["python3 -m unittest discover -s tests"]),
        ({"tests/test_a.py": UNITTEST, "tests/__init__.py": ""}, ["python3 -m unittest discover -s tests -t ."]),
        ({"tests/deep/test_a.py": PYTEST}, []),
        ({"package.json": NPM_DEFAULT}, []),
        ({"package.json": "{"}, []),
        ({"package.json": '{"scripts": []}'}, []),
        ({"package.json": VITEST}, ["npm test"]),
        ({"package.json": VITEST, "package-lock.json": None}, ["npm test"]),
        ({"package.json": VITEST, "pnpm-lock.yaml": None}, ["pnpm test"]),
        ({"package.json": VITEST, "yarn.lock": None}, ["yarn test"]),
        ({"package.json": VITEST, "bun.lock": None}, ["bun run test"]),
        ({"package.json": json.dumps({"packageManager": "pnpm@9.1.0", **json.loads(VITEST)})}, ["pnpm test"]),
        ({"Cargo.toml": None}, ["cargo test"]),
        ({"go.mod": None}, ["go test ./..."]),
        ({"go.mod": None, "package.json": VITEST}, ["npm test", "go test ./..."]),
        ({"Makefile": "build:\n\tcc x.c\n"}, []),
        ({"Makefile": "test := yes\n"}, []),
        ({"Makefile": "latest: x\n"}, []),
        ({"Makefile": None}, []),
        ({"Makefile": ".PHONY: test\ntest: build\n\t./run\n"}, ["make test"]),
        ({"Makefile": "check test:\n\t./run\n"}, ["make test"]),
        ({"Makefile": "test:\n\t./run\n", "tests/test_a.py": PYTEST, "Cargo.toml": None}, ["make test"]),
    ],
)
def test_a_repository_shows_its_checks(files, commands):
    assert [check.command for check in detect_checks(files)] == commands


def test_each_check_says_which_file_shows_it():
    assert detect_checks({"pyproject.toml": "[tool.pytest.ini_options]\n"}) == (
        Check("python3 -m pytest -q", "pyproject.toml has [tool.pytest.ini_options]"),
    )


@pytest.mark.parametrize("folder", ["", "tests/"])
@pytest.mark.parametrize("package", [True, False])
@pytest.mark.parametrize("text", [UNITTEST, PYTEST])
def test_what_is_chosen_for_python_passes_in_a_fresh_folder(tmp_path, folder, package, text):
    files = {f"{folder}test_a.py": "import own\n" + text, "own.py": ""}
    if package and folder:
        files["tests/__init__.py"] = ""
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)
    (check,) = detect_checks(files)
    argv = check.command.replace("python3", sys.executable, 1).split()
    done = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout or "Ran 1 test" in done.stderr


@given(st.dictionaries(st.sampled_from([name for name in LOOKS_AT if "*" not in name]), st.none() | st.text()))
def test_no_content_of_any_file_is_an_error(files):
    assert isinstance(detect_checks(files), tuple)
