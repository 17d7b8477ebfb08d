"""A repository's own ways count in the queue as in a merge that somebody types.

Hooks, filters, merge drivers, line endings and submodules are each compared with the plain commands, in a clone.
"""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tmux_orchestra.core.errors import OrchestraError
from tmux_orchestra.effects.git import Conflicted, Merged, Repository, Worktree, merge
from tmux_orchestra.effects.git.changes import read_changes
from tmux_orchestra.mergers import MERGERS, Proposal

HOOKS = (
    "pre-merge-commit", "pre-commit", "prepare-commit-msg", "commit-msg", "post-commit", "post-merge", "post-checkout",
    "pre-rebase", "post-rewrite",
)  # fmt: skip


@pytest.fixture(params=MERGERS)
def strategy(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def integration(make_worktree) -> Worktree:
    return make_worktree("_integration")


@pytest.fixture
def write(sh) -> Callable[..., str]:
    """Write files and commit them all at once."""

    def commit(folder: Path, files: dict[str, str | bytes]) -> str:
        for name, content in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        sh(folder, "add", "--all")
        sh(folder, "commit", "--quiet", "-m", f"write {', '.join(files)}")
        return sh(folder, "rev-parse", "HEAD")

    return commit


@pytest.fixture
def by_hand(tmp_path: Path, sh) -> Callable[..., Path]:
    """Merge a commit in a clone, as somebody types it; returns the clone, which may be left with a conflict."""

    def typed(repo: Repository, onto: str, commit: str, strategy: str = "merge") -> Path:
        clone = tmp_path / "typed" / "clone"
        sh(repo.root, "clone", "--quiet", str(repo.root), str(clone))
        config = repo.common_dir / "config"
        (clone / ".git" / "config").write_text(config.read_text())
        for hook in (repo.common_dir / "hooks").iterdir():
            (clone / ".git" / "hooks" / hook.name).write_bytes(hook.read_bytes())
            (clone / ".git" / "hooks" / hook.name).chmod(hook.stat().st_mode)
        sh(clone, "fetch", "--quiet", str(repo.root), "refs/heads/*:refs/typed/*")
        sh(clone, "checkout", "--quiet", "-B", "typed", onto)
        if strategy == "merge":
            sh(clone, "merge", "--quiet", "--no-ff", "-m", "typed", commit, check=False)
        else:
            sh(clone, "merge", "--quiet", "--squash", commit, check=False)
            sh(clone, "commit", "--quiet", "-m", "typed", check=False)
        return clone

    return typed


def proposal(commit: str) -> Proposal:
    return Proposal(run="r1", task="auth", title="auth: it", commit=commit)


def assert_same_files(one: Path, other: Path) -> None:
    """Both folders hold the same bytes, git's own aside."""
    contents = [
        {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*")
         if file.is_file() and ".git" not in file.relative_to(folder).parts}
        for folder in (one, other)
    ]  # fmt: skip
    assert contents[0] == contents[1]


# --- hooks -------------------------------------------------------------------------------------------


@pytest.fixture
def hook_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    log = tmp_path / "hooks.log"
    log.touch()
    monkeypatch.setenv("HOOK_LOG", str(log))
    return log


def install_hooks(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in HOOKS:
        # Which file holds the message is the worktree's own business; where it runs and how it is told is not.
        text = f'#!/bin/sh\ncase $1 in */*|HEAD) shift;; esac\necho "{name} $*" >> "$HOOK_LOG"\ntest -e README\n'
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)


@pytest.mark.parametrize("hooks_path", [False, True], ids=["hooks", "core.hooksPath"])
def test_the_hooks_that_run_are_those_of_the_same_commands_typed(
    strategy, hooks_path, repo, integration, make_worktree, write, by_hand, hook_log, sh
) -> None:
    commit = write(make_worktree("auth").path, {"auth.py": "x\n"})
    onto = write(integration.path, {"other.py": "x\n"})
    if hooks_path:
        install_hooks(repo.root.parent / "our-hooks")
        sh(repo.root, "config", "core.hooksPath", str(repo.root.parent / "our-hooks"))
    else:
        install_hooks(repo.common_dir / "hooks")
    hook_log.write_text("")
    assert isinstance(merge(repo, integration.path, proposal(commit), strategy=strategy), Merged)
    ours = hook_log.read_text().splitlines()
    assert ours
    by_hand(repo, onto, commit, strategy)
    typed = hook_log.read_text().splitlines()[len(ours) :]
    assert ours == [line for line in typed if not line.startswith("post-checkout")]


def test_what_hooks_do_to_message_and_files_is_part_of_the_result(
    strategy, repo, integration, make_worktree, write, sh
) -> None:
    folder = make_worktree("auth").path
    write(folder, {"auth.py": "x\n"})
    commit = write(folder, {"auth.py": "x\ny\n"})
    hooks = repo.common_dir / "hooks"
    (hooks / "commit-msg").write_text('#!/bin/sh\necho "Change-Id: I1" >> "$1"\n')
    (hooks / "pre-commit").write_text("#!/bin/sh\necho formatted > by-hook\ngit add by-hook\n")
    for hook in hooks.iterdir():
        hook.chmod(0o755)
    merged = merge(repo, integration.path, proposal(commit), strategy=strategy)
    assert isinstance(merged, Merged)
    assert merge(repo, integration.path, proposal(commit), strategy=strategy) == merged
    for key, value in {"Change-Id": "I1", "Orchestra-Task": "auth", "Orchestra-Commit": commit}.items():
        assert sh(integration.path, "log", "-1", f"--format=%(trailers:key={key},valueonly)").strip() == value
    if strategy != "merge":  # git runs that hook for a merge only where a person ends one
        assert sh(integration.path, "show", f"{merged.tree}:by-hook") == "formatted"
    assert read_changes(integration.path).paths == ()


# --- signing -----------------------------------------------------------------------------------------


def test_every_commit_of_ours_is_signed_where_that_is_wished(
    strategy, repo, integration, make_worktree, write, git_home, sh
) -> None:
    key = git_home / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    (git_home / "signers").write_text(f"ada@example.com {key.with_suffix('.pub').read_text()}")
    for name, value in {
        "gpg.format": "ssh", "user.signingKey": str(key), "gpg.ssh.allowedSignersFile": str(git_home / "signers"),
    }.items():  # fmt: skip
        sh(repo.root, "config", name, value)
    folder = make_worktree("auth").path
    write(folder, {"auth.py": "x\n"})
    commit = write(folder, {"auth.py": "x\ny\n"})
    assert isinstance(merge(repo, integration.path, proposal(commit), strategy=strategy, sign=True), Merged)
    told = sh(integration.path, "log", "--first-parent", "--format=%G?", f"{integration.commit}..HEAD").split()
    assert set(told) == {"G"}
    assert len(told) == (2 if strategy == "rebase" else 1)


# --- attributes --------------------------------------------------------------------------------------


def test_filters_see_what_is_merged(strategy, repo, integration, make_worktree, write, by_hand, sh) -> None:
    """As with LFS: the repository holds something else than the folder, and nobody but the filter knows."""
    sh(repo.root, "config", "filter.fake.clean", "tr a-z A-Z")
    sh(repo.root, "config", "filter.fake.smudge", "tr A-Z a-z")
    sh(repo.root, "config", "filter.fake.required", "true")
    write(repo.root, {".gitattributes": "*.bin filter=fake\n", "big.bin": "one\ntwo\nthree\nfour\nfive\n"})
    start = repo.head().commit
    sh(integration.path, "reset", "--quiet", "--hard", start)
    onto = write(integration.path, {"big.bin": "ours\ntwo\nthree\nfour\nfive\n"})
    folder = make_worktree("auth", start).path
    write(folder, {"new.bin": "fresh\n"})
    commit = write(folder, {"big.bin": "one\ntwo\nthree\nfour\ntheirs\n"})
    merged = merge(repo, integration.path, proposal(commit), strategy=strategy)
    assert isinstance(merged, Merged)
    assert (integration.path / "big.bin").read_text() == "ours\ntwo\nthree\nfour\ntheirs\n"
    assert sh(integration.path, "show", f"{merged.tree}:new.bin") == "FRESH"
    clone = by_hand(repo, onto, commit)
    assert merged.tree == sh(clone, "rev-parse", "HEAD^{tree}")
    assert_same_files(integration.path, clone)
    assert read_changes(integration.path).paths == ()


@pytest.mark.parametrize("driver", ["union", "ours-and-theirs", "binary"])
def test_merge_drivers_decide(driver, strategy, repo, integration, make_worktree, write, by_hand, sh) -> None:
    script = repo.root.parent / "driver"
    script.write_text('#!/bin/sh\ncat "$1" "$2" > "$1.new" && mv "$1.new" "$1"\n')
    script.chmod(0o755)
    sh(repo.root, "config", "merge.ours-and-theirs.driver", f"{script} %A %B")
    write(repo.root, {".gitattributes": f"CHANGES merge={driver}\n", "CHANGES": "start\n"})
    start = repo.head().commit
    sh(integration.path, "reset", "--quiet", "--hard", start)
    onto = write(integration.path, {"CHANGES": "start\nours\n"})
    folder = make_worktree("auth", start).path
    write(folder, {"CHANGES": "start\ntheirs\n"})
    commit = write(folder, {"other.py": "x\n"})
    result = merge(repo, integration.path, proposal(commit), strategy=strategy)
    clone = by_hand(repo, onto, commit)
    if driver == "binary":
        assert result == Conflicted(("CHANGES",))
        assert sh(clone, "status", "--porcelain").startswith("UU CHANGES")
        return
    assert isinstance(result, Merged)
    assert {"ours", "theirs"} <= set((integration.path / "CHANGES").read_text().split())
    assert result.tree == sh(clone, "rev-parse", "HEAD^{tree}")
    assert_same_files(integration.path, clone)


@pytest.mark.parametrize("how", ["core.autocrlf", "eol=crlf"])
def test_line_endings_are_what_the_repository_wants(
    how, strategy, repo, integration, make_worktree, write, by_hand, sh
) -> None:
    if how == "core.autocrlf":
        sh(repo.root, "config", "core.autocrlf", "true")
    write(
        repo.root, {".gitattributes": "*.txt text eol=crlf\n" if how == "eol=crlf" else "", "a.txt": b"1\r\n2\r\n3\r\n"}
    )
    start = repo.head().commit
    sh(integration.path, "reset", "--quiet", "--hard", start)
    onto = write(integration.path, {"a.txt": b"ours\r\n2\r\n3\r\n"})
    commit = write(make_worktree("auth", start).path, {"a.txt": b"1\r\n2\r\ntheirs\r\n", "b.txt": b"new\r\n"})
    merged = merge(repo, integration.path, proposal(commit), strategy=strategy)
    assert isinstance(merged, Merged)
    assert (integration.path / "a.txt").read_bytes() == b"ours\r\n2\r\ntheirs\r\n"
    clone = by_hand(repo, onto, commit)
    assert merged.tree == sh(clone, "rev-parse", "HEAD^{tree}")
    assert_same_files(integration.path, clone)
    assert read_changes(integration.path).paths == ()


# --- submodules --------------------------------------------------------------------------------------


@pytest.mark.parametrize("checked_out", [False, True], ids=["not checked out", "checked out"])
def test_a_submodules_new_commit_is_merged(
    checked_out, strategy, repo, integration, make_worktree, write, by_hand, tmp_path, sh
) -> None:
    library = tmp_path / "library"
    library.mkdir()
    sh(library, "init", "--quiet")
    old = write(library, {"lib.c": "old\n"})
    sh(repo.root, "submodule", "--quiet", "add", str(library), "lib")
    sh(repo.root, "commit", "--quiet", "-m", "a library")
    start = repo.head().commit
    new = write(library, {"lib.c": "new\n"})
    sh(integration.path, "reset", "--quiet", "--hard", start)
    onto = write(integration.path, {"other.py": "x\n"})
    folder = make_worktree("auth", start).path
    sh(folder, "update-index", "--cacheinfo", f"160000,{new},lib")
    sh(folder, "commit", "--quiet", "-m", "a newer library")
    commit = sh(folder, "rev-parse", "HEAD")
    if checked_out:
        sh(integration.path, "submodule", "--quiet", "update", "--init")
    merged = merge(repo, integration.path, proposal(commit), strategy=strategy)
    assert isinstance(merged, Merged)
    assert sh(integration.path, "rev-parse", "HEAD:lib") == new
    assert merged.tree == sh(by_hand(repo, onto, commit), "rev-parse", "HEAD^{tree}")
    if checked_out:  # as after any merge, it is `git submodule update` that moves it on
        assert sh(integration.path / "lib", "rev-parse", "HEAD") == old
        next_task = Proposal("r1", write(make_worktree("docs", start).path, {"docs.md": "x\n"}), "docs", task="docs")
        assert isinstance(merge(repo, integration.path, next_task, strategy=strategy), Merged)
        assert sh(integration.path, "for-each-ref", "refs/orchestra") == ""  # nobody's edit


def test_a_refusing_pre_commit_is_obeyed_where_git_runs_it(
    strategy, repo, integration, make_worktree, write, sh
) -> None:
    commit = write(make_worktree("auth").path, {"auth.py": "x\n"})
    for name in ("pre-commit", "pre-merge-commit"):
        hook = repo.common_dir / "hooks" / name
        hook.write_text("#!/bin/sh\necho error: not today >&2\nexit 1\n")
        hook.chmod(0o755)
    with pytest.raises(OrchestraError, match="not today"):
        merge(repo, integration.path, proposal(commit), strategy=strategy)
    assert sh(integration.path, "rev-parse", "HEAD") == integration.commit
    assert read_changes(integration.path).paths == ()


# --- settings ----------------------------------------------------------------------------------------


CONFIGURATIONS = {
    "merge": ("merge.ff=false", "merge.log=true", "merge.autoStash=true", "merge.stat=true", "rerere.enabled=true"),
    "commit": ("merge.ff=only", "commit.cleanup=scissors", "commit.template=/nowhere", "core.commentChar=a"),
    "signing": ("commit.gpgSign=true", "gpg.program=false", "log.showSignature=true", "commit.cleanup=strip"),
    "words": ("i18n.logOutputEncoding=latin1", "color.ui=always", "format.pretty=oneline", "log.date=human"),
    "status": ("status.showUntrackedFiles=no", "status.short=true", "diff.external=false", "diff.renames=copies"),
}


@pytest.mark.parametrize("configuration", CONFIGURATIONS)
def test_a_persons_configuration_changes_nothing_of_the_result(
    configuration, strategy, repo, integration, make_worktree, write, sh
) -> None:
    onto = write(integration.path, {"other.py": "x\n"})
    folder = make_worktree("auth").path
    write(folder, {"größe.py": "x\n"})
    commit = write(folder, {"auth #1.py": "x\n"})
    for setting in CONFIGURATIONS[configuration]:
        sh(repo.root, "config", "--global", *setting.split("=", 1))
    merged = merge(repo, integration.path, proposal(commit), strategy=strategy)
    assert isinstance(merged, Merged)
    assert merged.before == onto
    assert merge(repo, integration.path, proposal(commit), strategy=strategy) == merged
    told = sh(integration.path, "cat-file", "commit", "HEAD")
    assert told.count("Orchestra-Task: auth") == 1
    assert "gpgsig" not in told
    if strategy == "rebase":
        assert "write größe.py" in sh(integration.path, "cat-file", "commit", "HEAD~1")
    if strategy == "squash":
        assert "* write größe.py\n* write auth #1.py\n" in told
