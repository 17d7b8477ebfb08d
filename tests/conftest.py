"""What every test may rely on: a private world to live in, and traps that say when it leaves something behind."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import psutil
import pytest
from hypothesis import settings

from tests import traps

ROOT = Path(__file__).parent.parent

# A noisy machine is no bug: no deadlines. No database: the same tests run whether or not they ran before.
settings.register_profile("orchestra", deadline=None, database=None, print_blob=True)
# A gate gives the same answer twice; new examples are sought wherever somebody can look into what they find.
settings.register_profile("ci", settings.get_profile("orchestra"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "orchestra")

_mark = pytest.StashKey[str]()
_footprint = pytest.StashKey[Callable[[], dict[str, object]]]()
_before = pytest.StashKey[dict[str, object]]()
_folder = pytest.StashKey[Path]()


def _short_folder() -> Path:
    """A new folder with a path so short that a tmux socket fits below it (108 bytes on Linux)."""
    return Path(tempfile.mkdtemp(prefix="orch-", dir="/tmp"))


def pytest_configure(config: pytest.Config) -> None:
    """Leave the person's world before anything is collected."""
    look: Callable[[], dict[str, object]] = partial(traps.footprint, Path.home(), Path(f"/tmp/tmux-{os.getuid()}"))
    config.stash[_footprint], config.stash[_before] = look, look()
    # Whoever ends the tests with SIGTERM (a time limit) gets what ^C gets: fixtures clean up, leftovers are ended.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    config.stash[_mark] = traps.take_mark()
    config.stash[_folder] = _short_folder()
    traps.forget_the_person()
    os.environ.update(traps.private_environment(config.stash[_folder]))
    os.environ["LANG"] = "C.UTF-8"
    # The interpreter that runs the tests is `python3` to whatever they start.
    os.environ["PATH"] = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the whole run for a process or a file that no single test could be blamed for."""
    config = session.config
    if hasattr(config, "workerinput"):  # an xdist process: the one that started it looks
        return
    left = traps.end_leftovers(config.stash[_mark])
    traces = traps.new_traces(config.stash[_before], config.stash[_footprint]())
    if not left and not traces:
        return
    session.exitstatus = pytest.ExitCode.TESTS_FAILED
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None:
        reporter.section("left behind by the tests", red=True)
        for line in left:
            reporter.write_line(f"process: {line}", red=True)
        for line in traces:
            reporter.write_line(f"outside the private world: {line}", red=True)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Take away the world that fixtures of a wider scope shared."""
    shutil.rmtree(config.stash[_folder], ignore_errors=True)


@pytest.fixture
def _world() -> Iterator[Path]:
    folder = _short_folder()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def _leaves_no_process(pytestconfig: pytest.Config, _world: Path) -> Iterator[None]:
    """Fail the test whose processes outlive it; fixtures of a wider scope may keep theirs."""
    before = frozenset(psutil.pids())
    yield
    if left := traps.end_leftovers(pytestconfig.stash[_mark], but=before):
        pytest.fail("processes outlived the test (they are gone now):\n" + "\n".join(left), pytrace=False)


@pytest.fixture(autouse=True)
def home(_world: Path, _leaves_no_process: None) -> Iterator[Path]:
    """A private, empty HOME, with XDG folders, git configuration and tmux sockets that are the test's own."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in traps.private_environment(_world).items():
            patch.setenv(name, value)
        yield _world / "home"


@pytest.fixture
def sample_repo(tmp_path: Path, home: Path) -> Path:
    """A git repository with one commit on `main` and an identity of its own: the shop that `scripts/try` shows.

    Its check, `python3 -m unittest -q`, is green and needs nothing installed.
    """
    repo = tmp_path / "sample"
    shutil.copytree(ROOT / "scripts" / "sample", repo)
    for arguments in (
        ("init", "--quiet", "--initial-branch=main"),
        ("config", "user.name", "Sample"),
        ("config", "user.email", "sample@localhost"),
        ("add", "--all"),
        ("commit", "--quiet", "--message=A small shop"),
    ):
        subprocess.run(["git", *arguments], cwd=repo, check=True)
    return repo
