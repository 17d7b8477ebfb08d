"""How well the rules planner reads requests that people labelled: `benchmark/LABELS.md` says how."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tmux_orchestra.planners import DependencyCycle, NoTaskFound
from tmux_orchestra.planners.rules import plan

BENCHMARK = Path(__file__).parent / "benchmark"
PERFECT_AT_LEAST = {
    "dev": 100,
    "own": 100,
    "second": 100,
    "third": 100,
    "fourth": 100,
    "fifth": 100,
    "sixth": 100,
    "seventh": 100,
    "eighth": 100,
    "ninth": 100,
    "tenth": 100,
}
"""File -> percent of its plans that are perfect. Raise a number when more is reached, never lower one."""


def answer(request: str) -> dict[str, Any]:
    try:
        found = plan(request)
    except (NoTaskFound, DependencyCycle) as error:
        return {"error": str(error)}
    return {"plan": found.model_dump(mode="json")}


def test_each_file_of_requests_has_its_floor():
    assert {path.stem for path in BENCHMARK.glob("*.jsonl")} == set(PERFECT_AT_LEAST)


@pytest.mark.parametrize("name", PERFECT_AT_LEAST)
def test_requests_are_read_as_a_person_would(name, tmp_path):
    cases = BENCHMARK / f"{name}.jsonl"
    predictions = tmp_path / "predictions.jsonl"
    with predictions.open("w", encoding="utf-8") as file:
        for line in cases.read_text(encoding="utf-8").split("\n"):
            if line:
                case = json.loads(line)
                file.write(json.dumps({"id": case["id"], **answer(case["request"])}) + "\n")
    score = [sys.executable, BENCHMARK / "score.py", cases, "--predictions", predictions, "--verbose"]
    scored = subprocess.run(
        [*score, "--fail-under", str(PERFECT_AT_LEAST[name])],
        capture_output=True,
        text=True,
        check=False,
    )
    assert scored.returncode == 0, scored.stdout + scored.stderr
    assert "error cases right      % 100.0" in scored.stdout, scored.stdout
