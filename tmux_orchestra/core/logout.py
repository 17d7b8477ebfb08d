"""What outlives a login: whether systemd ends tmux, and every run in it, when the person logs out.

Closing a terminal or losing a connection only takes the terminal away (SIGHUP), which a tmux server does not notice.
But where systemd keeps a person's processes together, in a group for each login or below the person's own service
manager, it may end such a group with everything in it. See logind.conf(5), loginctl(1), systemd-run(1).
"""

import re
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

SCOPED = "systemd-run --user --scope tmux-orchestra start"
LINGER = "loginctl enable-linger"

_SECTION = re.compile(r"\[([^]]*)\]")
_TRUE = frozenset({"1", "yes", "y", "true", "t", "on"})


class Login(BaseModel):
    """What decides whether a process outlives the login from which it was started."""

    model_config = ConfigDict(frozen=True)

    cgroup: str
    """Where systemd keeps the process; "" where there is no systemd."""
    user: str
    lingers: bool
    """Whether the person's service manager stays when the last login has ended."""
    configuration: tuple[str, ...] = ()
    """The texts that configure logind, the weakest first; the first one may tell defaults in comments."""


class Ending(BaseModel):
    """Why a run would not outlive the login, and what helps."""

    model_config = ConfigDict(frozen=True)

    why: str
    fix: str


def ending(login: Login) -> Ending | None:
    """Return why what runs in this place is ended when the person logs out; None if it goes on."""
    if re.search(r"/session-[^/]+\.scope", login.cgroup):
        if not _kills(login):
            return None
        linger = "" if login.lingers else f"{LINGER}; "
        return Ending(
            why="systemd ends it when you log out: tmux belongs to this login (KillUserProcesses=yes)",
            fix=f"run: {linger}{SCOPED} … (a tmux server that was started in a login stays in it: end it first)",
        )
    if re.search(r"/user@\d+\.service(/|$)", login.cgroup) and not login.lingers:
        return Ending(
            why="systemd ends it when your last login ends: your service manager, which has tmux, does not linger",
            fix=f"run: {LINGER}",
        )
    return None


def systemd_cgroup(text: str) -> str:
    """Return systemd's own path from what /proc tells of a process's control groups; "" if none of them is its."""
    paths = {controllers: path for _, controllers, path in (line.split(":", 2) for line in text.splitlines())}
    return paths.get("name=systemd", paths.get("", ""))


def _kills(login: Login) -> bool:
    """Whether logind ends what is left of this person's logins. systemd's own default is that it does."""
    told = logind_settings(login.configuration)
    only, spared = told.get("KillOnlyUsers", "").split(), told.get("KillExcludeUsers", "root").split()
    wanted = told.get("KillUserProcesses", "yes").lower() in _TRUE
    return wanted and login.user not in spared and (not only or login.user in only)


def logind_settings(texts: Sequence[str]) -> dict[str, str]:
    """Return what these files say about logins, one after another.

    By custom the file itself has every default in a comment, as it was when this systemd was built.
    """
    told: dict[str, str] = {}
    for line in texts[0].splitlines() if texts else ():
        if default := re.fullmatch(r"#\s*(Kill\w+)=(.*)", line.strip()):
            told[default[1]] = default[2].strip()
    for text in texts:
        section = ""
        for line in map(str.strip, text.splitlines()):
            if heading := _SECTION.fullmatch(line):
                section = heading[1]
            elif section == "Login" and "=" in line and not line.startswith(("#", ";")):
                key, _, value = line.partition("=")
                told[key.strip()] = value.strip()
    return told
