"""Instructions whose kind neither the verb nor the object tells alone: "get X below 50 MB", "pull X out"."""

import re

from tmux_orchestra.core.plan import Kind
from tmux_orchestra.planners import objects
from tmux_orchestra.planners.phrase import Phrase

_QUANTITY = (
    r"(?:an?|one|two|three|five|ten|half an?|a few(?: hundred)?|some|\d[\d.,]*) ?(?:ms|msecs?|milliseconds?|s|secs?"
    r"|seconds?|m|mins?|minutes?|h|hours?|days?|[kmg]i?b|bytes|(?:kilo|mega|giga)bytes|fps|percent|%|m?a|m?w|watts?"
    r"|queries|requests|round ?trips|allocations)(?=[\s.,!?;:)]|$)"
)
_OWN_PLACE = (
    r"(?:its|their) own|(?:an? )?(?:separate|smaller|several|individual|different|dedicated|multiple|reusable|shared"
    r"|own|two|three|four|five|\d+|new) "
)
_IDIOMS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    # To this much less time or space.
    (
        "performance",
        re.compile(
            r"(?:get|bring|push|take|cut|trim|shave|reduce|lower|drop|squeeze|drive|shrink|slim|knock|compress|keep"
            r"|hold|speed|make)"
            rf"\b.*\b(?:under|below|less than|beneath|no more than|at most|down to"
            rf"|sub)[ -](?:the )?(?:\w+ )?{_QUANTITY}"
        ),
    ),
    (
        "performance",
        re.compile(rf"(?:shave|knock|cut|trim|take|save|squeeze)\b.*\b{_QUANTITY}\s+(?:off|from|out of|on|per)\b"),
    ),
    (
        "performance",
        re.compile(
            r"(?:knock|get|bring|drive|push|keep|cut|take)\b.*\b(?:size|time|latency|usage|footprint|cost|memory"
            r"|cpu)s?\b.* down\b"
        ),
    ),
    (
        "performance",
        re.compile(
            r"(?:save|spare)\b.*\b(?:queries|memory|cpu|bandwidth|round ?trips|allocations|battery|disk space)\b"
        ),
    ),
    ("test", re.compile(r"(?:get|bring|raise|increase|push|improve|lift|up|boost|bump)\b.*\bcoverage\b")),
    (
        "infra",
        re.compile(
            r"tag (?:it|this|that|them)\b|(?:cut|tag|make|do|draft|prepare|create|build|start|finish|push)\s+"
            r"(?:the |a |an |our |it as |this as )?(?:new |next |first |final |last )*"
            r"(?:(?:[\w.\u02d0/-]+ )?(?:release|rc|branch|tag|release candidate|version)|v?\d+\.\d[\w.]*)"
            r"(?=[\s.,!]*$|,?\s(?:v?\d|\u02d0|for|of|to|from|on|with|by|and|today|tomorrow|now|once|as|off)\b)"
        ),
    ),
    (
        "chore",
        re.compile(
            r"pin\b.*(?:\b(?:to|at|below|under|on) (?:v?\d|version|the)|==|\bdependenc|\blinters?\b|\bversions?\b"
            r"|\bpackages?\b|\bactions?\b|\bimages?\b|\bdeps\b|\btools?\b|\bcompilers?\b)"
        ),
    ),
    (
        "chore",
        re.compile(
            r"(?:raise|set|move|lower|increase|lift|update|change|switch|take|drop|require|bring)\s+.*\b(?:min\w*"
            r"|target\w*|sdk|runtime|toolchain|compiler|node(?:\.js)?|python|ruby|java|jdk|golang|rust|php|kotlin"
            r"|swift|dotnet|android|ios|macos|msrv|edition|typescript|versions?)(?: (?:version|target|level|api level"
            r"|sdk))? to (?:at least )?v?\d"
        ),
    ),
    (
        "chore",
        re.compile(
            r"(?:move|upgrade|go|switch|take|bring|get|bump|update|jump)\s+(?:(?:us|everything|over|everyone"
            r"|(?:the |our |all )(?:\w+ )?(?:repos?|repository|projects?|code\w*|apps?|backend|frontend|services?"
            r"|build|monorepo|team|packages)) )?to (?:the )?(?:latest |new(?:est)? )?[\w.+#-]+ v?\d[\w.]*[\s.!]*$"
        ),
    ),
    (
        "chore",
        re.compile(
            r"(?:move|upgrade|go|switch|take|bring|get|bump|update|jump|migrate)\b.*\bfrom (?:[\w.+-]+ )?v?\d[\w.]* to "
            r"(?:[\w.+-]+ )?v?\d[\w.]*"
        ),
    ),
    ("performance", re.compile(r"(?:make|do|let)\b.*\b(?:in parallel|concurrently|asynchronously|lazily)\b")),
    (
        "security",
        re.compile(
            r"(?:code-?)?sign\b(?! (?:up|in|out|on|off)\b).*\b(?:images?|installers?|binar\w+|packages?|apks?"
            r"|releases?|builds?|art[ei]facts?|firmware|commits?|executables?|updates?|dmg|msi|jars?)\b"
        ),
    ),
    # Apart, or out of the way.
    (
        "refactor",
        re.compile(
            r"(?:break|split|cut|chop|carve|divide|slice|separate|factor|pull|move|extract|lift)\b.*\b(?:into"
            rf" (?:{_OWN_PLACE}|modules|packages|files|pieces|parts|functions|components|services|layers)|in (?:two"
            rf"|three"
            r"|four|half|\d+)\b)"
        ),
    ),
    (
        "refactor",
        re.compile(
            r"(?:pull|take|lift|get|cut|split|break|carve|rip|move|tear|factor|tease|peel|spin)\b.*\b(?:out of|apart"
            r"|out|off)\b(?! the (?:screen|viewport))"
        ),
    ),
    (
        "refactor",
        re.compile(r"(?:throw|toss|chuck|kick|strip|clear|sweep|weed|take|bin|rip|yank)\b.*\b(?:out|away)[\s.!]*$"),
    ),
    ("refactor", re.compile(r"use\b.* (?:instead of|rather than|everywhere|throughout|consistently)\b")),
    ("refactor", re.compile(r"(?:add|use|introduce)\b.*\btype (?:hints?|annotations?)\b")),
    (
        "refactor",
        re.compile(
            r"(?:turn|convert|change|make)\b.*\b(?:into |to )?(?:an? )?(?:promises|hooks?|async(?:/await)?|generators?"
            r"|(?:data ?|pure )?class(?:es)?|functions?|function components?|modules?|enums?|interfaces?|structs?"
            r"|traits?|librar(?:y|ies)|packages?|mixins?|composables?|private|immutable|readonly|generic|const)[\s.!]*$"
        ),
    ),
    (
        "test",
        re.compile(
            r"(?:mock|stub|fake|freeze|seed|patch|replace|use)\b.*\bin (?:the |our |all )?(?:\w+ )?(?:tests|specs)\b"
        ),
    ),
    (
        "refactor",
        re.compile(r"stop (?:supporting|using|shipping|relying|depending|building|maintaining|importing|copying)\b"),
    ),
    # Working again.
    (
        "bugfix",
        re.compile(
            r"(?:get|make|have|keep)\b.*\b(?:work|run|build|load|compile|pass|start|connect|print|sync|go)(?:s|ing)?"
            r" (?:again|properly|correctly|reliably)\b"
        ),
    ),
    (
        "bugfix",
        re.compile(
            r"(?:get|make|have) .*\b(?:fixed|sorted|unstuck|unblocked|repaired|green(?: again)?|back (?:online|up"
            r"|to life|to work|to normal)|to work|recover|behave)[\s.!]*$"
        ),
    ),
    (
        "bugfix",
        re.compile(
            r"(?:make|have|get|ensure|keep)\b.*\b(?:(?:not|never|no longer) [a-z]+|stop \w+ing"
            r"|from \w+ing)\b(?! only\b)"
        ),
    ),
)


_VERSION = re.compile(r"(?<!\S)v?\d+(?:\.\d+)+(?:-?(?:rc|beta|alpha)\.?\d*)?(?!\S)", re.IGNORECASE)


def kind_of_idiom(core: Phrase) -> Kind | None:
    """Return the kind that verb and object mean together; None if each speaks for itself."""
    text = core.mask
    for version in _VERSION.finditer(core.text):  # masked like file names
        text = text[: version.start()] + version.group().casefold() + text[version.end() :]
    for kind, pattern in _IDIOMS:
        if pattern.match(text):
            return "infra" if kind == "bugfix" and objects.DELIVERY.search(text) else kind
    return None
