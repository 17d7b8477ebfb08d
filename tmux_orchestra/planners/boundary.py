"""Decides whether a comma or an "and" ends one instruction and begins the next, or only joins two things or actions."""

import re
from dataclasses import dataclass, replace

from tmux_orchestra.planners.clues import insists, is_requirement
from tmux_orchestra.planners.constraints import is_constraint
from tmux_orchestra.planners.faults import is_fault
from tmux_orchestra.planners.kinds import kind_of
from tmux_orchestra.planners.opening import Opening, is_weak
from tmux_orchestra.planners.phrase import Phrase
from tmux_orchestra.planners.tickets import TICKET_WITH_GIST
from tmux_orchestra.planners.verbs import ENGLISH, USERS_TOO, VERB_FINAL, VERBS, works_on_product
from tmux_orchestra.planners.wordlist import word_set

_TE_FORM = re.compile(r"[しじちりいきぎびみえけせてでれねべめ고며][、,，]?\s*$")
"""Japanese and Korean join clauses by the form of the verb that ends the first."""
_OTHER_SCRIPT = re.compile(r"[\u0370-\u03ff\u0590-\u06ff\u0900-\u0dff\u0e00-\u0e7f]+\S*\s+\S")
"""Several words in Greek, Hebrew, Arabic, Indian or Thai letters: we know few of their verbs, so commas must do."""
_USERS_DO = re.compile(
    r"(?:^(?:let|allow|permit)\b|^(?:enable|make it possible)\b.*\bto\b|\b(?:users?|customers?|people|admins?|they"
    r"|one|you|visitors"
    r"|members?|owners?|clients?|players?|\w+ers|who|which|that) (?:can|could|may|to|should)\b|\bable to\b)"
)
_PROGRAM_DOES = re.compile(
    r"\b(?P<modal>to|can|could|will|should|must|may|would|not|and) (?:\w+ly )?(?!(?:it|them|this|that|us|me)$)"
    r"(?P<verb>[a-z-]+)(?: (?:up|down|in|out|off|on))?$|\b(?:so (?:that )?|which |that )[\w' -]+$"
)
"""Ends inside what something is to do: "change the importer to skip duplicates (and log them)"."""
CONDITION = re.compile(
    r"(?:when(?:ever)?|if|unless|while|as long as|in case|every time|each time|once|after|as soon as|wenn|falls"
    r"|sobald|si|cuando|quand|lorsque|se|quando|als)\s"
)
_BARE_AND = word_set(
    """
    document test deploy release run monitor cover measure profile benchmark publish ship launch review clean
    tidy log cache
    """
)
"""Verbs that are nouns too, but after an "and" and without an article more often verbs."""
_GAPPED = re.compile(
    r"(?:and |then )*(?:the |a |an )?(?:[\w'-]+ ){1,5}(?:after|before|once) (?:the |a |an )?(?:[\w'-]+ ?){1,6}[.!]?"
)
_STARTING = re.compile(r"(?:start|begin) with\b")
_ORDERED = re.compile(r"\b(?:after|before|once)\b")
_LAST_WORD = re.compile(r"([^\W\d_]+)\W*$")
_UNFINISHED = re.compile(r"\b(?:so that|which|who|because|if|when|whether|to|the|a|an|of|for|with|by|from|as|than)$")
"""A clause does not end in these."""
_OF_SOMETHING = re.compile(
    r"\b(?:tests?|suite|docs?|documentation|guide|tutorial|page|entry|section)\b(?: \w+)? (?:for|of|on|about) "
)


