"""The adapter against the real Claude Code, at both ends of the supported range: it works, reports and obeys."""

import json
import os
import shlex
import signal
import subprocess
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.doubles.claude_cli import CHECKOUT, NEWEST, OLDEST, claude_env, claude_home, claude_program
from tests.doubles.messages_api import MessagesApi, Request, Script, Step, fail, say, use
from tests.waiting import retry_until
from tmux_orchestra.agents import Assignment
from tmux_orchestra.agents.claude import Claude
from tmux_orchestra.core import events as e
from tmux_orchestra.core.subagents import Subagent

pytestmark = pytest.mark.claude
both_versions = pytest.mark.parametrize("version", [NEWEST, OLDEST])
TMUX = ("tmux", "-u", "-L", "claude-cli", "-f", "/dev/null")
KEEP_THE_SCREEN = (";", "set-option", "remain-on-exit", "on")


def git(folder: Path, *arguments: str) -> str:
    return subprocess.run(["git", "-C", folder, *arguments], check=True, capture_output=True, text=True).stdout.strip()


def bash(command: str) -> Step:
    return use("Bash", command=command, description="a step")


def write(name: str, content: str) -> Step:
    def given(request: Request) -> dict[str, str]:
        return {"file_path": f"{request.cwd}/{name}", "content": content}

    return use("Write", given)


def has_ended(process: psutil.Process) -> bool:
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@dataclass
class Desk:
    """A repository, a worktree beside it, a HOME that trusts it, a double of the API, and instances in windows."""

    folder: Path
    home: Path
    worktree: Path
    program: Path
    api: MessagesApi
    assignment: Assignment
    processes: list[psutil.Process] = field(default_factory=list)

    def start(self, prompt: str, env: dict[str, str] | None = None, **changes: Any) -> psutil.Process:
        """Launch an instance as the adapter says, in a tmux window; return its process."""
        self.assignment = replace(self.assignment, prompt=prompt, **changes)
        launch = Claude().launch(self.assignment)
        for name, text in launch.files.items():
            (self.assignment.folder / name).write_text(text, encoding="utf-8")
        whole = {**claude_env(self.home, self.api.url, program=self.program), **launch.env, **(env or {})}
        command = ("env", "-i", *(f"{name}={value}" for name, value in whole.items()), *launch.argv)
        window = (*TMUX, "new-session", "-d", "-x160", "-y48", "-P", "-F", "#{pane_pid}", "-c", str(self.worktree))
        whole_command = [*window, "--", *command, *KEEP_THE_SCREEN]
        pid = subprocess.run(whole_command, check=True, capture_output=True, text=True).stdout
        self.processes.append(psutil.Process(int(pid)))
        return self.processes[-1]

    def facts(self) -> list[e.Event]:
        """Everything the hooks have told so far, in the order of the files."""
        files = sorted((self.assignment.folder / "inbox").glob("hook-*.json"), key=lambda file: file.stat().st_mtime_ns)
        now = datetime.now(UTC)
        return [fact for file in files for fact in Claude().read_hook("api", json.loads(file.read_bytes()), now)]

    def wait_for(self, kind: type[e.Event], times: int = 1) -> list[e.Event]:
        """Wait until the hooks have told that so often; return all facts. A failure shows the screen."""

        def told() -> list[e.Event] | None:
            facts = self.facts()
            return facts if sum(isinstance(fact, kind) for fact in facts) >= times else None

        try:
            return retry_until(told, seconds=60, interval=0.05, what=f"{kind.__name__} x {times}")
        except AssertionError as missing:
            screens = subprocess.run([*TMUX, "capture-pane", "-p"], check=False, capture_output=True, text=True).stdout
            raise AssertionError(f"{missing}\n{screens}") from None

    def end(self, process: psutil.Process, how: signal.Signals = signal.SIGTERM) -> None:
        """End the instance, and wait until it has ended. tmux may leave it a zombie; that is dead enough."""
        process.send_signal(how)
        retry_until(lambda: has_ended(process), seconds=30, what="the end of the instance")

    def leave(self) -> None:
        """End the tmux server and every instance."""
        subprocess.run([*TMUX, "kill-server"], check=False, capture_output=True)
        for process in self.processes:
            try:
                retry_until(partial(has_ended, process), seconds=5)
            except AssertionError:
                process.kill()

    def transcript_holds(self, text: str) -> bool:
        """Whether the conversation on disk has come that far."""
        files = self.home.glob(f".claude/projects/*/{self.assignment.session_id}.jsonl")
        return any(text in file.read_text(encoding="utf-8") for file in files)

    def calls(self) -> list[tuple[str, bool]]:
        """(detail, did it end) of every call, in the order in which they began."""
        used = [fact for fact in self.facts() if isinstance(fact, e.AgentToolUsed)]
        ended = {fact.call for fact in used if fact.phase != "started"}
        return [(fact.detail, fact.call in ended) for fact in used if fact.phase == "started"]


