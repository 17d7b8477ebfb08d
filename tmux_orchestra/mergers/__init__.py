"""The merge strategies: one module each, pure. A merger turns a proposal into git steps and reads their outcome.

To add one: write `mergers/<name>.py` with a `Merger` (see `mergers/proposal.py`), add a line to `MERGERS`
and the name to the setting `merge_strategy`. The contract tests run over the dict. `effects.git` carries the
steps out, in the integration worktree.
"""

from tmux_orchestra.mergers.merge import Merge
from tmux_orchestra.mergers.proposal import Merger, OwnCommit, Proposal, Step, StepEnded, Steps, Verdict
from tmux_orchestra.mergers.rebase import Rebase
from tmux_orchestra.mergers.squash import Squash

MERGERS: dict[str, Merger] = {
    "merge": Merge(),
    "squash": Squash(),
    "rebase": Rebase(),
}
"""Name -> strategy; the first one is the default."""

__all__ = ["MERGERS", "Merger", "OwnCommit", "Proposal", "Step", "StepEnded", "Steps", "Verdict"]
