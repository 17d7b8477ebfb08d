"""What must be there before a run is begun: refused at once, rather than found out in the middle of it."""

from contextlib import suppress

from tmux_orchestra.agents import AGENTS, Agent, Lack
from tmux_orchestra.cli.console import choose, narrate, on_terminal
from tmux_orchestra.core.errors import EnvironmentLacks, OrchestraError, UsageError
from tmux_orchestra.core.plan import Plan
from tmux_orchestra.core.settings import Settings
from tmux_orchestra.effects.git import Repository
from tmux_orchestra.effects.layouts import load_layout
from tmux_orchestra.effects.logout import end_at_logout
from tmux_orchestra.effects.machine import look_at, write_trust
from tmux_orchestra.effects.tmux import Tmux

NOTHING_STARTED = "nothing was started"


def require_environment(repository: Repository, settings: Settings) -> None:
    """Refuse what would only fail later, whatever the plan: layout, base, agent, git's identity, branches, tmux."""
    load_layout(settings.layout)
    if settings.base:
        repository.resolve(settings.base)
    _require_known(settings.agent)
    if problem := repository.identity_problem():
        message, _, hint = problem.partition("\n")
        raise EnvironmentLacks(message, safe=NOTHING_STARTED, hint=hint)
    repository.refuse_branch_named_orchestra()
    Tmux(settings.socket_name).check_version()


def require_names(plan: Plan) -> None:
    """Refuse a plan that names an agent that there is not."""
    for task in plan.tasks:
        if task.agent:
            _require_known(task.agent, f" (task {task.id})")


def _require_known(agent: str, where: str = "") -> None:
    if agent not in AGENTS:
        agents = f"agents: {', '.join(AGENTS)}"
        raise UsageError(f"there is no agent {agent!r}{where}", safe=NOTHING_STARTED, hint=agents)


def require_agents(repository: Repository, settings: Settings, plan: Plan) -> None:
    """Refuse agents that cannot work here; ask the person what only a person may answer (trust).

    Agreeing to a plan (`--yes`) is not trusting a repository: that takes `--trust`, or an answer.
    """
    for name in sorted({task.agent or settings.agent for task in plan.tasks}):
        agent = AGENTS[name]
        lack = agent.lacks(look_at(agent, repository.root))
        if lack is not None and lack.question:
            _ask_for_trust(agent, repository, lack, settings)
            lack = agent.lacks(look_at(agent, repository.root))
        if lack is not None:
            raise _lacking(lack)


def _ask_for_trust(agent: Agent, repository: Repository, lack: Lack, settings: Settings) -> None:
    agreed = settings.trust or (on_terminal() and choose(lack.question, yes=False, choices="ny") == "y")
    if not agreed:
        raise _lacking(lack)
    write_trust(agent, repository.root)


def _lacking(lack: Lack) -> EnvironmentLacks:
    return EnvironmentLacks(lack.what, safe=NOTHING_STARTED, hint=lack.hint)


def warn_of_logout(settings: Settings) -> None:
    """Say so, in one line, if the run that has just begun would end with this login."""
    with suppress(OrchestraError):  # a tmux that does not answer is told of by whatever needs it
        if not (told := end_at_logout(Tmux(settings.socket_name).server_pid())):
            return
        narrate(f"before you log out: {told.why}; {told.fix}")
