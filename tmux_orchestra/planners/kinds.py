"""The kind of work, from the verb and its object together."""

import re

from tmux_orchestra.core.plan import Kind
from tmux_orchestra.planners.faults import is_fault
from tmux_orchestra.planners.opening import Opening
from tmux_orchestra.planners.spelling import mend_nouns
from tmux_orchestra.planners.verbs import VERBS
from tmux_orchestra.planners.wordlist import word_set

_PREPOSITION = re.compile(
    r"(?:^|\s)(?:in|on|to|for|of|from|with|at|about|into|by|when|where|that|which|so|after|before|once|via|through"
    r"|under|without|against|as|using|if|because|until|whenever|during|across|and its|between|covering)\s|[,(]"
    r"|\s{2,}"
)
_TESTS = re.compile(
    r"\b(?:tests?|testing|specs?|test[- ](?:suite|coverage|cases?|plan|harness)|coverage|qa|e2e|(?:e2e|smoke"
    r"|regression|integration|unit|test|end-to-end|acceptance|characterization|snapshot|contract|property) (?:tests?"
    r"|suite|checks?|coverage|cases?|specs?|testing)|suite)[.!\s]*$"
)
_DOCS = re.compile(
    r"\b(?:docs?|documentation|readme\S*|change-?log\S*|manuals?|guides?|tutorials?|runbooks?|faq|docstrings?"
    r"|release notes|wiki|handbook|reference|how-?to|playbook|cheat ?sheet|walkthrough|adrs?|code comments|javadocs?"
    r"|jsdoc"
    r"|help (?:center|texts?|pages?|article)|(?:migration|upgrade|user|style|setup|getting[- ]started|quick-?start"
    r"|onboarding) (?:notes|instructions|docs?)|openapi (?:description|spec)|architecture (?:overview|diagram)"
    r"|quick-?start|blog post|man ?pages?|announcement|instructions)(?: (?:page|section|entry|entries|files?"
    r"|pages))?[.!\s]*$"
)
_DOCS_PLACE = re.compile(
    r"\b(?:in|to|into|on) (?:the |our )?(?:\w+ )?(?:docs|documentation|readme\S*|change-?log|manual|wiki|faq"
    r"|release notes|handbook|docs/\S*)\b"
)
_SECURITY = re.compile(
    r"\b(?:vulnerabilit\w+|xss|csrf|ssrf|cves?|injections?|content-security-policy|csp|hsts|security|secrets?"
    r"|brute[- ]force|lockout|penetration|pentest|exploits?|privilege escalation|path traversal|malicious|harmless"
    r"|clickjacking|owasp|credentials? leak|leaked|plain ?text passwords?|in (?:plain ?text|clear ?text)"
    r"|permissions? check|tls|ssl|certificates?|cors)\b"
)
_PERFORMANCE = re.compile(
    r"\b(?:fast(?:er)?|quick(?:er|ly)?|performance|speed|latency|slow(?:ly|ness)?|under (?:a|one|two|three|five"
    r"|\d+) ?(?:ms|milliseconds?|seconds?|s)\b|memory (?:use|usage|footprint|consumption)|bundle size|n\+1"
    r"|throughput|load(?:ing)? times?|response times?|start-?up time|build time|cpu (?:use|usage)|lazy[- ]load\w*"
    r"|query count|cold start|takes? (?:\w+ ){0,3}(?:seconds?|minutes?|hours?))\b"
)
_INFRA = re.compile(
    r"\b(?:ci|cd|ci/cd|github actions?|gitlab|jenkins|circleci|docker\w*|compose file|kubernetes|k8s|helm|terraform"
    r"|ansible|nginx|apache|(?:ci|build|deploy\w*|release|delivery) (?:pipeline|workflow|script|job|process)s?"
    r"|pipeline|monitoring|alerting|prometheus|grafana|sentry|datadog|staging"
    r"|clusters?|load balancer|cdn|dns|deployments?|infrastructure|pre-commit|tox|test matrix|build matrix|backups?"
    r"|provisioning|cron ?jobs?|systemd|vagrant|makefile|servers? config\w*|log rotation|feature flag service"
    r"|s3 bucket|cloudfront|vpc|health ?checks? for the cluster|uptime|environment variables?"
    r"|env(?:ironment)? config\w*|base image|container\w*|reverse proxy|autoscaling|on-call|pager\w*)\b"
)
_DELIVERY = re.compile(
    r"\b(?:ci|ci/cd|github actions?|gitlab ci|jenkins|pipeline|docker\w*|kubernetes|k8s|helm|terraform|nginx|cluster)\b"
)
_DEPENDENCY = re.compile(
    r"\b(?:dependenc(?:y|ies)|npm packages?|packages|third-party libraries|libraries|lock ?files?|requirements\.txt"
    r"|gems|crates|licen[cs]es?|copyright|gitignore|to (?:v?\d|version|the latest|latest))\b"
)
_BUG = re.compile(
    r"\b(?:bugs?|crash(?:es)?|typos?|regressions?|errors?|broken|issues?|flaky)\b|\b(?:correctly|properly"
    r"|again)[.!\s]*$"
)
_STATE = re.compile(
    r"(?<!\bthat )(?<!\bwhich )(?<!\bwho )\b(?:is|are|was|were|shows|returns|appears|goes|looks|gets"
    r"|takes)\b(?! (?:able|allowed)\b)"
)
"""Says how something is; in a list of things to do that is a complaint."""
_WORDING = re.compile(r"\b(?:typos?|wording|spelling|grammar)\b")
_RELEASE = re.compile(r"\b(?:deployments?|release|launch|roll-?out|go-live|rollout)[.!\s]*$")
_MAKING = word_set(
    """
    implement add create build develop write introduce integrate provide define scaffold bootstrap produce
    generate do perform complete finish finalize draft prepare
    """
)
_WRITING = _MAKING | word_set(
    """
    update extend improve expand rewrite revise refresh increase raise run execute complete put bring give
    publish write polish adapt adjust translate rerun re-run mention note list announce describe explain review
    enhance modify include
    """
)
_CHANGING = word_set(
    """
    make show handle render display let return ensure accept keep update change adjust do
    """
)


