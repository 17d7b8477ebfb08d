"""Deployments and releases: they bring to the users what all the other tasks make, and so come last."""

import re
from collections.abc import Iterator, Sequence

from tmux_orchestra.planners import objects
from tmux_orchestra.planners.draft import Draft
from tmux_orchestra.planners.noun_kinds import object_head
from tmux_orchestra.planners.stated import Edge
from tmux_orchestra.planners.wordlist import word_set

_DEPLOYING = word_set("deploy redeploy") | {"roll out", "push out"}
"""Said of any certain thing ("the payments service") they bring it, with all that is done here, to its users."""
_RELEASING = word_set("release ship") | {"go live", "cut a release", "tag a release"}
"""The same, said of the product as a whole or with the place it goes to."""
_BRINGING = word_set("publish launch promote tag push upload submit cut make create do put bring get send hand merge")
"""The same only with the place it goes to, or of a release: "push to production", "cut release 5.0"."""
_WHOLE = word_set(
    """
    the a an our this that these those all of new latest whole entire next resulting final first finished updated
    patched fixed and it them everything both lot rest app application site website service services product system
    stack thing things build builds result results version release hotfix patch beta alpha rc update package packages
    image images artifact artifacts binary binaries change changes work api backend frontend firmware model code
    branch tag crate gem library plugin extension now again
    """
)
"""Words for the product as a whole."""
_RELEASE = re.compile(r"(?:the |our |a |an |new |next |this )*(?:release|version|tag|hotfix|beta|rc|v?\d)")
_VERSION = re.compile(r"v?\d[\w.]*")
_DEPLOYMENT = re.compile(
    r"(?:the |a |an |our |this |that |new |next )*(?:\w+ ){0,2}(?:deployment|release|launch|roll-?out|go-live)"
    r"(?: v?\d[\w.]*)?[.!\s]*"
)
_PREPARING = word_set(
    """
    configure automate improve fix add build design document test script review plan simplify cancel
    delay postpone refactor monitor
    """
) | {"set up", "speed up"}
"""Done to a deployment, these make the way there and do not go it."""
_OWN_THING = re.compile(
    r"(?:an?|another|some|two|three)\s+(?!(?:new |first |final |next )?(?:release|version|build|hotfix|beta|rc|tag)\b)"
)
"""Deploying "a Redis cluster" provisions something of its own."""


def deployment_edges(tasks: Sequence[Draft]) -> Iterator[Edge]:
    """Yield what deployments wait for: the last for everything, one before it for what is listed before that."""
    places = [place for place, task in enumerate(tasks) if is_deployment(task)]
    for place in places:
        others = range(len(tasks)) if place == places[-1] else range(place)
        yield from (
            Edge(place, other, "implied: ships what the others make") for other in others if other not in places
        )


def is_deployment(task: Draft) -> bool:
    """Tell whether the task brings the whole to its users, rather than build the way there."""
    if task.kind not in ("infra", "feature", "chore"):
        return False
    verb, object_ = task.opening.verb, task.opening.object
    head = object_head(task.opening) if verb else task.opening.core.mask
    if _OWN_THING.match(object_):
        return False
    if head and _DEPLOYMENT.fullmatch(head):
        return verb not in _PREPARING
    whole = all(word in _WHOLE or _VERSION.fullmatch(word) for word in re.findall(r"[\w.]+", head))
    arrives = bool(objects.DESTINATION.search(object_))
    if verb in _DEPLOYING:
        return whole or arrives or head.startswith(("the ", "our "))
    if verb in _RELEASING:
        return whole or arrives
    return verb in _BRINGING and whole and (arrives or bool(_RELEASE.match(head)))
