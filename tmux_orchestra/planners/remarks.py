"""Sentences that are no tasks: politeness, constraints on every task, and statements about order."""

import re

from tmux_orchestra.planners.phrase import Phrase
from tmux_orchestra.planners.wordlist import word_set

_POLITE_WORDS = word_set(
    """
    hi hello hey hiya greetings good morning afternoon evening night day everyone team folks all there dear
    claude friend buddy
    thanks thank thx ty cheers you u so very much a lot many million in advance for your the help time work
    effort great nice awesome cool perfect fine excellent
    job done well regards best kind wishes sincerely lgtm looks look good great to me ok okay yes no yep yeah
    nope sure alright right
    sorry never mind nevermind welcome please bye goodbye see later soon tomorrow that this it is all was
    everything fine love like
    hallo guten tag morgen danke vielen dank schön schöne grüße viele hola gracias muchas buenos días bonjour
    merci beaucoup salut ciao grazie
    obrigado obrigada olá bom dia hoi dank je wel bedankt cześć dzień dobry dziękuję привет спасибо большое
    здравствуйте now just testing
    how are doing today what whats up s's i am we're we i'm here nothing else do not needed don't appreciate
    appreciated really much bien sehr gut now
    你好 谢谢
    ありがとう ありがとうございます こんにちは よろしくお願いします お願いします
    您好 안녕하세요 감사합니다 hmm hm um uh well
    """
)
_WORD = re.compile(r"[\w']+")

