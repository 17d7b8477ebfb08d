"""What a merger is given and what it answers, and the messages of the commits it makes."""

import re
from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

Verdict = Literal["done", "conflicted", "refused"]
"""`refused`: git or a hook said no for another reason than a conflict."""

TASK_TRAILER = "Orchestra-Task"
RUN_TRAILER = "Orchestra-Run"
COMMIT_TRAILER = "Orchestra-Commit"
"""Which commit was integrated: tells, for every strategy, that it was done already."""
ONTO_TRAILER = "Orchestra-Onto"
"""Where the integration branch was before, if what was integrated became more than one commit there."""


@dataclass(frozen=True)
class OwnCommit:
    """One of the commits that the integration branch has not: what it says and who says it."""

    id: str
    message: str
    author: str
    email: str
    date: str
    """Seconds since 1970 and the author's time zone, as git writes them: `1700000000 +0100`."""
    merges: bool = False
    """It has more than one parent."""
    marked: bool = False
    """It carries the task's trailer already: there must not be a second one."""

    @property
    def authorship(self) -> Mapping[str, str]:
        """The environment in which git makes a commit of the same author and date."""
        return {"GIT_AUTHOR_NAME": self.author, "GIT_AUTHOR_EMAIL": self.email, "GIT_AUTHOR_DATE": f"@{self.date}"}


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
    sign: bool = False
    onto: str = ""
    """Where the integration branch is. This and what follows is found out by whoever carries the steps out."""
    own: tuple[OwnCommit, ...] = ()
    """The task's own commits, parents first. Empty: the integration branch has the commit already, and only the
    mark that says so is missing."""
    begun: str = ""
    """The integration branch's tip, if it is what a predecessor made of this proposal and did not bring to its end."""


@dataclass(frozen=True)
class Step:
    """A git command, without `git` itself, and what its environment holds beside what all of ours do."""

    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class StepEnded:
    """How one step ended."""

    exit_code: int
    output: str = ""
    unmerged: tuple[str, ...] = ()
    """Paths in conflict after it."""

    @property
    def verdict(self) -> Verdict:
        """What the end of a merge means: a conflict leaves paths; a hook that refuses exits with 1, too."""
        if self.exit_code == 0:
            return "done"
        return "conflicted" if self.unmerged else "refused"


Steps = Generator[Step, StepEnded, Verdict]
"""Yields git commands one by one, is sent how each ended, and returns what came of it all."""


class Merger(Protocol):
    """One way of bringing a commit into the integration branch.

    Its steps are run in the integration worktree, which is clean. Until the last one is done, the branch is either
    where it was, or at a commit that carries the whole of the proposal and its trailers.
    """

    name: str

    def begun(self, onto: str, own: int) -> bool:
        """Whether a commit with that `Orchestra-Onto` ("" for none) is only half of what becomes of `own` commits."""
        ...

    def steps(self, proposal: Proposal) -> Steps:
        """Return the way to go; whatever was changed is taken back by the caller unless the verdict is `done`."""
        ...


def commit_step(text: str, *, cleanup: str = "whitespace", author: Mapping[str, str] | None = None) -> Step:
    """Return the step that commits the index, which may be no change at all; the repository's hooks see it."""
    return Step(("commit", "--allow-empty", "--quiet", f"--cleanup={cleanup}", "--message", text), author or {})


def message(proposal: Proposal, body: str = "", *, marked: bool = False) -> str:
    """Build a commit message: subject, body, and last the trailers, which nothing before them can imitate.

    `marked`: a commit that stays reachable carries the task's trailer already.
    """
    title = " ".join(proposal.title.split()) or proposal.task or f"Merge {proposal.commit[:12]}"
    text = "\n\n".join(defused(part) for part in (title, proposal.body.strip(), body) if part)
    return f"{text}\n\n{trailers(proposal, marked=marked)}\n"


def trailers(proposal: Proposal, *, marked: bool = False) -> str:
    """Return the lines that tell tools what a commit of ours is."""
    said = {
        TASK_TRAILER: "" if marked else proposal.task,
        RUN_TRAILER: proposal.run,
        COMMIT_TRAILER: proposal.commit,
    }
    return "\n".join(f"{key}: {value}" for key, value in said.items() if value)


def with_trailers(text: str, lines: str) -> str:
    """Put trailers at the end of somebody's message, into the block of trailers that it may end with."""
    text = text.strip("\n")
    *before, last = text.split("\n\n")
    ends_with_block = bool(before) and all(re.match(r"[A-Za-z0-9-]+: |\s", line) for line in last.splitlines())
    return f"{text}{'' if not text else chr(10) if ends_with_block else chr(10) * 2}{lines}\n"


def defused(text: str, spare: Iterable[str] = ()) -> str:
    """Keep a text from holding a line that reads like one of our trailers, but for those in `spare`."""
    allowed = tuple(f"{trailer}:".lower() for trailer in spare)
    return "\n".join(
        f"> {line}"
        if line.lower().startswith("orchestra-") and not line.lower().startswith(allowed or ("\0",))
        else line
        for line in text.splitlines()
    )
