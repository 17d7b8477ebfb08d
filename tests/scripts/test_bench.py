"""scripts/bench: it finds its benches and refuses names that are none."""

import subprocess
from pathlib import Path

BENCH = Path(__file__).parent.parent.parent / "scripts" / "bench"


def test_every_bench_is_found_by_name_and_another_name_is_refused() -> None:
    listed = subprocess.run([BENCH, "--list"], capture_output=True, text=True, check=True).stdout.split()
    assert "queue" in listed
    assert listed == sorted(path.stem[len("bench_") :] for path in (BENCH.parent / "benches").glob("bench_*.py"))
    unknown = subprocess.run([BENCH, "quueue"], capture_output=True, text=True, check=False)
    assert unknown.returncode == 2
    assert "no such bench: quueue" in unknown.stderr
