"""How a clause opens: the words before the instruction, what they say, and the verb that makes it one."""

import re
from dataclasses import dataclass, replace
from typing import Literal

from tmux_orchestra.core.plan import Kind, Priority
from tmux_orchestra.planners.phrase import FILL, Phrase
from tmux_orchestra.planners.priority import OPENING as PRIORITY_OPENING
from tmux_orchestra.planners.priority import level
from tmux_orchestra.planners.spelling import mend_verb
from tmux_orchestra.planners.verbs import FOREIGN, VERBS, WEAK, base_of
from tmux_orchestra.planners.wordlist import word_set

Link = Literal["", "then", "after that", "first", "finally"]

_SYMBOLS = re.compile(
    r"[\s\u2190-\u21ff\u2300-\u2bff\U0001f000-\U0001faff\ufe0f\u200d\u20e3!.,:;>*=|…—–-]+(?=[^\s\d]|\s|\d)"
)
_CONNECTIVE = re.compile(
    r"(?:and|also|but|plus|additionally|furthermore|moreover|besides(?: that)?|in addition|on top of that|oh|so|well"
    r"|ok|okay"
    r"|as well as|hi|hello|hey|dear|und|sowie|außerdem|bitte|et|ainsi que|también|aussi|anche|também|och|oraz"
    r"|а также|также|по(?:жалуйста)"
    r"|por favor|s'il (?:te|vous) pla[iî]t|per favore|alsjeblieft|proszę|请|并且|并|以及|同时|还要|帮我|また|さらに"
    r"|그리고)(?:\s*[,:，、]\s*|\s+|(?<=[\u3040-\u9fff]))"
)
_SHORT_AND = re.compile(r"(?:y|e|i|en|og|и|ve|luego|a)\s+")
"""Words for "and" that are other words in English."""
_POLITE = re.compile(
    r"(?:(?:hi|hello|hey)(?: there| team| all| everyone| folks| claude)?[,!.]*|please|kindly|maybe|perhaps|simply"
    r"|just|if possible,?|if you can,?|go ahead and|try to|help me(?: to)?"
    r"|(?:i(?:'d| would)? (?:also )?(?:need|want|like|love|ask) you(?: guys)?(?: to)?)|would you mind|(?:could|can"
    r"|would|will) (?:you|we)(?: please| also| maybe)?"
    r"|(?:i|we) (?:also |really |still )?(?:need|want|have|ought|would like|'d like) to|i'd (?:also )?(?:like"
    r"|love) to|we'd (?:also )?(?:like|love) to"
    r"|(?:we|you) (?:also |really )?(?:should|must|can|could|shall)(?: also)?|let's|let us|feel free to"
    r"|it would be (?:nice|great|good|helpful) (?:to|if you (?:could|would))"
    r"|(?:your|the|my) (?:task|goal|job|aim|plan|idea) is to|don't forget to|remember to|make sure to|be sure to"
    r"|you(?:'ll)? need to|i'm asking you to|what i need is to|to-?do:)[,:]?\s+"
)
_ORDER: tuple[tuple[Link, re.Pattern[str]], ...] = (
    (
        "after that",
        re.compile(
            r"(?:(?:right |directly |only )?after (?:that|this|which|those|these|them)(?: is (?:done|finished))?"
            r"|afterwards?|thereafter|subsequently|following that|after all (?:that|of that)"
            r"|danach|después|luego|después de eso|ensuite|après(?: cela| ça)?|dopo|depois(?: disso)?|daarna|potem"
            r"|następnie|затем|потом|после этого|之后|接着|その後|그 다음)[,，、:]?\s*"
        ),
    ),
    (
        "then",
        re.compile(r"(?:then|dann|puis|poi|entonces|então|dan|然后|再|それから|次に)[,，、:]?\s*(?![a-z]*\S*?'s\b)"),
    ),
    (
        "finally",
        re.compile(
            r"(?:finally|lastly|at last|last of all|at the end|in the end|last(?=,)|to finish|zum schluss"
            r"|schließlich|zuletzt|finalmente|por último|enfin|infine|por fim|tenslotte|na koniec|наконец|最后|最後に"
            r"|마지막으로)[,，、:]?\s*"
        ),
    ),
    (
        "first",
        re.compile(
            r"(?:first(?:ly)?(?: of all)?|to begin with|to start(?: with)?|zuerst|zunächst|primero|d'abord|prima"
            r"|primeiro|eerst|najpierw|сначала|首先|先|まず|먼저)[,，、:]?\s*"
        ),
    ),
    (
        "",
        re.compile(
            r"(?:second(?:ly)?|third(?:ly)?|fourth(?:ly)?|next|later(?: on)?|last but not least)[,:]\s*|next (?=[a-z])"
        ),
    ),
)
_PARALLEL = re.compile(
    r"(?:meanwhile|in the meantime|in parallel(?: with (?:that|this|it))?|at the same time|simultaneously|separately"
    r"|concurrently|alongside(?: that| this)?|side by side"
    r"|independent(?:ly)?(?: of (?:that|this|it|these|the above|all that|everything else))?)\s*(?:[,:]|(?=\s[a-z]))\s*"
)
_WORD = re.compile(r"[^\W\d_][\w'’-]*")
_INFLECTED = re.compile(r"(?:ing|ed|ly|s|'t|'s|'re|'m|'ve|'ll|'d)$")
_DETERMINER = re.compile(
    r"\s+(?:the|a|an|all|any|every|each|our|my|your|its|their|this|that|these|those|it|them|both|some|more|another"
    r"|no|new|" + FILL + r"+|#\d+"
    r"|der|die|das|den|dem|ein|eine|einen|el|la|los|las|un|una|unos|unas|le|les|l'|une|des|lo|il|gli|o|os|uma|um|de"
    r"|het|een)(?=[\s,.;:!?']|$)"
)
NO_VERB = word_set(
    """
    a an the this that these those it its their our my your his her he she they we you i who which what where
    when while why how whether
    if unless until since because although though as than like with without within in on at by for from to of
    off into onto over under
    about after before between through during against across along around behind below above near toward
    towards upon via per and or nor
    but so yet not no only even still both either neither all any some each every most many much few several
    such same other another
    is are was were be been being am has have had do does did done can could will would shall should may might
    must ought need needs
    there here then also too very really just now today tomorrow yesterday please thanks hello hi ok okay yes
    sure maybe perhaps every
    plus except including regarding concerning despite besides once twice instead rather depending based given
    due else worth half
    von mit für auf aus bei nach zu und oder aber wenn weil dass con sin para por sobre y o pero que como
    cuando avec sans pour dans sur
    et ou mais car per su e ma quando com sem em não das les met voor van op en
    """
)


