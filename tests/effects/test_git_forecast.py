"""The forecast says what `git merge` would say, of work that nobody has committed yet, and touches nothing."""

import os
import stat
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations
from pathlib import Path
from random import Random
from threading import Event

import pytest

from tmux_orchestra.effects.git import forecast as forecasting
from tmux_orchestra.effects.git import sketches
from tmux_orchestra.effects.git.forecast import Forecaster
from tmux_orchestra.effects.git.sketches import Place

# --- random work -------------------------------------------------------------------------------------


def begin(top: Path) -> None:
    """What all tasks start from: text, a binary, a link, a program, folders."""
    for folder in ("lib", "lib/deep", "docs"):
        (top / folder).mkdir(exist_ok=True)
        for name in "abc":
            (top / folder / f"{name}.txt").write_text("".join(f"{folder} {name} {n}\n" for n in range(12)))
    (top / "picture").write_bytes(bytes(range(256)) * 4)
    (top / "link").symlink_to("docs/a.txt")
    (top / "run.sh").write_text("#!/bin/sh\nexit 0\n")


def _files(top: Path) -> list[Path]:
    return sorted(
        p for p in top.rglob("*") if (p.is_file() or p.is_symlink()) and ".git" not in p.relative_to(top).parts
    )


def _edit_line(top: Path, random: Random) -> None:
    path = random.choice([p for p in _files(top) if p.suffix == ".txt" and not p.is_symlink()])
    lines = path.read_text().splitlines(keepends=True) or ["\n"]
    lines[random.randrange(len(lines))] = f"edited {random.randrange(4)}\n"
    path.write_text("".join(lines))


def _write(path: Path, text: str) -> None:
    if path.parent.is_dir() and not path.is_dir() and not path.is_symlink():
        path.write_text(text)


def _move(one: Path, other: Path) -> None:
    if one.exists() and not other.exists():
        other.parent.mkdir(parents=True, exist_ok=True)
        one.rename(other)


def _turn(path: Path, mode: int) -> None:
    if path.exists():
        path.chmod(mode)


def _replace_by_folder(path: Path) -> None:
    if path.is_file():
        path.unlink()
        path.mkdir()
        (path / "inside").write_text("in a folder\n")


def _replace_by_link(path: Path, to: str) -> None:
    if path.is_symlink() or path.is_file():
        path.unlink()
        path.symlink_to(to)


EDITS: tuple[Callable[[Path, Random], None], ...] = (
    _edit_line,
    _edit_line,
    _edit_line,
    lambda top, random: random.choice(_files(top)).unlink(),
    lambda top, random: _write(top / "docs" / f"new{random.randrange(3)}.txt", f"new {random.randrange(2)}\n"),
    lambda top, random: _write(top / "lib" / "deep" / f"more{random.randrange(9)}.txt", "more\n"),
    lambda top, random: _move(top / "lib" / f"{random.choice('abc')}.txt", top / "src" / f"{random.choice('abc')}.txt"),
    lambda top, _: _move(top / "lib" / "deep", top / "deeper"),
    lambda top, random: _write(top / "picture", "\0" * random.randrange(900, 903)),
    lambda top, random: _replace_by_link(top / "link", random.choice(["docs/b.txt", "nowhere"])),
    lambda top, _: _replace_by_link(top / "docs" / "c.txt", "a.txt"),
    lambda top, _: _replace_by_folder(top / "docs" / "b.txt"),
    lambda top, random: _turn(top / "run.sh", random.choice([0o755, 0o644])),
    lambda top, _: _write(top / "odd\nname \N{WINE GLASS}.txt", "odd\n"),
)


def work(top: Path, random: Random, sh) -> None:
    """Make some edits; some are committed, some are staged, some are only there."""
    for _ in range(random.randrange(1, 7)):
        random.choice(EDITS)(top, random)
        how = random.random()
        if how < 0.6:
            sh(top, "add", "--all")
        if how < 0.4:
            sh(top, "commit", "--quiet", "--allow-empty", "-m", "on the way")


# --- what there is to be seen ---------------------------------------------------------------------------


def everything_in(*tops: Path) -> dict[str, object]:
    """Every file with its content, mode and time; of git's objects only the names and sizes."""
    found: dict[str, object] = {}
    for top in tops:
        for path in top.rglob("*"):
            info = path.lstat()
            if "objects" in path.parts:
                found[str(path)] = info.st_size if path.is_file() else None
            elif stat.S_ISREG(info.st_mode):
                found[str(path)] = (path.read_bytes(), info.st_mode, info.st_mtime_ns)
            elif path.is_symlink():
                found[str(path)] = path.readlink()
    return found


