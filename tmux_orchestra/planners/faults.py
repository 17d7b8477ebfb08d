"""Recognises the description of a fault ("checkout returns 500"), which asks for a fix without saying so."""

import re
from collections.abc import Iterator

from tmux_orchestra.planners.phrase import Phrase
from tmux_orchestra.planners.wordlist import words_of

_FAILING = words_of(
    """
    crash fail break hang freeze leak flicker overlap overflow underflow disappear vanish jump stutter jitter lag
    stall choke
    die explode panic segfault deadlock corrupt truncate mangle garble duplicate swallow forget ignore lose drift
    drain spin blink misbehave misfire glitch disconnect clip bleed wobble collide spam skip throw raise error abort
    wipe brick
    spew hog thrash starve balloon clobber overwrite oscillate desync crackle smear regress segv oom
    """
)
"""What programs do when they go wrong."""
_IRREGULAR = words_of(
    "broken broke froze frozen lost threw thrown forgot forgotten hung blew blown stuck died ate eaten shrank"
)
_WITH_OBJECT = words_of(
    "shifts drops blocks cuts mixes strips loops eats messes floods rejects misses hides kills shrinks resets"
)
"""Nouns as well: failures only if something befalls a thing ("drops the last row")."""


def _inflected(verb: str) -> Iterator[str]:
    """Yield the forms in which a failure is reported: "crashes", "crashed", "crashing"."""
    stem = verb.removesuffix("e")
    doubled = stem + stem[-1] if re.fullmatch(r"[^aeiou]*[aeiou][^aeiouwxy]", stem) else stem
    sibilant = verb.endswith(("s", "sh", "ch", "x", "z"))
    yield f"{verb}es" if sibilant else f"{verb}s"
    yield f"{doubled}ed"
    yield f"{doubled}ing"


