"""`python -m tmux_orchestra`: the same as `tmux-orchestra`."""

from tmux_orchestra.cli import main

main()