_GERUND = re.compile(r"(?:about |on |with )?([a-z]{2,}ing)\b")
_FINITE = re.compile(
    r"\s+(?:(?:of|in|on|for|to|from|with) (?:[\w'-]+ ){1,4}?)?(?:is|are|was|were|fails?|failed|crash(?:es|ed)|hangs?"
    r"|breaks?|broke|throws?|does(?:n't)?|don't|isn't|aren't|can't|cannot|won't"
    r"|returns|takes|shows|stops|stopped|never|no longer|sometimes|always|still|times? out|loses|leaks|ignores|gives"
    r"|gets|has|have|should|must)\b"
)
"""After these words, what looked like a verb was the subject ("export fails")."""


@dataclass(frozen=True, slots=True)
class Opening:
    """What comes before a clause's own words, and the clause itself (`core`)."""

    core: Phrase
    verb: str = ""
    """In the spelling of `verbs`, or as written for a verb we do not know; empty: no instruction."""
    verb_end: int = 0
    """Where the object begins in `core`."""
    known: bool = False
    link: Link = ""
    priority: Priority | None = None
    group: bool = False
    """The priority stood before a colon and so counts for all that follows it."""
    parallel: bool = False
    polite: bool = False

    @property
    def object(self) -> str:
        """What the verb is about, as the mask has it."""
        return self.core.mask[self.verb_end :].strip()

    @property
    def kind(self) -> Kind:
        """The kind of work that the verb means by itself."""
        return VERBS.get(self.verb, "feature")


def read_opening(phrase: Phrase) -> Opening:
    """Read what stands before the instruction, as often as there is something, then the verb."""
    opening = Opening(core=phrase)
    for _ in range(12):
        following = _strip_one(opening)
        if following is None:
            break
        opening = following
    verb, end, known = find_verb(opening.core)
    if (
        not verb
        and (gerund := _GERUND.match(opening.core.mask))
        and (opening.polite or _DETERMINER.match(opening.core.mask, gerund.end()))
    ):
        verb = base_of(gerund[1])  # "would you mind fixing …"
        end, known = gerund.end(), True
    return replace(opening, verb=verb, verb_end=end if verb else 0, known=known and bool(verb))


