"""What people say before an instruction: greetings, "can you please", "first", "meanwhile", "in the admin area".

Each entry is made of closed classes of words: persons, adverbs, modal verbs, connectives. Nothing here knows what
the request is about.
"""

import re
from typing import Literal

from tmux_orchestra.planners.wordlist import one_of

Link = Literal["", "then", "after that", "next", "first", "finally"]

_ADVERB = one_of(
    r"""
    also|really|still|just|please|pls|plz|kindly|maybe|perhaps|possibly|quickly|probably|definitely|at least|now
    desperately|badly|absolutely|ideally|then|finally|next|only|simply|even|all|actually|already|at some point|again
    """
)
_PERSON = one_of("i|we|you(?: guys| all| folks)?|y'all|someone|somebody|anyone|anybody|one of you|everyone|the team")
_MODAL = "(?:can|could|would|will|may|might|shall|should)"
_GOOD = one_of(
    r"""
    nice|great|good|cool|lovely|awesome|amazing|fantastic|helpful|handy|useful|ideal|best|better|important|necessary
    wonderful|sweet|super|perfect|high time|about time|time|worth(?:while)?
    """
)
_IT_WOULD = r"(?:(?:it|that)(?:'s|'d|'ll| is| would| will| might)? )?(?:(?:would|could|might|will|'d) )?"
_SO_GOOD = rf"(?:{_ADVERB} |so |very )*{_GOOD}"

SYMBOLS = re.compile(
    r"[\s¿¡\u2190-\u21ff\u2300-\u2bff\U0001f000-\U0001faff\ufe0f\u200d\u20e3!.,:;>*=|…—–-]+(?=[^\s\d]|\s|\d)"
)
GREETING = re.compile(
    one_of(
        r"""
        hi|hello|hey|hiya|heya|yo|dear|morning|good (?:morning|afternoon|evening|day)|greetings|howdy
        hallo|hola|salut|bonjour|ciao|olá|oi|привет
        """
    )
    + r"(?: (?:there|team|all|everyone|everybody|folks|guys|people|friends?|claude|both|again|you|y'all))*"
    r"(?:(?: [\w.-]+){0,2}(?=\s*[,!:–—])|\b)[\s,!:.–—-]*"
)
CONNECTIVE = re.compile(
    one_of(
        r"""
        and|also|but|plus|additionally|furthermore|moreover|besides(?: that)?|in addition(?: to (?:that|this))?
        on top of (?:that|this|it)|oh|so|well|ok|okay|alright|right|anyway|anyhow|hence|therefore|as well(?: as)?|again
        actually|basically|honestly|btw|by the way|other than that|apart from that|beyond that|for (?:now|starters)
        one (?:more|last|other) thing|that said|no worries|no rush but|when you're at it|ps|p\.s\.
        und|sowie|außerdem|bitte|et|ainsi que|également|aussi|anche|também|además|också|och|oraz|ponadto
        και|και επίσης|और|và|și|és
        также|а также|кроме того|пожалуйста|por favor|s'il (?:te|vous) pla[iî]t|per favore|alsjeblieft|graag|proszę
        请|請|并且|并|以及|同时|还要|帮我|麻烦|また|さらに|そして|그리고|또한
        """
    )
    + r"(?:\s*[,:，、-]\s*|\s+|(?<=[\u3040-\u9fff]))"
)
THEREFORE = re.compile("so|hence|therefore")
"""Of the connectives, those that make a reason of what comes before."""
MOREOVER = re.compile(
    one_of(
        r"""
        also|and|plus|additionally|furthermore|moreover|besides|in addition|on top|again|one (?:more|last|other) thing
        """
    )
)
"""Of the connectives, those that begin one more matter."""
SHORT_AND = re.compile(r"(?:y|e|i|en|og|и|ve|luego|és|ja|a)\s+")
"""Words for "and" that are other words in English."""
TICKET = re.compile(
    r"\[?(?P<ticket>#\d+|[A-Z]{2,10}-\d+)\]?(?:\s*[:.)–—-]+\s*|\s+)(?=[\w\"'`])(?!"
    + one_of(
        r"""
        is|are|was|depends?|needs?|requires?|waits?|blocks?|after|before|comes?|goes|must|should|can|will|and|or|first
        once|then|has|have|follows?|\d+
        """
    )
    + r"\b)"
)
"""The number of an issue before its title: "OPS-7 rotate the logs", but not "OPS-7 needs OPS-6"."""
_KIND = one_of(
    r"""
    feat|feature|fix|bugfix|bug|docs?|documentation|tests?|testing|refactor|refactoring|perf|performance|ci|build|infra
    ops|devops|chore|deps|security|sec|research|spike|cleanup|enhancement|improvement|story|defect
    """
)
CONVENTIONAL = re.compile(
    rf"(?P<kind>{_KIND})(?:\([\w ./-]{{1,30}}\))?!?:\s+|[\[(](?P<tag>{_KIND})[\])]\s*:?\s*", re.IGNORECASE
)
"""The kind of work before its title, as in commit messages: "fix(cart): …", "[bug] …"."""

