"""The person's own editor, chosen and started as git does it."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from tmux_orchestra.core.errors import OrchestraError

UNCHANGED = "nothing was started or changed"
HINT = "set EDITOR to a program that edits a file and ends when you are done"


def edit_file(*paths: Path, env: Mapping[str, str] = os.environ) -> None:
    """Let the person edit files, and wait until they are done. Raises OrchestraError if the editor says it failed."""
    editor = choose_editor(env)
    with _interrupts_are_the_editors(), ExitStack() as stack:
        ended = subprocess.run(
            # By the shell, so that it may have arguments: `code --wait`, `emacsclient -a ''`.
            ("sh", "-c", f'{editor} "$@"', editor, *map(str, paths)),
            check=False,
            env=dict(env),
            stdin=_terminal(stack, 0),
            stdout=_terminal(stack, 1),
        )
    if ended.returncode:
        raise OrchestraError(
            f"the editor ({editor}) ended with exit code {ended.returncode}", safe=UNCHANGED, hint=HINT
        )


def choose_editor(env: Mapping[str, str]) -> str:
    """Return the editor's shell words: $VISUAL where there is a screen, $EDITOR, or what this machine has."""
    screen = env.get("TERM", "dumb") != "dumb"
    named = (env.get("VISUAL", "").strip() if screen else "") or env.get("EDITOR", "").strip()
    search = env.get("PATH") or os.defpath
    found = (name for name in ("vi", "nano") if screen and shutil.which(name, path=search))
    if editor := named or next(found, ""):
        return editor
    raise OrchestraError("there is no editor", safe=UNCHANGED, hint=HINT)


@contextmanager
def _interrupts_are_the_editors() -> Iterator[None]:
    """Let ^C mean what it means in the editor, and not end us beneath it."""
    before = signal.signal(signal.SIGINT, lambda *_: None)  # unlike SIG_IGN, this is not handed down
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _terminal(stack: ExitStack, descriptor: int) -> int:
    """Return the descriptor, or the terminal where it leads elsewhere: a request may come, an answer go, by a pipe."""
    if not os.isatty(descriptor):
        with suppress(OSError):
            opened = os.open("/dev/tty", os.O_RDWR | os.O_CLOEXEC)
            stack.callback(os.close, opened)
            return opened
    return descriptor
