"""Dependencies that follow from what the tasks are: docs cover what is built, a deployment ships it all."""

import re
from collections.abc import Iterator, Sequence

from tmux_orchestra.planners.draft import Draft
from tmux_orchestra.planners.kinds import object_head
from tmux_orchestra.planners.stated import Edge
from tmux_orchestra.planners.stems import shared
from tmux_orchestra.planners.subjects import layer, subject, topic, words

_DEPLOY_VERBS = frozenset(
    (
        "deploy",
        "redeploy",
        "release",
        "ship",
        "roll out",
        "publish",
        "go live",
        "launch",
        "promote",
        "tag",
        "push",
        "cut a release",
    )
)
_ALWAYS = frozenset(("deploy", "redeploy", "release", "ship", "roll out", "go live"))
_DEPLOYMENT = re.compile(r"(?:the |a |an |our )?(?:\w+ ){0,2}(?:deployment|release|launch|roll-?out|go-live)[.!\s]*")
_PLACE = re.compile(
    r"\b(?:prod(?:uction)?|staging|release|registry|pypi|npm|live|everything|it|them|all|version|app|site|users"
    r"|customers|v?\d+[.\d]*)\b|^$|^to\b"
)
_NEEDS_AUTH = re.compile(
    r"\b(?:dashboards?|admin (?:panels?|consoles?|areas?|pages?|ui|interface|section|backend)|(?:user|role|account"
    r"|member|permission|team)s?(?: and \w+)? (?:management|administration|admin)|(?:management|manage"
    r"|managing) (?:of )?(?:the )?(?:users?|roles?|accounts?)|(?:users?|roles?) (?:page|screen|admin)|role[- ]based"
    r"|admin console|back ?office)\b"
)
_AUTH = re.compile(
    r"\b(?:auth|authentication|authorization|login|log-?in|sign-?in|sso|single sign-on|oauth\d?|saml|openid"
    r"|user accounts)\b"
)
_PRONOUN = re.compile(r"\b(?P<which>its|their|it|them|both|these|those|this|that|they)(?=[\s.,!?;:']|$)(?! own\b)")
_BEFORE_PRONOUN = re.compile(
    r"(?:(?:up|out|down|off|in|on|for|to|with|into|from|over|about|all|of|all of|both of)\s+)*"
    r"|(?:(?!(?:for|to|of|with|from|on|around|about|into|in|over|by|against|so|that|which|when|if|and|or"
    r"|because)\b)[\w'\u02d0/.-]+\s+){1,5}"
    r"(?:for|to|of|with|from|on|around|about|into|over|against|behind|using|covering|that (?:covers?|uses?"
    r"|shows?))\s+(?:all of |both of |each of )?"
)
"""What may stand between the verb and a pronoun that means another task: nothing ("fix it", "hook it up", "write its
tests"), or one new object and its preposition ("build a dashboard for them")."""
_PLURAL = re.compile(r"[a-z]{2,}[^s\W]s\b")
_COVERED = ("feature", "bugfix")
_BUILDS_ON = {
    (0, 1): "an API builds on its data",
    (0, 2): "a screen builds on its data",
    (1, 2): "a screen builds on its API",
}
"""Lower and higher layer (see `subjects.layer`) -> why the higher one waits."""


def implied_edges(tasks: Sequence[Draft]) -> Iterator[Edge]:
    """Yield the dependencies that follow from the nature of the tasks."""
    for place, task in enumerate(tasks):
        for edge in _of(place, task, tasks):
            # "Meanwhile" and "separately" free a task from all that it is not said to wait for.
            if edge.later != edge.earlier and not task.beside:
                yield edge


def _of(place: int, task: Draft, tasks: Sequence[Draft]) -> Iterator[Edge]:
    meant = _pronoun(place, task, tasks)
    yield from (Edge(place, earlier, "implied: works on its result") for earlier in meant)
    if is_deployment(task):
        yield from (
            Edge(place, other, "implied: ships what the others make")
            for other in range(len(tasks))
            if not is_deployment(tasks[other])
        )
    elif task.kind in ("docs", "test"):
        if not meant:
            yield from _covers(place, task, tasks)
    else:
        yield from _behind_login(place, task, tasks)
        yield from _on_lower_layer(place, task, tasks)


