import os
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.pane.instances import Instance, gone
from tests.waiting import retry_until


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    """A task's folder, inbox and worktree, their paths with spaces."""
    return Instance(tmp_path)


@pytest.fixture
def repository(instance: Instance) -> Path:
    """The instance's worktree as a git repository with one commit."""
    for arguments in (
        ("init", "--quiet", "--initial-branch=main"),
        ("config", "user.name", "Sample"),
        ("config", "user.email", "sample@localhost"),
        ("commit", "--quiet", "--allow-empty", "--message=base"),
    ):
        subprocess.run(["git", *arguments], cwd=instance.worktree, check=True)
    return instance.worktree


class Tmux:
    """A tmux server of the test's own, whose windows keep what their ended processes showed."""

    def __init__(self) -> None:
        self.command("new-session", "-d", "-x", "100", "-y", "30", "sleep", "600")
        self.command("set-option", "-g", "remain-on-exit", "on")
        self.pid = int(self.command("display-message", "-p", "#{pid}"))

    def command(self, *arguments: str, stdin: str = "") -> str:
        """Run one tmux command and return what it prints."""
        command = ("tmux", "-L", "pane-test", "-f", "/dev/null", *arguments)
        return subprocess.run(command, check=True, capture_output=True, text=True, input=stdin).stdout.rstrip("\n")

    def open(self, argv: Sequence[str], **env: str) -> str:
        """Run a command in a new window and return its pane."""
        added = [part for name, value in env.items() for part in ("-e", f"{name}={value}")]
        return self.command("new-window", "-P", "-F", "#{pane_id}", *added, *argv)

    def ask(self, pane: str, what: str) -> str:
        """Return a format's value for a pane."""
        return self.command("display-message", "-p", "-t", pane, what)

    def screen(self, pane: str) -> str:
        """Return what the pane shows."""
        return self.command("capture-pane", "-p", "-t", pane)

    def shows(self, pane: str, text: str, times: int = 1) -> None:
        """Wait until the pane shows the text so many times."""
        retry_until(lambda: self.screen(pane).count(text) >= times, what=f"{times} times {text!r} on screen")

    def press(self, pane: str, *keys: str) -> None:
        """Press keys, named as tmux names them."""
        self.command("send-keys", "-t", pane, *keys)

    def close(self) -> None:
        """End the server and wait for its end."""
        subprocess.run(("tmux", "-L", "pane-test", "kill-server"), check=False, capture_output=True)
        retry_until(gone(self.pid))


@pytest.fixture
def tmux(home: Path) -> Iterator[Tmux]:
    """A private tmux server, on the socket folder that is the test's own."""
    assert os.environ["TMUX_TMPDIR"].startswith(str(home.parent))
    server = Tmux()
    yield server
    server.close()
