"""The layers of a program: a screen shows what an API provides, an API serves what the data holds."""

import re
from collections.abc import Iterator, Sequence

from tmux_orchestra.planners.draft import Draft
from tmux_orchestra.planners.pronouns import meant_by_pronoun
from tmux_orchestra.planners.stated import Edge
from tmux_orchestra.planners.stems import shared, stem, stems
from tmux_orchestra.planners.subjects import about
from tmux_orchestra.planners.wordlist import word_set

DATA, API, SCREEN = 0, 1, 2

_DATA = (
    r"schemas?|(?:data(?:base)?|domain|db) models?|migrations?|tables?|collectors?|data sources?|importers?|ingest\w*"
    r"|crawlers?|scrapers?|data stores?|event stores?|entit(?:y|ies)|data layer|repository layer|persistence(?: layer)?"
    r"|sensors?|(?:materiali[sz]ed )?views? for|etl(?: jobs?)?|collections?|feature store|data ?marts?|fact tables?"
    r"|indexer"
)
_API = (
    r"apis?|endpoints?|graphql|rest|resolvers?|routes|web ?services?|grpc|rpcs?|controllers?|bff|gateway|web ?sockets?"
    r"|service layer|query layer"
)
_SCREEN = (
    r"pages?|screens?|dashboards?|ui|gui|frontend (?:components?|views?)|components|widgets?|views?|forms?|charts?"
    r"|(?:web|mobile) (?:client|app)|panels?|front-?end|tabs?|modals?|dialogs?|wizards?|maps?|graphs?|report pages?"
)
_WORDS: tuple[re.Pattern[str], ...] = tuple(re.compile(rf"\b(?:{words})\b") for words in (_DATA, _API, _SCREEN))
"""The words for the things of each layer."""
_DONE_TO_DATA = word_set("ingest import collect gather crawl scrape store persist save record capture load model log")
_DONE_BY_API = word_set("expose offer serve publish provide return")
_DONE_BY_SCREEN = word_set("show display render visualize visualise plot chart draw present list surface")
_BY_VERB = tuple(
    {verb: level for verbs, level in ((_DONE_BY_API, API), (_DONE_BY_SCREEN, SCREEN)) for verb in verbs}.items()
)
_WHOLE_TIER = re.compile(
    r"(?:the |a |an )?(?:front-?end|back-?end|database|server|client|app|(?:web|mobile) app)[.!\s]*"
)
"""Tiers side by side: "create frontend, build backend" may be done at the same time."""
_NO_TOPIC = frozenset(
    map(
        stem,
        word_set(
            """
            schema model models migration table tables collector data database db source importer ingestion api
            apis endpoint endpoints graphql rest grpc resolver routes page pages screen screens dashboard dashboards
            ui gui frontend component components widget widgets view views form forms chart charts client web mobile
            app panel layer service server simple basic small main new crawler scraper store entities admin front top
            live list tab map graph results result overview detail details
            react vue angular svelte flutter swiftui compose kotlin swift go golang rust python
            django rails flask fastapi express spring postgres postgresql mysql sqlite mongodb mongo redis clickhouse
            timescaledb bigquery snowflake dynamodb cassandra elasticsearch prisma hibernate http json protobuf
            openapi kafka rabbitmq grafana metabase tailwind next.js typescript javascript java read write
            """
        ),
    )
)
"""Words for the layers and what they are made with; what is left of a task says what it is about."""
_DEFINITE = re.compile(r"(?:the|this|that|these|those)\s")
"""What is spoken of like this has been named just before: "store every click, expose the numbers"."""
_BUILDS_ON = {
    (DATA, API): "an API builds on its data",
    (DATA, SCREEN): "a screen builds on its data",
    (API, SCREEN): "a screen builds on its API",
}
"""Lower and higher layer -> why the higher one waits."""


def layer_edges(tasks: Sequence[Draft]) -> Iterator[Edge]:
    """Yield for each API the data listed before it, and for each screen the APIs and the data, of the same topic."""
    below: list[tuple[int, int, frozenset[str]]] = []
    topics: list[frozenset[str]] = []
    for place, task in enumerate(tasks):
        level = _layer(task)
        if level is None:
            continue
        topic = _widened(_topic(task), topics)
        for other, lower, its_topic in below:
            continued = other == place - 1 and (_DEFINITE.match(task.opening.object) or _builds_up(other, task, tasks))
            same = not topic or not its_topic or shared(topic, _widened(its_topic, topics))
            if lower < level and (continued or same):
                yield Edge(place, other, f"implied: {_BUILDS_ON[lower, level]}")
        below.append((place, level, topic))
        topics = _grouped(topic, topics)


def _builds_up(before: int, task: Draft, tasks: Sequence[Draft]) -> bool:
    """Tell whether a sentence goes up the layers: "make the tables, put an API on top of them, add a screen"."""
    return tasks[before].sentence == task.sentence and bool(meant_by_pronoun(before, tasks[before], tasks))


def _layer(task: Draft) -> int | None:
    """Return the layer that a task makes; None for what is no single layer, or is not made."""
    if task.kind not in ("feature", "infra", "refactor") or task.opening.kind not in ("feature", "infra"):
        return None
    verb, said = task.opening.verb, task.opening.object if task.opening.verb else task.opening.core.mask
    if _WHOLE_TIER.fullmatch(said):
        return None
    made = re.split(r"\b(?:for|from|to|with|on|in|of|that|which|so|after|before|once|using|via|through|into)\b", said)[
        0
    ]
    if named := [level for level in (SCREEN, API, DATA) if _WORDS[level].search(made)]:
        return DATA if verb in _DONE_TO_DATA - {"model"} and named[0] != API else named[0]
    for known, level in _BY_VERB:
        if verb == known and _WORDS[level].search(said):
            return level
    return DATA if verb in _DONE_TO_DATA else None


def _topic(task: Draft) -> frozenset[str]:
    """Return what a layer is about ("orders" of "the orders table")."""
    return frozenset(word for word in stems(about(task)) if word not in _NO_TOPIC)


def _widened(topic: frozenset[str], topics: Sequence[frozenset[str]]) -> frozenset[str]:
    """Add to a topic the words of the known topics that it overlaps: "seat map" belongs to "seat reservations"."""
    return topic.union(*(known for known in topics if shared(topic, known)))


def _grouped(topic: frozenset[str], topics: Sequence[frozenset[str]]) -> list[frozenset[str]]:
    """Return the known topics with one more, those that overlap joined."""
    return [*(known for known in topics if not shared(topic, known)), _widened(topic, topics)]
