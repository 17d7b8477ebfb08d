"""Decides what each clause is (task, detail, background, constraint, remark on order) and collects the drafts."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from tmux_orchestra.core.plan import Kind, Priority
from tmux_orchestra.planners import clues, statements
from tmux_orchestra.planners.constraints import is_bare_constraint, is_constraint
from tmux_orchestra.planners.courtesy import is_dismissal, is_polite
from tmux_orchestra.planners.draft import Draft, Reading, Statement
from tmux_orchestra.planners.faults import is_fault, is_hearsay, states_something
from tmux_orchestra.planners.kinds import kind_of
from tmux_orchestra.planners.noun_kinds import names_thing_alone, names_work, object_head
from tmux_orchestra.planners.opening import Opening
from tmux_orchestra.planners.order import Wait, waits_within, without_done
from tmux_orchestra.planners.outline import Block
from tmux_orchestra.planners.phrase import Phrase
from tmux_orchestra.planners.priority import announced, is_marker, mentioned
from tmux_orchestra.planners.resolve import Names
from tmux_orchestra.planners.segment import Clause, clauses, lists_things, things_listed
from tmux_orchestra.planners.stems import shared, stems
from tmux_orchestra.planners.tickets import gist, is_ticket


def gather(blocks: tuple[Block, ...]) -> Reading:
    """Read all blocks of a request. A heading that asks for something no item below it does is a task."""
    gathering = Gathering()
    heading = ""
    for place, block in enumerate(blocks):
        if block.heading:
            before = len(gathering.reading.tasks)
            if _stands_alone(block, blocks[place + 1 :]):
                gathering.block(block)
            heading = block.text if len(gathering.reading.tasks) > before else ""
        elif heading and heading in block.context and not is_constraint(Phrase.of(block.text)):
            gathering.reading.tasks[-1].details.extend(filter(None, (block.text, block.details)))
        else:
            gathering.block(block)
    return gathering.finish()


def _stands_alone(heading: Block, below: tuple[Block, ...]) -> bool:
    """Tell whether a heading is an instruction that nothing below it spells out."""
    covered = [block for block in below if heading.text in block.context]
    spelled_out = any(block.listed or clues.instructs(block.text) for block in covered)
    return clues.instructs(heading.text) and not spelled_out


@dataclass(slots=True)
class Gathering:
    """Collects what the clauses say, in reading order."""

    reading: Reading = field(default_factory=Reading)
    pending: list[str] = field(default_factory=list)
    """Background waiting for the task it explains."""
    claims: list[Clause] = field(default_factory=list)
    """What of the block's background says that something is wrong, needed or wanted: a task of its own, unless an
    instruction of the same block takes it up."""
    urgency: Priority | None = None
    """Said at the beginning of the block, of what follows."""
    unsure: list[tuple[Clause, Block]] = field(default_factory=list)
    """All that was taken for background."""

    def block(self, block: Block) -> None:
        """Read one block. Background belongs to a task of the same block if there is one."""
        tasks = self.reading.tasks
        before = len(tasks)
        self.claims.clear()
        self.urgency = None
        for clause in clauses(block.text):
            if clause.said:
                self._clause(self._urged(clause), block)
        self._make_tasks_of_claims(block, others=len(tasks) > before)
        if self.pending and tasks and (len(tasks) > before or not block.listed):
            tasks[-1].background.extend(self.pending)
            self.pending.clear()
        if block.details and tasks:
            tasks[-1].details.append(block.details)
        if any(map(clues.side_by_side, block.context)):
            for task in tasks[before:]:
                task.beside.add(block.context)
        if block.context and clues.in_order(block.context[-1]):
            self.reading.chains.add(block.group)

    def finish(self) -> Reading:
        """Return all that was read; what seemed to be background is a task if nothing else is one."""
        if not self.reading.tasks:
            self.pending.clear()
            self._tasks_of_statements()
            for clause, block in self.unsure:
                if not clues.is_chatter(clause.said):
                    for thing in things_listed(clause):
                        self._task(thing, block)
        return self.reading

    def _tasks_of_statements(self) -> None:
        """Make tasks of what only sentences about order name: "the parser has to wait for the lexer"."""
        for statement in self.reading.statements:
            for words in (statement.who, statement.what):
                name = Phrase.of(without_done(words))
                known = any(stems(task.text) == stems(name.text) for task in self.reading.tasks)
                if not known and not statements.only_refers(name.text):
                    self._task(Clause(name, Opening(name), 0), Block(name.text, 0, statement.group))

    def _clause(self, clause: Clause, block: Block) -> None:
        """Read one clause: the first description that fits it decides."""
        core = clause.opening.core
        if self._remark(clause, block) or self._instruction(clause, block):
            return
        if clues.insists(core) and (self.claims or self.pending):
            self._insist(block)
        elif self.claims and clues.is_about_it(core):
            self._explain(clause, block)
        elif not block.listed and self._goes_on(clause):
            self.reading.tasks[-1].details.append(clause.said.text)
        elif lists_things(clause):
            for thing in things_listed(clause):
                self._task(thing, block)
        elif _claims(clause):
            self._claim(clause, block)
        elif block.listed or (self.reading.tasks and (names_work(core) or self._labelled_too(clause, block))):
            self._task(clause, block)
        else:
            self._explain(clause, block)

    def _remark(self, clause: Clause, block: Block) -> bool:
        """Take in what is said about the work as a whole; False if the clause is about some of it."""
        if self._noise(clause) or self._free(clause, block) or self._statement(clause, block):
            return True
        if clues.is_background(clause.label):
            self._explain(clause, block)
            return True
        core, sentence = clause.opening.core, not (block.listed or clause.listed or clause.opening.verb)
        if (not clause.listed and is_constraint(core)) or (sentence and is_bare_constraint(clause.said)):
            self.reading.constraints.append(clause.said.text)
            return True
        return False

    def _urged(self, clause: Clause) -> Clause:
        """Give a clause the priority that stood alone before it."""
        if self.urgency is None or clause.opening.priority:
            return clause
        urgency, self.urgency = self.urgency, None
        return replace(clause, opening=replace(clause.opening, priority=urgency))

    def _noise(self, clause: Clause) -> bool:
        """Pass over politeness; "Low priority." speaks of the task before it, "URGENT!!" first of that after it."""
        core = clause.opening.core
        if is_marker(clause.said.text):
            if clause.sentence == 0:
                self.urgency = announced(clause.said.text)
            for task in self.reading.tasks if clause.sentence else ():
                if task.sentence == self.reading.tasks[-1].sentence:
                    task.priority = announced(clause.said.text) or "normal"
            return True
        said_nothing = is_polite(core) and not clause.opening.known
        return not core or said_nothing or is_marker(core.text) or is_dismissal(core)

    def _free(self, clause: Clause, block: Block) -> bool:
        """Take in "in this order" and "these two are independent"; False if the clause is neither."""
        tasks = self.reading.tasks
        if statements.states_chain(clause.said):
            self.reading.chains.update(task.group for task in tasks[-1:])
            return True
        who = statements.frees_order(clause.opening.core, instructs=bool(clause.opening.verb))
        if who is None:
            return False
        covered = Names(tasks).meant(who, len(tasks), block.group) if who else ()
        for place in covered or range(len(tasks)):
            tasks[place].beside.add(clause.said.text)
        return True

    def _statement(self, clause: Clause, block: Block) -> bool:
        """Take in "2 and 3 depend on 1"; False if the clause is no such statement."""
        core = clause.opening.core
        stated = statements.placement(core) or (None if clause.opening.verb else statements.dependency(core))
        if stated is None:
            return False
        who, how, what = stated
        self.reading.statements.append(
            Statement(who, what, how, clause.said.text, block.group, len(self.reading.tasks))
        )
        return True

    def _instruction(self, clause: Clause, block: Block) -> bool:
        """Take in what is asked for in so many words; False if nothing is."""
        opening, core = clause.opening, clause.opening.core
        conditional = clause.chained and clues.is_conditional(core)
        marked = opening.link or opening.priority or opening.said_kind or opening.ticket
        asked = bool(opening.verb or marked or opening.wish == "ours")
        # "… and the rollout after the review", "…, #815 (login)": the verb was said before.
        same = self._same_sentence(clause, block)
        gapped = (same and any(waits_within(core))) or ((same or opening.polite) and is_ticket(core))
        if not (asked or clause.listed or conditional or gapped or clues.is_question(core)):
            return False
        described = self._settle_claims(opening, block)
        self._task(clause, block)
        if described:
            _describe(self.reading.tasks[-1], described)
        return True

    def _settle_claims(self, opening: Opening, block: Block) -> str:
        """Decide what the claims so far are to this instruction: what "it" means (returned), its reasons, or tasks."""
        claims, self.claims = self.claims, []
        described = ""
        if clues.takes_up(opening):
            if claims and clues.means_several(opening):
                described = "; ".join(claim.opening.core.text.rstrip(" .!?") for claim in claims)
                claims = []
            elif claims:
                described = claims.pop().opening.core.text
            elif self.pending and opening.kind == "bugfix" and not clues.refers_back(self.pending[-1]):
                described = self.pending[-1]
        elif opening.so and claims:
            claims.pop()  # it was the reason, and stays background
        for claim in claims:
            if not (is_hearsay(claim.opening.core) or _is_reason(claim, opening)):
                self._remove_pending(claim)
                self._task(claim, block)
        return described

    def _make_tasks_of_claims(self, block: Block, *, others: bool) -> None:
        """Make tasks of the claims that no instruction took up; of hearsay only if the block asks for nothing."""
        certain = [claim for claim in self.claims if not is_hearsay(claim.opening.core)]
        for claim in certain or ([] if others else self.claims[:1]):
            self._remove_pending(claim)
            self._task(claim, block)

    def _remove_pending(self, claim: Clause) -> None:
        self.pending = [text for text in self.pending if text != claim.said.text]

    def _explain(self, clause: Clause, block: Block) -> None:
        """Keep a clause as background of the task that follows."""
        self.pending.append(clause.said.text)
        self.unsure.append((clause, block))

    def _claim(self, clause: Clause, block: Block) -> None:
        """Take in what is said to be wrong or needed: a task at once in a list, else when the block is read."""
        urgent = clause.opening.priority is not None or mentioned(clause.said.text) is not None
        if block.listed or urgent:
            self._task(clause, block)
            return
        self.pending.append(clause.said.text)
        self.claims.append(clause)

    def _insist(self, block: Block) -> None:
        """Make a task of what was just told, for "that has to stop"."""
        claim = self.claims.pop() if self.claims else self.unsure.pop()[0]
        self._remove_pending(claim)
        self._task(claim, block)
        self.reading.tasks[-1].kind = "bugfix"

    def _goes_on(self, clause: Clause) -> bool:
        """Tell whether a clause says more of the task before it ("it should …", "the wizard must …")."""
        tasks = self.reading.tasks
        return bool(tasks) and clues.goes_on_with(clause.opening.core, tasks[-1].said)

    def _labelled_too(self, clause: Clause, block: Block) -> bool:
        """Tell whether a thing stands after a label as tasks of the block do: "API: paginate it. UI: a spinner"."""
        last = self.reading.tasks[-1]
        alike = clause.label and last.line == block.line and len(last.context) > len(block.context)
        return bool(alike) and names_thing_alone(clause.opening.core)

    def _same_sentence(self, clause: Clause, block: Block) -> bool:
        """Tell whether a task was found in this very sentence."""
        tasks = self.reading.tasks
        return bool(tasks) and tasks[-1].sentence == (block.line, clause.sentence)

    def _task(self, clause: Clause, block: Block) -> None:
        """Make a draft of a clause."""
        opening = gist(clause.opening)
        context = (*block.context, clause.label) if clause.label else block.context
        own = clause.opening.priority or mentioned(clause.said.text)
        kind = kind_of(opening, context)
        draft = Draft(
            opening=opening,
            said=clause.said.text,
            line=block.line,
            group=block.group,
            sentence=(block.line, clause.sentence),
            context=context,
            background=list(self.pending),
            number=block.number,
            kind=kind,
            priority=own or _announced_above(context),
            link=clause.opening.link,
            chained=clause.chained,
            in_passing=clause.in_passing,
            waits=[*clause.waits, *_told_order(clause, kind)],
            after=clause.after,
        )
        if clause.opening.parallel or (clause.label and clues.side_by_side(clause.label)):
            draft.beside.add(draft.sentence)
        if clause.label and clues.in_order(clause.label):
            self.reading.chains.add(block.group)
        self.pending.clear()
        self.reading.tasks.append(draft)


def _told_order(clause: Clause, kind: Kind) -> Iterator[Wait]:
    """Yield what a clause says of its place; when a fault shows ("… when the lid is closed") is nothing of that."""
    for wait in waits_within(clause.opening.core):
        if not (kind == "bugfix" and wait.said.startswith("when")):
            yield wait


def _is_reason(claim: Clause, opening: Opening) -> bool:
    """Tell whether an instruction does what a claim asks for: they are about the same thing."""
    said, about = stems(claim.said.text), stems(opening.object)
    return bool(shared(stems(object_head(opening)) or about, said)) or len(shared(about, said)) > 1


def _claims(clause: Clause) -> bool:
    """Tell whether a clause says that something is wrong, needed or wanted, or how it is besides ("also, it …")."""
    core, opening = clause.opening.core, clause.opening
    also = opening.more and states_something(core) and not is_hearsay(core)
    return is_fault(core) or clues.is_requirement(core) or bool(opening.wish) or also


def _announced_above(context: tuple[str, ...]) -> Priority:
    """Return the priority that the nearest heading or lead-in gives to what stands below it."""
    return next((given for text in reversed(context) if (given := announced(text))), "normal")


def _describe(task: Draft, fault: str) -> None:
    """Let "fix it" be known by the fault it means."""
    said = task.opening.core.text.rstrip(" .!?")
    task.opening = replace(task.opening, core=Phrase.of(f"{said} ({fault.rstrip(' .!?')})"))
    task.explained = not clues.is_unknown(fault)
    task.priority = mentioned(fault) or task.priority
