"""Where the machine tells what it does when people log out."""

import os
from pathlib import Path

from tmux_orchestra.effects.logout import end_at_logout, look


def say(root: Path, path: str, text: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text)


def test_a_stronger_place_hides_a_file_of_the_same_name(tmp_path: Path) -> None:
    say(tmp_path, "proc/7/cgroup", "0::/user.slice/user-1.slice/session-1.scope\n")
    say(tmp_path, "usr/lib/systemd/logind.conf", "main of the vendor")
    say(tmp_path, "etc/systemd/logind.conf", "main")
    say(tmp_path, "usr/lib/systemd/logind.conf.d/10-a.conf", "a of the vendor")
    say(tmp_path, "usr/lib/systemd/logind.conf.d/90-z.conf", "z")
    say(tmp_path, "etc/systemd/logind.conf.d/10-a.conf", "a")
    found = look(7, tmp_path)
    assert found.configuration == ("main", "a", "z")
    assert found.cgroup.endswith("session-1.scope")
    assert not found.lingers
    say(tmp_path, f"var/lib/systemd/linger/{found.user}", "")
    assert look(7, tmp_path).lingers


def test_the_server_counts_and_this_process_only_where_there_is_none(tmp_path: Path) -> None:
    say(tmp_path, "proc/7/cgroup", "0::/user.slice/user-1.slice/user@1.service/tmux.scope\n")
    say(tmp_path, f"proc/{os.getpid()}/cgroup", "0::/init.scope\n")
    assert end_at_logout(7, tmp_path)
    assert end_at_logout(None, tmp_path) is None


def test_a_machine_without_systemd_ends_nothing(tmp_path: Path) -> None:
    assert end_at_logout(None, tmp_path) is None
