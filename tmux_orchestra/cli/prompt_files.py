"""Prompt files: each task's first prompt as `DIR/<task>.md`, to be read and changed before any start."""

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path

from tmux_orchestra.cli.plan_files import NOTHING_STARTED, read_text
from tmux_orchestra.core.briefs import brief
from tmux_orchestra.core.errors import UsageError
from tmux_orchestra.core.plan import Plan
from tmux_orchestra.effects.files import write


def compose(request: str, plan: Plan, checks: Sequence[str]) -> dict[str, str]:
    """Return every task's prompt, as far as it is known before a run."""
    return {task.id: brief(plan, request, checks, task.id) for task in plan.tasks}


def write_prompts(folder: Path, composed: Mapping[str, str]) -> None:
    """Write every task's prompt. Raises UsageError, nothing written, where that would replace what a person wrote."""
    files = {folder / f"{task}.md": text for task, text in composed.items()}
    for path, text in files.items():
        if path.exists() and read_text(path, "the prompt").strip() != text.strip():
            raise UsageError(
                f"{path} is there already, and says something else",
                safe="nothing was written",
                hint="give another folder, or move that file away",
            )
    for path, text in files.items():
        write(path.absolute(), f"{text}\n", mode=0o644)


def read_prompts(folder: Path, composed: Mapping[str, str]) -> dict[str, str]:
    """Return the prompts in a folder that say something else than the composed ones.

    Raises UsageError for a file that is empty or belongs to no task.
    """
    found = {path: _task_of(path, composed) for path in _listed(folder)}
    texts = {task: read_text(path, "the prompt").removeprefix("\ufeff").strip() for path, task in found.items()}
    for path, task in found.items():
        if not texts[task]:
            hint = f"write its prompt, or remove the file: task {task} then gets the composed one"
            raise UsageError(f"{path} is empty", safe=NOTHING_STARTED, hint=hint)
    return {task: text for task, text in texts.items() if text != composed[task].strip()}


def _listed(folder: Path) -> Iterator[Path]:
    """Yield a folder's files but for what editors leave there. Raises UsageError where there are none."""
    try:
        paths = sorted(path for path in folder.iterdir() if not path.is_dir())
    except OSError as error:
        hint = "tmux-orchestra plan REQUEST --prompts DIR writes them"
        raise UsageError(
            f"cannot read prompts in {folder}: {error.strerror}", safe=NOTHING_STARTED, hint=hint
        ) from error
    prompts = [path for path in paths if not path.name.startswith((".", "#")) and not path.name.endswith("~")]
    if not prompts:
        raise UsageError(
            f"there is no prompt in {folder}",
            safe=NOTHING_STARTED,
            hint="tmux-orchestra plan REQUEST --prompts DIR writes them",
        )
    yield from prompts


def _task_of(path: Path, tasks: Mapping[str, str]) -> str:
    if path.suffix == ".md" and path.stem in tasks:
        return path.stem
    near = get_close_matches(path.stem, tasks, n=1)
    suggestion = f"; did you mean {near[0]}.md?" if near else ""
    raise UsageError(
        f"{path} belongs to no task of the plan{suggestion}",
        safe=NOTHING_STARTED,
        hint=f"its tasks: {', '.join(tasks)}; each one's prompt is in a file TASK.md",
    )
