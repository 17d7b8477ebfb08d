"""Finds the tasks whose result a task's "it", "them", "both" or "the former" means."""

import re
from collections.abc import Sequence

from tmux_orchestra.planners.clues import is_conditional
from tmux_orchestra.planners.draft import Draft
from tmux_orchestra.planners.stems import shared, stems
from tmux_orchestra.planners.subjects import words

_PRONOUN = re.compile(
    r"\b(?P<which>its|their|it|them|both|these|those|this|that|they|each|(?:the )?(?:former|latter))(?=[\s.,!?;:']|$)"
    r"(?! own\b)"
)
_PREPOSITIONS = (
    r"(?:for|to|of|with|from|on|onto|around|about|into|over|against|behind|using|atop|upon|beneath|under|on top of"
    r"|in front of|next to|between|by|via|through|out of|based on)"
)
_BEFORE_PRONOUN = re.compile(
    r"(?:(?:up|out|down|off|in|on|for|to|at|with|into|from|over|about|all|of|all of|both of|each of)\s+)*"
    r"|(?:(?!(?:for|to|of|with|from|on|around|about|into|in|over|by|against|so|that|which|when|if|and|or|between"
    r"|because)\b)[\w'\u02d0/.-]+\s+){1,6}"
    rf"(?:in place )?(?:{_PREPOSITIONS}|(?:that|which|to) [a-z]+)\s+(?:all of |both of |each of )?"
)
"""What may stand between the verb and a pronoun that means another task: nothing ("fix it", "hook it up", "write its
tests"), or one new object and its preposition ("build a dashboard for them", "a test that catches it")."""
_ALL_OF = re.compile(r"\ball (?:of )?(?:it|this|that|them|these|those)$|\bthem all$")
_FINDINGS = re.compile(
    r"\b(?:what (?:you|we|i)(?:'ve| have)? (?:find|found|learn(?:ed|t)?|see|saw)|(?:the|your|our) (?:findings"
    r"|conclusions?|insights|outcome|root cause|results(?=[\s.!,]*$)|results of (?:it|that|this)))\b"
)
"""What research brings to light."""
_THERE = re.compile(r"^(?:(?!\bis\b).)*\bthere[\s.!]*$")
_SUBJECT = re.compile(r"(both|they|these|those|it|this|that)\s")
_PLURAL = re.compile(r"[a-z]{2,}[^s\W]s\b")
_OUTCOME = re.compile(
    r"(?:what(?:ever)?|anything(?: that)?|everything(?: that)?|all(?: that)?|any(?: \w+)?(?: that)?|the \w+ (?:that"
    r"|it|they|you))"
    r" (?:breaks?|broke|fails?|failed|comes? up|turns? up|falls? out|is (?:broken|found|red|missing)|(?:you|we|it"
    r"|they) finds?"
    r"|you(?:'ve| have) found|shows? up|goes wrong|pops? up|surfaces?)\b"
)
"""What the task before brings to light: "run the tests and fix what breaks"."""
_TO_PEOPLE = frozenset(("let", "allow", "permit", "ask", "tell", "remind", "notify", "warn", "invite", "teach"))
_RUNNING = frozenset(("run", "rerun", "re-run", "execute", "merge", "review"))
"""Done to tests and docs as well as to what they are about."""


def meant_by_pronoun(place: int, task: Draft, tasks: Sequence[Draft]) -> tuple[int, ...]:
    """Return the tasks whose result a pronoun means; () if there is none, or it means something of its own."""
    if not place or task.explained or is_conditional(task.opening.core):
        return ()  # "if a webhook fails, disable it"
    if not task.opening.verb:  # "both should be covered by tests"
        subject = _SUBJECT.match(task.opening.core.mask)
        return _antecedents(subject[1], place, task, tasks) if subject else ()
    object_ = task.opening.object
    if task.opening.verb in _TO_PEOPLE and re.match(r"(?:them|they|these|those)\b", object_):
        return ()  # "let them invite guests"
    for wait in task.waits:
        object_ = object_.replace(wait.said.casefold(), "")
    if _FINDINGS.search(object_):
        return tuple(other for other in range(place) if tasks[other].kind in ("research", "performance", "test"))[-1:]
    if _OUTCOME.match(object_) or _THERE.search(object_):
        return (place - 1,)
    found = next(
        (found for found in _PRONOUN.finditer(object_) if _BEFORE_PRONOUN.fullmatch(object_[: found.start()])), None
    )
    return _in_object(found, object_, place, tasks) if found else ()


def _in_object(found: re.Match[str], object_: str, place: int, tasks: Sequence[Draft]) -> tuple[int, ...]:
    """Return what a pronoun in a task's object means."""
    task = tasks[place]
    if _ALL_OF.search(object_[: found.end()]):
        return _whole(_before(place, task, tasks), task, tasks)
    which, after = found["which"].removeprefix("the "), object_[found.end() :]
    if which in ("this", "that", "these", "those") and (noun := re.match(r"\s+([a-z][\w-]*)", after)):
        return _named(noun[1], place, tasks)
    if which in ("its", "their") and found.start() > 0 and re.match(r"\s+[\w'-]+", after):
        return ()  # "a page with its own menu"
    if which == "each" and re.match(r"\s+(?!of\b)\w", after):
        return ()  # "each user"
    return _antecedents(which, place, task, tasks)


def _antecedents(which: str, place: int, task: Draft, tasks: Sequence[Draft]) -> tuple[int, ...]:
    """Return the tasks before this one that the pronoun goes back to."""
    before = _before(place, task, tasks)
    if which == "both":
        return tuple(before[-2:])
    if which == "former":
        return tuple(before[-2:-1] or before[-1:])
    if which in ("them", "they", "their", "these", "those", "each") and task.kind in ("docs", "test"):
        return _several(before, task, tasks)
    return (before[-1],)


def _before(place: int, task: Draft, tasks: Sequence[Draft]) -> list[int]:
    """Return the earlier tasks, for docs and tests without other docs and tests: "add X, test it and document it"."""
    earlier = list(range(place))
    if task.kind not in ("docs", "test") or task.opening.verb in _RUNNING:
        return earlier
    return [other for other in earlier if tasks[other].kind not in ("docs", "test")] or earlier


def _several(before: Sequence[int], task: Draft, tasks: Sequence[Draft]) -> tuple[int, ...]:
    """Return what "them" means to docs and tests: a plural just before, else all that the sentence lists."""
    last = before[-1]
    if _PLURAL.search(tasks[last].opening.object):
        return (last,)
    return _whole(before, task, tasks) or (last,)


def _whole(before: Sequence[int], task: Draft, tasks: Sequence[Draft]) -> tuple[int, ...]:
    """Return all that stands before a task in its sentence or list."""
    return tuple(
        other for other in before if tasks[other].sentence == task.sentence or tasks[other].group == task.group
    )


def _named(noun: str, place: int, tasks: Sequence[Draft]) -> tuple[int, ...]:
    """Return the last task before this one that "that client" or "these tables" names; () for "this week"."""
    wanted = stems(noun)
    return next(((other,) for other in reversed(range(place)) if shared(wanted, words(tasks[other]))), ())
