"""Whole runs of the pure core in a simulated world: every run comes to rest, and the rules hold on the way."""

from collections.abc import Callable
from itertools import accumulate
from random import Random

import pytest
from hypothesis import example, given, note, settings
from hypothesis import strategies as st

from tests.core.world import BASE, World
from tmux_orchestra.core import actions as a
from tmux_orchestra.core import events as e
from tmux_orchestra.core.fold import fold, fold_all
from tmux_orchestra.core.plan import PRIORITIES, Plan, Task
from tmux_orchestra.core.scheduler import holds_slot, needs_person
from tmux_orchestra.core.settings import Settings
from tmux_orchestra.core.state import RunState, Status

SETTINGS = Settings(agent="claude", max_instances=2, restart_delay=1)


def plan_of(**depends_on: tuple[str, ...]) -> Plan:
    return Plan(tasks=tuple(Task(id=name, depends_on=needs) for name, needs in depends_on.items()))


def always(answers: dict[str, str] | None = None) -> Callable[[str, list[str]], str]:
    """Draw these answers, and otherwise the first one, which is that all goes well."""
    return lambda what, choices: (answers or {}).get(what, choices[0])


def outcome(state: RunState) -> str:
    return state.ended.outcome if state.ended else "not over"


def names(world: World) -> list[str]:
    return [event.event for event in world.history]


# --- single stories --------------------------------------------------------------------------------------


def test_a_run_in_which_all_goes_well_merges_everything_and_moves_the_target() -> None:
    world = World(plan_of(a=(), b=("a",), c=("a",)), SETTINGS, always())
    state = world.run()
    assert {t.status for t in state.tasks.values()} == {Status.MERGED}
    assert outcome(state) == "done"
    assert [merge.task for merge in world.branch] == ["a", "b", "c"]
    assert world.target == world.tip == state.tip


def test_what_depends_on_a_failed_task_is_skipped_and_the_others_merge() -> None:
    state = World(plan_of(a=(), b=("a",), c=()), SETTINGS, always({"check a": "red"})).run()
    assert [t.status for t in state.tasks.values()] == [Status.FAILED, Status.SKIPPED, Status.MERGED]
    assert outcome(state) == "failed"
    assert state.moved is not None


def test_red_checks_go_back_to_the_agent_and_fail_the_task_in_the_end() -> None:
    state = World(plan_of(a=()), SETTINGS, always({"check a": "red"})).run()
    assert state.tasks["a"].status is Status.FAILED
    assert state.tasks["a"].attempt == SETTINGS.max_attempts


def test_a_merge_that_is_red_is_taken_back_before_anybody_else_is_merged() -> None:
    world = World(plan_of(a=(), b=()), SETTINGS, always({"check _integration": "red"}))
    state = world.run()
    assert {t.status for t in state.tasks.values()} == {Status.FAILED}
    happened = [name for name in names(world) if name in {"merge.finished", "merge.reverted"}]
    assert happened == ["merge.finished", "merge.reverted"] * 2 * SETTINGS.max_attempts
    assert state.tip == BASE == world.tip


def test_a_task_starts_from_what_it_depends_on() -> None:
    world = World(plan_of(a=(), b=("a",)), SETTINGS, always())
    state = world.run()
    assert state.tasks["a"].base == BASE
    assert state.tasks["b"].base == world.branch[0].commit


def test_a_question_needs_a_person_and_is_not_done() -> None:
    state = World(plan_of(a=(), b=("a",)), SETTINGS, always({"agent a": "asks"})).run()
    assert state.tasks["a"].status is Status.ATTENTION
    assert outcome(state) == "not over"
    assert list(needs_person(state)) == ["a"]


def test_a_person_who_answers_in_the_window_is_enough() -> None:
    world = World(plan_of(a=(), b=("a",)), SETTINGS, always({"agent a": "asks"}))
    world.run()
    world.type_in("a")
    assert outcome(world.run()) == "done"


def test_a_denied_call_at_the_end_of_a_turn_is_not_done_and_names_the_rule() -> None:
    world = World(plan_of(a=()), SETTINGS, always({"agent a": "denied"}))
    state = world.run()
    assert state.tasks["a"].status is Status.ATTENTION
    assert "--allow 'Bash(rm:*)'" in state.tasks["a"].reason
    assert "agent.tool_denied" in names(world)


