"""Sentences that limit how all the work is done, rather than asking for some: "don't touch billing"."""

import re

from tmux_orchestra.planners.phrase import Phrase

_INTRODUCTION = (
    r"(?:but |and |also |please |pls |note(?: that)?:? |important:? |remember:? |careful:? |constraints?:? "
    r"|however,? |just "
    r"|one (?:constraint|condition|rule):? |of course,? |only condition:? |as (?:always|usual),? |throughout,? )*"
)
_EVERYTHING = (
    r"(?:everything(?! else)|every (?:one|change|commit|task|step|piece|item|new \w+)|each (?:one|of (?:them|these"
    r"|those)|change"
    r"|commit|task|step|item)|all (?:of (?:it|this|these|that|those|them)|tasks|changes|code|new code|commits"
    r"|new \w+|three"
    r"|four|five|work|the (?:code|changes|new \w+|above|work))|the whole thing|the lot|they all|these all|it all"
    r"|this all"
    r"|that all|any (?:new )?code)"
)
_MINE = (
    r"(?:both|all \w+|whatever you (?:do|write|build)"
    r"|(?:your|the) (?:changes|code|solution|result|work|diffs?|final \w+))"
)
_MUST = r"(?:must|should|shall|may|can|has to|have to|needs? to|ought to|is to|are to|will)"
_SAME = (
    r"(?:unchanged|as[- ](?:is|it is|they are|it was|they were)|intact|untouched|alone|stable|compatible"
    r"|compatibility|the same"
    r"|working|green|passing|alive|identical|out of (?:it|this|scope)|below \w+|under \w+|unmodified|frozen"
    r"|the way (?:it is|they are)|where (?:it is|they are)|backwards?[- ]compatible|small|minimal|private|public"
    r"|supported)"
)
_TOUCH = (
    r"(?:touch|change|break|modify|edit|alter|affect|remove|rename|rewrite|refactor|reformat|mess|introduce|add|pull"
    r"|bring"
    r"|use|rely|depend|install|bump|upgrade|update|commit|push|merge|deploy|delete|drop|move|fiddle|tinker|play|go"
    r"|do|leave"
    r"|worry|bother|start|make|write|invent|need|forget|regress|hardcode|hard-code|skip|disable|ignore|duplicate"
    r"|copy|exceed"
    r"|step|work|put|create|build|expose|require|switch|reformat|degrade|slow)"
)
_CONSTRAINT = re.compile(
    _INTRODUCTION + r"(?:"
    # "don't touch …": what is done to the code, not what the product does ("don't send mails on Sundays").
    rf"(?:do not|don't|dont|never|must not|mustn't|should not|shouldn't|you may not|may not|can't|cannot|avoid"
    rf"|refrain from)"
    rf" (?:ever |please |just |try to |want to )?(?:be )?{_TOUCH}(?:e?d|ing)?\b|(?:no need to|refrain from)\b"
    r"|avoid (?:any |all |needless |unnecessary )?(?:new|breaking|big|large|unrelated|extra|global|\w+ing (?:the|any"
    r"|other))\b"
    # "nothing in legacy/ may change"
    r"|(?:nothing|neither|none of (?:it|this|that|these|those|them)|no (?:file|code|change|line|other|one"
    r"|existing)\w*)\b.*\b(?:may|must|should|can|shall|is allowed to"
    r"|is to|gets?|breaks?|changes?|needs?|has to)\b"
    r"|(?:no|zero|without(?: any)?|not any|with no|no more) (?:new|other|extra|additional|more|further|breaking"
    r"|external"
    r"|third[- ]party|3rd[- ]party|api|schema|behaviou?r|functional|visible|visual|user-visible|changes?"
    r"|dependenc\w+|downtime"
    r"|regressions?|hacks?|shortcuts|jquery|global|runtime|config|database|db|migrations?|native|paid)\b"
    # "keep the API stable", "leave the schema as is"
    rf"|(?:keep|leave) .*\b{_SAME}\b|(?:keep (?:to|in mind|everything|all|it all|them all)|stick (?:to|with)"
    r"|stay (?:on|with|compatible|within|away|in|clear|below|under)|respect(?! (?:the |each |every )?\w+'s\b)"
    r"|follow (?:the|our|pep|its|existing)"
    r"|adhere to"
    r"|conform to|comply with|remain|limit (?:yourself|changes|your changes)|restrict (?:yourself|changes|your changes)"
    r"|hands off|mind the|be careful (?:with|not)|beware of|preserve|maintain (?:backwards?|compatib|the (?:existing"
    r"|current)))\b"
    # "everything with type hints", "all code in strict TypeScript"
    rf"|{_EVERYTHING}\b.*?\b(?:{_MUST}|with|without|in|be|stays?|uses?|using|works? (?:with|without|on|in|offline)|goes"
    r"|remains?|only|against|behind|under|supports?|compatible|covered|documented|typed)\b"
    rf"|{_MINE} (?:also |still |all )?{_MUST}\b(?! (?:also )?(?:be|get) (?:\w+ed|written)\b)"
    r"|all(?= (?:with|in|must|should|has|have|needs?|without)\b)"
    rf"|(?:(?:please )?(?:write|do|build|implement|make|keep) )?{_EVERYTHING} (?:in|with|without|using|on|behind)\b"
    rf"|(?:it|they|this)? ?{_MUST} (?:all|both|also all|still)\b"
    rf"|{_MUST} (?:be |stay |remain |work |run |support |pass |keep |not |compile |comply |fit )"
    # "only touch src/", "use only the standard library"
    r"|(?:only|solely|exclusively) (?:use|touch|change|modify|edit|work|the|in)\b|use only\b|use (?:the "
    r"|our )?existing\b"
    r"|(?:make sure|ensure|be careful|take care|see to it|guarantee|check(?! (?:whether|if)\b))(?: that)? (?:nothing"
    r"|no |not |existing"
    r"|all (?:the )?(?:existing |current )?tests|the (?:existing |current )?(?:tests|build|suite|public|api"
    r"|ci)\b.*\b(?:still"
    r"|keeps?|remains?|stays?|pass|green|unchanged)|we (?:don't|do not|never)|you (?:don't|do not|never)"
    r"|it (?:doesn't|does not"
    r"|still|all)|everything|there(?:'s| is| are) no|(?:the )?(?:[\w'./-]+ ){1,4}?(?:still|keeps?|stays?|remains?)\b)"
    # Of one thing: it must not change, it is off-limits.
    rf"|(?:(?!(?:and|but|so|that|which|to)\b)[\w'./-]+ ){{1,7}}?(?:{_MUST} (?:not|never|n't)|must not|mustn't|can't"
    rf"|cannot|should not"
    rf"|shouldn't|may not)(?: be)? (?:touch|chang|break|modif|remov|alter|affect|edit|renam|regress|grow|exceed"
    rf"|mov)\w*\b"
    rf"|(?:(?!(?:and|but|so|that|which|to)\b)[\w'./-]+ ){{1,7}}?{_MUST} (?:stay|remain|keep (?:working|compatible"
    rf"|passing|green|on)"
    rf"|continue to|be (?:left|kept) (?:as|alone|untouched|unchanged|intact|stable|compatible|where|under|below"
    rf"|small))\b"
    r"|[\w'./ -]{1,60}?\b(?:is|are) (?:off[- ]limits|out of scope|frozen|read-only|taboo|sacred|not to be (?:touched"
    r"|changed))\b"
    r"|[\w'./ -]{1,60}?\b(?:stays?|remains?) (?:as (?:is|it is|they are)|where (?:it is|they are)|unchanged"
    r"|untouched|intact"
    r"|stable|compatible|the same|backwards?|working|green|supported|on|public|private|frozen|out of)\b"
    r")"
)
_EVERYTHING_WITH = re.compile(
    r"(?:with|without|using)(?: full| proper)? (?:type hints|type annotations|full|tests for everything|everything)\b"
)
_WITHOUT_VERB = re.compile(
    r"(?:no|zero) (?!(?:one|longer|more)\b)(?:(?!\b(?:is|are|was|were|can|has|have|does|do|shows?|gets?"
    r"|works?)\b)[^.;:!?])+"
    r"|(?:please )?(?:[\w.+#/-]+ ){1,4}only(?: please)?"
)
"""Whole sentences: "No heap allocations anywhere, C99 only." """
_LONGEST = 300
"""Constraints are short: nothing longer is searched for one."""


def is_constraint(phrase: Phrase) -> bool:
    """Tell whether the phrase limits how all the work is done."""
    text = phrase.mask[:_LONGEST]
    return bool(_CONSTRAINT.match(text) or _EVERYTHING_WITH.match(text))


def is_bare_constraint(sentence: Phrase) -> bool:
    """Tell whether a sentence without a verb is a constraint: "no globals", "C99 only"."""
    return bool(_WITHOUT_VERB.fullmatch(sentence.mask[:_LONGEST].rstrip(" .!")))