@dataclass(frozen=True, slots=True)
class Seam:
    """A comma or conjunction, and what stands on both sides."""

    left: Phrase
    """The clause so far, without its preamble."""
    opening: Opening
    """How it opened."""
    right: Opening
    """What follows, up to the next comma or conjunction."""
    rest: Phrase
    """What follows, and all behind it."""
    comma: bool
    """More than a mere "and" joins them."""
    merged: bool
    """The clause so far holds things listed with commas already."""

    def begins_anew(self) -> bool:
        """Tell whether a new clause begins here."""
        left, right = self.left, self.right
        if _UNFINISHED.search(left.mask) and not left.text.endswith(" A"):  # "a badge for grade A, …"
            return False
        if self._certain():
            return True
        if right.link in ("then", "after that", "finally") and not CONDITION.match(self.opening.core.mask):
            return self._order_begins()
        if right.gerund and not (right.polite or self.opening.gerund):
            return False  # "upgrade Django, running the suite after every step"
        if right.verb:
            return self._verb_begins()
        if right.so:
            return False  # "cap it at 50, so nobody overpays"
        if _GAPPED.fullmatch(right.core.mask) and _ORDERED.search(left.mask) and self.opening.verb:
            return True
        if right.polite or right.said_kind or (right.priority and self.comma) or right.wish == "ours":
            return True
        if self.comma and insists(right.core):
            return True
        return self.leaves_verb_out() or (
            self.comma and not self.opening.verb and _claims(right.core) and _claims(left)
        )

    def leaves_verb_out(self) -> bool:
        """Tell whether the verb goes without saying: "write tests for the parser, docs for the API"."""
        if not self.opening.verb or self.right.verb:
            return False
        first = replace(self.opening, core=self.left)
        second = replace(first, core=self.right.core, verb_end=0)
        return all(
            kind_of(written) in ("docs", "test") and _OF_SOMETHING.search(written.core.mask)
            for written in (first, second)
        )

    def shares_object(self) -> bool:
        """Tell whether two verbs with one object ask for two sorts of work: "refactor and test the pricing module"."""
        if not self._bare() or not (self.right.verb and self.right.object):
            return False
        kinds = {self.opening.kind, kind_of(self.right)}
        return len(kinds) > 1 and bool(kinds & {"docs", "test", "infra"})

    def _certain(self) -> bool:
        """Tell whether a clause begins here whatever it says."""
        tickets = TICKET_WITH_GIST.match(self.right.core.text) and TICKET_WITH_GIST.search(self.left.text)
        last = _LAST_WORD.search(self.left.mask)
        closed = _TE_FORM.search(self.left.mask) or (last and last[1] in VERB_FINAL)
        return bool(tickets or closed or _OTHER_SCRIPT.match(self.right.core.mask)) or is_constraint(self.rest)

    def _order_begins(self) -> bool:
        """Decide for a piece that opens with "then": one without a verb may go on with "start with users"."""
        right = self.right
        if not right.verb and _STARTING.match(self.left.mask):
            return False
        return self.comma or bool(right.verb) or "then" in self.left.mask or right.link == "then"

    def _verb_begins(self) -> bool:
        """Decide for a piece that opens with a verb: it may be a noun, or what the product or its users do."""
        right = self.right
        if self._bare():
            return self.shares_object()
        if self._goes_on_describing():
            return False
        if right.polite or right.link or right.priority or (right.so and self.comma):
            return True
        if not is_weak(right):
            return right.verb not in ENGLISH or bool(right.object) or self.comma
        if not right.object or right.core.text[:1].isupper():  # "remove jQuery, Bootstrap 3 and moment"
            return False
        return not self.merged and bool(self.opening.verb) if self.comma else right.verb in _BARE_AND

    def _bare(self) -> bool:
        """Tell whether nothing but a verb stands before."""
        return bool(self.opening.verb) and not self.left.mask[self.opening.verb_end :].strip()

    def _goes_on_describing(self) -> bool:
        """Tell whether the verb goes on with what users or the program do: "let users create (and delete) lists"."""
        left, right = self.left, self.right
        if right.polite or works_on_product(right.verb) or (right.object and kind_of(right) in ("docs", "test")):
            return False
        if " and " in left.mask:  # "create, rename and archive lists": what the users do ends there
            return False
        if right.verb in USERS_TOO and _USERS_DO.search(left.mask):
            return True
        does = None if self.comma else _PROGRAM_DOES.search(left.mask)
        # "to skip duplicates and", but not "change the color to blue and"
        return does is not None and (does["modal"] != "to" or does["verb"] in VERBS)


def _claims(phrase: Phrase) -> bool:
    """Tell whether a phrase says that something is wrong or has to be."""
    return is_fault(phrase) or is_requirement(phrase)
