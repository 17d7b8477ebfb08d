"""The merge strategies: one module each, pure. A merger turns a proposal into git steps and reads their outcome.

To add one: write `mergers/<name>.py` with a `Merger` (see `mergers/proposal.py`), and add a line to
`MERGERS`. The contract tests run over the dict. `effects.git` carries the steps out, in the integration
worktree.
"""

from tmux_orchestra.mergers.merge import Merge
from tmux_orchestra.mergers.proposal import Argv, Merger, Proposal, StepEnded, Verdict

MERGERS: dict[str, Merger] = {
    "merge": Merge(),
}
"""Name -> strategy; the first one is the default."""

__all__ = ["MERGERS", "Argv", "Merger", "Proposal", "StepEnded", "Verdict"]