def test_a_usage_limit_holds_back_every_launch_until_it_is_over() -> None:
    turns = iter(["limit"])
    world = World(
        plan_of(a=(), b=()),
        Settings(max_instances=1),
        lambda what, choices: next(turns, choices[0]) if what == "agent a" else choices[0],
    )
    state = world.run()
    limit = next(event for event in world.history if isinstance(event, e.AgentFailed)).retry_at
    launches = [event.at for event in world.history if isinstance(event, e.InstanceLaunched)]
    assert limit is not None
    assert all(at is not None and at >= limit for at in launches[1:])
    assert outcome(state) == "done"


def test_cancelling_everything_ends_the_run_and_leaves_the_target_alone() -> None:
    world = World(plan_of(a=(), b=("a",)), SETTINGS, always())
    for _ in range(6):
        world.step()
    world.tell(e.CancelRequested())
    assert outcome(world.run()) == "cancelled"
    assert world.target == BASE
    assert not world.living


def test_nothing_of_a_paused_task_moves_until_it_is_resumed() -> None:
    world = World(plan_of(a=()), SETTINGS, always())
    world.tell(e.PauseRequested())
    state = world.run()
    assert state.tasks["a"].status is Status.WAITING
    assert state.tasks["a"].holds == {"person"}
    world.tell(e.ResumeRequested())
    assert outcome(world.run()) == "done"


def test_a_retry_brings_a_failed_task_and_what_was_skipped_back() -> None:
    answers = {"check a": "red"}
    world = World(plan_of(a=(), b=("a",)), SETTINGS, always(answers))
    assert outcome(world.run()) == "failed"
    answers.clear()
    world.tell(e.RetryRequested(tasks=("a",)))
    assert {t.status for t in world.run().tasks.values()} == {Status.MERGED}


def test_what_is_retried_after_a_cleanup_builds_on_what_was_merged_before_it() -> None:
    answers = {"check b": "red"}
    world = World(plan_of(a=(), b=("a",)), SETTINGS, always(answers))
    world.run()
    world.tell(e.CleanupRequested(id="1"))
    assert world.run().integration_worktree == ""
    answers.clear()
    world.tell(e.RetryRequested(tasks=("b",)))
    state = world.run()
    assert outcome(state) == "done"
    assert state.tasks["b"].base == world.branch[0].commit


# --- any run, any weather ----------------------------------------------------------------------------------


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    ids = [f"t{n}" for n in range(draw(st.integers(1, 6)))]
    tasks = []
    for n, task_id in enumerate(ids):
        needs = draw(st.lists(st.sampled_from(ids[:n]), unique=True, max_size=3)) if n else []
        urgency = draw(st.sampled_from(PRIORITIES))
        kind = draw(st.sampled_from(["feature", "research", "test"]))
        tasks.append(Task.model_validate({"id": task_id, "depends_on": needs, "priority": urgency, "kind": kind}))
    return Plan(tasks=tuple(tasks))


SOME_SETTINGS = st.builds(
    Settings,
    max_instances=st.integers(1, 3),
    restart_delay=st.sampled_from([0.0, 1.0]),
    max_restarts=st.integers(0, 2),
    max_attempts=st.integers(1, 3),
    merge=st.sampled_from(["auto", "each", "manual"]),
    attention_grace=st.sampled_from([0.0, 120.0]),
)

RATES = [0.0, 0.03, 0.2, 0.5]


