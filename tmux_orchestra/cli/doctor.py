"""`doctor`: what this machine has and lacks, and what to do about it."""

import os
import platform
import shutil
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from tmux_orchestra.agents import AGENTS
from tmux_orchestra.cli.console import answer, harmless, show_json
from tmux_orchestra.cli.options import json_option
from tmux_orchestra.core.errors import ExitCode, OrchestraError
from tmux_orchestra.core.settings import Settings
from tmux_orchestra.effects.configuration import load_settings
from tmux_orchestra.effects.git import Repository, require_git
from tmux_orchestra.effects.logout import end_at_logout
from tmux_orchestra.effects.machine import look_at
from tmux_orchestra.effects.tmux import Tmux


@dataclass(frozen=True)
class Finding:
    """One thing looked at. `needed` ones that are not fine make `doctor` exit with 4."""

    name: str
    fine: bool
    what: str
    hint: str = ""
    needed: bool = True


@click.command("doctor")
@json_option
def command(*, as_json: bool) -> None:
    """Check this machine, this repository and the agents; exit code 4 if something that is needed is missing."""
    repository, found = _repository()
    settings, chosen = _settings(repository)
    findings = [_platform(), _python(), _git(), _tmux(settings), _logout(settings), chosen, found]
    findings += [_notify_command(settings)] if settings.notify_command else []
    findings += [_identity(repository)] if repository else []
    agents = _agents(repository.root if repository else Path.cwd())
    if as_json:
        ready = {name: {"ready": f.fine, "what": f.what, "hint": f.hint} for name, f in agents.items()}
        show_json({"findings": [asdict(f) for f in findings], "agents": ready})
    else:
        for finding in (*findings, *agents.values()):
            answer(harmless(f"{'ok' if finding.fine else '!':<4}{finding.name}: {finding.what}"))
            if finding.hint and not finding.fine:
                answer(harmless(f"    {finding.hint}"))
    if not all(f.fine for f in findings if f.needed):
        raise SystemExit(int(ExitCode.ENVIRONMENT))


def _platform() -> Finding:
    system = platform.system()
    return Finding(
        "system",
        system == "Linux",
        f"{system} {platform.release()}",
        "only Linux and WSL2 have been tested",
        needed=False,
    )


def _python() -> Finding:
    return Finding("python", sys.version_info >= (3, 11), platform.python_version(), "3.11 or newer is needed")


def _git() -> Finding:
    try:
        version = require_git()
    except OrchestraError as error:
        return Finding("git", fine=False, what=error.message, hint=error.hint)
    return Finding("git", fine=True, what=version)


def _settings(repository: Repository | None) -> tuple[Settings, Finding]:
    try:
        settings = load_settings(repository.here if repository else None, {})
    except OrchestraError as error:
        return Settings(), Finding("settings", fine=False, what=error.message, hint=error.hint)
    return settings, Finding(
        "settings", fine=True, what=f"agent {settings.agent}, at most {settings.max_instances} at once"
    )


def _tmux(settings: Settings) -> Finding:
    try:
        version = Tmux(settings.socket_name).check_version()
    except OrchestraError as error:
        return Finding("tmux", fine=False, what=error.message, hint=error.hint)
    return Finding("tmux", fine=True, what=version)


def _logout(settings: Settings) -> Finding:
    try:
        told = end_at_logout(Tmux(settings.socket_name).server_pid())
    except OrchestraError:  # without tmux there is nothing to end
        told = None
    name = "after logout"
    if told is None:
        return Finding(name, fine=True, what="runs go on", needed=False)
    return Finding(name, fine=False, what=told.why, hint=told.fix, needed=False)


def _notify_command(settings: Settings) -> Finding:
    program = Path(settings.notify_command[0]).expanduser()
    found = shutil.which(program)
    hint = f"there is no program {program}: see notify_command in your settings"
    return Finding("notify_command", bool(found), found or "not found", hint, needed=False)


def _repository() -> tuple[Repository | None, Finding]:
    try:
        repository = Repository.open(Path.cwd())
    except OrchestraError as error:
        return None, Finding("repository", fine=False, what=error.message, hint=error.hint, needed=False)
    return repository, Finding("repository", fine=True, what=str(repository.root))


def _identity(repository: Repository) -> Finding:
    problem = repository.identity_problem(os.environ)
    what, _, hint = (problem or "").partition("\n")
    return Finding("git identity", problem is None, what or "known", hint)


def _agents(repository: Path) -> dict[str, Finding]:
    findings = {}
    for name, agent in AGENTS.items():
        lack = agent.lacks(look_at(agent, repository))
        ready = lack is None or bool(lack.question)
        findings[name] = Finding(
            f"agent {name}", ready, lack.what if lack else "ready", lack.hint if lack else "", needed=False
        )
    return findings
