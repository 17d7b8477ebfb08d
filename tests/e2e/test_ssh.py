"""Stop and go home: a run that was started over SSH outlives the connection, and takes the person in again."""

import getpass
import json
import os
import shlex
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from tests.cli.terminal import ORCHESTRA, Terminal, terminal
from tests.e2e.orchestra import Orchestra, git, kill, plan, tmux
from tests.waiting import retry_until

pytestmark = pytest.mark.e2e

PLACES = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"))
SSHD, SSH, KEYGEN = (shutil.which(name, path=PLACES) for name in ("sshd", "ssh", "ssh-keygen"))
CHROOT = Path("/run/sshd")
"""An empty folder that an sshd of root insists on; where the service runs, it is there."""


@dataclass(frozen=True)
class Server:
    """An sshd on this machine's own address, which lets in who started it."""

    folder: Path
    port: int
    pid: int

    def line(self, command: str) -> str:
        """A shell line that runs a command over there, with a terminal."""
        options = {
            "IdentityFile": self.folder / "person", "IdentitiesOnly": "yes", "IdentityAgent": "none",
            "UserKnownHostsFile": self.folder / "known", "StrictHostKeyChecking": "yes", "BatchMode": "yes",
            "LogLevel": "ERROR",
        }  # fmt: skip
        words = [f"{SSH}", "-F", "none", "-tt", "-p", str(self.port)]
        words += [word for key, value in options.items() for word in ("-o", f"{key}={value}")]
        return shlex.join([*words, f"{getpass.getuser()}@127.0.0.1", command])

    def cut(self, person: Terminal) -> None:
        """Lose the connection at both ends, with no goodbye."""
        ends = [*psutil.Process(self.pid).children(), *clients(person)]
        assert len(ends) == 2, ends
        kill([process.pid for process in ends])


def clients(person: Terminal) -> list[psutil.Process]:
    """The ssh of this terminal."""
    shell = int(tmux("display-message", "-p", "-t", person.pane, "#{pane_pid}", socket="terminal"))
    return [child for child in psutil.Process(shell).children() if child.name() == "ssh"]


def quoted(name: str) -> str:
    value = os.environ[name].replace("\\", "\\\\").replace('"', '\\"')
    return f'"{name}={value}"'


@contextmanager
def serving(folder: Path, settings: str) -> Iterator[Server]:
    """Run an sshd in the foreground; a port that was free a moment ago may be taken, then another one is."""
    for _ in range(5):
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        (folder / "config").write_text(f"{settings}Port {port}\n")
        host_key = (folder / "host.pub").read_text()
        (folder / "known").write_text(f"[127.0.0.1]:{port} {host_key}")
        with (folder / "log").open("wb") as log:
            sshd = subprocess.Popen([f"{SSHD}", "-D", "-e", "-f", folder / "config"], stdout=log, stderr=log)

        def answers(sshd: "subprocess.Popen[bytes]" = sshd) -> bool:
            return sshd.poll() is not None or b"Server listening" in (folder / "log").read_bytes()

        try:
            retry_until(answers, seconds=60, what="sshd listens")
            if sshd.poll() is None:
                yield Server(folder, port, sshd.pid)
                return
        finally:
            if sshd.poll() is None:
                kill([session.pid for session in psutil.Process(sshd.pid).children()])
            sshd.terminate()
            sshd.wait()
    pytest.fail((folder / "log").read_text())


@pytest.fixture
def server(tmp_path: Path, orchestra: Orchestra, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    if not (SSHD and SSH and KEYGEN):
        pytest.skip("no OpenSSH server here (sshd, ssh, ssh-keygen)")
    monkeypatch.setenv("TMUX_ORCHESTRA_PERSON_GRACE", "0")
    folder = tmp_path / "ssh"
    folder.mkdir(mode=0o700)
    monkeypatch.setenv("TMUX_ORCHESTRA_NOTIFY_COMMAND", shlex.join(["sh", "-c", f"cat >>{folder}/told"]))
    for key in ("host", "person"):
        subprocess.run([f"{KEYGEN}", "-q", "-t", "ed25519", "-N", "", "-f", folder / key], check=True)
    settings = {
        "ListenAddress": "127.0.0.1", "HostKey": folder / "host", "AuthorizedKeysFile": folder / "person.pub",
        "PidFile": "none", "StrictModes": "no", "UsePAM": "no", "PasswordAuthentication": "no",
        "KbdInteractiveAuthentication": "no", "PermitRootLogin": "prohibit-password",
        # Who logs in gets the test's own private world, as if it were that person's home.
        "SetEnv": " ".join(quoted(name) for name in os.environ if name not in {"TERM", "TMUX", "TMUX_PANE"}),
    }  # fmt: skip
    made = os.getuid() == 0 and not CHROOT.exists()
    if made:
        CHROOT.mkdir(mode=0o755)
    try:
        with serving(folder, "".join(f"{key} {value}\n" for key, value in settings.items())) as server:
            yield server
    finally:
        if made:
            CHROOT.rmdir()


def test_a_run_outlives_the_connection_and_another_one_gets_in(
    server: Server, orchestra: Orchestra, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    tasks = plan(works="rehearse: write a.txt one", asks="rehearse: ask Which colour?")
    check = f"! test -e a.txt || until test -e {gate}; do sleep 0.05; done"
    start = f"start --agent rehearsal --yes --merge auto --plan {shlex.quote(tasks)} --check {shlex.quote(check)}"
    here = f"cd {shlex.quote(str(orchestra.repo))} && exec {ORCHESTRA}"
    with terminal(server.line(f"{here} {start}"), tmp_path) as first:
        first.until("works", "asks", "checking")
        (run,) = orchestra.runs()
        run.until("task.attention", "asks")
        server.cut(first)
        first.until("[ended ")  # killed, or told so by what was killed before it
    session = run.events("session.opened")[0]["session_id"]
    retry_until(lambda: not tmux("list-clients", "-t", session), seconds=60, what="nobody is attached")
    assert not run.events("task.merged")
    gate.touch()
    run.until("task.merged", "works")
    with terminal(server.line(f"{here} attach asks"), tmp_path) as second:
        second.until("QUESTION: Which colour?")
        second.type("rehearse: write b.txt blue", "Enter")
        run.until("agent.prompt_received", "asks", times=2)
        second.type("C-b", "d")
        second.ended(0)
    assert run.until("run.ended")["outcome"] == "done"
    assert git(orchestra.repo, "show", "main:a.txt", "main:b.txt").split() == ["one", "blue"]
    assert len(run.events("supervisor.started")) == 1
    assert len(run.events("instance.started")) == 2
    run.until("person.told", times=3)
    told = sorted(json.loads(line)["event"] for line in (server.folder / "told").read_text().splitlines())
    assert told == ["attention", "end", "milestone"], "each once"
    words = [event["words"] for event in run.events("person.told") if event["kind"] == "end"]
    assert words == ["the run is over (done): 2 of 2 tasks merged; main holds the result"]