_FORMS = "|".join(sorted({form for verb in _FAILING for form in _inflected(verb)} | set(_IRREGULAR)))
_PLURAL = words_of("fail crash hang freeze break leak vanish disappear overlap flicker explode lag collide")
_ADVERBS = (
    r"(?:always |still |sometimes |often |randomly |completely |totally |way |just |constantly |not |now |all |being )*"
)
_FAULT = re.compile(
    rf"\b(?:{_FORMS}|(?:{'|'.join(_WITH_OBJECT)}) (?:the|a|an|its|our|all|every|half|valid|up|out|off|\d+)"
    rf"|\w+s (?:(?:from|in|on|of|with|for|to) (?:[\w'-]+ ){{1,3}}?)?{_ADVERBS}(?:{'|'.join(_PLURAL)})"
    # What should be is not.
    r"|(?:does|do|is|are|can|could|will|would|has|have|did|was|were)(?:n't| not)|cannot|can't|won't|no longer|never"
    r"|not (?:possible|working|shown|showing|saved|sent|updated|found|available|visible|loading|being|able)"
    r"|nothing happens"
    r"|nobody|no one|none of|unable to|impossible to|fails? to|refuses? to|stopped \w+ing|stops? (?:working"
    r"|responding|\w+ing)"
    r"|(?:does|do|did|says?|shows?) nothing|without (?:any )?(?:reason|warning)|out of nowhere|instead of"
    # It is wrong, or too much of something.
    r"|wrong(?:ly)?|incorrect(?:ly)?|missing|misaligned|unreadable|unclickable|unreachable|twice|double[d]?|too \w+"
    r"|times? out|timing out|timed out|errors? (?:out|when|on|if|page|message)|takes? (?:\w+ ){0,3}(?:seconds?"
    r"|minutes?|hours?"
    r"|forever|ages|long)|(?:an?|one|two|three|\d+) (?:day|hour|minute|second|pixel|px|cent|row|line|column|page)s?"
    r" (?:off|late|early|too (?:late|early|many|few)|short)|loops (?:on|in|after|when|forever|endlessly)|cut off"
    r"|race in the"
    r"|off[- ]by[- ](?:one|\d)|in an? (?:infinite|endless) loop|infinite loop|forever"
    r"|endless(?:ly)?|over and over|in circles|memory leak|race condition"
    r"|logged out|kicked out|cut off|locked out|out of (?:sync|memory|order|date|bounds)|regression|bugs?|buggy"
    r"|glitch\w*"
    r"|nan|undefined|4(?:0[0-689]|1[0-9]|2[29])s?|50[0-4]s?|null pointer|stack ?trace|exceptions?|vulnerable"
    rf"|(?:is|are|stays?|remains?|gets?|got|comes? (?:up|out|back)|looks?|goes|turns?|seems?|shows? up"
    rf"|renders?) {_ADVERBS}"
    r"(?:empty|blank|slow|sluggish|down|gone|ignored|late|off|dead|unresponsive|unusable|silent|invisible|negative"
    r"|inaccessible"
    r"|useless|blurry|ugly|squashed|stretched|weird|odd|stale|outdated|random|inconsistent|confusing|pixelated|black"
    r"|white"
    r"|laggy|choppy|jerky|janky|clunky|wonky|jumpy|noisy|tiny|illegible|garbage|nonsense|misleading|inaccurate|obsolete"
    r"|unsafe|leaky|rounded|doubled|reset|logged out|flaky|a mess|messed up|cropped|offline|unstable|unreliable"
    r"|exposed|hidden|red)"
    r"|returns? (?:an? )?(?:\d{3}|error|null|none|nothing|nan|empty|wrong|undefined|stale|garbage|html)"
    r"|(?:gives?|gets?|shows?|displays?|sends?|prints?) (?:an? |the |up as )?(?:\d{3}|error|wrong|old|stale|blank"
    r"|nothing"
    r"|garbage|nan|undefined|null|empty|negative|duplicate|white|same))\b"
)
_ALL_WELL = re.compile(
    r"\b(?:nothing(?: is| was)?|no|not|without) (?:wrong|errors?|problems?|issues?|bugs?)\b(?! with)"
)
_REPORT = re.compile(
    r"\b(?:complain(?:s|ed|ing)?|report(?:s|ed|ing)? (?:that|us|about)|suspect|noticed?|i think|we think|i guess"
    r"|my guess"
    r"|apparently|it seems|seems (?:to|that)|i saw|we saw|told (?:us|me)|mention(?:ed|s)|heard|since|because"
    r"|last (?:week|month|night|year|sprint|quarter)|yesterday|recently|lately|currently|right now|at the moment"
    r"|these days"
    r"|for (?:weeks|months|years|a while|some time)|background|context|according to|supposedly|probably"
    r"|as you know|fyi|maybe|might be|may be|could be|keeps? (?:getting|asking|telling)|killing (?:us|me)"
    r"|driving (?:us|me)|annoying|painful|unacceptable"
    r"|embarrassing|costs? us|nobody can work|tickets? (?:a|per|from|about))\b"
)


_STATE = re.compile(
    r"(?<!\bthat )(?<!\bwhich )(?<!\bwho )\b(?:is|are|was|were|appears|goes|looks|gets|takes|stays|keeps|comes"
    r"|remains|becomes"
    r"|returns|seems|(?:shows|opens|sends|prints|loads|counts|allows|accepts|lets|leaves|renders|sorts|uses|ends"
    r"|points|runs"
    r"|reports|needs|makes|turns|says|treats|starts|stops|reads|writes|moves|adds|sets|clears|saves|closes|logs"
    r"|jumps|covers|hides|overlaps)"
    r"(?= (?:the|a|an|no|all|any|every|its|it|to|at|in|on|up|out|off|into|as|with|twice|two|only|even|old|\d+|too|last"
    r"|wrong|yesterday\S*|tomorrow\S*|previous"
    r"|before|after"
    r"|\w+s (?:in|on|to|into|from|with|for|instead|twice))\b))"
    r"\b(?! (?:able|allowed)\b)"
)
"""Says how something is; in a list of things to do that is a complaint."""


def states_something(phrase: Phrase) -> bool:
    """Tell whether the phrase says how something is ("the footer says 2022")."""
    return bool(_STATE.search(phrase.mask))


def is_fault(phrase: Phrase) -> bool:
    """Tell whether the phrase says that something goes wrong."""
    text = _ALL_WELL.sub(" ", phrase.mask)
    return " " in text.strip() and bool(_FAULT.search(text))


def is_hearsay(phrase: Phrase) -> bool:
    """Tell whether the phrase tells of a circumstance or of somebody's opinion, as background does."""
    return bool(_REPORT.search(phrase.mask))
