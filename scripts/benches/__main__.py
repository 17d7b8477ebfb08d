"""The program behind `scripts/bench`: finds the benches beside it, runs the chosen ones, says who is too slow."""

import argparse
import importlib
import sys
import tempfile
from pathlib import Path

from harness import measure, private_git

BENCHES = tuple(sorted(path.stem.removeprefix("bench_") for path in Path(__file__).resolve().parent.glob("bench_*.py")))


def main() -> int:
    """Measure, print a line for each comparison, and return 1 if a ratio is above its limit."""
    parser = argparse.ArgumentParser(prog="bench", description="Ratios of our ways to the bare commands in them.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which: {', '.join(BENCHES)}; default: all")
    parser.add_argument("--repeat", type=int, default=9, metavar="N", help="how often each way is taken (%(default)s)")
    parser.add_argument("--list", action="store_true", help="print the names and stop")
    chosen = parser.parse_args()
    if chosen.list:
        print(*BENCHES, sep="\n")
        return 0
    if unknown := [name for name in chosen.names if name not in BENCHES]:
        parser.error(f"no such bench: {', '.join(unknown)}; there are: {', '.join(BENCHES)}")
    slow = False
    with tempfile.TemporaryDirectory(prefix="orchestra-bench-") as folder:
        private_git(Path(folder))
        for name in chosen.names or BENCHES:
            place = Path(folder) / name
            place.mkdir()
            for comparison in importlib.import_module(f"bench_{name}").comparisons(place):
                slow |= not measure(name, comparison, chosen.repeat)
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main())
