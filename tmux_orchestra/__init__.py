"""One sentence in, merged and tested work out: parallel coding agents in tmux windows and git worktrees."""

__version__ = "0.1.0"
