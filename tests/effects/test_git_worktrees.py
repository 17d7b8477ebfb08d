"""Choosing and making worktrees: nothing of anybody's is touched, and a crash in the middle is completed."""

import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tmux_orchestra.core.errors import OrchestraError
from tmux_orchestra.effects.git import Repository, add_worktree, choose_worktree, list_run_worktrees
from tmux_orchestra.effects.git.claims import read_claims, repository_lock
from tmux_orchestra.effects.git.places import list_worktrees

TEMPLATE = "{parent}/worktree-{name}"
BRANCH = "orchestra/r1/auth"


def choose(repo: Repository, name: str = "auth", run: str = "r1", template: str = TEMPLATE) -> tuple[Path, str]:
    return choose_worktree(repo, name=name, branch=f"orchestra/{run}/{name}", template=template, env=os.environ)


# --- choosing -------------------------------------------------------------------------------------------


def test_a_worktree_lies_beside_the_repository(repo: Repository) -> None:
    assert choose(repo) == (repo.root.parent / "worktree-auth", BRANCH)


def test_choosing_twice_gives_the_same_place(repo: Repository) -> None:
    assert choose(repo) == choose(repo)


def test_two_runs_never_get_the_same_folder(repo: Repository) -> None:
    assert choose(repo, run="r1")[0].name == "worktree-auth"
    assert choose(repo, run="r2") == (repo.root.parent / "worktree-auth-2", "orchestra/r2/auth-2")


@pytest.mark.parametrize("taken_by", ["folder", "file", "dangling link", "branch", "branch below", "registered"])
def test_a_taken_name_gets_a_number(taken_by: str, repo: Repository, sh) -> None:
    folder = repo.root.parent / "worktree-auth"
    match taken_by:
        case "folder":
            folder.mkdir()
        case "file":
            folder.write_text("x")
        case "dangling link":
            folder.symlink_to("nowhere")
        case "branch":
            sh(repo.root, "branch", BRANCH)
        case "branch below":
            sh(repo.root, "branch", f"{BRANCH}/deeper")
        case "registered":
            sh(repo.root, "worktree", "add", "--quiet", "--detach", str(folder))
            subprocess.run(["rm", "-r", folder], check=True)
    assert choose(repo) == (repo.root.parent / "worktree-auth-2", f"{BRANCH}-2")


def test_a_parent_inside_another_repository_is_avoided(repo: Repository, git_home: Path, sh) -> None:
    sh(repo.root.parent, "init", "--quiet")
    path, _ = choose(repo)
    assert path.is_relative_to(git_home / ".local" / "state" / "tmux-orchestra" / "worktrees")
    assert path.name == "worktree-auth"
    assert add_worktree(repo, path, BRANCH, repo.head().commit).path == path
    assert sh(repo.root.parent, "status", "--porcelain", "-uall", "--", ":!proj") == ""


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_an_unwritable_parent_is_avoided(repo: Repository, tmp_path: Path) -> None:
    repo.root.parent.chmod(0o555)
    try:
        state = {"XDG_STATE_HOME": str(tmp_path / "state")}
        path, _ = choose_worktree(repo, name="auth", branch=BRANCH, template=TEMPLATE, env=state)
    finally:
        repo.root.parent.chmod(0o755)
    assert path.is_relative_to(tmp_path / "state")


# --- making ---------------------------------------------------------------------------------------------


def test_a_worktree_is_populated_on_its_branch_and_clean(repo: Repository, make_worktree, sh) -> None:
    made = make_worktree("auth")
    assert (made.path / "src" / "app.py").read_text() == "one\ntwo\nthree\n"
    assert sh(made.path, "symbolic-ref", "--short", "HEAD") == BRANCH
    assert sh(made.path, "status", "--porcelain") == ""
    assert made.commit == repo.head().commit
    assert not (repo.common_dir / "worktrees" / "worktree-auth" / "locked").exists()


def test_the_users_configuration_and_checkout_stay_byte_for_byte(repo: Repository, make_worktree) -> None:
    (repo.root / "README").write_text("my edit\n")
    config, index = (repo.common_dir / "config").read_bytes(), (repo.common_dir / "index").read_bytes()
    make_worktree("auth")
    assert (repo.common_dir / "config").read_bytes() == config
    assert (repo.common_dir / "index").read_bytes() == index
    assert (repo.root / "README").read_text() == "my edit\n"


def test_made_twice_equals_made_once_with_all_that_was_done_in_it(repo, make_worktree, commit_file) -> None:
    made = make_worktree("auth")
    done = commit_file(made.path, "new", "x")
    (made.path / "README").write_text("edit\n")
    again = make_worktree("auth")
    assert again.commit == done
    assert (made.path / "README").read_text() == "edit\n"


