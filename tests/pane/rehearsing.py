"""Rehearsed agents for tests: started with a prompt, without a terminal, and talked to through a pipe."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from tests.pane.instances import HOOK, SESSION_ID, Instance, family, isolated

ENVIRONMENT = {"REHEARSAL_PACE": "0"}


def agent_command(instance: Instance, prompt: str, *, resume: bool = False, session_id: str = SESSION_ID) -> list[str]:
    """Write the prompt's file and return the agent's command."""
    file = instance.folder / "prompt.txt"
    file.write_text(prompt)
    options = ["--hook", HOOK, "--inbox", instance.inbox, "--task", "api", "--session-id", session_id]
    return isolated("rehearsal.py", *options, *(["--resume"] if resume else []), file)


@contextmanager
def rehearsing(instance: Instance, prompt: str, *, resume: bool = False) -> Iterator["subprocess.Popen[str]"]:
    """A running agent; it ends with the pipe."""
    environment = os.environ | ENVIRONMENT | {"TMUX_ORCHESTRA_TASK": instance.mark}
    pipes = {"stdin": subprocess.PIPE, "stderr": subprocess.STDOUT}
    command = agent_command(instance, prompt, resume=resume)
    with family(command, cwd=instance.worktree, env=environment, **pipes) as agent:
        yield agent


def rehearse(
    instance: Instance, prompt: str, *, typed: str = "", resume: bool = False
) -> "subprocess.CompletedProcess[str]":
    """Run an agent to the end of what is typed."""
    with rehearsing(instance, prompt, resume=resume) as agent:
        shown, _ = agent.communicate(typed, timeout=30)
    return subprocess.CompletedProcess(agent.args, agent.returncode, shown)


def git(instance: Instance, *arguments: str) -> str:
    """Return what git prints in the worktree."""
    done = subprocess.run(["git", *arguments], cwd=instance.worktree, check=True, capture_output=True, text=True)
    return done.stdout.rstrip("\n")