class Weather:
    """What befalls a run: how often things go wrong, people ask for something, and the supervisor dies."""

    def __init__(self, seed: int, trouble: float, wishes: float, deaths: float) -> None:
        self.chance = Random(seed)  # noqa: S311 - a seed makes the same weather again
        self.trouble, self.wishes, self.deaths = trouble, wishes, deaths

    def draw(self, _what: str, choices: list[str]) -> str:
        """Let things go well, or not."""
        return self.chance.choice(choices) if self.chance.random() < self.trouble else choices[0]

    def lossy(self) -> bool:
        """Whether the supervisor dies now."""
        return self.chance.random() < self.deaths

    def interfere(self, world: World) -> None:
        """Let a person, or the machine, do something, now and then."""
        if self.chance.random() >= self.wishes:
            return
        assert world.state is not None
        ids = [task.id for task in world.plan.tasks]
        some = tuple(self.chance.sample(ids, self.chance.randint(0, min(2, len(ids)))))
        number = str(world.serial)
        wishes: list[e.Event | Callable[[str], None]] = [
            e.PauseRequested(tasks=some),
            e.ResumeRequested(tasks=some),
            e.CancelRequested(tasks=some),
            e.RetryRequested(tasks=some),
            e.MergeRequested(id=number),
            e.MergeRequested(id=number, how="manual"),
            e.MergeRequested(id=number, how="abort"),
            e.CleanupRequested(id=number),
            e.SendRequested(id=number, task=self.chance.choice(ids), text="go on"),
            world.type_in,
            world.kill_launcher,
        ]
        chosen = self.chance.choice(wishes)
        if isinstance(chosen, e.Event):
            world.tell(chosen)
            return
        quiet = [t for t in world.living if not any(getattr(event, "task", "") == t for event in world.pending)]
        if able := sorted(t for t in quiet if world.state.tasks[t].alive):
            chosen(self.chance.choice(able))


WEATHER = st.builds(
    Weather,
    seed=st.integers(0, 10**9),
    trouble=st.sampled_from(RATES),
    wishes=st.sampled_from(RATES),
    deaths=st.sampled_from(RATES[:-1]),
)


def live(plan: Plan, chosen: Settings, weather: Weather) -> World:
    """Live a run through its weather until it rests; then let the sun shine until it rests for good."""
    world = World(plan, chosen, weather.draw, lossy=weather.lossy)
    try:
        for _ in range(400):
            weather.interfere(world)
            if not world.step():
                break
            check_reality(world)
        weather.wishes = weather.deaths = 0.0
        world.tell(e.ResumeRequested())
        world.run()
    finally:
        note("\n".join(f"{event.event} {getattr(event, 'task', '')}" for event in world.history[-60:]))
    return world


def check_reality(world: World) -> None:
    """What must hold of the world at any moment, whatever was told and whatever was lost."""
    state = world.state
    assert state is not None
    works = [merge.task for merge in world.branch if merge.task != e.INTEGRATION]
    assert len(works) == len(set(works)), f"merged twice: {works}"
    merged = {t.id for t in state.tasks.values() if t.status is Status.MERGED and t.work and t.work.commits}
    assert merged <= set(works), "merged, but not in the integration branch"
    assert len(set(works) - merged) <= 1, "more than the one that is merging"
    on_branch = [BASE, *(merge.commit for merge in world.branch)]
    assert world.target in on_branch, "the target holds what was taken back"


def check_journal(history: list[e.Event], chosen: Settings) -> None:
    """What must hold of every event, given what was known before it."""
    states = accumulate(history[1:], fold, initial=fold(None, history[0]))
    for before, event in zip(states, history[1:], strict=False):
        match event:
            case e.TaskPreparing(task=task) if before.tasks[task].status is Status.WAITING:
                assert event.at is not None
                # One that comes back from a person who took long is over the number until its old agent has ended.
                others = [t for t in before.tasks.values() if t.status is not Status.WAITING]
                assert sum(holds_slot(t, chosen, event.at) for t in others) < chosen.max_instances
            case e.InstanceLaunched(task=task):
                needs = before.tasks[task].task.depends_on
                assert all(before.tasks[needed].status is Status.MERGED for needed in needs)
            case e.MergeStarted(task=task, commit=commit):
                work = before.tasks[task].work
                assert work is not None
                assert work.commit == commit
                assert all((work.tree, gate) in before.passed for gate in before.gates), "merged unchecked"
            case e.TaskMerged(task=task) if before.tasks[task].merge:
                assert all((before.tip_tree, gate) in before.passed for gate in before.gates), "red, but merged"
            case e.TargetMoved(commit=commit) if commit not in (BASE, before.moved and before.moved.commit):
                assert commit == before.tip
                assert not any(t.status is Status.MERGING for t in before.tasks.values())
                assert all((f"tree of {commit}", gate) in before.passed for gate in before.gates), "red in the target"


