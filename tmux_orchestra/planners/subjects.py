"""What a task is about, seen from the others: its own words without those that any task of its sort has."""

import re

from tmux_orchestra.planners.draft import Draft
from tmux_orchestra.planners.spelling import mend_nouns
from tmux_orchestra.planners.stems import stem, stems
from tmux_orchestra.planners.wordlist import word_set

_GENERIC = frozenset(
    map(
        stem,
        word_set("""
        doc docs documentation document readme changelog manual guide reference user developer api test tests
        testing suite e2e end unit integration
        regression smoke acceptance coverage comprehensive full complete automated automatic whole entire all
        everything project code app application
        product system codebase feature features change changes functionality part parts end-to-end missing
        relevant proper good corresponding
        necessary needed some more additional case cases spec specs write add update run do create extend
        improve build execute increase perform
        make implement prepare finalize fix bug bugs work works new page pages section entry entries file files
        accordingly well together matching
        """),
    )
)


def subject(draft: Draft) -> frozenset[str]:
    """Return the stems that tell what docs or tests are about; empty if they are about the whole request."""
    return frozenset(word for word in stems(_about(draft)) if word not in _GENERIC)


def words(draft: Draft) -> frozenset[str]:
    """Return the stems of the task itself, without its verb."""
    return stems(draft.opening.object or draft.text) | {ticket.lstrip("#") for ticket in draft.tickets}


def _about(draft: Draft) -> str:
    """Return the task's object without what it says of order."""
    text = draft.opening.object if draft.opening.verb else draft.opening.core.mask
    for wait in draft.waits:
        text = text.replace(wait.said.casefold(), " ")
    return mend_nouns(text)


LAYERS: tuple[re.Pattern[str], ...] = (
    re.compile(
        r"\b(?:schemas?|(?:data(?:base)?|domain|db) models?|migrations?|tables?|collectors?|data sources?|importers?"
        r"|ingest\w*|crawlers?|scrapers?|data store|event store|entities|data layer|repository layer|sensors?)\b"
    ),
    re.compile(r"\b(?:apis?|endpoints?|graphql|rest|resolvers?|routes|web ?service)\b"),
    re.compile(
        r"\b(?:pages?|screens?|dashboards?|ui|frontend (?:components?|views?)|components|widgets?|views?|forms?"
        r"|charts?|(?:web|mobile) (?:client|app)|panel|front-?end)\b"
    ),
)
"""Data, API, screens: a higher layer shows what the lower one provides."""
_WHOLE_TIER = re.compile(
    r"(?:the |a |an )?(?:front-?end|back-?end|database|server|client|app|(?:web|mobile) app)[.!\s]*"
)
LAYER_WORDS = frozenset(
    map(
        stem,
        word_set(
            """
            schema model models migration table tables collector data database db source importer ingestion api
            apis endpoint endpoints graphql rest resolver routes page pages screen screens dashboard dashboards
            ui frontend component components widget widgets view views form forms chart charts client web mobile
            app panel layer service server simple basic small main new crawler scraper store entities admin
            """
        ),
    )
)


def layer(draft: Draft) -> int | None:
    """Return 0 for data, 1 for an API, 2 for a screen; None for what is no single layer."""
    text = (
        re.split(r"\b(?:for|from|to|with|on|in|of|that|which|so|after|before|once|using)\b", draft.opening.object)[0]
        if draft.opening.verb
        else draft.opening.core.mask
    )
    if _WHOLE_TIER.fullmatch(text):
        return None
    return next((level for level in (2, 1, 0) if LAYERS[level].search(text)), None)


def topic(draft: Draft) -> frozenset[str]:
    """Return what a layer is about ("orders" of "the orders table")."""
    return frozenset(word for word in stems(_about(draft)) if word not in LAYER_WORDS)