def object_head(opening: Opening) -> str:
    """Return the direct object without what is said of it: "tests" of "tests for the scheduler"."""
    found = _PREPOSITION.search(opening.object)
    return mend_nouns((opening.object[: found.start()] if found else opening.object).strip())


def kind_of(opening: Opening) -> Kind:
    """Return the kind of work that a clause asks for."""
    text = opening.core.text.casefold()
    head = object_head(opening) if opening.verb else opening.core.mask
    own = VERBS.get(opening.verb, "feature")
    if not opening.verb:
        return _without_verb(opening, text, head)
    if own == "research":
        return "security" if re.search(r"\bsecurity (?:review|audit)\b|vulnerabilit", text) else own
    if opening.verb in _WRITING or own in ("feature", "test", "docs", "chore", "infra"):
        if _TESTS.search(head) and own != "infra":
            return "test"
        if _DOCS.search(head) or own == "docs" or (opening.verb in _WRITING and _DOCS_PLACE.search(text)):
            return "docs"
    return _by_object(opening, own, text, head)


def _by_object(opening: Opening, own: Kind, text: str, head: str) -> Kind:
    """Decide between the kinds that a verb leaves open by what it is about."""
    outside = opening.core.mask
    if own in ("test", "security"):
        return own
    if _SECURITY.search(outside) or (opening.verb == "make" and _SECURITY.search(text)):
        return "security"
    if own == "bugfix":
        return _repair(opening, head)
    if own == "performance":
        reducible = opening.verb not in ("reduce", "cut", "shorten", "defer", "compress")
        return own if reducible or _PERFORMANCE.search(outside) or "size" in outside else "refactor"
    if own == "chore" or (opening.verb in ("update", "change", "renew") and _DEPENDENCY.search(outside)):
        return "chore"
    if own == "feature" and (kind := _improvement(opening)):
        return kind
    return "infra" if _is_infra(opening, own, head) else own


def _repair(opening: Opening, head: str) -> Kind:
    """Decide what is mended: a page of the manual, a slow query, or a bug."""
    if _DOCS.search(head):
        return "docs"
    if opening.verb == "stop" and _INFRA.search(head):
        return "infra"
    return "performance" if re.search(r"\b(?:slow|performance|n\+1)\b", opening.core.mask) else "bugfix"


def _improvement(opening: Opening) -> Kind | None:
    """Tell "make X faster" and "show X correctly" from a feature; None for a feature."""
    if opening.verb not in _MAKING - {"add"} and _PERFORMANCE.search(opening.core.mask):
        return "performance"
    return "bugfix" if opening.verb in _CHANGING and _BUG.search(opening.core.mask) else None


def _is_infra(opening: Opening, own: Kind, head: str) -> bool:
    """Tell whether the work is on what runs the program, rather than on the program."""
    outside = opening.core.mask
    if own == "feature" and opening.verb in ("prepare", "do", "perform", "finalize") and _RELEASE.search(head):
        return True
    made = _INFRA.search(head) or _DELIVERY.search(outside)
    return bool(made or (opening.verb not in _MAKING and _INFRA.search(outside)))


def _without_verb(opening: Opening, text: str, head: str) -> Kind:
    """Decide for a noun phrase or a described fault."""
    if _WORDING.search(text):
        return "bugfix"
    if is_fault(opening.core):
        return "performance" if _PERFORMANCE.search(text) and not re.search(r"crash|error|fail", text) else "bugfix"
    for kind, pattern in (("test", _TESTS), ("docs", _DOCS)):
        if pattern.search(head):
            return "test" if kind == "test" else "docs"
    if _SECURITY.search(text):
        return "security"
    if _BUG.search(text):
        return "bugfix"
    if _PERFORMANCE.search(text):
        return "performance"
    if _INFRA.search(text) or _RELEASE.search(head):
        return "infra"
    return "bugfix" if _STATE.search(text) else _by_noun(text)


_NOUNS: tuple[tuple[re.Pattern[str], Kind], ...] = (
    (
        re.compile(
            r"\b(?:refactoring|refactor|clean-?up|renaming|restructuring|removal|migration (?:to|from)|rewrite"
            r"|deduplication)\b"
        ),
        "refactor",
    ),
    (re.compile(r"\b(?:upgrades?|bump|updates? to|dependenc\w+)\b"), "chore"),
    (re.compile(r"\b(?:investigation|comparison|evaluation|analysis|research|spike|feasibility)\b"), "research"),
    (re.compile(r"\b(?:caching|optimi[sz]ation|speed-?up)\b"), "performance"),
)


def _by_noun(text: str) -> Kind:
    """Read the kind off a noun made from a verb; a feature otherwise."""
    return next((kind for pattern, kind in _NOUNS if pattern.search(text)), "feature")
