"""Settings: what cannot be chosen is refused, and the defaults are those of the manual."""

import pytest
from pydantic import ValidationError

from tmux_orchestra.core.settings import Settings


def test_the_defaults_are_safe() -> None:
    chosen = Settings()
    assert (chosen.agent, chosen.planner, chosen.merge, chosen.checks) == ("claude", "auto", None, None)
    assert {chosen.trust, chosen.dangerously_skip_permissions, chosen.sign} == {False}


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_instances": 0},
        {"max_attempts": 0},
        {"max_restarts": -1},
        {"check_slots": 0},
        {"check_timeout": 0},
        {"end_timeout": 0},
        {"budget_usd": 0},
        {"attention_grace": -1},
        {"merge": "sometimes"},
        {"planner_timeout": 0},
        {"max_instance": 3},
    ],
    ids=str,
)
def test_a_value_that_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate(wrong)


def test_settings_are_the_same_after_they_were_saved() -> None:
    chosen = Settings(checks=(), allow=("WebSearch",), agent_args=("--model", "x"), budget_usd=2.5)
    assert Settings.model_validate_json(chosen.model_dump_json()) == chosen


def test_no_checks_and_unknown_checks_are_not_the_same() -> None:
    assert Settings(checks=()) != Settings()