def _strip_one(opening: Opening) -> Opening | None:
    """Take one leading word group off; None if the clause's own words have been reached."""
    core, text = opening.core, opening.core.mask
    if found := _SYMBOLS.match(text):
        return replace(opening, core=core.cut(found.end()))
    if found := PRIORITY_OPENING.match(core.text):
        marker = found.group()
        return replace(
            opening,
            core=core.cut(found.end()),
            priority=level(marker),
            group=opening.group or marker.rstrip().endswith(":"),
        )
    for link, pattern in _ORDER:
        if (found := pattern.match(text)) and _opens(core.cut(found.end()), found.group()):
            return replace(opening, core=core.cut(found.end()), link=link or opening.link)
    if (found := _PARALLEL.match(text)) and core.cut(found.end()):
        return replace(opening, core=core.cut(found.end()), parallel=True)
    if found := _POLITE.match(text):
        return replace(opening, core=core.cut(found.end()), polite=True)
    if found := _CONNECTIVE.match(text):
        return replace(opening, core=core.cut(found.end()))
    if (found := _SHORT_AND.match(text)) and _is_foreign(core.cut(found.end())):
        return replace(opening, core=core.cut(found.end()))
    return None


def _is_foreign(rest: Phrase) -> bool:
    """Tell whether a text begins in another language than English, so that a word like "i" before it means "and"."""
    return find_verb(rest)[0] in FOREIGN or any(
        found.end() > 1 for _, pattern in _ORDER if (found := pattern.match(rest.mask))
    )


def _opens(rest: Phrase, marker: str) -> bool:
    """Tell whether a word like "first" stood alone: "first add X", but not "first name is missing"."""
    if not rest or marker.rstrip().endswith((",", ":", "，", "、")):
        return bool(rest)
    if any(char > "\u2e80" for char in marker):
        return True
    return bool(find_verb(rest)[0] or _POLITE.match(rest.mask)) or not marker.startswith(
        ("first", "last", "next", "second")
    )


def find_verb(phrase: Phrase) -> tuple[str, int, bool]:
    """Return the verb that opens the phrase, where it ends, and whether we know it; "" if none does."""
    text = phrase.mask
    words = _first_words(text)
    for count in range(len(words), 0, -1):
        end = words[count - 1].end()
        if (verb := " ".join(word.group() for word in words[:count])) in VERBS:
            return ("", 0, False) if verb in WEAK and _FINITE.match(text, end) else (verb, end, True)
    if not words:
        return _find_cjk_verb(text)
    first, end = words[0].group(), words[0].end()
    if FILL in first or first in NO_VERB:
        return "", 0, False
    if guess := mend_verb(first):
        return guess, end, True
    if cjk := _find_cjk_verb(text)[0]:
        return cjk, len(cjk), True
    takes_object = _DETERMINER.match(text, end) and not _INFLECTED.search(first)
    return (first, end, False) if takes_object else ("", 0, False)


def _first_words(text: str) -> list[re.Match[str]]:
    """Return up to three words from the start, for that is how long a verb gets ("cut a release")."""
    words: list[re.Match[str]] = []
    end = 0
    while len(words) < 3 and (found := _WORD.match(text, end)):  # noqa: PLR2004
        words.append(found)
        end = found.end()
        while end < len(text) and text[end] == " ":
            end += 1
    return words


_CJK_VERB = re.compile(
    r"实现|修复|更新|添加|增加|创建|新增|编写|写|删除|移除|优化|重构|部署|测试|升级|配置|修改|改进|完善|支持|开发|设计|搭建|集成|调查|检查|分析|替换|重命名|发布|解决|迁移|清理|整理|加入|为"
    r"|给|把|将|使|让|撰写|补充|调整|提升|减少|设置|启用|禁用|改"
    r"|實現|修復|新增|建立|撰寫|刪除|優化|重構|測試|升級|設定|修正|部署"
)


def _find_cjk_verb(text: str) -> tuple[str, int, bool]:
    """Find a Chinese verb at the start; Japanese and Korean put theirs at the end, and `segment` cuts there."""
    found = _CJK_VERB.match(text)
    return (found.group(), found.end(), True) if found else ("", 0, False)


def is_weak(opening: Opening) -> bool:
    """Tell whether the verb may as well be a noun here ("test coverage"), for want of an object that proves it."""
    if not opening.known:
        return False
    proven = _DETERMINER.match(opening.core.mask, opening.verb_end)
    return (opening.verb in WEAK or (opening.verb in FOREIGN and len(opening.verb) < 4)) and not proven  # noqa: PLR2004