@pytest.fixture
def forecaster(repo, tmp_path: Path) -> Iterator[Forecaster]:
    made = Forecaster(repo, tmp_path / "forecast")
    yield made
    made.close()
    assert not (tmp_path / "forecast").exists()
    assert [*forecasting.MEMORY.glob(f"{made._prefix}*")] == []


def merge_for_real(sh, top: Path, ours: str, theirs: str) -> tuple[str, ...] | None:
    """Return what `git merge` leaves unmerged, None where it goes through; the worktree is clean again afterwards."""
    sh(top, "checkout", "--quiet", "--force", "--detach", ours)
    clean = subprocess.run(["git", "merge", "--quiet", "-m", "x", theirs], cwd=top, capture_output=True, check=False)
    unmerged = sh(top, "diff", "--name-only", "--diff-filter=U", "-z").split("\0")[:-1]
    sh(top, "reset", "--quiet", "--hard", ours)
    sh(top, "clean", "-ffdqx")
    assert (clean.returncode == 0) == (not unmerged), clean.stderr
    return tuple(sorted({_plain(path) for path in unmerged})) or None


def _plain(path: str) -> str:
    """Without the side's name, which git gives to a file in whose way a folder is."""
    return path.partition("~")[0]


@pytest.mark.parametrize("batches", [True, False])
@pytest.mark.parametrize("seed", range(3))
def test_the_forecast_says_of_every_pair_what_git_merge_says(
    seed, batches, repo_path, sh, make_worktree, forecaster, monkeypatch, tmp_path
) -> None:
    if not batches:  # as with the oldest git, on a machine without /dev/shm
        monkeypatch.setattr(forecasting, "BATCHES_SINCE", (99, 0))
        monkeypatch.setattr(forecasting, "MEMORY", tmp_path / "nowhere")
    begin(repo_path)
    sh(repo_path, "add", "--all")
    sh(repo_path, "commit", "--quiet", "-m", "begin")
    random = Random(seed)  # noqa: S311 - no secret
    names = [f"t{n}" for n in range(8)]
    places = {name: Place(made.path, made.branch) for name in names for made in [make_worktree(name)]}
    for place in places.values():
        work(place.worktree, random, sh)
    integration = make_worktree("_integration")
    before = everything_in(repo_path, *(place.worktree for place in places.values()))

    seen = forecaster.look(places)
    pairs = {(one, other): (seen[one], seen[other]) for one, other in combinations(names, 2)}
    clashes = forecaster.clashes(pairs.values(), integration.path)

    assert everything_in(repo_path, *(place.worktree for place in places.values())) == before
    for place in places.values():  # what was only looked at becomes true
        sh(place.worktree, "add", "--all")
        sh(place.worktree, "commit", "--quiet", "--allow-empty", "-m", "done")
    said = {pair: clashes.get(commits) for pair, commits in pairs.items()}
    really = {
        (one, other): merge_for_real(sh, integration.path, places[one].branch, places[other].branch)
        for one, other in pairs
    }
    assert {pair: clash and tuple(sorted(clash.paths)) for pair, clash in said.items()} == really
    assert 0 < sum(paths is not None for paths in really.values()) < len(really), "these seeds prove nothing"


# --- what is seen of a worktree ------------------------------------------------------------------------


@pytest.fixture
def place(make_worktree) -> Place:
    made = make_worktree("auth")
    return Place(made.path, made.branch)


def seen_tree(sh, forecaster: Forecaster, place: Place, top: Path) -> list[str]:
    """Return the paths of what a place would be."""
    store = forecaster._folder / "sketches" / "t"
    commit = forecaster.look({"t": place})["t"]
    env = {**os.environ, "GIT_OBJECT_DIRECTORY": str(store)}
    listed = subprocess.run(
        ["git", "ls-tree", "-r", "--name-only", commit], cwd=top, env=env, capture_output=True, text=True, check=True
    )
    return listed.stdout.splitlines()


def test_a_worktree_without_edits_is_its_commit(place, forecaster, sh) -> None:
    assert forecaster.look({"t": place}) == {"t": sh(place.worktree, "rev-parse", "HEAD")}
    assert list((forecaster._folder).rglob("*")) == []


def test_the_same_edits_are_the_same_commit_and_others_are_another(place, forecaster) -> None:
    (place.worktree / "README").write_text("edited\n")
    first = forecaster.look({"t": place})
    assert forecaster.look({"t": place}) == first
    (place.worktree / "README").write_text("Edited\n")  # of the same size, perhaps within the same instant
    assert forecaster.look({"t": place}) != first


def test_an_edit_as_young_as_the_index_is_seen(place, forecaster, sh) -> None:
    for n in range(5):
        (place.worktree / "README").write_text(f"one {n}\n")
        sh(place.worktree, "add", "README")
        (place.worktree / "README").write_text(f"two {n}\n")
        commit = forecaster.look({"t": place})["t"]
        env = {**os.environ, "GIT_ALTERNATE_OBJECT_DIRECTORIES": str(forecaster._folder / "sketches" / "t")}
        shown = subprocess.check_output(["git", "show", f"{commit}:README"], cwd=place.worktree, env=env)
        assert shown == f"two {n}\n".encode()


