"""Git, through GitPython's command wrapper: the one home of everything that reads or changes a repository.

Every function that changes something is an ensure: done twice, or again after a crash in the middle, it
equals done once. Expected refusals are values (`Refused`, `Conflicted`, `Diverged`) where the run goes on
with them, and `OrchestraError` otherwise.
"""

from tmux_orchestra.effects.git.by_hand import Resolved, Unresolved, give_back, hand_over, take_resolution
from tmux_orchestra.effects.git.changes import Changes, read_changes, unfinished
from tmux_orchestra.effects.git.claims import Claim, write_claim
from tmux_orchestra.effects.git.collecting import Work, collect
from tmux_orchestra.effects.git.forecast import Clash, Forecaster
from tmux_orchestra.effects.git.integration import Conflicted, Merged, merge, reset_integration
from tmux_orchestra.effects.git.parking import Holding, Kept, Parked, expired, forget, list_kept, park, read_kept
from tmux_orchestra.effects.git.places import WorktreeEntry, choose_worktree, list_run_worktrees, list_worktrees
from tmux_orchestra.effects.git.removal import NotRemoved, Removed, Terms, remove_worktree
from tmux_orchestra.effects.git.repository import DiffStat, Head, Repository, require_git
from tmux_orchestra.effects.git.restoring import Restored, restore
from tmux_orchestra.effects.git.rollback import reverts, roll_back
from tmux_orchestra.effects.git.sketches import Place
from tmux_orchestra.effects.git.snapshot import CannotKeep
from tmux_orchestra.effects.git.target import Diverged, Moved, Preview, Refused, move_target, preview_target
from tmux_orchestra.effects.git.worktrees import Worktree, add_worktree, require_room

__all__ = [
    "CannotKeep",
    "Changes",
    "Claim",
    "Clash",
    "Conflicted",
    "DiffStat",
    "Diverged",
    "Forecaster",
    "Head",
    "Holding",
    "Kept",
    "Merged",
    "Moved",
    "NotRemoved",
    "Parked",
    "Place",
    "Preview",
    "Refused",
    "Removed",
    "Repository",
    "Resolved",
    "Restored",
    "Terms",
    "Unresolved",
    "Work",
    "Worktree",
    "WorktreeEntry",
    "add_worktree",
    "choose_worktree",
    "collect",
    "expired",
    "forget",
    "give_back",
    "hand_over",
    "list_kept",
    "list_run_worktrees",
    "list_worktrees",
    "merge",
    "move_target",
    "park",
    "preview_target",
    "read_changes",
    "read_kept",
    "remove_worktree",
    "require_git",
    "require_room",
    "reset_integration",
    "restore",
    "reverts",
    "roll_back",
    "take_resolution",
    "unfinished",
    "write_claim",
]
