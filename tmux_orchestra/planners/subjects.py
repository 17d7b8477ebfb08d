"""What a task is about, seen from the others: its own words without those that any task of its sort has."""

import re

from tmux_orchestra.planners.draft import Draft
from tmux_orchestra.planners.spelling import mend_nouns
from tmux_orchestra.planners.stems import stem, stems
from tmux_orchestra.planners.wordlist import word_set

_PAPER = frozenset(
    map(
        stem,
        word_set("""
        doc docs documentation document readme changelog manual guide reference test tests testing suite e2e end unit
        integration regression smoke acceptance coverage automated automatic case cases spec specs wiki handbook runbook
        playbook tutorial faq cookbook glossary help entry entries section
        everything all both whole entire full complete comprehensive missing relevant proper good corresponding
        necessary needed some more additional accordingly well together matching short small brief quick latest final
        set few couple bit lot decent thorough extensive solid round pass again once rest
        write add update run do create extend improve build execute increase perform make implement prepare finalize fix
        work works new project app application product system codebase feature features change changes functionality
        part parts code bug bugs
        """),
    )
)
"""Words that name the sort of docs or tests, or mean the whole request."""
_READERS = frozenset(
    map(
        stem,
        word_set("user users developer api product customer operator admin contributor page pages file files visual"),
    )
)
"""They say nothing before "docs" and "tests" ("API docs"), but a subject after them ("docs for the API")."""
_SORTS = re.compile(
    r"\b(?:(?:release|upgrade|patch|migration|set-?up|install\w*|usage) (?:notes?|instructions?|guides?|docs?)"
    r"|help (?:cent(?:er|re)|pages?|articles?|texts?|section|files?|topics?)(?: articles?| pages?| entry)?"
    r"|knowledge base(?: articles?)?|man ?pages?|model cards?|data ?sheets?|getting[- ]started(?: guide| page)?"
    r"|(?:api|cli|command) (?:reference|docs?|documentation)|(?:style|user|developer|admin|operator|onboarding) guides?"
    r"|architecture (?:overview|diagrams?|docs?)|(?:load|performance|stress|a/b|property|contract|snapshot|golden"
    r"|mutation|fuzz|soak|visual|screenshot|ui|unit|end-to-end)(?:[- ]based)? tests?(?:ing)?|test (?:data|plan|bench)"
    r"|release announcement|blog ?posts?|code comments?|store listing(?: text)?|white ?papers?|(?:a "
    r"|some )?(?:\w+ )?notes?"
    r" (?:in|on|about|to)|up[- ]to[- ]date|back in(?:to)? (?:shape|line)|in line)\b"
)
"""Sorts of docs and tests named with words that otherwise say what something is about."""
_AND = re.compile(r",|\band\b|&|\bplus\b|\bas well as\b")
_PREPOSITION = re.compile(r"\b(?:for|of|on|about|around|covering|against|to|in)\b")
_AUDIENCE = re.compile(
    r"\bfor (?:the |our |new |all |other |any |future |fellow )*(?:[\w-]+ )?(?:teams?|users?|staff|people|folks"
    r"|everyone|devs?|ops|support|sales|clients|[a-z]+(?:ers|ors|ees|ants|ists))\b"
)
_PLACES = frozenset(
    map(
        stem,
        word_set("""
        staging production prod preview ci pipeline local locally windows macos mac linux ubuntu ios android chrome
        firefox safari edge browser browsers device devices emulator simulator hardware real phone tablet desktop
        hour hours minute minutes day days night nightly weekend minimum least percent github site website online
        team support colleagues people users customers developers
        """),
    )
)
"""Where, for whom or how long tests run and docs stand, unless a task is about just that."""


def subjects(draft: Draft) -> list[frozenset[str]]:
    """Return what docs or tests are about, as the stems of each thing named; nothing if about the whole request."""
    return _named(about(draft))


def covers_everything(draft: Draft) -> bool:
    """Tell whether docs or tests name nothing but whom they are for, or where they stand or run ("on staging")."""
    named = _named(_AUDIENCE.sub(" ", about(draft)))
    return all(word in _PLACES or word.isdigit() for subject in named for word in subject)


def _named(text: str) -> list[frozenset[str]]:
    found = []
    for part in _AND.split(_SORTS.sub(" ", text)):
        before, *after = _PREPOSITION.split(part, maxsplit=1)
        said = (stems(before) - _READERS) | stems(" ".join(after))
        found.append(said - _PAPER)
    return [part for part in found if part]


def words(draft: Draft) -> frozenset[str]:
    """Return the stems of the task itself: its object, the number it is called by, and its verb if that tells much."""
    verb = frozenset((stem(draft.opening.verb),)) - _PAPER
    return stems(draft.opening.object or draft.text) | verb | {ticket.lstrip("#") for ticket in draft.tickets}


def about(draft: Draft) -> str:
    """Return the task's object without what it says of order."""
    text = draft.opening.object if draft.opening.verb else draft.opening.core.mask
    for wait in draft.waits:
        text = text.replace(wait.said.casefold(), " ")
    return mend_nouns(text)
