"""What Claude Code is told when it is asked for a plan. Everything of the person's is quoted, and no instruction."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from tmux_orchestra.core.briefs import quote

AT = "\uff20"
"""Stands for the at sign on the way there and back. Claude Code takes `@path` in what it is told for a file to attach,
wherever it lies: a request that somebody else wrote could fetch what it must not see."""

_WHAT_A_PLAN_IS = """\
You plan the work of several coding agents on the repository in which you are. Break the request below into tasks. Each
task goes to an agent of its own, which works in its own copy of the repository while the others work in theirs; what
they make is merged in the order that the dependencies give. You change nothing: look, then answer by calling
StructuredOutput. A person waits for you, so look up only what the plan needs, with few calls of Glob, Grep and Read and
several of them in one turn.

What is a task
- Each piece of work with its own instruction: "build the API and write its tests" is two, "find out why, fix it and add
  a test" three. Several objects or details under one verb are one: "fix the login and logout buttons".
- Only what was asked for. Do not add tests, docs, reviews or clean-up of your own accord.
- Background, politeness, headings, remarks on order and ticked boxes are no tasks. A fault that is described without
  an instruction is a bugfix. What is said twice is one task.
- "Do not touch X", "keep Y as it is", "all with type hints" are no tasks but `constraints`, in the person's words.
- If there is nothing to do at all, answer with an empty list of tasks.

The fields of a task
- `id`: a few words on what it is about, lower case, with dashes: user-auth.
- `title`: one line, in the person's words.
- `kind`: infra is CI, deployment, build and configuration; refactor includes removal and renaming; research is to find
  out or compare; chore is upkeep such as upgrades. The verb and the object decide together: "add tests" is test.
- `priority`: critical or urgent, ASAP, P0: critical; high priority, must have, P1: high; nice to have, if time permits,
  P3: low; otherwise normal. A marker above a list counts for all its items.
- `prompt`: all that its agent is told of the task, so it must stand alone. First the person's own words for it, whole
  and unchanged, saying what an "it" in them stands for; then what you found that the agent needs: files, functions,
  conventions. Invent no requirements.
- `depends_on`: the ids of tasks whose result must be there before this one can begin. Stated ones: then, once X is
  done, after, before, first, needs, an arrow. Implied ones: docs and tests that name no subject wait for all features
  and bugfixes, those that name one wait for that task only; deployment and release wait for everything; dashboards,
  admin pages and user management wait for authentication; a table, then the API on it, then its screen; "it" waits for
  the task that makes it. Nothing else: not the order of mention, not that two tasks change the same file. "In parallel"
  or "independently" takes implied ones away.
- `reasons`: for each dependency, "stated: " and the person's words, or "implied: " and why.
- `touches`: the files that it will probably change or create, as paths from the repository's top (src/auth.py), from
  what you saw in the code; none if you cannot tell."""

_NO_DRAFT = "Rules that know nothing of the code found no task in it. If they are right, answer with an empty list."


def first_words(request: str, draft: Mapping[str, Any] | None) -> str:
    """Return the whole question. `draft` is the plan that rules made of the request's words alone, None if none."""
    meaning = f" ({AT} stands for the at sign)" if "@" in request else ""
    parts = [_WHAT_A_PLAN_IS, f"The request, quoted{meaning}:\n{quote(request)}", _NO_DRAFT]
    if draft is not None:
        written = json.dumps(draft, indent=1, ensure_ascii=False)
        parts[-1] = (
            "Rules that know nothing of the code have made this draft. Put right what is wrong in it, keep the ids and "
            f"words of what is right, and add what you find in the code:\n{quote(written)}"
        )
    return "\n\n".join(parts)


def second_words(faults: Sequence[str]) -> str:
    """Return what is said after an answer that is no plan: what is wrong with it, and that another one is wanted."""
    wrong = "\n".join(f"- {fault}" for fault in faults)
    return (
        f"That is no plan that could be carried out:\n{wrong}\n\n"
        "Call StructuredOutput again, with the whole plan and these faults mended; leave the rest as it was."
    )
