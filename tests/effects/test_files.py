import os
import stat
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tmux_orchestra.core.errors import OrchestraError, UsageError
from tmux_orchestra.core.plan import Plan, Task
from tmux_orchestra.core.settings import Settings
from tmux_orchestra.effects import files

PLAN = Plan(tasks=(Task(id="api"), Task(id="docs", depends_on=("api",))))


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


# --- writing -----------------------------------------------------------------------------------------


def test_a_reader_meets_the_old_text_or_the_new_one_never_a_piece(tmp_path: Path) -> None:
    path = tmp_path / "file"
    texts = ("a" * 200_000, "b" * 200_000)
    files.write(path, texts[0])

    def write_often() -> None:
        for number in range(60):
            files.write(path, texts[number % 2])

    writing = threading.Thread(target=write_often)
    writing.start()
    met = set()
    while writing.is_alive():
        met.add(path.read_text())
    writing.join()
    assert met <= set(texts)
    assert [found.name for found in tmp_path.iterdir()] == ["file"]


def test_what_is_written_is_private_unless_told_otherwise(tmp_path: Path) -> None:
    files.write(tmp_path / "new" / "file", "text")
    files.write(tmp_path / "shared", "text", mode=0o644)
    assert (mode(tmp_path / "new"), mode(tmp_path / "new" / "file"), mode(tmp_path / "shared")) == (0o700, 0o600, 0o644)


@pytest.mark.parametrize("place", ["a folder", "below a file"])
def test_what_cannot_be_written_leaves_everything_as_it_was(tmp_path: Path, place: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("kept")
    path = tmp_path / "folder" if place == "a folder" else tmp_path / "file" / "below"
    with pytest.raises(OrchestraError, match="cannot write") as failed:
        files.write(path, "text")
    assert failed.value.safe
    assert failed.value.hint
    assert sorted(found.name for found in tmp_path.rglob("*")) == ["file", "folder"]
    assert (tmp_path / "file").read_text() == "kept"


# --- runs --------------------------------------------------------------------------------------------


def begun(state_dir: Path, moment: int) -> files.RunFolder:
    run = files.new_run(state_dir, datetime(2026, 1, 2, 3, 4, moment, tzinfo=UTC))
    run.create(PLAN, Settings(), {task.id: f"do {task.id}" for task in PLAN.tasks})
    run.journal.write_text("{}\n")
    os.utime(run.path / "plan.json", ns=(moment * 10**9, moment * 10**9))
    return run


def test_a_run_has_a_private_folder_with_what_is_there_before_the_first_event(tmp_path: Path) -> None:
    run = begun(tmp_path / "state", 5)
    assert run.id.startswith("0102-030405-")
    assert mode(run.path) == 0o700
    assert Plan.model_validate_json((run.path / "plan.json").read_text()) == PLAN
    assert Settings.model_validate_json((run.path / "settings.json").read_text()) == Settings()
    assert run.inbox("docs").is_dir()
    assert run.prompt("docs").read_text() == "do docs\n"


def test_runs_of_the_same_second_do_not_share_a_folder(tmp_path: Path) -> None:
    now = datetime(2026, 1, 2, tzinfo=UTC)
    assert len({files.new_run(tmp_path, now).id for _ in range(50)}) == 50


def test_the_newest_run_comes_first_and_one_that_was_never_begun_not_at_all(tmp_path: Path) -> None:
    older, newer = begun(tmp_path, 10), begun(tmp_path, 20)
    files.new_run(tmp_path)
    assert [run.id for run in files.runs(tmp_path)] == [newer.id, older.id]
    assert list(files.runs(tmp_path / "nothing")) == []


def test_a_run_is_found_by_its_id_or_what_it_alone_begins_with(tmp_path: Path) -> None:
    older, newer = begun(tmp_path, 10), begun(tmp_path, 20)
    assert files.find_run(tmp_path, newer.id) == newer
    assert files.find_run(tmp_path, older.id[:-2]) == older
    for unclear in ("0102", "nothing", "../.."):
        with pytest.raises(UsageError, match="no single run") as refused:
            files.find_run(tmp_path, unclear)
        assert newer.id in refused.value.safe


def test_a_run_that_could_not_be_begun_is_taken_away_whole(tmp_path: Path) -> None:
    run = begun(tmp_path, 10)
    run.remove()
    assert not run.path.exists()


def test_a_place_for_runs_that_cannot_be_made_is_an_expected_failure(tmp_path: Path) -> None:
    (tmp_path / "orchestra").write_text("in the way")
    with pytest.raises(OrchestraError, match="cannot write"):
        files.new_run(tmp_path / "orchestra")


# --- reading -----------------------------------------------------------------------------------------


def test_reading_what_may_be_missing_or_broken_never_fails(tmp_path: Path) -> None:
    (tmp_path / "half").write_text('{"a": ')
    (tmp_path / "list").write_text("[1]")
    (tmp_path / "whole").write_text('{"a": 1}')
    read = {name: files.read_json(tmp_path / name) for name in ("nothing", "half", "list", "whole")}
    assert read == {"nothing": {}, "half": {}, "list": {}, "whole": {"a": 1}}


def test_matching_files_are_read_up_to_a_limit_and_others_named(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_a.py").write_bytes(b"x" * 50 + b"\xff")
    (tmp_path / "gone").symlink_to(tmp_path / "nowhere")
    found = files.read_matching(tmp_path, ("tests/test_*.py", "gone", "tests"), limit=10)
    assert found == {"tests/test_a.py": "x" * 10}