_CONSTRAINT = re.compile(
    r"(?:but |and |also |please |note(?: that)?:? |important:? |remember:? |careful:? |constraints?:? |however,? "
    r"|just )*(?:"
    r"(?:do not|don't|dont|never|must not|mustn't|should not|shouldn't|you may not|no need to|avoid|refrain from)\b"
    r"|(?:nothing|no (?:file|code|change|line|other|one)\w*)\b.*\b(?:may|must|should|can|shall|is allowed to|gets?"
    r"|breaks?)\b"
    r"|(?:no|zero|without(?: any)?|not any) (?:new|other|extra|additional|more|further|breaking|external"
    r"|third[- ]party|api|schema|behaviou?r|functional|visible|visual|user-visible|changes?|dependenc\w+|downtime"
    r"|regressions?|hacks?|shortcuts|jquery|global)\b"
    r"|(?:keep|leave) .*\b(?:unchanged|as[- ](?:is|it is|they are)|intact|untouched|alone|stable|compatible"
    r"|compatibility|the same|working|green|passing|alive|identical|out of (?:it|this|scope)|below \w+|under \w+"
    r"|unmodified|stays?)\b"
    r"|(?:keep (?:to|in mind|everything|all|it all|them all)|stick (?:to|with)|stay (?:on|with|compatible|within)"
    r"|respect|follow|adhere to|conform to|comply with|remain)\b"
    r"|(?:everything|every (?:one|change|commit|task|step|piece)|each (?:of (?:them|these|those)|change|commit|task"
    r"|step)|all (?:of (?:it|this|these|that|those|them)|tasks|changes|code|new code|commits|new \w+|three|four)"
    r"|all(?= (?:with|in|must|should|has|have|needs?|without))"
    r"|(?:both|all \w+)(?= (?:must|should|has to|have to|need to|needs to|ought))|the whole thing|they all|these all"
    r"|it all|(?:this|that) all)\b.*?\b(?:has|have|must|should|needs?|with|without|in|is|are|be|stays?|uses?|using"
    r"|works?|goes|keeps?|remains?|only|against|on|under|supports?|compatible)\b"
    r"|(?:only|solely|exclusively) (?:use|touch|change|modify|edit|work|the)\b|use only\b"
    r"|(?:make sure|ensure|be careful|take care|see to it|guarantee)(?: that)? (?:nothing|no |not |existing"
    r"|all (?:the )?(?:existing |current )?tests|the (?:existing |current )?(?:tests|build|suite|public"
    r"|api)\b.*\b(?:still|keeps?|remains?|stays?|pass|green|unchanged)|we (?:don't|do not|never)|you (?:don't|do not"
    r"|never)|it (?:doesn't|does not)|everything|there(?:'s| is| are) no)\b"
    r"|(?:the )?(?!(?:and|but)\b)(?:[\w'./-]+ ){1,7}?(?:must|should|shall|may|has to|have to|needs? to|can|is to"
    r"|are to) (?:not (?:be )?(?:touch|chang|break|modif|remov|alter|affect|edit|renam)\w*|never|stay|remain"
    r"|keep (?:working|compatible|passing|green)|continue to|be (?:left|kept) (?:as|alone|untouched|unchanged|intact"
    r"|stable|compatible))\b"
    r"|[\w'./ -]{1,60}?\b(?:is|are) (?:off[- ]limits|out of scope|frozen|read-only|not to be (?:touched|changed))\b"
    r"|[\w'./ -]{1,60}?\b(?:stays?|remains?) (?:as (?:is|it is|they are)|unchanged|untouched|intact|stable"
    r"|compatible|the same|backwards?|working|green|supported|on|public|private)\b"
    r")"
)
_EVERYTHING_WITH = re.compile(r"(?:with|without|using) (?:type hints|full|tests for everything|everything)\b")
_ORDER_ONLY = re.compile(
    r"(?:please |and |but |just |all |do |them |these |this |those |everything |it |work |go |tasks? |items? "
    r"|steps? |things? |can be done |should be done |must be done |to be done |be |the |is |are |must |should |done "
    r"|happen |run |execute[d]? |handle |tackle |through |on |one |following |finish(?:ed)? |complete[d]? )*"
    r"(?P<chain>(?:exactly )?(?:in|keep|follow|respect) (?:(?:exactly |precisely )?(?:this|that|the (?:given|listed"
    r"|following|above|stated|same)|the|strict|given|listed|sequential|sequence|the right) )*(?:order|sequence|turn)"
    r"|in order|in sequence|sequentially|one (?:after|by) (?:the other|another|one)|step by step|strictly in order"
    r"|one at a time|top to bottom|from top to bottom)"
    r"(?: (?:listed|given|below|above|please|only|of (?:the list|listing|mention)|they (?:are|appear).*|shown))*"
)
_NO_ORDER = re.compile(
    r"(?:the |in )?(?:order|sequence)(?: of .*)? (?:does not|doesn't|is not|isn't) (?:matter|important|relevant)"
    r"|(?:in )?(?:any|no particular) order"
)
_INDEPENDENT = re.compile(
    r"(?P<who>.*?)\s*\b(?:is|are|can|could|may|should|must|do|run|have|has|don't|do not"
    r"|work)\b.*?\b(?:independent(?:ly)?|in parallel|at the same time|simultaneously|concurrently|side by side"
    r"|nothing to do with each other|unrelated|depend on each other|any order|separately|at once"
    r"|together in time)\b.*"
    r"|(?P<imperative>(?:do|run|handle|tackle|work on|take|treat) (?:them|these|both|all(?: of (?:them|these))?"
    r"|everything|these two)(?: \w+)? (?:in parallel|at the same time|simultaneously|concurrently|separately"
    r"|independently))"
    r"|(?P<bare>(?:all )?(?:in parallel|independent(?:ly)?|at the same time|separately)(?: please| if possible"
    r"| where possible)?)"
)
_SUBJECT = r"(?P<who>(?:(?!\b(?:so that|because|which|that|when|if)\b).)+?)"
_DEPENDS = re.compile(
    rf"{_SUBJECT},?\s+(?:(?:also|both|all|only|then|each|itself|in turn|obviously|of course|is|are|be|will|would|can"
    rf"|should|must|may|has to|have to|needs? to|cannot|can't|can only|start|be (?:done|started|made)|happen|begin"
    rf"|come|run|go|wait|only)\s+)*"
    r"(?P<how>depend(?:s|ent|ing)? (?:up)?on|rel(?:y|ies) on|blocked (?:by|on|until)|blocks|wait(?:s|ing)? (?:for|on"
    r"|until)|needs?|requires?|follows?|builds? (?:up)?on|presupposes?|after|once|until|before|precedes?"
    r"|prior to)\s+(?P<what>.+)"
)
_PLACEMENT = re.compile(
    r"(?:do|run|start|finish|complete|tackle|handle) (?P<who>it|this|that|both|them|these) (?:only |right )?"
    r"(?P<how>before|after|once) (?P<what>.+)"
)
_JOINING = re.compile(r"(?:and|but|or|so|then|also|the|of|only|it is|\s)*")
_HARD = re.compile(r"depend|rel(?:y|ies) on|block|wait|precede|presuppose")
_REFERENCE = re.compile(
    r"(?:(?:step|task|item|number|no\.?|point|issue|ticket|story|the|and|or|both|#|\d+(?:st|nd|rd|th)?|[a-z]{2,}-\d+"
    r"|first|second|third|fourth|fifth|last|former|latter|previous|one|two|ones|all|others|other|that|this|it|these"
    r"|those|them|they|everything|rest|of)[\s,&/]*)+"
)