def test_what_is_ignored_a_cache_or_left_by_checks_is_no_work(place, forecaster, sh) -> None:
    for name in ("ignored/x", "a.log", "__pycache__/x.pyc", "left/report", "new/file"):
        (place.worktree / name).parent.mkdir(exist_ok=True)
        (place.worktree / name).write_text("x")
    nested = place.worktree / "nested"
    sh(place.worktree, "init", "--quiet", str(nested))
    seen = seen_tree(sh, forecaster, Place(place.worktree, place.branch, ("left",)), place.worktree)
    assert seen == [".gitignore", "README", "new/file", "src/app.py"]


def test_files_in_conflict_and_half_a_rebase_are_no_work_yet(place, forecaster, commit_file, sh, repo_path) -> None:
    other = commit_file(repo_path, "README", "theirs\n")
    mine = commit_file(place.worktree, "README", "mine\n")
    sh(place.worktree, "merge", other, check=False)
    assert forecaster.look({"t": place}) == {"t": mine}
    sh(place.worktree, "merge", "--abort")
    sh(place.worktree, "rebase", other, check=False)
    assert forecaster.look({"t": place}) == {"t": mine}
    sh(place.worktree, "rebase", "--abort")


def test_a_merge_that_is_resolved_and_not_committed_has_both_parents(place, forecaster, commit_file, sh, repo_path):
    other = commit_file(repo_path, "README", "theirs\n")
    commit_file(place.worktree, "README", "mine\n")
    sh(place.worktree, "merge", other, check=False)
    (place.worktree / "README").write_text("mine and theirs\n")
    sh(place.worktree, "add", "README")
    commit = forecaster.look({"t": place})["t"]
    assert forecaster.clashes([(other, commit)], repo_path) == {}, "it is resolved"


def test_where_nothing_can_be_read_the_branch_counts(place, forecaster, commit_file, sh) -> None:
    mine = commit_file(place.worktree, "x", "x")
    (place.worktree / ".git").rename(place.worktree / "git-was-here")
    gone = Place(place.worktree / "gone", "no/such/branch")
    assert forecaster.look({"t": place, "gone": gone}) == {"t": mine}


# --- pairs -----------------------------------------------------------------------------------------------


def test_the_lines_in_conflict_are_shown(repo_path, make_worktree, forecaster) -> None:
    one, two = make_worktree("one"), make_worktree("two")
    (one.path / "src" / "app.py").write_text("one\nTWO\nthree\n")
    (two.path / "src" / "app.py").write_text("one\n2\n<<<<<<< not git's\nthree\n")
    seen = forecaster.look({name: Place(made.path, made.branch) for name, made in (("one", one), ("two", two))})
    (clash,) = forecaster.clashes([(seen["one"], seen["two"])], repo_path).values()
    assert clash.paths == ("src/app.py",)
    assert clash.kinds == {"src/app.py": "contents"}
    assert [(h.path, h.line, h.ours, h.theirs) for h in clash.hunks] == [
        ("src/app.py", 2, "TWO", "2\n<<<<<<< not git's"),
    ]


def test_a_merge_driver_counts_and_does_no_harm_where_it_runs(repo_path, make_worktree, forecaster, sh) -> None:
    (repo_path / "src" / ".gitattributes").write_text("*.py merge=theirs\n")
    sh(repo_path, "add", "--all")
    sh(repo_path, "commit", "--quiet", "-m", "attributes")
    sh(repo_path, "config", "merge.theirs.driver", "touch was-here && cp %B %A")
    made = {name: make_worktree(name) for name in ("one", "two", "_integration")}
    for name in ("one", "two"):
        for path in ("README", "src/app.py"):
            (made[name].path / path).write_text(f"{name}\n")
    seen = forecaster.look({name: Place(made[name].path, made[name].branch) for name in ("one", "two")})
    (clash,) = forecaster.clashes([(seen["one"], seen["two"])], made["_integration"].path).values()
    assert clash.paths == ("README",)
    assert not any((worktree.path / "was-here").exists() for worktree in made.values())
    assert not (repo_path / "was-here").exists()