_ASKING = one_of(
    r"""
    not (?:only|just)|please|pls|plz|kindly|maybe|perhaps|simply|just|quickly|ideally|possibly|if possible|if you can
    when(?:ever)? you can|while (?:you're|you are|we're|we are|i'm) (?:at it|there|in there)
    as an? (?:first|next|last|second|final|quick) (?:step|thing|win)|go ahead and|go on and|try (?:to|and)
    help (?:me|us)(?: out)?(?: to| and)?|let's|lets|let us(?! know\b)|feel free to
    (?:don't|do not|let's not) forget to|remember to|make sure (?:to|you|we)|be sure to|see if you can
    (?:take|spend) (?:the |some )?time to|get (?:round|around) to|get to work and|i'm asking you to|what i need is to
    to-?do:?|action items?:?|(?:next up|up next|still open|left to do|what's left|on (?:my|our|the\
    |your) list)(?: now| today)?\
    (?: (?:are|is))?:?|i (?:think|guess|suppose|suggest|propose|vote|reckon)(?: that)?(?= (?:we|you)\b)
    only(?= (?:deploy|release|ship|merge|publish|roll|enable|turn)\b)
    (?:(?:the|your|my|our) )?(?:next |first |main |only )?\
    (?:task|goal|job|aim|plan|idea|ask|request|mission|thing|step)\
    (?: here| now| today| for today| for you)? (?:is|was|would be)(?: to)?:?
    (?:have|get|ask) (?:someone|somebody|anyone|one of you|the team|one of the \w+)(?: to)?
    """
)
"""Said of the asking, not of the work: "please", "don't forget to", "the next step is to"."""
_QUESTION = one_of(
    rf"""
    {_MODAL} (?:{_ADVERB} )*{_PERSON}(?: {_ADVERB})*(?: (?:mind|be able to))?|(?:would|do) you mind|mind
    (?:are|will) you (?:be )?able to|(?:is|would) it (?:be )?possible to
    any chance (?:that )?(?:of|to|{_PERSON} (?:can|could|to|might))
    """
)
"""Questions that are none: "can you", "could someone please", "would you mind"."""
_WANTING = one_of(
    rf"""
    {_PERSON}(?:'d|'ll| would| will| do)?(?: {_ADVERB})* (?:need|want|like|love|wish|have|ought|plan|prefer|intend|aim\
    |hope|got|am supposed|are supposed)(?: (?:{_PERSON}|the team))? to
    {_PERSON} (?:gotta|wanna)
    (?:i'm|we're|i am|we are|i was|we were)(?: {_ADVERB})* (?:hoping|looking|going|planning|trying|aiming|supposed\
    |wondering|thinking) (?:to|if {_PERSON} {_MODAL}|{_PERSON} {_MODAL}|of|about)
    as an? [^,:;.!?]{{1,50}}?,? i (?:can|could|may|must|will|should be able to)(?! (?:not|no))
    i(?:'d)?(?: {_ADVERB})* (?:should|must|better|need to|have to|ought to)
    (?:we|you(?: guys)?|someone|somebody)(?:'d)?(?: {_ADVERB})* (?:should|must|can|could|shall|might|better|may\
    |need to|have to|ought to)(?: {_ADVERB})*(?: want to)?
    """
)
"""What the speakers want done: "we need to", "I'd love you to", "I'm hoping we can", "you should"."""
_WOULD_BE_NICE = rf"{_IT_WOULD}(?:be )?{_SO_GOOD} (?:to(?! have\b)|if {_PERSON}(?: {_ADVERB})* {_MODAL})"
"""It would be nice to; would be great if we could."""
_ABROAD = one_of(
    r"""
    (?:könn(?:t|te)(?:st|n|et)?|kannst|kann|würde(?:st|n|t)?|magst|willst) (?:du|ihr|sie|jemand|man|wir)\
    (?: (?:bitte|mal|mir|uns|noch|auch))*
    (?:wir|ich) (?:müssen|sollten|wollen|brauchen|möchte|will|muss|hätte gern)(?: (?:bitte|noch|auch))*|bitte
    (?:me |nos )?(?:puedes|podrías|podéis|podríais|puede|podría|pueden|podrían|podemos)(?: por favor)?
    (?:necesito|necesitamos|quiero|queremos|quisiera) (?:que )?|hay que|tenemos que|tienes que|favor de
    (?:peux|pourrais)[- ]tu|(?:pouvez|pourriez)[- ]vous|tu (?:peux|pourrais)|vous (?:pouvez|pourriez)
    il faut(?:drait)?|veuillez|(?:on|nous) (?:doit|devons|veut|voulons)|j'aimerais|je voudrais|merci de
    (?:puoi|potresti|potete|potreste|possiamo)|bisogna|dobbiamo|vorrei|devi
    (?:você |vocês |tu )?(?:pode|podes|poderia|poderias|podem|podemos)|precisamos|preciso|temos que|quero|favor
    (?:kun|kan|wil|zou) (?:je|jij|u|iemand)(?: (?:alsjeblieft|even|ook))*|we moeten|graag
    (?:czy )?(?:możesz|mógłbyś|możecie)|trzeba|proszę|musimy|(?:можешь|можете|мог бы|не могли бы вы)
    нужно|надо|необходимо|давай(?:те)?|kan du|kunne du|vi (?:måste|må|skal)
    lütfen|prosím|kérlek|te rog|vänligen|ole hyvä ja|tolong|hãy|vui lòng
    """
)
POLITE = re.compile(rf"(?:{_ASKING}|{_QUESTION}|{_WANTING}|{_WOULD_BE_NICE}|{_ABROAD})(?:\s*[,:]\s*|\s+)")
"""How people ask without ordering about."""
ORDERS = re.compile(
    r"(?:\bto|\b(?:can|could|would|will|should|must) (?:\w+ ){0,2}?(?:you|we|i|someone|somebody)"
    r"|\b(?:have|get|ask) (?:someone|somebody|anyone|one of you))\s*$"
)
"""Politeness after which the next word must be a verb: "can you …", "we want to …"."""

