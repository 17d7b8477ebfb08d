"""Prompt files: each task's first prompt as `DIR/<task>.md`, beside its plan, to be read and changed before a start.

What was composed is remembered by its digest (`.composed`), so that a file that nobody touched is never taken for a
person's word, whatever has become of the plan or the checks meanwhile; and what a person wrote is never replaced.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path

from tmux_orchestra.cli import plan_yaml
from tmux_orchestra.cli.plan_files import NOTHING_STARTED, read_plan, read_text
from tmux_orchestra.core.briefs import brief, plain_lines
from tmux_orchestra.core.errors import UsageError
from tmux_orchestra.core.events import prompt_digest
from tmux_orchestra.core.plan import Plan
from tmux_orchestra.effects.files import read_json, write

PLAN = "plan.yaml"
_COMPOSED = ".composed"

HINT = "tmux-orchestra plan REQUEST --prompts DIR writes them"


def compose(request: str, plan: Plan, checks: Sequence[str]) -> dict[str, str]:
    """Return every task's prompt, as far as it is known before a run."""
    return {task.id: brief(plan, request, checks, task.id) for task in plan.tasks}


def plan_in(folder: Path | None) -> str | None:
    """Return the plan file that lies beside the prompts, as `start --plan` takes it; None if there is none."""
    file = folder / PLAN if folder else None
    return str(file) if file and file.is_file() else None


def write_prompts(
    folder: Path, request: str, plan: Plan, composed: Mapping[str, str], written: Mapping[str, str] | None = None
) -> list[Path]:
    """Write a plan, and every task's prompt (what was `written` for it, else the composed one); return their paths.

    Raises UsageError, nothing written, where that would replace what a person wrote.
    """
    untouched = {str(digest) for digest in read_json(folder / _COMPOSED).values()}
    texts = {folder / f"{task}.md": text for task, text in {**composed, **(written or {})}.items()}
    plan_text = plan_yaml.dump(request, plan)
    if not _same_plan(folder, request, plan):
        texts[folder / PLAN] = plan_text
    for path, text in texts.items():
        before = _digest(read_text(path, "what is there")) if path.exists() else ""
        if before and before not in {_digest(text), *untouched}:
            raise UsageError(
                f"{path} is there already, and was changed since it was written",
                safe="nothing was written",
                hint="give another folder, or move that file away",
            )
    for path, text in texts.items():
        write(path.absolute(), text.rstrip("\n") + "\n", mode=0o644)
    digests = {f"{task}.md": _digest(text) for task, text in composed.items()}
    write((folder / _COMPOSED).absolute(), json.dumps(digests | {PLAN: _digest(plan_text)}, indent=1))
    return [folder / f"{task.id}.md" for task in plan.tasks]


def _same_plan(folder: Path, request: str, plan: Plan) -> bool:
    """Whether the folder's plan file says just that, in whichever words: then it is left as the person wrote it."""
    source = plan_in(folder)
    try:
        return source is not None and read_plan(source) == (request, plan)
    except UsageError:
        return False


def read_prompts(folder: Path, composed: Mapping[str, str]) -> dict[str, str]:
    """Return the prompts in a folder that a person wrote: whatever is not as it was, or would now be, composed.

    Raises UsageError for such a file that is empty or belongs to no task.
    """
    remembered = read_json(folder / _COMPOSED)
    found: dict[str, str] = {}
    for path in _listed(folder):
        text = read_text(path, "the prompt").removeprefix("\ufeff").strip()
        if _digest(text) == remembered.get(path.name):
            continue
        task = _task_of(path, composed)
        if not text:
            hint = f"write its prompt, or remove the file: task {task} then gets the composed one"
            raise UsageError(f"{path} is empty", safe=NOTHING_STARTED, hint=hint)
        if plain_lines(text) != plain_lines(composed[task]):
            found[task] = text
    return found


def _digest(text: str) -> str:
    return prompt_digest(plain_lines(text))


def _listed(folder: Path) -> Iterator[Path]:
    """Yield a folder's files, but for the plan and what editors leave there. Raises UsageError where there are none."""
    try:
        paths = sorted(path for path in folder.iterdir() if not path.is_dir())
    except OSError as error:
        told = f"cannot read prompts in {folder}: {error.strerror}"
        raise UsageError(told, safe=NOTHING_STARTED, hint=HINT) from error
    odd = (".", "#")
    prompts = [p for p in paths if p.name != PLAN and not p.name.startswith(odd) and not p.name.endswith("~")]
    if not prompts:
        raise UsageError(f"there is no prompt in {folder}", safe=NOTHING_STARTED, hint=HINT)
    yield from prompts


def _task_of(path: Path, tasks: Mapping[str, str]) -> str:
    if path.suffix == ".md" and path.stem in tasks:
        return path.stem
    near = get_close_matches(path.stem, tasks, n=1)
    suggestion = f" (did you mean {near[0]}.md?)" if near else ""
    raise UsageError(
        f"{path} belongs to no task of the plan{suggestion}",
        safe=NOTHING_STARTED,
        hint=f"its tasks: {', '.join(tasks)}; each one's prompt is in a file TASK.md",
    )
