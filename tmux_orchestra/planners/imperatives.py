"""Finds the verb that makes a clause an instruction."""

import re
from typing import NamedTuple

from tmux_orchestra.planners.phrase import FILL, Phrase
from tmux_orchestra.planners.spelling import mend_verb
from tmux_orchestra.planners.verbs import ENGLISH, FOREIGN, VERB_FINAL, VERBS, WEAK, base_of
from tmux_orchestra.planners.wordlist import word_set


class Verb(NamedTuple):
    """A clause's verb in the spelling of `verbs`, or as written if we do not know it; "" if there is none."""

    name: str = ""
    end: int = 0
    """Where its object begins."""
    known: bool = False


NONE = Verb()
_WORD = re.compile(r"[^\W\d_][\w'’-]*")
_INFLECTED = re.compile(r"(?:ing|(?<!e)ed|ly|s|'t|'s|'re|'m|'ve|'ll|'d)$")
_DETERMINER = re.compile(
    r"\s+(?:the|a|an|all|any|every|each|our|my|your|its|their|this|that|these|those|it|them|both|some|more|another"
    r"|no|new|us|me|everything|something|anything|how|why|whether|what|whatever|whichever|" + FILL + r"+|#\d+"
    r"|der|die|das|den|dem|ein|eine|einen|el|la|los|las|un|una|unos|unas|le|les|l'|une|des|lo|il|gli|o|os|uma|um|de"
    r"|het|een)(?=[\s,.;:!?']|$)"
)
"""What follows a verb, but no noun."""
_PARTICLE = re.compile(r"\s+(?:up|out|off|down|in|over|back|away|through|together|apart|along)(?=\s)")
"""After a word that we do not know these make a verb of it: "spruce up the page"."""
_PREFIXED = re.compile(r"(?:re|auto|pre|un|de|co|cross|hot|dual|multi)-?(?=[a-z]{3})")
_NO_VERB = word_set(
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
    got went came saw did had made took gave found thought knew felt left kept told said began seems
    due else worth half nothing everything something nobody everybody someone anyone best regards cheers
    von mit für auf aus bei nach zu und oder aber wenn weil dass con sin para por sobre y o pero que como
    cuando avec sans pour dans sur
    et ou mais car per su e ma quando com sem em não das les met voor van op en
    """
)
"""Words that open a clause and are no verb."""
_GERUND = re.compile(r"(?:about |on |with |of )?([a-z]{2,}ing)\b")
_NEGATION = re.compile(r"(?:don't|do not|dont|never|no longer)\s+(?!(?:mind|worry|bother|forget|hesitate)\b)")
_FINITE = (
    r"(?:is|are|was|were|fails?|failed(?! [a-z]+s\b)|crash(?:es|ed)|hangs?|breaks?|broke|throws?|does(?:n't)?|don't"
    r"|isn't|aren't"
    r"|can't|cannot|won't|returns|takes|shows|stops|stopped|never|no longer|sometimes|always|still|times? out|loses"
    r"|leaks|ignores|gives|gets|has|have|should|must|needs?|stays?|keeps?|looks?|goes|comes|disappears?|jumps?"
    r"|flickers?|freezes|overlaps?)\b"
)
_NOUNS = (
    r"(?:(?!(?:who|which|what|that|how|why|when|where|whether|if|the|a|an|all|every|each|and|to)\b)[\w'-]+ ){1,2}"
    r"(?:(?:of|in|on|for|from|with|at) (?:the |our )?(?:[\w'-]+ ){1,3}?)?"
)
_BE = r"(?:is|are|was|were|isn't|aren't|does|doesn't|don't|fails|crashes|hangs|should|must|has|can't|cannot)\b"
_SUBJECT_AFTER_ALL = re.compile(
    rf"\s+(?:(?:of|in|on|for|to|from|with) (?:[\w'-]+ ){{1,4}}?)?{_FINITE}|\s+{_NOUNS}(?:{_BE}|never\b|no longer\b)"
)
"""After these words, what looked like a verb was the subject ("export fails", "test coverage is low")."""
_CAUSING = re.compile(r"have (?:the|our|every|each|all) [\w' -]+? [a-z]+ ")
"""Have the user service expose gRPC."""
_GERUND_SUBJECT = re.compile(rf"\s+(?:(?!(?:that|which|who|so|if|when)\b)[\w'-]+\s+){{1,6}}?{_FINITE}")
"""Saving a draft loses the attachments."""
_LONGEST = 5
"""Words of a verb, as in "get to the bottom of"."""


def find_verb(phrase: Phrase) -> Verb:
    """Return the verb that opens the phrase."""
    text = phrase.mask
    words = _first_words(text)
    for count in range(len(words), 0, -1):
        end = words[count - 1].end()
        if (verb := " ".join(word.group() for word in words[:count])) in VERBS:
            return NONE if verb in WEAK and _SUBJECT_AFTER_ALL.match(text, end) else Verb(verb, end, known=True)
    if not words:
        return _chinese_verb(text)
    if (last := text.rstrip(" .!?").rpartition(" ")[2]) in VERB_FINAL:
        return Verb(last, 0, known=True)
    first, end = words[0].group(), words[0].end()
    if _CAUSING.match(text):
        return Verb(first, end, known=True)
    if FILL in first or first in _NO_VERB:
        return NONE
    if known := _derived(first) or _misspelled(first, end < len(text)):
        return Verb(known, end, known=True)
    return _chinese_verb(text) if _chinese_verb(text).name else _unknown_verb(text, first, end)


def find_gerund(phrase: Phrase, *, polite: bool) -> Verb:
    """Return the verb of "Adding a page", "fixing …" after "would you mind": politeness or an object proves it one."""
    found = _GERUND.match(phrase.mask)
    base = base_of(found[1]) if found else ""
    if not found or not base or not (polite or _DETERMINER.match(phrase.mask, found.end())):
        return NONE
    if not polite and _GERUND_SUBJECT.match(phrase.mask, found.end()):
        return NONE
    verb = find_verb(Phrase(base, base + phrase.mask[found.end() :]))
    return verb._replace(end=verb.end - len(base) + found.end()) if verb.name else NONE


def find_negated(phrase: Phrase) -> Verb:
    """Return the verb of "don't crash on empty input"."""
    found = _NEGATION.match(phrase.mask)
    if not found:
        return NONE
    verb = find_verb(phrase.cut(found.end()))
    return verb._replace(end=verb.end + found.end()) if verb.name else bare_verb(phrase, found.end())


def bare_verb(phrase: Phrase, at: int = 0) -> Verb:
    """Return the word at a place where only a verb may stand: after "don't", "can you", "we want to"."""
    word = _WORD.match(phrase.mask, at)
    if not word or word.group() in _NO_VERB or _INFLECTED.search(word.group()) or FILL in word.group():
        return NONE
    return Verb(word.group(), word.end())


def may_be_noun(verb: Verb, phrase: Phrase) -> bool:
    """Tell whether the verb may as well be a noun here ("test coverage"), for want of an object that proves it."""
    short = verb.name in FOREIGN and len(verb.name) < 4  # noqa: PLR2004 -- "los", "ret"
    return verb.known and (verb.name in WEAK or short) and not _DETERMINER.match(phrase.mask, verb.end)


def _first_words(text: str) -> list[re.Match[str]]:
    words: list[re.Match[str]] = []
    end = 0
    while len(words) < _LONGEST and (found := _WORD.match(text, end)):
        words.append(found)
        end = found.end()
        while end < len(text) and text[end] == " ":
            end += 1
    return words


def _derived(word: str) -> str:
    """Return the verb within "reimplement" or "bench-test"; "" if there is none."""
    prefix = _PREFIXED.match(word)
    base = word[prefix.end() :] if prefix else ""
    if base in ENGLISH and base not in WEAK:
        return base
    first, _, last = word.rpartition("-")
    return last if first and last in ENGLISH else ""


def _misspelled(word: str, followed: bool) -> str:  # noqa: FBT001 -- one reader, and it is said what for
    return "add" if word == "ad" and followed else mend_verb(word)


def _unknown_verb(text: str, first: str, end: int) -> Verb:
    """Take a word for a verb because of what follows it: "yoink the footer", "jazz up our emails"."""
    if _INFLECTED.search(first):
        return NONE
    if particle := _PARTICLE.match(text, end):
        return Verb(f"{first}{particle.group()}", particle.end())
    return Verb(first, end) if _DETERMINER.match(text, end) else NONE


_CHINESE = re.compile(
    r"实现|修复|更新|添加|增加|创建|新增|编写|写|删除|移除|优化|重构|部署|测试|升级|配置|修改|改进|完善|支持|开发|设计|搭建|集成|调查|检查|分析|替换|重命名|发布"
    r"|解决|迁移|清理|整理|加入|为|给|把|将|使|让|撰写|补充|调整|提升|减少|设置|启用|禁用|改|做|建|加|修|查|研究|排查|编辑|提供|引入|上线|接入|统一|拆分|合并"
    r"|处理|确认|生成|制作|显示|允许|實現|修復|新增|建立|撰寫|刪除|優化|重構|測試|升級|設定|修正|部署"
)


def _chinese_verb(text: str) -> Verb:
    """Find a Chinese verb at the start; Japanese and Korean put theirs at the end, and `segment` cuts there."""
    found = _CHINESE.match(text)
    return Verb(found.group(), found.end(), known=True) if found else NONE