_SOMETHING = r"(?=[\w\"'`\u02d0])(?!(?:to|you|it|this|that|them|him|her|these|those|us|me|someone|somebody|your|not)\b)"
WISH = re.compile(
    one_of(
        rf"""
        {_MODAL} (?:i|we|you) (?:please |also |maybe )?(?:have|get(?! (?:rid|going|started|back)\b))
        (?:i|we|you)(?:'d|'ll|'re| would| will| do| are)?(?: {_ADVERB})* (?:need|want|require|could use|can use\
        |could do with|like|love|appreciate|miss|lack|missing|lacking|wish for)
        there (?:should|must|needs to|has to|ought to) be
        what(?:'s| is| we(?:'re| are)) (?:missing|needed|left|lacking) is
        (?:how|what) about|(?:(?:it|this)(?:'s| is) )?time for|{_IT_WOULD}be {_SO_GOOD} (?:to have|if)
        having(?= .{{1,80}}? would be (?:\w+ )?{_GOOD}\b)
        """
    )
    + " "
    + _SOMETHING
)
"""How people ask by saying what they want to have."""
LIKING = re.compile(r"(?:i|we|you) (?:like|love|appreciate|miss)\b")
"""… but not "we love the new design"."""
_OTHERS = one_of(
    r"""
    sales|support|marketing|management|product|legal|finance|ops|design|people|everyone|everybody|they|stakeholders?
    (?:(?:the|our|some|many|most|several|a lot of|lots of|two|all) )*(?:\w+ )?(?:teams?|customers?|users?|clients?\
    |designers?|admins?|editors?|partners?|merchants?|players?|developers?|readers?|teachers?|drivers?|doctors?|nurses?\
    |analysts?)
    """
)
THEIR_WISH = re.compile(
    rf"{_OTHERS}(?:'d| would)?(?: {_ADVERB})*(?: (?:keep|kept|are|is|have been|has been))? "
    + one_of(
        r"""
        needs?|wants?|requires?|like|love|could use|ask(?:s|ed|ing)? for|request(?:ed|ing|s)?|miss(?:ing)?|lack(?:ing)?
        wish(?:ing)? for|wait(?:ing)? for|expects?
        """
    )
    + " "
    + _SOMETHING
)
"""What others want: a task, or the reason for one."""