Sit = Callable[..., Desk]


@pytest.fixture
def sit(tmp_path: Path, home: Path) -> Iterator[Sit]:
    """Return what makes a desk for a version of Claude Code and scripts. It is gone after the test."""
    with ExitStack() as stack:

        def make(version: str, *scripts: Script, **changes: Any) -> Desk:
            program, folder, repository = claude_program(version), tmp_path / "the task's folder", tmp_path / "repo"
            (folder / "inbox").mkdir(parents=True)
            claude_home(home, repository)
            repository.mkdir()
            git(repository, "init", "--quiet")
            (repository / "read.me").write_text("hello\n")
            git(repository, "add", "--all")
            git(repository, "commit", "--quiet", "--message=base")
            git(repository, "worktree", "add", "--quiet", "-b", "task", str(tmp_path / "worktree"))
            assignment = Assignment(
                *("run-1", "api", 1, str(uuid.uuid4())),
                resume=False,
                prompt="",
                worktree=tmp_path / "worktree",
                folder=folder,
                hook=CHECKOUT / "tmux_orchestra/pane/hook.sh",
                python="",
                **changes,
            )
            api = stack.enter_context(MessagesApi(scripts))
            desk = Desk(tmp_path, home, tmp_path / "worktree", program, api, assignment)
            stack.callback(desk.leave)
            return desk

        yield make


@both_versions
def test_an_instance_works_commits_reports_every_step_and_ends_when_asked(version: str, sit: Sit) -> None:
    check = "grep -c '(hello)' hi.txt"
    steps = [write("hi.txt", "(hello)\n"), bash(check), bash("git add -A && git commit -qm 'say hi'"), say("All done.")]
    desk = sit(version, ("add a greeting", steps), checks=(check,))
    process = desk.start("add a greeting")
    facts = desk.wait_for(e.AgentStopped)

    assert git(desk.worktree, "log", "-1", "--format=%s") == "say hi"
    assert git(desk.worktree, "status", "--porcelain", "--ignored") == ""
    assert desk.calls() == [("hi.txt", True), (check, True), ("git add -A && git commit -qm 'say hi'", True)]
    assert isinstance(facts[0], e.AgentSessionStarted)
    assert facts[0].session_id == desk.assignment.session_id
    assert isinstance(facts[1], e.AgentPromptReceived)
    assert facts[1].digest == e.prompt_digest("add a greeting")
    assert facts[-1] == e.AgentStopped(task="api", message="All done.")
    status = desk.assignment.folder / "statusline.json"
    cost = retry_until(
        lambda: status.exists() and json.loads(status.read_bytes())["cost"]["total_cost_usd"], seconds=30
    )
    assert cost > 0

    desk.end(process)
    assert desk.wait_for(e.AgentSessionEnded)[-1] == e.AgentSessionEnded(task="api", reason="other")


@both_versions
def test_a_denied_call_never_ends_and_the_rule_it_names_allows_it(version: str, sit: Sit) -> None:
    commands = ("make deploy", "cd . && STAGE=1 make deploy", "true; echo $?", "python3 -c 'print(1)'")
    desk = sit(version, ("deploy it", [*map(bash, commands), say("I was not allowed to.")]))
    process = desk.start("deploy it")
    facts = desk.wait_for(e.AgentStopped)
    assert desk.calls() == [(command, False) for command in commands]
    rules = tuple(fact.rule for fact in facts if isinstance(fact, e.AgentToolUsed))
    desk.end(process)

    desk.start("deploy it", session_id=str(uuid.uuid4()), allow=rules)
    desk.wait_for(e.AgentStopped, 2)
    assert desk.calls()[len(commands) :] == [(command, True) for command in commands]


@both_versions
def test_an_agent_may_remove_and_move_its_files_and_no_others(version: str, sit: Sit) -> None:
    inside = (
        "mkdir -p a/b",
        "touch a/b/c",
        "cp a/b/c d",
        "mv d e",
        "rm a/b/c",
        "git mv read.me new",
        "git merge HEAD",
    )
    outside = ("touch ../x", "rm -rf ../repo", "mv e ../e", "cd .. && touch y", "touch .git", "echo x > ../z")
    desk = sit(version, ("tidy up", [*map(bash, (*inside, *outside)), say("done")]))
    desk.start("tidy up")
    desk.wait_for(e.AgentStopped)
    assert desk.calls() == [*((command, True) for command in inside), *((command, False) for command in outside)]
    assert sorted(path.name for path in desk.worktree.iterdir()) == [".git", "a", "e", "new"]
    assert not {"x", "y", "z", "e"} & {path.name for path in desk.folder.iterdir()}


