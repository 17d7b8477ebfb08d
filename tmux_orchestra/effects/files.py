"""Our files: a run's folder, and writing so that a reader or a crash never meets half a file."""

import json
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import mkdtemp, mkstemp

from tmux_orchestra.core.errors import OrchestraError, UsageError
from tmux_orchestra.core.plan import Plan
from tmux_orchestra.core.settings import Settings


@dataclass(frozen=True)
class RunFolder:
    """Where one run keeps what it knows: `<git common dir>/orchestra/runs/<run id>`."""

    path: Path

    @property
    def id(self) -> str:
        """The run's id."""
        return self.path.name

    @property
    def journal(self) -> Path:
        """The events, the only truth about the run."""
        return self.path / "events.jsonl"

    @property
    def lock(self) -> Path:
        """Held by whoever writes facts."""
        return self.path / "supervisor.lock"

    @property
    def opening(self) -> Path:
        """Held by whoever opens or repairs the run's tmux session."""
        return self.path / "opening.lock"

    @property
    def samples(self) -> Path:
        """CPU and memory of the instances; replaced, not journalled."""
        return self.path / "samples.json"

    @property
    def log(self) -> Path:
        """Where a crash of ours is written down."""
        return self.path / "bug.log"

    def task(self, task_id: str) -> Path:
        """Return a task's own folder."""
        return self.path / "tasks" / task_id

    def inbox(self, task_id: str) -> Path:
        """Return the folder into which hooks and the launcher drop what they have to tell."""
        return self.task(task_id) / "inbox"

    def prompt(self, task_id: str) -> Path:
        """Return where a task's first prompt lies: a person's to change until an agent has taken it."""
        return self.task(task_id) / "prompt.md"

    def create(self, plan: Plan, settings: Settings, prompts: Mapping[str, str]) -> None:
        """Make the folder with everything that is there before the first event. `prompts`: task -> its brief."""
        for task in plan.tasks:
            make_folder(self.inbox(task.id))
            write(self.prompt(task.id), prompts[task.id] + "\n")
        write(self.path / "plan.json", plan.model_dump_json(indent=2))
        write(self.path / "settings.json", settings.model_dump_json(indent=2))

    def remove(self) -> None:
        """Take the folder away again: for a run that could not even be begun."""
        shutil.rmtree(self.path, ignore_errors=True)


def write(path: Path, text: str, mode: int = 0o600) -> None:
    """Replace a file in one step: a reader sees the old text or the new one. Raises OrchestraError, nothing changed."""
    beside: Path | None = None
    try:
        _make_private(path.parent)
        descriptor, name = mkstemp(dir=path.parent, prefix=".")
        beside = Path(name)
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="surrogateescape") as file:
            file.write(text)
        beside.chmod(mode)
        beside.replace(path)
    except OSError as error:
        if beside:
            beside.unlink(missing_ok=True)
        raise _cannot_write(path, error) from error


def _cannot_write(path: Path, error: OSError) -> OrchestraError:
    return OrchestraError(
        f"cannot write {path}: {error.strerror}",
        safe="what was there is as it was",
        hint="see to the cause (disk, permissions), then try again",
    )


def new_run(state_dir: Path, now: datetime | None = None) -> RunFolder:
    """Claim a new run's folder; its id is a date and a few letters, so that ids sort by age. Raises OrchestraError."""
    runs = state_dir / "runs"
    make_folder(runs)
    stamp = f"{now or datetime.now(UTC):%m%d-%H%M%S}"
    while True:
        folder = RunFolder(runs / f"{stamp}-{secrets.token_hex(2)}")
        try:
            folder.path.mkdir(mode=0o700)
        except FileExistsError:
            continue
        except OSError as error:
            raise _cannot_write(folder.path, error) from error
        return folder


def make_folder(path: Path) -> None:
    """Make sure that a private folder stands. Raises OrchestraError where it cannot be made."""
    try:
        _make_private(path)
    except OSError as error:
        raise _cannot_write(path, error) from error


def _make_private(path: Path) -> None:
    for folder in reversed((path, *path.parents)):  # `parents=True` would leave those in between open to everybody
        folder.mkdir(mode=0o700, exist_ok=True)


def runs(state_dir: Path) -> Iterator[RunFolder]:
    """Yield this repository's runs, newest first."""
    folders = [path for path in (state_dir / "runs").glob("*") if (path / "events.jsonl").exists()]
    for path in sorted(
        folders, key=lambda p: (p / "plan.json").stat().st_mtime_ns if (p / "plan.json").exists() else 0, reverse=True
    ):
        yield RunFolder(path)


def find_run(state_dir: Path, run_id: str) -> RunFolder:
    """Return the run of that id (or the only one that begins so). Raises UsageError otherwise."""
    known = [folder for folder in runs(state_dir) if folder.id.startswith(run_id)]
    exact = [folder for folder in known if folder.id == run_id]
    if len(exact or known) != 1:
        names = ", ".join(folder.id for folder in (known or list(runs(state_dir)))[:5]) or "none"
        raise UsageError(f"no single run is called {run_id!r}", safe=f"runs here: {names}", hint="tmux-orchestra runs")
    return (exact or known)[0]


def bug_log(text: str) -> Path:
    """Write down a crash of ours where the person can find it; return where."""
    try:
        path = _own_folder() / "bugs.log"
        with path.open("a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text + "\n")
    except OSError:  # no home, or none that can be written
        descriptor, name = mkstemp(prefix="tmux-orchestra-bug-", suffix=".log")
        path = Path(name)
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
    return path


def new_drafts(prefix: str) -> Path:
    """Return a new private folder for what a person is about to write; it outlives us, and a restart of the machine."""
    try:
        folder = _own_folder() / "drafts"
        _make_private(folder)
        return Path(mkdtemp(dir=folder, prefix=prefix))
    except OSError:  # no home, or none that can be written
        return Path(mkdtemp(prefix=f"tmux-orchestra-{prefix}"))


def _own_folder() -> Path:
    """Make sure of our folder for what is about no repository. Raises OSError where there is none."""
    given, home = os.environ.get("XDG_STATE_HOME"), os.environ.get("HOME")
    state = Path(given) if given else Path(home) / ".local" / "state" if home else None
    if state is None:
        raise FileNotFoundError
    _make_private(state / "tmux-orchestra")
    return state / "tmux-orchestra"


def read_matching(
    root: Path, patterns: tuple[str, ...], most: int = 200, limit: int = 200_000
) -> dict[str, str | None]:
    """Read the files below `root` that match these patterns; None for a file that cannot be read."""
    found: dict[str, str | None] = {}
    for path in [path for pattern in patterns for path in sorted(root.glob(pattern))][:most]:
        if path.is_file():
            try:
                found[path.relative_to(root).as_posix()] = path.read_text(errors="replace")[:limit]
            except OSError:
                found[path.relative_to(root).as_posix()] = None
    return found


def read_text(path: Path) -> str:
    """Return what a person has written into a file of ours; "" where nothing can be read."""
    try:
        return path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError:
        return ""


def read_json(path: Path) -> dict[str, object]:
    """Return a JSON object from a file that may be missing or half a file of somebody else's: then {}."""
    try:
        content = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