ADJUNCT = re.compile(
    r"(?:for|in|on|at|within|inside|under|regarding|concerning|as for|with|from|during|by|as an?|throughout|across"
    r"|over|re(?=[: ]))\b"
    r"(?:(?!\b(?:which|that|when|because|so|is|are|was|were|has|have|done|soon|once|before|after)\b)[^,:;.!?]){1,50}?"
    r"(?:,\s+|:\s+|\s+(?=(?:please|pls|can you|could you|let's|i want|we want|i need|we need|i'd|we'd)\b))"
)
"""Where, when or for whom, before the instruction: "in the admin area, …", "for the partner portal please …"."""
SEQUENCE = re.compile(r"in (?:[\w-]+ ){0,2}order\b(?! to\b)")
"""In this order: no place, but a statement about the whole."""
PLACE = re.compile(r"(?:in|on|at|for|under|inside|within|from)(?= )")
"""A place without a comma behind it: "in `cmd/init.go` change the prompt", "on save show a toast"."""
LONGEST_PLACE = 5
"""Words that such a place may have."""
PARALLEL = re.compile(
    one_of(
        r"""
        meanwhile|in the mean ?time|in parallel(?: with (?:that|this|it|all that|all this))?|(?:at|during) the same time
        simultaneously|separately|concurrently|alongside(?: that| this)?|side by side|on the side|independently
        independent(?:ly)? of (?:that|this|it|these|the above|all that|everything else)
        unrelated(?:ly)?(?: to (?:that|this|the above))?|while that(?:'s| is) (?:running|going on|happening|in progress)
        """
    )
    + r"\s*(?:[,:–—-]|(?=\s[a-z]))\s*"
)


def _spoken(latin: str, asian: str) -> re.Pattern[str]:
    """Match one of these words at the start, with the white space and comma after it; Asian ones need no space."""
    return re.compile(rf"(?:{one_of(latin)}(?![\w'’-])|{asian})[,，、:]?\s*")


ORDER: tuple[tuple[Link, re.Pattern[str]], ...] = (
    (
        "after that",
        _spoken(
            r"""
            (?:right |directly |only |and )?(?:after|following|upon|past) (?:that|this|which|those|these|them|it)\
            (?: is (?:done|finished))?
            afterwards?|thereafter|thereupon|subsequently|after all (?:that|of that)|from there
            (?:once|when) (?:you(?:'re| are) |that's |it's )?(?:done|finished|through)(?: with (?:that|it|this))?
            with (?:that|this|it|both|all that|those) \
            (?:done|in place|out of the way|finished|ready|sorted|merged|working)
            danach|anschließend|después(?: de eso)?|luego|ensuite|après(?: cela| ça)?|dopo|depois(?: disso)?|em seguida
            daarna|vervolgens|potem|następnie|затем|потом|после этого
            """,
            "之后|接着|その後|그 다음",
        ),
    ),
    (
        "then",
        _spoken("(?:only |and )*then(?: only)?|dann|puis|poi|entonces|então|dan|sedan|så", "然后|再|それから|次に"),
    ),
    (
        "finally",
        _spoken(
            r"""
            finally|lastly|at last|last of all|at the (?:very )?end|in the end|last(?=,)|to finish(?: up| off)?
            to wrap up|to round (?:it |things )?off
            zum schluss|abschließend|schließlich|zuletzt|finalmente|por último|enfin|infine
            por fim|tenslotte|na koniec|наконец|в конце
            """,
            "最后|最後に|마지막으로",
        ),
    ),
    (
        "first",
        _spoken(
            r"""
            first(?:ly)?(?: of all| off| things first| up| thing)?|to begin with|to start(?: off| with)?|start off by
            start by|begin by|zuerst|zunächst|primero|d'abord|prima|primeiro|eerst|najpierw|сначала
            """,
            "首先|先|まず|먼저",
        ),
    ),
    ("next", re.compile(r"next(?: up)?[,:]\s*|next (?=[a-z])")),
    ("", re.compile(r"(?:second(?:ly)?|third(?:ly)?|fourth(?:ly)?|later(?: on)?|last but not least)[,:]\s*")),
)
"""Words of order; the numbers that only count ("secondly") say nothing of it."""