@pytest.mark.parametrize("taken", ["folder", "branch"])
def test_what_is_not_ours_is_refused_and_left_alone(taken: str, repo: Repository, make_worktree, sh) -> None:
    folder = repo.root.parent / "worktree-auth"
    if taken == "folder":
        folder.mkdir()
        (folder / "mine").write_text("mine")
    else:
        sh(repo.root, "branch", BRANCH)
    with pytest.raises(OrchestraError, match="not ours"):
        make_worktree("auth")
    assert (folder / "mine").exists() == (taken == "folder")
    assert (repo.branch_tip(BRANCH) is not None) == (taken == "branch")
    assert read_claims(repo) == ()


def test_files_in_a_folder_that_git_forgot_are_not_touched(repo: Repository, make_worktree, sh) -> None:
    made = make_worktree("auth")
    (made.path / "mine").write_text("mine")
    subprocess.run(["rm", "-r", repo.common_dir / "worktrees"], check=True)
    with pytest.raises(OrchestraError, match="has files in it"):
        make_worktree("auth")
    assert (made.path / "mine").read_text() == "mine"


def test_a_folder_removed_by_hand_comes_back_with_its_commits_and_staged_edits(repo, make_worktree, commit_file, sh):
    made = make_worktree("auth")
    done = commit_file(made.path, "new", "x")
    (made.path / "README").write_text("staged\n")
    sh(made.path, "add", "README")
    subprocess.run(["rm", "-r", made.path], check=True)
    assert make_worktree("auth").commit == done
    assert (made.path / "new").read_text() == "x"
    assert (made.path / "README").read_text() == "staged\n"


def test_submodules_are_named_and_not_initialised(repo: Repository, tmp_path, make_worktree, commit_file, sh) -> None:
    sh(tmp_path, "init", "--quiet", "lib")
    commit_file(tmp_path / "lib", "x", "x")
    sh(repo.root, "submodule", "--quiet", "add", str(tmp_path / "lib"), "vendor/lib")
    sh(repo.root, "commit", "--quiet", "-m", "lib")
    made = make_worktree("auth")
    assert made.submodules == ("vendor/lib",)
    assert list((made.path / "vendor" / "lib").iterdir()) == []


def test_a_run_finds_its_own_worktrees_only(repo: Repository, make_worktree) -> None:
    made = make_worktree("auth")
    choose(repo, "docs", run="r10")
    assert [claim.path for claim in list_run_worktrees(repo, "r1")] == [str(made.path)]
    assert repo.branches("r1") == {BRANCH: made.commit}


# --- many at once ---------------------------------------------------------------------------------------


def test_eight_at_once_all_stand(repo: Repository, make_worktree) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(make_worktree, [f"t{number}" for number in range(8)]))
    assert len(list_worktrees(repo)) == 9
    assert all((one.path / "README").read_text() == "hello\n" for one in made)


def test_the_same_one_at_once_is_made_once(repo: Repository, make_worktree) -> None:
    with ThreadPoolExecutor(4) as pool:
        assert len({one.path for one in pool.map(make_worktree, ["auth"] * 4)}) == 1
    assert len(list_worktrees(repo)) == 2


# --- failures -------------------------------------------------------------------------------------------


def assert_nothing_is_left(repo: Repository, path: Path) -> None:
    assert not os.path.lexists(path)
    assert repo.branch_tip(BRANCH) is None
    assert len(list_worktrees(repo)) == 1
    assert read_claims(repo) == ()


def test_a_failing_filter_undoes_what_the_call_made(repo: Repository, make_worktree, commit_file, sh) -> None:
    commit_file(repo.root, ".gitattributes", "*.py filter=broken\n")
    sh(repo.root, "config", "filter.broken.smudge", "false")
    sh(repo.root, "config", "filter.broken.required", "true")
    with pytest.raises(OrchestraError, match=r"smudge filter|external filter") as caught:
        make_worktree("auth")
    assert "nothing was left behind" in caught.value.safe
    assert_nothing_is_left(repo, repo.root.parent / "worktree-auth")


def test_a_parent_that_is_a_file_leaves_nothing_behind(repo: Repository) -> None:
    blocker = repo.root.parent / "file"
    blocker.write_text("x")
    with pytest.raises(OrchestraError):
        add_worktree(repo, blocker / "worktree-auth", BRANCH, repo.head().commit)
    assert_nothing_is_left(repo, blocker / "worktree-auth")
    assert blocker.read_text() == "x"


def mount_small_disk(folder: Path) -> bool:
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    return os.geteuid() == 0 and subprocess.run(mount, capture_output=True, check=False).returncode == 0


def test_a_full_disk_undoes_what_the_call_made(repo: Repository, tmp_path: Path, commit_file) -> None:
    commit_file(repo.root, "big", os.urandom(200_000).hex())
    disk = tmp_path / "disk"
    if not mount_small_disk(disk):
        pytest.skip("cannot mount a small disk here")
    try:
        with pytest.raises(OrchestraError, match="disk is full") as caught:
            add_worktree(repo, disk / "worktree-auth", BRANCH, repo.head().commit)
        assert "nothing was left behind" in caught.value.safe
        assert_nothing_is_left(repo, disk / "worktree-auth")
    finally:
        subprocess.run(["umount", disk], check=True)


