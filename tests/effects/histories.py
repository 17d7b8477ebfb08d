"""Random histories: what people and agents do in worktrees, what we do between that, and deaths in the middle.

The promise that is held after every step of ours, carried out, refused or killed: every blob, tree and commit that
somebody else has made, and that was to be had before it, is to be had after it, and not only from a log of git's if it
was more than that before. Nothing of the person's is touched by a step that has nothing to do with it, and a step
that was killed leaves nothing behind once it is done again; somebody may have worked in between.
"""

import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from tests.effects.histories_deaths import Death, Killed, deaths, dying
from tests.effects.histories_people import Person, Work, works
from tests.effects.histories_world import INTEGRATION, RUN, TASKS, Files, Seen, World, blob_id
from tmux_orchestra.core.errors import OrchestraError
from tmux_orchestra.effects import git
from tmux_orchestra.effects.git.removal import remove_worktree
from tmux_orchestra.effects.git.rollback import roll_back
from tmux_orchestra.mergers import MERGERS, Proposal

EMPTY = blob_id(b"")
"""Stands in an index for every file that is only intended to be added; git itself has it or not, as it likes."""

COUNTED: Counter[str] = Counter()
"""What was done in all histories of this process."""


@dataclass(frozen=True)
class Before:
    """How everything was before a step of ours."""

    seen: Seen
    files: dict[str, Files]
    refs: dict[str, str]
    staged: str
    leftovers: list[str]