LONGEST_REMARK = 300
"""Remarks are short: nothing longer is searched for one."""


def is_polite(phrase: Phrase) -> bool:
    """Tell whether the phrase only greets, thanks or agrees."""
    return all(word in _POLITE_WORDS for word in _WORD.findall(phrase.mask))


def is_constraint(phrase: Phrase) -> bool:
    """Tell whether the phrase limits how all the work is done, rather than asking for some."""
    text = phrase.mask[:LONGEST_REMARK]
    return bool(_CONSTRAINT.match(text) or _EVERYTHING_WITH.match(text))


def states_chain(phrase: Phrase) -> bool:
    """Tell whether the phrase says that what is listed is done in that order, and nothing else."""
    return len(phrase.mask) < LONGEST_REMARK and bool(_ORDER_ONLY.fullmatch(phrase.mask.rstrip(".:!, ")))


def frees_order(phrase: Phrase) -> str | None:
    """Return who may run side by side, as the person said it ("" for all); None if nothing is said of it."""
    text = phrase.mask.rstrip(".:!, ")
    if len(text) > LONGEST_REMARK:
        return None
    if _NO_ORDER.fullmatch(text):
        return ""
    if not (found := _INDEPENDENT.fullmatch(text)):
        return None
    return found["who"] or (found["imperative"] or "")


def placement(phrase: Phrase) -> tuple[str, str, str] | None:
    """Read "do that before the release" as `(who, how, what)`; None if the phrase says nothing of the kind."""
    found = _PLACEMENT.fullmatch(phrase.mask.rstrip(".:!, ")[:LONGEST_REMARK])
    return (found["who"], found["how"], found["what"]) if found else None


def dependency(phrase: Phrase) -> tuple[str, str, str] | None:
    """Read "2 and 3 depend on 1" as `(who, how, what)`; None if the phrase says nothing of the kind."""
    text = phrase.mask.rstrip(".:!, ")
    found = _DEPENDS.fullmatch(text) if len(text) < LONGEST_REMARK else None
    if not found:
        return None
    who, how, what = found["who"], found["how"], found["what"]
    said = phrase.text[: len(text)]
    who, what = said[found.start("who") : found.end("who")], said[found.start("what") : found.end("what")]
    references = _REFERENCE.fullmatch(who.casefold()) and _REFERENCE.fullmatch(what.casefold())
    if _JOINING.fullmatch(who.casefold()) or not (_HARD.match(how) or references):
        return None
    return who, how, what