# --- crashes --------------------------------------------------------------------------------------------

CHILD = """
import sys
from pathlib import Path
from tmux_orchestra.effects.git import Repository, add_worktree
repo = Repository.open(Path(sys.argv[1]))
print("go", flush=True)
add_worktree(repo, Path(sys.argv[2]), sys.argv[3], repo.head().commit)
"""


@pytest.mark.parametrize("delay", [0.0, 0.005, 0.01, 0.015, 0.02, 0.03, 0.05])
def test_killed_at_any_point_it_is_completed_by_the_next_call(delay: float, repo: Repository, make_worktree) -> None:
    for number in range(300):
        (repo.root / f"f{number}").write_text(str(number))
    subprocess.run("git add -A && git commit -qm many", shell=True, cwd=repo.root, check=True)  # noqa: S602 - fixed
    path = repo.root.parent / "worktree-auth"
    argv = [sys.executable, "-c", CHILD, str(repo.root), str(path), BRANCH]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"go\n"
        time.sleep(delay)  # anywhere in the middle: that is the point
        child.kill()
    made = make_worktree("auth")
    assert subprocess.check_output(["git", "status", "--porcelain"], cwd=made.path) == b""
    assert (made.path / "f299").read_text() == "299"
    assert len(list_worktrees(repo)) == 2


@pytest.mark.parametrize("stage", ["branch", "admin", "empty commondir", "folder", "unpopulated", "half populated"])
def test_each_half_made_state_is_completed(stage: str, repo: Repository, make_worktree, sh) -> None:
    path, branch = choose(repo)
    admin = repo.common_dir / "worktrees" / path.name
    if stage in {"unpopulated", "half populated"}:
        sh(repo.root, "worktree", "add", "--quiet", "--no-checkout", "-b", branch, str(path))
    else:
        sh(repo.root, "branch", branch)
    if stage == "half populated":
        (path / "README").write_text("hel")
        (admin / "index.lock").write_text("")
    if stage in {"admin", "empty commondir", "folder"}:
        admin.mkdir(parents=True)
        (admin / "locked").write_text("initializing")
        (admin / "gitdir").write_text(f"{path}/.git\n")
        (admin / "HEAD").write_text("0" * 40 + "\n")
        (admin / "commondir").write_text("" if stage == "empty commondir" else "../..\n")
    if stage == "folder":
        path.mkdir()
        (path / ".git").write_text(f"gitdir: {admin}\n")
    made = make_worktree("auth")
    assert sh(made.path, "status", "--porcelain", "--branch") == f"## {branch}"
    assert (made.path / "README").read_text() == "hello\n"
    assert not sh(repo.root, "for-each-ref", "refs/orchestra"), "half a file is nobody's work"
    assert "locked" not in sh(repo.root, "worktree", "list", "--porcelain")


@pytest.mark.parametrize("path", ["README", "src", "new"])
def test_work_in_a_half_made_worktree_is_kept(path: str, repo: Repository, make_worktree, sh) -> None:
    top, branch = choose(repo)
    sh(repo.root, "worktree", "add", "--quiet", "--no-checkout", "-b", branch, str(top))
    (top / ".gitignore").write_text("igno")
    (top / path).write_text("mine")
    made = make_worktree("auth")
    assert (made.path / "README").read_text() == "hello\n"
    assert (made.path / "src" / "app.py").exists()
    kept = sh(repo.root, "for-each-ref", "--format=%(refname)", "refs/orchestra/r1/kept/")
    assert sh(repo.root, "show", f"{kept}:{path}") == "mine"


def test_a_folder_removed_by_hand_comes_back_whole_or_not_at_all(
    repo: Repository, make_worktree, sh, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make_worktree("auth")
    shutil.rmtree(made.path)
    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.rename", _die)
        with pytest.raises(KeyboardInterrupt):
            make_worktree("auth")
    assert not made.path.exists()
    make_worktree("auth")
    assert sh(made.path, "status", "--porcelain") == ""
    assert {entry.name for entry in made.path.parent.iterdir()} == {"proj", made.path.name}


def test_a_folder_that_has_lost_its_link_is_never_taken_for_the_repository_around_it(
    repo: Repository, make_worktree, sh
) -> None:
    path, branch = choose(repo, template="inside/{name}")
    add_worktree(repo, path, branch, repo.head().commit)
    (path / ".git").unlink()
    with pytest.raises(OrchestraError, match="is not a worktree"):
        add_worktree(repo, path, branch, repo.head().commit)


def _die(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_lock_outlives_its_holder_while_git_still_works(repo: Repository, tmp_path: Path) -> None:
    with repository_lock(repo) as held:
        orphan = subprocess.Popen(["sleep", "0.5"], pass_fds=[held])
    began = time.monotonic()
    with repository_lock(repo):
        assert orphan.poll() is not None or time.monotonic() - began > 0.3
    orphan.wait()
