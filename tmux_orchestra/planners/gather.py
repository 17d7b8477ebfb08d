"""Decides what each clause is (task, detail, background, constraint, remark on order) and collects the drafts."""

from dataclasses import dataclass, field, replace

from tmux_orchestra.core.plan import Priority
from tmux_orchestra.planners import clues, remarks
from tmux_orchestra.planners.draft import Draft, Reading, Statement
from tmux_orchestra.planners.faults import is_fault, is_hearsay
from tmux_orchestra.planners.kinds import kind_of
from tmux_orchestra.planners.order import waits_within
from tmux_orchestra.planners.outline import Block
from tmux_orchestra.planners.phrase import Phrase
from tmux_orchestra.planners.priority import announced, is_marker, mentioned
from tmux_orchestra.planners.resolve import resolve
from tmux_orchestra.planners.segment import Clause, clauses
from tmux_orchestra.planners.stems import overlap
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
        elif heading and heading in block.context and not remarks.is_constraint(Phrase.of(block.text)):
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
    faults: list[tuple[Clause, Block]] = field(default_factory=list)
    """What of it describes a fault: a task, unless an instruction of the same block takes it up."""
    unsure: list[tuple[Clause, Block]] = field(default_factory=list)
    """All that was taken for background."""

    def block(self, block: Block) -> None:
        """Read one block. Background belongs to a task of the same block if there is one."""
        tasks = self.reading.tasks
        before = len(tasks)
        self.faults.clear()
        said = [clause for clause in clauses(block.text) if clause.said]
        for clause in said:
            self._clause(clause, block, last=clause is said[-1])
        if len(tasks) == before:
            for fault, home in self.faults:
                self._task(fault, home)
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
            for clause, block in [*self.faults, *self.unsure]:
                if not clues.is_chatter(clause.opening.core):
                    self._task(clause, block)
        return self.reading

    def _clause(self, clause: Clause, block: Block, *, last: bool) -> None:
        """Read one clause: the first description that fits it decides."""
        core = clause.opening.core
        if self._noise(clause) or self._free(clause, block):
            return
        if remarks.is_constraint(core):
            self.reading.constraints.append(clause.said.text)
        elif self._statement(clause, block) or self._instruction(clause, block):
            return
        elif clues.is_found_bug(core):
            self._fault(clause, block, last=last)
        elif self.reading.tasks and clues.goes_on_with(core, self.reading.tasks[-1].said):
            self.reading.tasks[-1].details.append(clause.said.text)
        elif is_fault(core):
            self._fault(clause, block, last=last)
        elif block.listed or clues.is_requirement(core) or clues.reads_as_order(core):
            self._task(clause, block)
        else:
            self.pending.append(clause.said.text)
            self.unsure.append((clause, block))

    def _noise(self, clause: Clause) -> bool:
        """Pass over politeness; a bare "(low priority)" speaks of the task before it."""
        core = clause.opening.core
        if is_marker(clause.said.text) and self.reading.tasks:
            self.reading.tasks[-1].priority = announced(clause.said.text) or "normal"
            return True
        return not core or is_marker(core.text) or (remarks.is_polite(core) and not clause.opening.known)

    def _free(self, clause: Clause, block: Block) -> bool:
        """Take in "in this order" and "these two are independent"; False if the clause is neither."""
        tasks = self.reading.tasks
        if remarks.states_chain(clause.said):
            self.reading.chains.update(task.group for task in tasks[-1:])
            return True
        who = remarks.frees_order(clause.said)
        if who is None or (who and clause.opening.verb):
            return False
        covered = resolve(who, tasks, len(tasks), block.group) if who else ()
        for place in covered or range(len(tasks)):
            tasks[place].beside.add(clause.said.text)
        return True

    def _statement(self, clause: Clause, block: Block) -> bool:
        """Take in "2 and 3 depend on 1"; False if the clause is no such statement."""
        core = clause.opening.core
        stated = remarks.placement(core) or (None if clause.opening.verb else remarks.dependency(core))
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
        if opening.verb or clause.listed or opening.link or (clause.chained and clues.is_conditional(core)):
            self._settle_faults(clause)
            described = self.faults[-1][0].opening.core.text if self.faults and clues.takes_up(opening) else ""
            self._task(clause, block)
            if described:
                _describe(self.reading.tasks[-1], described)
            self.faults.clear()
            return True
        # "… and the rollout after the review", "…, #815 (login)": the verb was said before.
        gapped = self._same_sentence(clause, block) and (any(waits_within(core)) or is_ticket(core))
        if gapped or clues.is_wish(core):
            self._task(clause, block)
            return True
        return False

    def _settle_faults(self, clause: Clause) -> None:
        """Make tasks of the faults described so far that this instruction is not about."""
        core = clause.opening.core
        if clues.takes_up(clause.opening):
            return
        for fault, home in self.faults:
            if not is_hearsay(fault.opening.core) and not overlap(fault.said.text, core.text):
                self.pending = [text for text in self.pending if text != fault.said.text]
                self._task(fault, home)

    def _fault(self, clause: Clause, block: Block, *, last: bool) -> None:
        """Take in a described fault: a task, or for now the background of the instruction that follows."""
        urgent = clause.opening.priority is not None or mentioned(clause.said.text) is not None
        closing = last and not self.pending and not is_hearsay(clause.opening.core)
        if block.listed or urgent or closing:
            self._task(clause, block)
            return
        self.pending.append(clause.said.text)
        self.faults.append((clause, block))

    def _same_sentence(self, clause: Clause, block: Block) -> bool:
        """Tell whether a task was found in this very sentence."""
        tasks = self.reading.tasks
        return bool(tasks) and tasks[-1].sentence == (block.line, clause.sentence)

    def _task(self, clause: Clause, block: Block) -> None:
        """Make a draft of a clause."""
        opening = gist(clause.opening)
        context = (*block.context, clause.label) if clause.label else block.context
        own = clause.opening.priority or mentioned(clause.said.text)
        draft = Draft(
            opening=opening,
            said=clause.said.text,
            line=block.line,
            group=block.group,
            sentence=(block.line, clause.sentence),
            context=context,
            background=list(self.pending),
            number=block.number,
            kind=kind_of(opening),
            priority=own or _announced_above(context),
            link=clause.opening.link,
            chained=clause.chained,
            waits=[*clause.waits, *waits_within(clause.opening.core)],
            before_next=clause.needed_by_next,
        )
        if clause.opening.parallel:
            draft.beside.add(draft.sentence)
        self.pending.clear()
        self.reading.tasks.append(draft)


def _announced_above(context: tuple[str, ...]) -> Priority:
    """Return the priority that the nearest heading or lead-in gives to what stands below it."""
    return next((given for text in reversed(context) if (given := announced(text))), "normal")


def _describe(task: Draft, fault: str) -> None:
    """Let "fix it" be known by the fault it means."""
    task.opening = replace(task.opening, core=Phrase.of(f"{task.opening.core.text} ({fault})"))
    task.explained = True
    task.priority = mentioned(fault) or task.priority
