"""Every strategy, on real repositories: all of a task or nothing, once, whoever died in the middle."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pytest

from tmux_orchestra.core.errors import OrchestraError
from tmux_orchestra.effects.git import Conflicted, Merged, Repository, Worktree, command, merge, reset_integration
from tmux_orchestra.effects.git.changes import read_changes, unfinished
from tmux_orchestra.mergers import MERGERS, Proposal

FORMAT = "--format=%an|%ae|%at|%s"


@pytest.fixture(params=MERGERS)
def strategy(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def integration(make_worktree) -> Worktree:
    return make_worktree("_integration")


@dataclass
class Task:
    """A task's worktree, and the way of its commits into the integration branch."""

    repo: Repository
    tree: Worktree
    into: Worktree
    sh: Callable[..., str]
    name: str

    def commit(self, files: dict[str, str], subject: str = "", day: int = 1, *options: str) -> str:
        for path, text in files.items():
            (self.tree.path / path).parent.mkdir(parents=True, exist_ok=True)
            (self.tree.path / path).write_text(text)
            self.sh(self.tree.path, "add", "--", path)
        author = ("--author=Agent <agent@example.com>", f"--date=@{1_600_000_000 + day} +0100")
        subject = subject or f"write {', '.join(files)}"
        self.sh(self.tree.path, "commit", "--quiet", "--allow-empty", "-m", subject, *author, *options)
        return self.head

    @property
    def head(self) -> str:
        return self.sh(self.tree.path, "rev-parse", "HEAD")

    def proposal(self) -> Proposal:
        return Proposal(run="r1", task=self.name, title=f"{self.name}: it", commit=self.head)

    def merge(self, strategy: str, **settings) -> Merged | Conflicted:
        return merge(self.repo, self.into.path, self.proposal(), strategy=strategy, **settings)


@pytest.fixture
def make_task(repo: Repository, make_worktree, integration: Worktree, sh):
    def make(name: str, start: str = "") -> Task:
        return Task(repo, make_worktree(name, start), integration, sh, name)

    return make


@pytest.fixture
def task(make_task) -> Task:
    """Two commits and an empty one, of three days."""
    task = make_task("auth")
    task.commit({"auth.py": "one\n"}, "first", 1)
    task.commit({}, "nothing at all", 2)
    task.commit({"auth.py": "one\ntwo\n", "src/app.py": "zero\none\ntwo\nthree\n"}, "second\n\nwith a body", 3)
    return task


def trailers(sh, folder, key: str = "Orchestra-Task") -> list[str]:
    return sh(folder, "log", f"--format=%(trailers:key={key},valueonly,separator=%x2C)").split()


def assert_untouched(sh, tree: Worktree, before: str) -> None:
    """The branch, the files and git's own state are as they were, and nothing was kept for anybody."""
    assert sh(tree.path, "symbolic-ref", "--short", "HEAD") == tree.branch
    assert sh(tree.path, "rev-parse", "HEAD") == before
    assert read_changes(tree.path).paths == ()
    assert unfinished(tree.path) is None
    assert sh(tree.path, "for-each-ref", "refs/orchestra") == ""


# --- what comes of a task ---------------------------------------------------------------------------


def test_the_result_is_the_tree_that_git_merge_makes_with_one_mark(
    strategy, task, integration, commit_file, sh
) -> None:
    before = commit_file(integration.path, "others", "x\n")
    sh(integration.path, "checkout", "--quiet", "--detach")
    sh(integration.path, "merge", "--quiet", "--no-edit", task.head)
    wanted = sh(integration.path, "rev-parse", "HEAD^{tree}")
    sh(integration.path, "checkout", "--quiet", integration.branch)
    agents = (task.head, sh(task.tree.path, "status", "--porcelain"), sh(task.tree.path, "reflog"))

    merged = task.merge(strategy)

    assert merged == Merged(sh(integration.path, "rev-parse", "HEAD"), wanted, before)
    assert read_changes(integration.path).paths == ()
    assert trailers(sh, integration.path) == ["auth"]
    assert trailers(sh, integration.path, "Orchestra-Commit") == [task.head]
    assert agents == (task.head, sh(task.tree.path, "status", "--porcelain"), sh(task.tree.path, "reflog"))
    assert task.merge(strategy) == merged


