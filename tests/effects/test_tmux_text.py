"""Texts for tmux: whatever is in them, tmux's own parser gives them back."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.effects.tmux_fixtures import session, tmux  # noqa: F401
from tmux_orchestra.effects.tmux import Session, Tmux, text

ANY_TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(ANY_TEXT, min_size=1, max_size=20))
def test_any_text_comes_back_from_tmux_unchanged(
    tmux: Tmux, session: Session, tmp_path: Path, texts: list[str]
) -> None:
    folder = tmp_path / "saved"
    folder.mkdir(exist_ok=True)
    lines = []
    for number, words in enumerate(texts):
        # A buffer takes bytes and gives them back without reading them; an empty text makes no buffer.
        lines += [
            text.command("set-buffer", "-b", "quoted", "--", f"<{words}>"),
            text.command("save-buffer", "-b", "quoted", str(folder / str(number))),
        ]
    assert tmux.batch(lines).complaints == ()
    assert [(folder / str(n)).read_bytes() for n in range(len(texts))] == [f"<{words}>".encode() for words in texts]


@pytest.mark.parametrize(
    ("written", "name"),
    [("shop-run1", "shop-run1"), ("a.b:c", "a_b_c"), ("-x", "x"), ("$1", "_1"), ("", "orchestra"), ("é 漢", "é_漢")],
)
def test_a_session_name_holds_nothing_that_targets_read(written: str, name: str) -> None:
    assert text.session_name(written) == name


def test_a_line_of_a_sequence_that_fails_keeps_the_rest_from_running(tmux: Tmux, session: Session) -> None:
    line = text.sequence([text.command("kill-window", "-t", "@99"), text.command("display-message", "-p", "reached")])
    reply = tmux.batch([line, text.command("display-message", "-p", "next")])
    assert reply.lines == ("next",)
    assert not reply.refusals
    assert reply.complaints