def test_no_hook_hears_of_a_look_and_neither_size_nor_quotes_stop_it(place, repo, tmp_path, sh, monkeypatch) -> None:
    hook = repo.common_dir / "hooks" / "post-index-change"
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/hooked\n")
    hook.chmod(0o755)
    (place.worktree / "README").write_text("edited\n")
    (place.worktree / "large").write_bytes(b"x" * 2000)
    monkeypatch.setattr(sketches, "LARGEST_EDIT", 1000)
    odd = Forecaster(repo, tmp_path / 'an "odd"\n: #folder')
    commit = odd.look({"t": place})["t"]
    head = sh(place.worktree, "rev-parse", "HEAD")
    assert commit != head
    other = sh(place.worktree, "commit-tree", f"{head}^{{tree}}", "-p", head, "-m", "empty")
    assert odd.clashes([(commit, other)], place.worktree) == {}, "git finds both in our store"
    assert not (tmp_path / "hooked").exists()
    assert "large" not in seen_tree(sh, odd, place, place.worktree)


@pytest.mark.parametrize("batches", [True, False])
def test_what_git_advises_about_submodules_does_not_hide_other_answers(
    batches, repo_path, forecaster, commit_file, sh, monkeypatch
) -> None:
    if not batches:
        monkeypatch.setattr(forecasting, "BATCHES_SINCE", (99, 0))
    sh(repo_path, "update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},module")
    sh(repo_path, "commit", "--quiet", "-m", "a submodule")
    tips = []
    for digit in "234":
        sh(repo_path, "checkout", "--quiet", "--detach", "main")
        sh(repo_path, "update-index", "--cacheinfo", f"160000,{digit * 40},module")
        tips.append(commit_file(repo_path, "README", "the same\n" if digit == "4" else f"{digit}\n"))
        sh(repo_path, "reset", "--quiet", "--hard")
    pairs = [*combinations(tips, 2)]
    said = forecaster.clashes(pairs, repo_path)
    assert [set(said[pair].paths) for pair in pairs] == [{"module", "README"}] * 3


def test_unrelated_histories_are_no_conflict_and_keep_nobody_from_an_answer(repo_path, forecaster, commit_file, sh):
    base = sh(repo_path, "rev-parse", "HEAD")
    ours = commit_file(repo_path, "README", "ours\n")
    sh(repo_path, "checkout", "--quiet", "--detach", base)
    theirs = commit_file(repo_path, "README", "theirs\n")
    sh(repo_path, "checkout", "--quiet", "--orphan", "other")
    stranger = commit_file(repo_path, "README", "stranger\n")
    pairs = [(ours, stranger), (ours, theirs), (stranger, theirs), (theirs, ours)]
    assert set(forecaster.clashes(pairs, repo_path)) == {(ours, theirs), (theirs, ours)}


def test_what_a_forecaster_left_that_was_killed_goes_with_the_next(repo, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(forecasting, "MEMORY", tmp_path)
    killed = Forecaster(repo, tmp_path / "run" / "forecast")
    (tmp_path / f"{killed._prefix}abc" / "objects").mkdir(parents=True)
    Forecaster(repo, tmp_path / "other" / "forecast")
    assert (tmp_path / f"{killed._prefix}abc").exists()
    Forecaster(repo, tmp_path / "run" / "forecast")
    assert not (tmp_path / f"{killed._prefix}abc").exists()


def test_only_pairs_with_a_new_commit_are_computed(repo_path, make_worktree, forecaster, monkeypatch) -> None:
    asked: list[list[forecasting.Pair]] = []
    real = forecasting._merge_many

    def counted(worktree, pairs, env):
        asked.append(list(pairs))
        return real(worktree, pairs, env)

    monkeypatch.setattr(forecasting, "_merge_many", counted)
    places = {name: Place(made.path, made.branch) for name in "abc" for made in [make_worktree(name)]}
    for place in places.values():
        (place.worktree / "README").write_text(f"{place.branch}\n")

    def forecast() -> int:
        seen = forecaster.look(places)
        asked.clear()
        assert len(forecaster.clashes([*combinations(seen.values(), 2)], repo_path)) == 3
        return sum(map(len, asked))

    assert [forecast(), forecast()] == [3, 0]
    (places["b"].worktree / "README").write_text("again\n")
    assert [forecast(), forecast()] == [2, 0]


def test_an_agent_that_commits_all_the_time_never_meets_a_lock(place, forecaster, sh) -> None:
    over = Event()

    def agent() -> list[str]:
        complaints = []
        for n in range(40):
            (place.worktree / f"f{n % 5}").write_text(f"{n}\n")
            for words in (("add", "--all"), ("commit", "--quiet", "-m", f"{n}")):
                done = subprocess.run(["git", *words], cwd=place.worktree, capture_output=True, text=True, check=False)
                complaints += [done.stderr] if done.returncode else []
        over.set()
        return complaints

    looks = 0
    with ThreadPoolExecutor(1) as pool:
        complaints = pool.submit(agent)
        while not over.is_set():
            assert forecaster.look({"t": place})
            looks += 1
    assert complaints.result() == []
    assert looks > 3
    assert forecaster.look({"t": place}) == {"t": sh(place.worktree, "rev-parse", "HEAD")}