def is_deployment(task: Draft) -> bool:
    """Tell whether the task brings the whole to its users, rather than build the way there."""
    if task.kind not in ("infra", "feature"):
        return False
    about = task.opening.object
    if task.opening.verb in _DEPLOY_VERBS:
        short = len(about.split()) <= 2 and task.opening.verb in _ALWAYS  # noqa: PLR2004 -- "ship the rest"
        return short or bool(_PLACE.search(about))
    return bool(
        _DEPLOYMENT.fullmatch(object_head(task.opening) or task.opening.core.mask)
    ) and task.opening.verb not in ("set up", "configure", "automate", "improve", "fix", "add", "create", "build")


def _covers(place: int, task: Draft, tasks: Sequence[Draft]) -> Iterator[Edge]:
    """Docs and tests wait for the tasks whose subject they name, or for all that is built if they name none."""
    about = subject(task)
    what = "docs cover what is built" if task.kind == "docs" else "tests cover what is built"
    builders = [
        other
        for other in range(len(tasks))
        if other != place and tasks[other].kind not in ("docs", "test", "research") and not is_deployment(tasks[other])
    ]
    if not about:
        own = _same_section(task, tasks, builders)
        yield from (Edge(place, other, f"implied: {what}") for other in own if _is_built(tasks[other]))
        return
    scored = [(len(shared(about, words(tasks[other]))), other) for other in builders]
    best = max((score for score, _ in scored), default=0)
    for score, other in scored:
        if best and score == best:
            yield Edge(place, other, f"implied: {what}")


def _same_section(task: Draft, tasks: Sequence[Draft], places: Sequence[int]) -> list[int]:
    """Keep to the tasks of the same section where the request has sections."""
    own = [place for place in places if tasks[place].context == task.context]
    return own if task.context and own else list(places)


def _is_built(task: Draft) -> bool:
    made = task.kind == "security" and task.opening.kind in ("feature", "bugfix")
    return task.kind in _COVERED or made


def _behind_login(place: int, task: Draft, tasks: Sequence[Draft]) -> Iterator[Edge]:
    """Dashboards, admin pages and user management wait for the login named before them."""
    if task.kind not in ("feature", "infra") or not _NEEDS_AUTH.search(task.opening.core.mask):
        return
    for other in range(place):
        before = tasks[other]
        if (
            before.kind in ("feature", "security")
            and before.opening.kind == "feature"
            and _AUTH.search(before.opening.core.mask)
        ):
            yield Edge(place, other, "implied: needs authentication")


def _on_lower_layer(place: int, task: Draft, tasks: Sequence[Draft]) -> Iterator[Edge]:
    """Screens wait for the API and the API for the data that is listed before it, if they share a topic."""
    level, about = layer(task), topic(task)
    if level is None or not _makes(task):
        return
    for other in range(place):
        below = layer(tasks[other])
        if below is None or below >= level or not _makes(tasks[other]):
            continue
        if not about or not topic(tasks[other]) or shared(about, topic(tasks[other])):
            yield Edge(place, other, f"implied: {_BUILDS_ON[below, level]}")


def _makes(task: Draft) -> bool:
    return task.kind in ("feature", "infra") and task.opening.kind in ("feature", "infra")


def _pronoun(place: int, task: Draft, tasks: Sequence[Draft]) -> tuple[int, ...]:
    """Return the tasks whose result "it", "its", "them" or "both" means; () if it means something of its own."""
    if not place or not task.opening.verb or task.explained:
        return ()
    about = task.opening.object
    for wait in task.waits:
        about = about.replace(wait.said.casefold(), "")
    found = _PRONOUN.search(about)
    if not found or not _BEFORE_PRONOUN.fullmatch(about[: found.start()]):
        return ()
    which = found["which"]
    if which in ("this", "that", "these", "those", "its", "their") and _names_more(
        which, about[found.end() :], found.start()
    ):
        return ()
    if which == "both":
        return tuple(range(max(0, place - 2), place))
    earlier = place - 1
    if which in ("them", "they", "their", "these", "those") and task.kind in ("docs", "test"):
        return _several(place, task, tasks)
    return (earlier,)


def _names_more(which: str, after: str, start: int) -> bool:
    """Tell whether "this week" or "a page with its own menu" goes on, so that it means nothing by itself."""
    noun = bool(re.match(r"\s+[\w'-]+", after))
    return noun and (which not in ("its", "their") or start > 0)


def _several(place: int, task: Draft, tasks: Sequence[Draft]) -> tuple[int, ...]:
    """Return what "them" means to docs and tests: a plural just before, else all that the sentence lists."""
    if _PLURAL.search(tasks[place - 1].opening.object):
        return (place - 1,)
    own = [
        other for other in range(place) if tasks[other].sentence == task.sentence or tasks[other].group == task.group
    ]
    return tuple(other for other in own if tasks[other].kind not in ("docs", "test")) or (place - 1,)
