"""Plans in YAML for people: prompts as plain blocks of text, and every plain word read as the text that it is."""

import re
from collections.abc import Hashable, Mapping
from typing import Any

import yaml

from tmux_orchestra.core.plan import Plan, Task

ALWAYS_SHOWN = ("id", "title", "kind", "priority", "depends_on")
"""Fields that a person may want to change, and would otherwise not know of."""

_IN_BLOCKS = re.compile(r"(?:[\t\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff])+")
"""What a block holds as it is. Other line ends would be read as ours, and what does not show could not be edited."""

_WORDS = re.compile(r"[\w./-]+")


class _Block(str):
    """A text that is written as a block where that is possible, however short."""

    __slots__ = ()


class _Dumper(yaml.SafeDumper):
    def analyze_scalar(self, scalar: str) -> Any:
        """Allow blocks for tabs and trailing blanks too, and other styles only for what reads back from them."""
        analysis = super().analyze_scalar(scalar)
        shows = _IN_BLOCKS.fullmatch(scalar) is not None
        ends_in_blank_lines = scalar.endswith("\n\n") or not scalar.strip("\n")
        analysis.allow_block = shows and not ends_in_blank_lines
        if not shows or "\n" in scalar:  # what remains are double quotes, which hold everything
            analysis.allow_single_quoted = analysis.allow_flow_plain = analysis.allow_block_plain = False
        return analysis


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    style = "|" if isinstance(text, _Block) or "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", str(text), style)


def _list(dumper: yaml.SafeDumper, items: list[Any]) -> yaml.Node:
    on_one_line = all(isinstance(item, str) and _WORDS.fullmatch(item) for item in items)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=on_one_line)


_Dumper.add_representer(str, _text)
_Dumper.add_representer(_Block, _text)
_Dumper.add_representer(list, _list)


class _Loader(yaml.SafeLoader):
    """Reads plain words as text: a task may be called `on`, `007` or `2026-01-01`. Only nothing is nothing."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """Refuse a key that is there twice: one of the two texts would be lost."""
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen if isinstance(key, yaml.ScalarNode) else False:
                raise yaml.constructor.ConstructorError(None, None, f"{key.value!r} is there twice", key.start_mark)
            seen.add(str(key.value))
        return super().construct_mapping(node, deep)


_KEPT = {"tag:yaml.org,2002:null", "tag:yaml.org,2002:merge"}
_Loader.yaml_implicit_resolvers = {
    first: [(tag, regexp) for tag, regexp in resolvers if tag in _KEPT]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def load(text: str) -> Any:
    """Return what is written. Raises ValueError, saying what is wrong and in which line."""
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - it is a safe loader
    except yaml.MarkedYAMLError as error:
        where = f" (line {error.problem_mark.line + 1})" if error.problem_mark else ""
        raise ValueError(f"{error.problem}{where}") from error
    except (yaml.YAMLError, RecursionError) as error:
        raise ValueError(" ".join(str(error).split())) from error


def dump(request: str, plan: Plan) -> str:
    """Write a request and its plan as they can be read back; one blank line between tasks."""
    fields = plan.model_dump(mode="json", exclude={"tasks"}, exclude_defaults=True)
    head = {"request": _Block(request), **fields} if request else fields
    parts = [_dump(head)] if head else []
    parts.append("tasks:\n" + "\n".join(_dump([_written(task)]) for task in plan.tasks))
    return "\n".join(parts)


def _written(task: Task) -> Mapping[str, Any]:
    """A task's fields for people: what is as it would be anyway stays out, the longest comes last."""
    fields = task.model_dump(mode="json")
    usual = Task(id=task.id, kind=task.kind).model_dump(mode="json")
    prompt = _Block(fields.pop("prompt"))
    shown = {name: value for name, value in fields.items() if name in ALWAYS_SHOWN or value != usual[name]}
    return {**shown, "prompt": prompt}


def _dump(value: Any) -> str:
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=float("inf"))
