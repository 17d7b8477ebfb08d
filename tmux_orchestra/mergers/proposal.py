"""What a merger is given and what it answers, and the message of the commit it makes."""

from dataclasses import dataclass
from typing import Literal, Protocol

Argv = tuple[str, ...]
"""A git command, without `git` itself."""

Verdict = Literal["done", "conflicted", "refused"]
"""`refused`: git or a hook said no for another reason than a conflict."""

TASK_TRAILER = "Orchestra-Task"
RUN_TRAILER = "Orchestra-Run"
COMMIT_TRAILER = "Orchestra-Commit"
"""Which commit was integrated: tells, for every strategy, that it was done already."""


@dataclass(frozen=True)
class Proposal:
    """One commit that is to become part of the integration branch."""

    run: str
    commit: str
    """A full commit id, never a name: what was checked is what is merged."""
    title: str
    """The subject of the commit that is made."""
    task: str = ""
    """Empty: no task's work, but the target's, catching up."""
    body: str = ""
    contained: bool = False
    """The integration branch has the commit already; only the mark that says so is missing."""
    marked: bool = False
    """A commit of the task's own carries the task's trailer: there must not be a second one."""


@dataclass(frozen=True)
class StepEnded:
    """How one step ended."""

    exit_code: int
    unmerged: tuple[str, ...] = ()
    """Paths in conflict after it."""


class Merger(Protocol):
    """One way of bringing a commit into the integration branch."""

    name: str

    def steps(self, proposal: Proposal) -> tuple[Argv, ...]:
        """Return the git commands, in order; the first that fails is the last."""
        ...

    def read(self, ended: StepEnded) -> Verdict:
        """Say what a step's end means."""
        ...

    def abandon(self) -> Argv:
        """Return the git command that takes an attempt back which did not go through."""
        ...


def message(proposal: Proposal) -> str:
    """Build the commit message: subject, body, and last the trailers, which nothing before them can imitate."""
    title = " ".join(proposal.title.split()) or proposal.task or f"Merge {proposal.commit[:12]}"
    trailers = {
        TASK_TRAILER: "" if proposal.marked else proposal.task,
        RUN_TRAILER: proposal.run,
        COMMIT_TRAILER: proposal.commit,
    }
    lines = "\n".join(f"{key}: {value}" for key, value in trailers.items() if value)
    return "\n\n".join(_defused(part) for part in (title, proposal.body.strip()) if part) + f"\n\n{lines}\n"


def _defused(text: str) -> str:
    """Keep a title or a body from holding a line that reads like one of our trailers."""
    return "\n".join(f"> {line}" if line.lower().startswith("orchestra-") else line for line in text.splitlines())
