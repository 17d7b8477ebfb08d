"""The program behind `scripts/replay`: goes through history once for each check, and prints what they saw."""

import argparse
import importlib
import sys
import tempfile
from pathlib import Path

from history import Place, Tally, borrow, past_merges, private_git

from tmux_orchestra.mergers import MERGERS

CHECKS = tuple(
    sorted(path.stem.removeprefix("replay_") for path in Path(__file__).resolve().parent.glob("replay_*.py"))
)


def main() -> int:
    """Replay, print, and return 1 if anything disagreed."""
    parser = argparse.ArgumentParser(prog="replay", description="Do the merges of a real repository again.")
    parser.add_argument("clone", type=Path, help="a repository on this disk; it is only read")
    parser.add_argument("--merges", type=int, default=0, metavar="N", help="only the newest N; default: all")
    parser.add_argument("--only", choices=CHECKS, help="one check instead of all")
    parser.add_argument("--strategy", choices=list(MERGERS), default="merge", help="how the queue merges (%(default)s)")
    chosen = parser.parse_args()
    clone = chosen.clone.absolute()
    wrong = False
    with tempfile.TemporaryDirectory(prefix="orchestra-replay-") as folder:
        private_git(Path(folder))
        for name in [chosen.only] if chosen.only else CHECKS:
            place = Path(folder) / name
            place.mkdir()
            tally = Tally()
            repository = borrow(clone, place / "repository")
            check = importlib.import_module(f"replay_{name}").Check(Place(repository, place, chosen.strategy))
            for past in past_merges(clone, chosen.merges):
                check.look(past, tally)
            told = tally.counts or {"merges of two parents": 0}
            print(f"{name}: " + ", ".join(f"{count} {what}" for what, count in told.items()), flush=True)
            for line in tally.disagreements:
                print(f"{name}: DISAGREES {line}")
            wrong |= bool(tally.disagreements)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