def test_squash_leaves_one_commit_that_names_the_others(task, integration, sh) -> None:
    task.merge("squash")
    assert sh(integration.path, "rev-list", "--count", f"{integration.commit}..HEAD") == "1"
    assert sh(integration.path, "log", "-1", "--format=%an|%B").splitlines()[:6] == [
        "Ada|auth: it", "", "* first", "* nothing at all", "* second", ""
    ]  # fmt: skip


def test_rebase_leaves_the_commits_themselves_in_a_line(task, integration, commit_file, sh) -> None:
    before = commit_file(integration.path, "others", "x\n")
    task.merge("rebase")
    assert sh(integration.path, "log", "--reverse", FORMAT, f"{before}..HEAD").splitlines() == [
        "Agent|agent@example.com|1600000001|first",
        "Agent|agent@example.com|1600000002|nothing at all",
        "Agent|agent@example.com|1600000003|second",
    ]
    assert sh(integration.path, "log", "-1", "--format=%ad|%cn|%b", "--date=raw").startswith(
        "1600000003 +0100|Ada|with a body\n\nOrchestra-Task: auth\n"
    )
    assert sh(integration.path, "rev-list", "--merges", "--count", f"{before}..HEAD") == "0"
    assert sh(integration.path, "diff", "--name-only", "HEAD~3", "HEAD~2") == "auth.py"
    assert sh(integration.path, "diff", "--name-only", "HEAD~2", "HEAD~1") == ""


def test_a_task_that_is_contained_already_gets_its_mark(strategy, task, integration, sh) -> None:
    sh(integration.path, "merge", "--quiet", "--ff-only", task.head)
    merged = task.merge(strategy)
    assert isinstance(merged, Merged)
    assert merged.before == task.head
    assert trailers(sh, integration.path) == ["auth"]
    assert task.merge(strategy) == merged


def test_a_task_that_comes_to_nothing_is_merged_all_the_same(strategy, make_task, integration, sh) -> None:
    task = make_task("auth")
    task.commit({}, "looked around")
    merged = task.merge(strategy)
    assert isinstance(merged, Merged)
    assert merged.tree == sh(integration.path, "rev-parse", f"{integration.commit}^{{tree}}")
    assert trailers(sh, integration.path) == ["auth"]
    assert task.merge(strategy) == merged


@pytest.mark.parametrize("place", [0, 1], ids=["first", "last"])
def test_the_tasks_own_trailer_is_not_doubled(strategy, place, make_task, integration, sh) -> None:
    task = make_task("auth")
    for number in range(2):
        task.commit({f"f{number}": "x"}, "work" + ("\n\nOrchestra-Task: auth" if number == place else ""))
    merged = task.merge(strategy)
    assert trailers(sh, integration.path) == ["auth"]
    assert task.merge(strategy) == merged


def test_the_target_comes_in_by_a_merge_whatever_the_strategy(strategy, repo, integration, commit_file, sh) -> None:
    ahead = commit_file(repo.root, "mine", "x\n")
    commit_file(integration.path, "theirs", "x\n")
    assert isinstance(merge(repo, integration.path, Proposal("r1", ahead, "Merge main"), strategy=strategy), Merged)
    assert sh(integration.path, "merge-base", "--is-ancestor", ahead, "HEAD") == ""


# --- what does not go in -----------------------------------------------------------------------------


def test_a_conflict_leaves_everything_as_it_was(strategy, task, integration, commit_file, sh) -> None:
    before = commit_file(integration.path, "auth.py", "other\n")
    assert task.merge(strategy) == Conflicted(("auth.py",))
    assert_untouched(sh, integration, before)


