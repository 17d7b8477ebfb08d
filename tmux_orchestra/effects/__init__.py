"""The outside world: the only modules that touch tmux, git, processes and files, one home for each."""
