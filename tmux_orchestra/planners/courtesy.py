"""Words that are only politeness: greetings, thanks, praise, small talk, and the name under a letter."""

import re

from tmux_orchestra.planners.phrase import Phrase
from tmux_orchestra.planners.wordlist import word_set

_POLITE_WORDS = word_set(
    """
    hi hello hey hiya yo greetings good morning afternoon evening night day week weekend holiday everyone everybody team
    folks people guys all there dear claude friend friends buddy mate man dude
    thanks thank thx thnx ty tysm cheers you u so very much a lot ton tons bunch million in advance for your the help
    time
    work effort support patience great nice awesome cool perfect fine excellent amazing fantastic brilliant wonderful
    lovely
    job done well regards best kind warm wishes sincerely yours lgtm looks look sounds good great to me ok okay k yes
    no yep
    yeah yup nope sure alright right got it noted understood agreed
    sorry never mind nevermind welcome please pls plz bye goodbye see later soon tomorrow tonight today that this it
    is all
    was everything fine love like have enjoy hope had rest ahead how are doing what whats what's up i am we're we i'm
    here nothing else more do not needed don't now just testing appreciate appreciated really again always ever
    keep go going carry on forward looking talk cya ttyl np problem worries my our from side end part moment
    hallo guten tag morgen danke vielen dank schön schöne grüße gruß viele lg mfg hola gracias muchas buenos días
    bonjour
    merci beaucoup salut ciao grazie mille saludos bitte tschüss
    obrigado obrigada olá bom dia hoi dank je wel bedankt cześć dzień dobry dziękuję привет спасибо большое
    здравствуйте bien sehr gut
    你好 谢谢 辛苦了 多谢
    ありがとう ありがとうございます こんにちは よろしくお願いします お願いします お疲れ様です
    tbd tba todo wip na tbc none
    您好 안녕하세요 감사합니다 hmm hm um uh well haha lol
    """
)
_WORD = re.compile(r"[\w']+")
_PRAISE = re.compile(
    r"(?:perfect|great|awesome|nice|cool|excellent|amazing|fantastic|brilliant|wonderful|lovely|ok(?:ay)?|alright"
    r"|thanks?"
    r"|thx|cheers|lgtm|sounds good|looks? (?:good|great|fine|nice)|(?:very )?(?:good|nice|great) (?:job|work|stuff)"
    r"|well done"
    r"|love (?:it|this|that)|never ?mind|nothing|no(?:thing)? (?:more|else|further)|all good|have a|enjoy|hope|see you"
    r"|sorry|welcome|just (?:testing|checking|saying)|test(?:ing)?,? \d)\b"
)
_DISMISSAL = re.compile(
    r"(?:never ?mind|no worries|forget (?:it|that|this)|ignore (?:this|that|my)|all good(?: now)?|nothing (?:else"
    r"|more|to do|new)"
    r"|nvm|scratch that|false alarm)\b"
)
_SIGN_OFF = re.compile(
    r"\n\s*(?:(?:best|kind|warm|many)(?: regards| wishes)?|regards|cheers|thanks(?: (?:a lot|in advance|all|everyone"
    r"|so much))?"
    r"|thank you|thx|sincerely|yours(?: truly)?|br|talk soon|(?:viele |beste |liebe )?grüße|lg|mfg|saludos|merci)[,.!]*"
    r"(?:\s*\n\s*[^\W\d_][\w .'-]{0,30}[,.]?){1,2}\s*$"
    r"|\n\s*(?:--|—|–|/)\s*[^\W\d_][\w.'-]{0,20}\s*$",
    re.IGNORECASE,
)


_LETTER_END = 200
"""Letters at the end of a request, among which a sign-off is looked for."""


def is_polite(phrase: Phrase) -> bool:
    """Tell whether the phrase only greets, thanks or agrees."""
    return all(word in _POLITE_WORDS for word in _WORD.findall(phrase.mask))


def is_dismissal(phrase: Phrase) -> bool:
    """Tell whether the phrase takes back what was asked, or says that there is nothing ("never mind, …")."""
    return bool(_DISMISSAL.match(phrase.mask))


def is_praise(phrase: Phrase) -> bool:
    """Tell whether the phrase opens like an answer ("perfect, …", "thanks, …") that asks for nothing."""
    return bool(_PRAISE.match(phrase.mask))


def without_sign_off(text: str) -> str:
    """Return a letter without "Best, Mia" below it; its lines keep their numbers."""
    return text[:-_LETTER_END] + _SIGN_OFF.sub("", text[-_LETTER_END:])
