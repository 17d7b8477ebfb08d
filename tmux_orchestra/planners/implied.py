"""Dependencies that follow from what the tasks are: docs cover what is built, a deployment ships it all."""

import re
from collections.abc import Iterator, Sequence
from itertools import chain

from tmux_orchestra.planners.deploying import deployment_edges, is_deployment
from tmux_orchestra.planners.draft import Draft
from tmux_orchestra.planners.layers import layer_edges
from tmux_orchestra.planners.noun_kinds import object_head
from tmux_orchestra.planners.pronouns import meant_by_pronoun
from tmux_orchestra.planners.stated import Edge
from tmux_orchestra.planners.stems import shared
from tmux_orchestra.planners.subjects import covers_everything, subjects, words

_NEEDS_LOGIN = re.compile(
    r"\b(?:dashboards?|(?:admin\w*|audit|management|control|operator|staff|moderation|back[- ]?office|support|seller"
    r"|merchant|partner|backend) (?:panels?|consoles?|areas?|pages?|ui|interface|section|backend|screens?|views?)"
    r"|consoles?|control panels?|(?:user|role|account|member|permission|team|access|tenant|group)s?(?: and \w+)?"
    r" (?:management|administration|admin)|(?:management|administration|manage|managing|administer) (?:of )?"
    r"(?:the |their |its |our |own |user |team |all )*(?:[\w'-]+ )?(?:users?|roles?|accounts?|members?|permissions?"
    r"|seats|access rights)|(?:users?|roles?) (?:page|screen|admin)|role[- ]based(?: access(?: control)?)?|rbac"
    r"|back ?office)\b"
)
"""What only people who have logged in may see or do."""
_LOGIN = re.compile(
    r"\b(?:auth|authn|authentication|authorization|log-?ins?|log in|logon|sign-?ins?|sign in|signing in|sign-?ups?"
    r"|sign up|sso|single sign-on|o-?auth ?\d?(?:\.0)?|saml|oidc|openid(?: connect)?|ldap|active directory|keycloak"
    r"|auth0|okta|cognito|passkeys?|webauthn|magic[- ]links?|passwordless|user accounts|identity provider|idp"
    r"|jwt(?: auth)?|session handling)\b"
)
_NOT_LOGIN = re.compile(r"(?:history|attempts?|logs?|log|page design|button|counts?|metrics|errors?|audit)[.!\s]*$")
"""About the login, but not the login."""
_NEVER_COVERED = ("docs", "test", "research")


def implied_edges(tasks: Sequence[Draft]) -> Iterator[Edge]:
    """Yield the dependencies that follow from the nature of the tasks, those that a pronoun makes certain first."""
    meant = [meant_by_pronoun(place, task, tasks) for place, task in enumerate(tasks)]
    found = chain(
        (Edge(place, earlier, "implied: works on its result") for place, own in enumerate(meant) for earlier in own),
        deployment_edges(tasks),
        (edge for place, task in enumerate(tasks) for edge in _of(place, task, tasks, refers=bool(meant[place]))),
        layer_edges(tasks),
    )
    for edge in found:
        # "Meanwhile" and "separately" free a task from all that it is not said to wait for.
        freed = tasks[edge.later].beside or (edge.later < edge.earlier and tasks[edge.earlier].beside)
        if edge.later != edge.earlier and not freed:
            yield edge


def _of(place: int, task: Draft, tasks: Sequence[Draft], *, refers: bool) -> Iterator[Edge]:
    if task.kind not in ("docs", "test"):
        yield from _behind_login(place, task, tasks)
    elif not refers:
        yield from _covers(place, task, tasks)


def _covers(place: int, task: Draft, tasks: Sequence[Draft]) -> Iterator[Edge]:
    """Docs and tests wait for the tasks whose subject they name, or for all that is built if they name none."""
    why = "implied: docs cover what is built" if task.kind == "docs" else "implied: tests cover what is built"
    work = [
        other
        for other in range(len(tasks))
        if other != place and tasks[other].kind not in _NEVER_COVERED and not is_deployment(tasks[other])
    ]
    covered = {other for subject in subjects(task) for other in _named(subject, work, tasks)}
    if not covered and covers_everything(task):
        covered = {other for other in _same_section(task, tasks, work) if _is_built(tasks[other])}
    yield from (Edge(place, other, why) for other in sorted(covered))


def _named(subject: frozenset[str], places: Sequence[int], tasks: Sequence[Draft]) -> list[int]:
    """Return the tasks that share the most words with a subject; several if as many."""
    scores = {place: len(shared(subject, words(tasks[place]))) for place in places}
    best = max(scores.values(), default=0)
    return [place for place, score in scores.items() if best and score == best]


def _same_section(task: Draft, tasks: Sequence[Draft], places: Sequence[int]) -> list[int]:
    """Keep to the tasks of the same section where the request has sections."""
    own = [place for place in places if tasks[place].context == task.context]
    return own if task.context and own else list(places)


def _is_built(task: Draft) -> bool:
    return task.kind in ("feature", "bugfix") or (
        task.kind == "security" and task.opening.kind in ("feature", "bugfix")
    )


def _behind_login(place: int, task: Draft, tasks: Sequence[Draft]) -> Iterator[Edge]:
    """Dashboards, admin pages and user management wait for the login named before them."""
    if task.kind not in ("feature", "infra", "security") or not _NEEDS_LOGIN.search(_head(task)):
        return
    for other in range(place):
        if _makes_login(tasks[other]):
            yield Edge(place, other, "implied: needs authentication")


def _makes_login(task: Draft) -> bool:
    head = _head(task)
    made = task.kind in ("feature", "infra", "security") and task.opening.kind in ("feature", "infra", "security")
    return made and bool(_LOGIN.search(head)) and not _NOT_LOGIN.search(head)


def _head(task: Draft) -> str:
    """Return what the task makes, without what that is for or in."""
    return object_head(task.opening)
