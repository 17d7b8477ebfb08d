"""Looking whether runs outlive the login: where systemd keeps tmux, and what it does to that when people log out."""

import os
import pwd
from pathlib import Path

from tmux_orchestra.core.logout import Ending, Login, ending, systemd_cgroup

_CONFIGURATION = tuple(Path("/") / place / "systemd" for place in ("etc", "run", "usr/local/lib", "usr/lib", "lib"))
"""Where systemd looks for what configures it, the strongest first."""


def end_at_logout(server: int | None, root: Path = Path("/")) -> Ending | None:
    """Return why a run would end with the login; None if it goes on.

    `server` is the tmux server that runs already; a new one would be where this process is. Below `root` is what the
    machine tells of itself.
    """
    return ending(look(server or os.getpid(), root))


def look(pid: int, root: Path) -> Login:
    """Gather what decides about a process of this person."""
    user = _name()
    return Login(
        cgroup=systemd_cgroup(_read(root / "proc" / str(pid) / "cgroup")),
        user=user,
        lingers=(root / "var/lib/systemd/linger" / user).exists(),
        configuration=_logind(root),
    )


def _name() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def _logind(root: Path) -> tuple[str, ...]:
    """Return the texts that configure logind: the file, then its drop-ins by name. A stronger place hides a weaker."""
    places = [root / place.relative_to("/") for place in _CONFIGURATION]
    main = next((path for place in places if (path := place / "logind.conf").is_file()), None)
    added = {path.name: path for place in reversed(places) for path in (place / "logind.conf.d").glob("*.conf")}
    return tuple(_read(path) for path in (main, *(added[name] for name in sorted(added))) if path)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