@pytest.mark.parametrize("hook", ["commit-msg", "prepare-commit-msg"])
def test_a_hook_that_refuses_leaves_everything_as_it_was(strategy, hook, repo, task, integration, sh) -> None:
    file = repo.common_dir / "hooks" / hook
    edit = "" if strategy == "merge" else "echo x >> README\n"  # which might be a person's, for all git merge knows
    file.write_text(f"#!/bin/sh\n{edit}echo error: no ticket number >&2\nexit 1\n")
    file.chmod(0o755)
    with pytest.raises(OrchestraError, match="no ticket number"):
        task.merge(strategy)
    assert sh(integration.path, "rev-parse", "HEAD") == integration.commit
    assert read_changes(integration.path).paths == ()
    assert unfinished(integration.path) is None


def test_an_untracked_file_in_the_way_is_parked(strategy, task, integration, sh) -> None:
    (integration.path / "auth.py").write_text("mine\n")
    assert isinstance(task.merge(strategy), Merged)
    (ref,) = sh(integration.path, "for-each-ref", "--format=%(refname)", "refs/orchestra/r1/kept/").split()
    assert sh(integration.path, "show", f"{ref}:auth.py") == "mine"
    assert read_changes(integration.path).paths == ()


# --- the second round --------------------------------------------------------------------------------


def test_after_a_red_merge_the_agent_merges_the_fresh_base_without_a_conflict(
    strategy, task, integration, make_task, sh
) -> None:
    other = make_task("docs")
    other.commit({"docs.md": "x\n"})
    first = task.merge(strategy)
    assert isinstance(first, Merged)
    reset_integration(task.repo, integration.path, "r1", first.before)
    assert sh(integration.path, "for-each-ref", "refs/orchestra") == ""  # nothing of it was anybody else's
    after_other = other.merge(strategy)
    assert isinstance(after_other, Merged)
    sh(task.tree.path, "merge", "--quiet", "--no-edit", integration.branch)
    task.commit({"auth.py": "one\ntwo, mended\n"}, "mend", 9)
    second = task.merge(strategy)
    assert isinstance(second, Merged)
    assert second.before == after_other.commit
    assert sorted(trailers(sh, integration.path)) == ["auth", "docs"]
    assert sh(integration.path, "show", "HEAD:auth.py") == "one\ntwo, mended"
    assert sh(integration.path, "ls-tree", "--name-only", "HEAD", "docs.md") == "docs.md"


def test_what_an_agent_has_resolved_in_a_merge_stays_resolved(strategy, task, integration, commit_file, sh) -> None:
    commit_file(integration.path, "auth.py", "other\n")
    assert task.merge(strategy) == Conflicted(("auth.py",))
    sh(task.tree.path, "merge", "--quiet", integration.branch, check=False)
    (task.tree.path / "auth.py").write_text("other, one, two\n")
    sh(task.tree.path, "commit", "--quiet", "--all", "--no-edit")
    merged = task.merge(strategy)
    assert isinstance(merged, Merged)
    assert sh(integration.path, "show", "HEAD:auth.py") == "other, one, two"
    assert trailers(sh, integration.path) == ["auth"]
    if strategy == "rebase":
        told = sh(integration.path, "log", "--reverse", FORMAT, f"{merged.before}..HEAD").splitlines()
        assert [line.rpartition("|")[2] for line in told] == ["first", "nothing at all", "second"]


