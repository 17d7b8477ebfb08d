"""The hook script, run by the shells that may be behind /bin/sh."""

import json
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.pane.instances import HOOK

SHELLS = [shell for shell in ("dash", "bash", "busybox") if shutil.which(shell)]


@pytest.fixture(params=SHELLS)
def hook(request: pytest.FixtureRequest) -> list[str]:
    shell = ["busybox", "sh"] if request.param == "busybox" else [request.param]
    return [*shell, str(HOOK)]


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "an 'inbox' with $paces; *"
    folder.mkdir()
    return folder


def call(hook: list[str], *arguments: object, payload: str) -> None:
    done = subprocess.run([*hook, *map(str, arguments)], input=payload, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_is_a_program_of_its_own(inbox: Path):
    call([str(HOOK)], inbox, payload="{}")
    assert [file.read_text() for file in inbox.iterdir()] == ["{}"]


def test_thirty_at_once_lose_and_tear_nothing(hook: list[str], inbox: Path):
    payloads = [json.dumps({"n": n, "text": "x" * 20_000}) for n in range(120)]
    with ThreadPoolExecutor(30) as pool:
        list(pool.map(lambda payload: call(hook, inbox, payload=payload), payloads))
    files = list(inbox.iterdir())
    assert sorted(file.read_text() for file in files) == sorted(payloads)
    assert all(file.match("hook-*.json") for file in files)
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}


def test_what_a_dead_process_of_the_same_pid_left_is_not_overwritten(hook: list[str], inbox: Path):
    # The shell becomes the hook by `exec`, so its pid is known before: it lays the leftovers out itself.
    leave = 'p=$(printf %09d $$); echo old > "$0/hook-$p-0.json"; echo old > "$0/.hook-$p-1"; exec "$@"'
    call(["sh", "-c", leave, str(inbox), *hook], inbox, payload="new")
    found = {file.name.rpartition("-")[2]: file.read_text().strip() for file in inbox.glob("hook-*")}
    assert found == {"0.json": "old", "2.json": "new"}
    assert [file.read_text() for file in inbox.glob(".hook-*-1")] == ["old\n"]


def test_names_sort_like_pids(hook: list[str], inbox: Path):
    call(hook, inbox, payload="{}")
    assert [len(file.name) for file in inbox.iterdir()] == [len("hook-000001234-0.json")]


def test_status_replaces_one_file(hook: list[str], inbox: Path):
    file = inbox / "status line.json"
    for payload in ("first, and longer", "second"):
        call(hook, file, "status", payload=payload)
    assert file.read_text() == "second"
    assert list(inbox.iterdir()) == [file]


def test_status_of_many_at_once_is_always_whole(hook: list[str], inbox: Path):
    file = inbox / "status.json"
    payloads = [f"{n % 10}" * 5_000 for n in range(60)]
    with ThreadPoolExecutor(30) as pool:
        list(pool.map(lambda payload: call(hook, file, "status", payload=payload), payloads))
    assert file.read_text() in payloads
    assert list(inbox.iterdir()) == [file]


def test_status_of_a_file_in_the_current_folder(hook: list[str], inbox: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(inbox)
    call(hook, "status.json", "status", payload="{}")
    assert list(inbox.iterdir()) == [inbox / "status.json"]


@pytest.mark.parametrize("arguments", [("gone/inbox",), ("gone/status.json", "status")])
def test_a_vanished_inbox_is_silently_fine(hook: list[str], tmp_path: Path, arguments: tuple[str, ...]):
    call(hook, tmp_path / arguments[0], *arguments[1:], payload="x" * 200_000)
    assert list(tmp_path.iterdir()) == []


def test_works_without_a_path_variable(hook: list[str], inbox: Path, monkeypatch: pytest.MonkeyPatch):
    hook = [shutil.which(hook[0]) or "", *hook[1:]]
    monkeypatch.delenv("PATH")
    call(hook, inbox, payload="{}")
    assert [file.read_text() for file in inbox.iterdir()] == ["{}"]
