"""What runs inside a pane: standard library only, imports nothing of the rest, starts in milliseconds.

- `launcher.py` is the pane's process and the parent of the agent.
- `keeper.py` is the process of the window `supervisor`, and restarts the supervisor when it dies.
- `hook.sh` takes what an agent reports, without Python.
- `rehearsal.py` (with `rehearsal_words.py`) is an agent that follows a script instead of asking a model.

The Python files are run by path, as `python -I -S FILE`, so that neither the agent's worktree nor the user's
environment decides what gets imported. Nothing here writes a journal: facts are small files in a task's
inbox, which outlive the supervisor.
"""