PROMPTS = (
    *("-p --help", "!touch x", "#note", "@read.me says", "  blanks  "),
    "one \"two\" 'three' $(touch x) `touch y` \\\n\n\tfour; five & six 'ünï' 🙂\n",
)


@pytest.mark.parametrize("prompt", PROMPTS)
def test_a_prompt_arrives_as_it_is_once(prompt: str, sit: Sit) -> None:
    desk = sit(NEWEST, ("", [say("read")]))
    desk.start(prompt)
    facts = desk.wait_for(e.AgentStopped)
    assert [fact.digest for fact in facts if isinstance(fact, e.AgentPromptReceived)] == [e.prompt_digest(prompt)]
    (request,) = desk.api.loop_requests()
    assert prompt in [text for _, texts, _ in request.turns() for text in texts]
    assert git(desk.worktree, "status", "--porcelain") == ""


@both_versions
@pytest.mark.parametrize("prompt", ["/clear the table", " /compact", "\n/tmp/x is a path"])
def test_a_prompt_that_looks_like_a_command_is_a_prompt(version: str, prompt: str, sit: Sit) -> None:
    desk = sit(version, ("", [say("read")]))
    desk.start(prompt)
    facts = desk.wait_for(e.AgentStopped)
    assert [fact.text for fact in facts if isinstance(fact, e.AgentPromptReceived)] == [f"Task: {prompt}"]


@both_versions
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_the_next_instance_goes_on_with_the_same_conversation(version: str, how: signal.Signals, sit: Sit) -> None:
    desk = sit(version, ("add a greeting", [say("done")]), ("the checks are red", [write("fix", "x"), say("fixed")]))
    poet = Subagent(name="poet", instructions="Write verse.", model="haiku", tools=("Read", "Write", "Bash(ls:*)"))
    process = desk.start("add a greeting", subagent=poet)
    desk.wait_for(e.AgentStopped)
    # It is written down a moment after the turn has ended; what is killed before that cannot be resumed.
    retry_until(lambda: desk.transcript_holds("done"), seconds=30)
    desk.end(process, how)

    desk.start("the checks are red", resume=True, attempt=2)
    facts = desk.wait_for(e.AgentStopped, 2)
    sessions = [(f.source, f.session_id) for f in facts if isinstance(f, e.AgentSessionStarted)]
    assert sessions == [("startup", desk.assignment.session_id), ("resume", desk.assignment.session_id)]
    assert (desk.worktree / "fix").read_text() == "x"
    assert "add a greeting" in desk.api.loop_requests()[-1].text
    for request in desk.api.loop_requests():
        assert "Write verse." in request.system
        assert len(request.system) > 2000, "beside what Claude Code tells by itself, not in its place"
        assert "haiku" in request.body["model"]
        tools = {tool["name"] for tool in request.body["tools"]}
        assert tools & {"Read", "Write", "Bash", "Edit", "Agent"} == {"Read", "Write", "Bash"}


@both_versions
def test_a_usage_limit_is_told_with_the_time_at_which_it_is_over(version: str, sit: Sit) -> None:
    over = datetime.now(UTC) + timedelta(hours=3)
    limit = fail(
        *(429, "limit"), times=99, anthropic_ratelimit_unified_status="rejected",
        anthropic_ratelimit_unified_reset=str(int(over.timestamp())),
        anthropic_ratelimit_unified_representative_claim="five_hour",
    )  # fmt: skip
    desk = sit(version, ("add a greeting", [limit]))
    desk.start("add a greeting", env={"ANTHROPIC_API_KEY": "", "CLAUDE_CODE_OAUTH_TOKEN": "not-a-real-token"})
    failed = desk.wait_for(e.AgentFailed)[-1]
    assert isinstance(failed, e.AgentFailed)
    assert (failed.error, failed.transient) == ("rate_limit", True)
    assert failed.retry_at is not None
    assert abs(failed.retry_at - over) < timedelta(minutes=2)


def test_fetching_twice_changes_nothing_and_tells_the_program() -> None:
    folder = claude_program(NEWEST).parent
    if os.environ.get("CLAUDE_UNDER_TEST"):
        folder = CHECKOUT / ".tools" / f"claude-{NEWEST}"
    before = (folder / "claude").stat()
    command: Sequence[str] = (str(CHECKOUT / "scripts" / "fetch-claude"), NEWEST, str(folder))
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert shlex.split(done.stdout) == [str(folder / "claude")]
    assert (folder / "claude").stat() == before or (folder / "claude").stat().st_ino == before.st_ino
