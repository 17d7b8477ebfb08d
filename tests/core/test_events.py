"""Events: every one survives the way through the journal, and what this version does not know is kept."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import AwareDatetime

from tests.core.stories import run_started
from tmux_orchestra.core import events as e
from tmux_orchestra.core.state import Status

NASTY = "two\nlines \x1b[31m \x00 \u2028 ünï \U0001f3bb"
EXAMPLES: dict[Any, Any] = {
    str: NASTY,
    int: 7,
    float: 1.5,
    bool: True,
    datetime: (MOMENT := datetime(2026, 1, 1, 12, 30, 0, 123456, tzinfo=UTC)),
    AwareDatetime: MOMENT,
    e.Overlap: e.Overlap(tasks=("a", "b"), paths=(NASTY,), more=1, hunks=(e.Hunk(path=NASTY, line=3, ours=NASTY),)),
    e.Usage: e.Usage(user_seconds=0.25, max_rss_bytes=1),
}


def example_value(annotation: Any) -> Any:
    """Return a value of this type that says something; no default would be told from it."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if annotation in EXAMPLES:
        return EXAMPLES[annotation]
    if origin is Literal:
        return inner[-1]
    if origin is Annotated:
        return example_value(inner[0])
    if origin in {UnionType, Union}:
        return example_value(next(one for one in inner if one is not NoneType))
    if origin is tuple:
        return tuple(example_value(one) for one in inner if one is not ...)
    assert origin is Mapping, annotation
    return {example_value(inner[0]): example_value(inner[1])}


def example(kind: type[e.Event]) -> e.Event:
    if kind is e.RunStarted:
        return run_started("a", "b", constraints=("keep it fast",), request=NASTY)
    fields = {name: example_value(field.annotation) for name, field in kind.model_fields.items() if name != "event"}
    return kind(**fields)


def through_the_journal(event: e.Event) -> e.Event:
    return e.parse(json.loads(json.dumps(event.model_dump(mode="json", exclude_none=True))))


@pytest.mark.parametrize("name", e.EVENTS)
def test_every_event_is_the_same_after_it_was_written_and_read(name: str) -> None:
    event = example(e.EVENTS[name])
    assert event.event == name
    assert through_the_journal(event) == event
    assert type(through_the_journal(event)) is e.EVENTS[name]


@pytest.mark.parametrize("name", e.EVENTS)
def test_every_name_is_a_request_a_status_or_in_the_past_tense(name: str) -> None:
    subject, _, verb = name.partition(".")
    assert re.fullmatch(r"[a-z]+", subject)
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", verb)
    assert (verb == "requested") == issubclass(e.EVENTS[name], e.Request)
    if subject == "task":
        assert issubclass(e.EVENTS[name], e.StatusChanged)
        assert Status(verb)
    else:
        words = (verb, verb.split("_")[0])
        assert any(w.endswith("ed") or w in {"frozen", "forecast", "told"} for w in words), "not in the past tense"


def test_every_status_has_its_event() -> None:
    assert {f"task.{status}" for status in Status} == {name for name in e.EVENTS if name.startswith("task.")}


@pytest.mark.parametrize("name", e.EVENTS)
def test_fields_of_a_newer_version_are_kept(name: str) -> None:
    event = example(e.EVENTS[name])
    newer = {**event.model_dump(mode="json"), "added_later": {"deep": [1, None]}}
    read = e.parse(newer)
    assert type(read) is type(event)
    assert through_the_journal(read).model_extra == {"added_later": {"deep": [1, None]}}


def test_events_of_a_newer_version_are_kept_whole() -> None:
    fields = {"event": "moon.landed", "at": "2031-05-05T00:00:00Z", "task": "a", "crew": ["x", {"y": 1}]}
    read = e.parse(fields)
    assert isinstance(read, e.Unknown)
    assert through_the_journal(read).model_dump(mode="json", exclude_none=True) == fields


@pytest.mark.parametrize(
    "fields",
    [
        {"event": "task.merged"},
        {"event": "task.merged", "task": {"id": "a"}},
        {"event": "check.failed", "task": "a", "command": "x", "tree": "t", "exit_code": "many"},
        {"event": "agent.todo_changed", "task": "a", "status": "postponed"},
        {"event": "run.started", "run": "r1"},
    ],
)
def test_a_known_event_whose_fields_cannot_be_read_is_kept_as_unknown(fields: dict[str, Any]) -> None:
    read = e.parse(fields)
    assert isinstance(read, e.Unknown)
    assert read.model_dump(exclude_none=True) == fields


@pytest.mark.parametrize("fields", [{}, {"event": None}, {"event": 3}, {"event": ["run.ended"]}, {"at": "now"}])
def test_what_names_no_event_is_none(fields: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="not an event"):
        e.parse(fields)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)
FIELD_NAMES = sorted({field for kind in e.EVENTS.values() for field in kind.model_fields} - set(e.Event.model_fields))


@given(st.sampled_from([*e.EVENTS, "moon.landed"]), st.dictionaries(st.sampled_from(FIELD_NAMES), JSON, max_size=5))
def test_whatever_the_fields_are_the_event_is_read(name: str, fields: dict[str, Any]) -> None:
    read = e.parse({**fields, "event": name})
    assert read.event == name
    again = through_the_journal(read)  # a field that is null says as much as one that is missing
    assert again.model_dump(mode="json", exclude_none=True) == read.model_dump(mode="json", exclude_none=True)


def test_a_prompt_is_known_by_its_words_whatever_stands_around_them() -> None:
    assert e.prompt_digest("  build it\n") == e.prompt_digest("build it")
    assert e.prompt_digest("build it") != e.prompt_digest("build it!")
    assert re.fullmatch(r"[0-9a-f]{16}", e.prompt_digest("half a pair: \ud83c"))


def test_what_a_command_printed_is_kept_only_at_its_end() -> None:
    with pytest.raises(ValueError, match="20000"):
        e.CheckFailed(task="a", command="x", tree="t", exit_code=1, tail="x" * 20_001)