def check_rest(world: World) -> None:
    """What must hold once nothing moves any more."""
    state = world.state
    assert state is not None
    resting = {t.id: (t.status, t.reason, t.holds, t.alive) for t in state.tasks.values()}
    hung = any(t.status is Status.RUNNING and t.alive and not (t.stopped or t.failure) for t in state.tasks.values())
    assert state.ended or needs_person(state) or hung, resting
    assert state.tip == world.tip
    if state.ended:
        assert all(t.settled for t in state.tasks.values())
        assert not world.living
        assert not any(t.holds for t in state.tasks.values()), resting
    assert state.merge_wish is None
    assert state.cleanup_wish is None
    assert not [id_ for id_, wish in state.sends.items() if not state.tasks[wish.task].holds], "a text was forgotten"


@given(plans(), SOME_SETTINGS, WEATHER)
@settings(max_examples=500)
def test_every_run_ends_or_asks_and_keeps_its_rules_on_the_way(plan: Plan, chosen: Settings, weather: Weather) -> None:
    world = live(plan, chosen, weather)
    check_reality(world)
    check_rest(world)
    check_journal(world.history, chosen)


@given(plans(), SOME_SETTINGS, st.integers(0, 10**9), st.sampled_from([0.02, 0.1, 0.4]))
@example(plan_of(a=(), b=("a",)), SETTINGS, 0, 0.4)
@settings(max_examples=200)
def test_a_supervisor_that_dies_between_doing_and_telling_is_no_loss(
    plan: Plan, chosen: Settings, seed: int, deaths: float
) -> None:
    world = live(plan, chosen, Weather(seed, trouble=0.0, wishes=0.0, deaths=deaths))
    assert outcome(world.run()) == "done"
    assert sorted(merge.task for merge in world.branch) == sorted(task.id for task in plan.tasks)
    check_rest(world)
    check_journal(world.history, chosen)


@given(plans(), SOME_SETTINGS, WEATHER, st.data())
@settings(max_examples=40)
def test_folding_in_two_halves_or_from_disk_is_folding_once(
    plan: Plan, chosen: Settings, weather: Weather, data: st.DataObject
) -> None:
    world = live(plan, chosen, weather)
    middle = data.draw(st.integers(1, len(world.history)))
    again = [e.parse(event.model_dump(mode="json", exclude_none=True)) for event in world.history]
    assert fold_all(again[middle:], fold_all(again[:middle])) == world.state


@given(plans(), SOME_SETTINGS, WEATHER)
@settings(max_examples=40)
def test_nothing_that_was_ordered_is_forgotten_by_a_supervisor_that_starts_anew(
    plan: Plan, chosen: Settings, weather: Weather
) -> None:
    world = World(plan, chosen, weather.draw)
    for _ in range(weather.chance.randint(1, 60)):
        weather.interfere(world)
        world.step()
    reborn = World(plan, chosen, weather.draw)
    reborn.history, reborn.now, reborn.state = world.history, world.now, fold_all(world.history)
    reborn.pending, reborn.branch, reborn.worktrees = world.pending, world.branch, world.worktrees
    reborn.attempts, reborn.living, reborn.target, reborn.serial = (
        world.attempts, world.living, world.target, world.serial,
    )  # fmt: skip
    weather.wishes = 0.0
    reborn.tell(e.ResumeRequested())
    reborn.run()
    check_reality(reborn)
    check_rest(reborn)


# A usage limit that comes back each time is waited for each time.
@pytest.mark.parametrize("turn", sorted(set(World.TURNS) - {"limit"}))
def test_however_every_turn_goes_the_run_rests(turn: str) -> None:
    world = World(plan_of(a=(), b=("a",), c=()), SETTINGS, lambda what, c: turn if what.startswith("agent") else c[0])
    world.run()
    check_rest(world)


def test_actions_are_named_after_what_they_must_not_share() -> None:
    assert a.Merge(task="x", commit="c").lane == a.MoveTarget(commit="c").lane == e.INTEGRATION
    assert a.Freeze(task="x", hold="person").lane != a.EndInstance(task="x").lane == a.Collect(task="x").lane