def test_a_rebase_takes_an_agents_side_branches_into_the_line(task, integration, sh) -> None:
    folder = task.tree.path
    sh(folder, "checkout", "--quiet", "-b", "side", task.tree.commit)
    task.commit({"side.py": "x\n"}, "beside", 4)
    sh(folder, "checkout", "--quiet", task.tree.branch)
    sh(folder, "merge", "--quiet", "--no-edit", "side")
    task.commit({"end.py": "x\n"}, "the end", 5)
    merged = task.merge("rebase")
    assert isinstance(merged, Merged)
    assert merged.tree == sh(folder, "rev-parse", "HEAD^{tree}")
    changed = {
        line.rpartition("|")[2]: sh(integration.path, "diff", "--name-status", f"{commit}^", commit)
        for commit, _, line in (
            text.partition(" ")
            for text in sh(integration.path, "log", "--format=%H %s", f"{merged.before}..").splitlines()
        )
    }
    assert changed == {
        "first": "A\tauth.py", "nothing at all": "", "second": "M\tauth.py\nM\tsrc/app.py", "beside": "A\tside.py",
        "the end": "A\tend.py",
    }  # fmt: skip


def test_equal_content_is_one_tree_whatever_the_order_and_after_a_revert(
    strategy, task, make_task, integration
) -> None:
    other = make_task("docs")
    other.commit({"docs.md": "x\n"})
    trees = []
    for order in ((task, other), (other, task), (task, other)):
        results = [each.merge(strategy) for each in order]
        assert all(isinstance(result, Merged) for result in results)
        trees.append(results[-1].tree)
        reset_integration(task.repo, integration.path, "r1", results[0].before)
    assert len(set(trees)) == 1


# --- deaths ------------------------------------------------------------------------------------------


class Killed(BaseException):
    """Not an Exception: nothing of ours may catch it."""


@pytest.fixture
def die(monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    """Make the process seem to die right after the n-th git command from now."""
    execute = command._execute

    def at(number: int) -> None:
        left = [number]

        def dying(*args, **options):
            left[0] -= 1
            result = execute(*args, **options)
            if left[0] == 0:
                raise Killed
            return result

        monkeypatch.setattr(command, "_execute", dying)

    yield at
    monkeypatch.setattr(command, "_execute", execute)


def test_a_death_at_any_command_leaves_all_or_nothing_and_again_is_as_once(
    strategy, task, integration, die, commit_file, monkeypatch, sh
) -> None:
    commit_file(integration.path, "others", "x\n")
    before, execute = sh(integration.path, "rev-parse", "HEAD"), command._execute
    wanted = task.merge(strategy)
    assert isinstance(wanted, Merged)
    line = sh(integration.path, "log", "--format=%an %s")
    for number in range(1, 60):
        sh(integration.path, "reset", "--quiet", "--hard", before)
        die(number)
        try:
            task.merge(strategy)
        except Killed:
            pass
        else:
            break
        finally:
            monkeypatch.setattr(command, "_execute", execute)
        assert trailers(sh, integration.path) in ([], ["auth"])  # never half of it
        again = task.merge(strategy)
        assert isinstance(again, Merged)
        assert (again.tree, again.before) == (wanted.tree, wanted.before)
        assert sh(integration.path, "log", "--format=%an %s") == line
        assert trailers(sh, integration.path) == ["auth"]
        assert read_changes(integration.path).paths == ()
        assert unfinished(integration.path) is None
    else:
        pytest.fail("it never came to its end")


def test_a_death_in_the_middle_of_a_conflict_is_taken_over(
    strategy, task, integration, die, monkeypatch, commit_file, sh
):
    before, execute = commit_file(integration.path, "auth.py", "other\n"), command._execute
    for number in range(1, 60):
        die(number)
        try:
            task.merge(strategy)
        except Killed:
            pass
        else:
            break
        finally:
            monkeypatch.setattr(command, "_execute", execute)
        assert task.merge(strategy) == Conflicted(("auth.py",))
        assert sh(integration.path, "rev-parse", "HEAD") == before
        assert read_changes(integration.path).paths == ()
        assert unfinished(integration.path) is None


def test_a_proposal_of_nothing_known_is_an_error_and_changes_nothing(strategy, task, integration, sh) -> None:
    with pytest.raises(OrchestraError, match="cannot merge auth"):
        merge(task.repo, integration.path, replace(task.proposal(), commit="0" * 39 + "1"), strategy=strategy)
    assert_untouched(sh, integration, integration.commit)