class Histories(RuleBasedStateMachine):
    """One history; `world` is set by whoever runs it."""

    world: World

    def __init__(self) -> None:
        super().__init__()
        self.world.renew()
        self.repository = self.world.repository
        self.person = Person(self.world)
        self.collected: dict[str, str] = {}
        self.merges: list[str] = []
        self.moves: list[git.Moved] = []
        self.last: Seen | None = None
        """What was seen after our last step: what came since is somebody else's."""
        self.theirs: set[str] = set()
        self.touched = True
        """Somebody has done something since our last step."""
        self.parked = self.cleaned = False
        COUNTED["histories"] += 1

    @initialize(strategy=st.sampled_from(sorted(MERGERS)))
    def begin(self, strategy: str) -> None:
        self.strategy = strategy
        self.last = Seen(frozenset(), frozenset())

    # --- people and agents

    @rule(meanwhile=works)
    def somebody_works(self, meanwhile: Work) -> None:
        self._meanwhile(meanwhile)

    def _meanwhile(self, meanwhile: Work) -> None:
        for where, doings in meanwhile:
            for what, path, number in doings:
                self.touched = True
                COUNTED["acts"] += 1
                self.person.act(where, what, path, number)

    @rule(where=st.sampled_from(TASKS), number=st.integers(0, 11), path=st.sampled_from(("a", "b")))
    def agent_edits_and_commits(self, where: str, number: int, path: str) -> None:
        self._meanwhile([(where, [("edit", path, number), ("git", ("commit", "--quiet", "--all", "--message=x"), 0)])])

    @rule(often=st.integers(0, 3))
    def folder_is_removed_by_hand(self, often: int) -> None:
        if not often:
            self.touched = True
            shutil.rmtree(self.world.path(TASKS[1]), ignore_errors=True)

    @rule()
    def person_prunes(self) -> None:
        before = self._look()
        root = self.repository.root
        self.world.git(root, "worktree", "prune")
        self.world.git(root, "gc", "--quiet", "--prune=now")
        # Pruning is the person's own: an index whose folder they removed goes with it.
        gone = [name for name in TASKS if not self.world.path(name).is_dir()]
        if gone:
            self.touched = True
        else:
            self._nothing_is_lost(before, "gc")

    # --- our steps

    @rule(task=st.sampled_from(TASKS), meanwhile=works, death=deaths)
    def collects(self, task: str, meanwhile: Work, death: Death | None) -> None:
        self._meanwhile(meanwhile)
        path, branch = self.world.path(task), self.world.branch(task)

        def collect() -> None:
            work = git.collect(self.repository, path, branch, self.world.base, f"Work on {task}")
            self.collected[task] = work.commit

        # Whoever only looked at something older is brought back to the branch: then files follow.
        at_home = self.world.files(task).head.endswith(f"/{task}\n")
        self._step(f"collect {task}", collect, death, at="" if at_home else task)

    @precondition(lambda self: self.collected)
    @rule(which=st.integers(0, 1), meanwhile=works, death=deaths)
    def merges_task(self, which: int, meanwhile: Work, death: Death | None) -> None:
        self._meanwhile(meanwhile)
        task = sorted(self.collected)[which % len(self.collected)]
        self._merge(Proposal(run=RUN, task=task, title=task, commit=self.collected[task]), death)

    def _merge(self, proposal: Proposal, death: Death | None) -> None:
        def merge() -> None:
            result = git.merge(self.repository, self.world.path(INTEGRATION), proposal, strategy=self.strategy)
            if isinstance(result, git.Merged):
                self.merges.append(result.before)

        self._step(f"merge {proposal.title}", merge, death, at=INTEGRATION)

    @precondition(lambda self: self.merges)
    @rule(meanwhile=works, death=deaths)
    def takes_back(self, meanwhile: Work, death: Death | None) -> None:
        self._meanwhile(meanwhile)
        before, path = self.merges.pop(), self.world.path(INTEGRATION)
        self._step(
            "take back", lambda: git.reset_integration(self.repository, path, RUN, before), death, at=INTEGRATION
        )

    @precondition(lambda self: self.merges)
    @rule(meanwhile=works, death=deaths)
    def moves_target(self, meanwhile: Work, death: Death | None) -> None:
        self._meanwhile(meanwhile)
        tip = self.repository.branch_tip(self.world.branch(INTEGRATION))

        def move() -> None:
            result = git.move_target(self.repository, RUN, "main", tip or self.world.base)
            if isinstance(result, git.Moved):
                self.moves.append(result)
            if isinstance(result, git.Diverged):
                caught_up.append(result.current)

        caught_up: list[str] = []
        self._step("move", move, death, moves=True)
        if caught_up:
            self._merge(Proposal(run=RUN, commit=caught_up[-1], title="catch up"), None)

    @precondition(lambda self: self.moves)
    @rule(meanwhile=works, death=deaths)
    def rolls_back(self, meanwhile: Work, death: Death | None) -> None:
        self._meanwhile(meanwhile)
        moved = self.moves.pop()

        def back() -> None:
            result = self.repository.branch_tip(self.world.branch(INTEGRATION)) or moved.commit
            roll_back(self.repository, RUN, "main", moved.before, moved.commit, result=result)

        self._step("undo the move", back, death, moves=True)

    @rule(name=st.sampled_from((*TASKS, INTEGRATION)), meanwhile=works, death=deaths)
    def parks(self, name: str, meanwhile: Work, death: Death | None) -> None:
        self._meanwhile(meanwhile)
        path, branch = self.world.path(name), self.world.branch(name)
        self._step(f"park {name}", lambda: git.park(self.repository, RUN, name, path, branch), death)

    @rule(name=st.sampled_from((*TASKS, *TASKS, INTEGRATION)), proven=st.booleans(), meanwhile=works, death=deaths)
    def cleans_up(self, name: str, proven: bool, meanwhile: Work, death: Death | None) -> None:
        self._meanwhile(meanwhile)
        place = git.Holding(RUN, name, self.world.path(name), self.world.branch(name))
        target, integration = "refs/heads/main", f"refs/heads/{self.world.branch(INTEGRATION)}"
        refs = (target,) if name == INTEGRATION else (target, integration)
        terms = git.Terms(refs, must_be_proven=proven)

        def clean() -> None:
            foretold = remove_worktree(self.repository, place, terms, foretell=True)
            done = remove_worktree(self.repository, place, terms)
            assert type(foretold) is type(done)
            if isinstance(done, git.Removed):
                self.cleaned = True
                assert not self.world.path(name).exists()

        self._step(f"clean up {name}", clean, death, at=name)

    @precondition(lambda self: self.parked)
    @rule(which=st.integers(0, 5), meanwhile=works, death=deaths)
    def restores(self, which: int, meanwhile: Work, death: Death | None) -> None:
        self._meanwhile(meanwhile)
        kept = git.list_kept(self.repository, RUN)
        one = kept[which % len(kept)]
        path = self.world.path(one.task)
        self._step(
            f"restore {one.ref}",
            lambda: git.restore(self.repository, one.ref, path, one.branch),
            death,
            at=one.task,
        )

    @precondition(lambda self: self.cleaned)
    @rule(name=st.sampled_from((*TASKS, INTEGRATION)), meanwhile=works, death=deaths)
    def makes_worktree(self, name: str, meanwhile: Work, death: Death | None) -> None:
        self._meanwhile(meanwhile)

        def make() -> None:
            path, branch = self.world.claimed(name)
            git.add_worktree(self.repository, path, branch, self.world.base)

        self._step(f"make {name}", make, death, at=name)

    # --- what must hold

    def _look(self) -> Before:
        """Look at everything before a step of ours; what has come since the last one is somebody's work."""
        assert self.last is not None
        seen = self.last
        if self.touched:
            seen = self.world.see()
            there = seen.solid | seen.logged
            self.theirs |= there - self.last.solid - self.last.logged - {EMPTY}
            self.theirs &= there  # what somebody has overwritten themselves, nobody can have back
            self.touched = False
        files = {name: self.world.files(name) for name in self.world.names()}
        return Before(seen, files, self.world.refs(), self.world.staged(""), self.world.leftovers())

    def _step(
        self, what: str, carry_out: Callable[[], object], death: Death | None, *, at: str = "", moves: bool = False
    ) -> None:
        """Carry a step out; where it was killed, do it again. `at`: the worktree whose files it may change."""
        before, given_up = self._look(), False
        COUNTED["steps"] += 1
        try:
            with dying(death):
                self._try(what, carry_out)
        except Killed:
            COUNTED["deaths"] += 1
            self._nothing_is_lost(before, f"{what}, killed {death}")
            given_up = death is not None and death.last
            if given_up:
                COUNTED["given up"] += 1
                self.world.drop_locks()
            else:
                self._try(what, carry_out)
                left = set(self.world.leftovers()) - set(before.leftovers)
                assert not left, f"{what}, killed {death} and done again, has left {left}"
        self._nothing_is_lost(before, what)
        if not given_up:  # half of a step may lie there
            self._others_are_untouched(before, what, at=at, moves=moves)
        self.parked = any(ref.startswith(f"refs/orchestra/{RUN}/kept/") for ref in self.world.refs())

    @staticmethod
    def _try(what: str, carry_out: Callable[[], object]) -> None:
        try:
            carry_out()
            COUNTED[what.split(maxsplit=1)[0]] += 1
        except OrchestraError:
            COUNTED[f"{what.split(maxsplit=1)[0]} refused"] += 1

    def _nothing_is_lost(self, before: Before, what: str) -> None:
        now = self.world.see(logs=False)
        if self.theirs - now.solid:
            now = self.world.see()
        lost = self.theirs - now.solid - now.logged
        assert not lost, f"{what} has lost {self._described(lost)}"
        demoted = (self.theirs & before.seen.solid) - now.solid
        assert not demoted, f"{what} has left only to the logs {self._described(demoted)}"
        self.last = Seen(now.solid, now.logged | before.seen.logged)

    def _described(self, objects: set[str]) -> list[str]:
        root = self.repository.root
        return [f"{one[:10]}: {self.world.git(root, 'cat-file', '-p', one)[:200]!r}" for one in sorted(objects)[:5]]

    def _others_are_untouched(self, before: Before, what: str, *, at: str, moves: bool) -> None:
        refs = self.world.refs()
        theirs = {
            ref for ref in {*before.refs, *refs} if not ref.startswith(("refs/heads/orchestra/", "refs/orchestra/"))
        }
        changed = {ref for ref in theirs if before.refs.get(ref) != refs.get(ref)}
        assert changed <= ({"refs/heads/main"} if moves else set()), f"{what} has changed {changed}"
        for name, files in before.files.items():
            if name and name == at:
                continue
            now = self.world.files(name)
            differing = {
                path for path in {*files.contents, *now.contents} if files.contents.get(path) != now.contents.get(path)
            }
            if moves and changed:
                differing -= self._between(before.refs["refs/heads/main"], refs["refs/heads/main"], files)
            assert not differing, f"{what} has changed {differing} in {name or 'the main worktree'}"
        if not changed:
            assert self.world.staged("") == before.staged, f"{what} has changed the person's index"
            assert self.world.files("").head == before.files[""].head

    def _between(self, old: str, new: str, files: Files) -> set[str]:
        """Return the paths that a move of the target may write: those it changes, and only where nobody edits them."""
        root = self.repository.root
        listed = self.world.git(root, "diff-tree", "-r", "-z", "--raw", "--abbrev=40", "--no-renames", old, new).split(
            "\0"
        )
        found = set()
        for about, path in zip(listed[::2], listed[1::2], strict=False):
            lies = files.contents.get(path)
            if (blob_id(lies[1]) if lies else "0" * 40) == about.split()[2]:
                found.add(path)
        return found
