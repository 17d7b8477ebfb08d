"""What systemd ends when a person logs out."""

import pytest

from tmux_orchestra.core.logout import Login, ending, logind_settings, systemd_cgroup

IN_LOGIN = "/user.slice/user-1000.slice/session-3.scope"
IN_MANAGER = "/user.slice/user-1000.slice/user@1000.service/app.slice/vte-spawn-1.scope"
SHIPPED = "# comment\n\n[Login]\n#NAutoVTs=6\n#KillUserProcesses=no\n#KillOnlyUsers=\n#KillExcludeUsers=root\n"
KILLS = "[Login]\nKillUserProcesses=yes\n"


def login(cgroup: str, *configuration: str, lingers: bool = False, user: str = "ann") -> Login:
    return Login(cgroup=cgroup, user=user, lingers=lingers, configuration=configuration)


@pytest.mark.parametrize(
    "goes_on",
    [
        login(""),
        login("/"),
        login("/init.scope"),
        login("/system.slice/ssh.service"),
        login(IN_LOGIN, SHIPPED),
        login(IN_LOGIN, SHIPPED, KILLS, "[Login]\nKillUserProcesses=off\n"),
        login(IN_LOGIN, SHIPPED, KILLS, user="root"),
        login(IN_LOGIN, SHIPPED, KILLS + "KillExcludeUsers=bob ann\n"),
        login(IN_LOGIN, SHIPPED, KILLS + "KillOnlyUsers=bob\n"),
        login(IN_LOGIN, SHIPPED, "[Sleep]\nKillUserProcesses=yes\n"),
        login(IN_MANAGER, KILLS, lingers=True),
    ],
)
def test_a_run_goes_on_where_nothing_ends_it(goes_on: Login) -> None:
    assert ending(goes_on) is None


@pytest.mark.parametrize(
    "ends",
    [
        login(IN_LOGIN),  # nothing is known of how this systemd was built
        login(IN_LOGIN, SHIPPED.replace("#KillUserProcesses=no", "#KillUserProcesses=yes")),
        login(IN_LOGIN, SHIPPED, "[Login]\n KillUserProcesses = True \n"),
        login(IN_LOGIN + "/tmux", SHIPPED, KILLS + "KillOnlyUsers=ann\n", lingers=True),
    ],
)
def test_what_belongs_to_a_login_may_end_with_it(ends: Login) -> None:
    told = ending(ends)
    assert told
    assert "KillUserProcesses=yes" in told.why
    assert "systemd-run --user --scope tmux-orchestra start" in told.fix
    assert ("loginctl enable-linger" in told.fix) != ends.lingers, "a scope of the manager needs it to linger"


def test_what_belongs_to_the_service_manager_ends_with_the_last_login_unless_that_lingers() -> None:
    told = ending(login(IN_MANAGER, SHIPPED))
    assert told
    assert told.fix == "run: loginctl enable-linger"


def test_the_last_word_counts_and_comments_are_defaults_only_in_the_file_itself() -> None:
    told = logind_settings([SHIPPED, KILLS, "[Login]\n#KillUserProcesses=no\n;KillUserProcesses=no\n"])
    assert told["KillUserProcesses"] == "yes"
    assert logind_settings([]) == {}


def test_the_control_group_is_systemds_own() -> None:
    assert systemd_cgroup(f"0::{IN_LOGIN}\n") == IN_LOGIN
    assert systemd_cgroup(f"9:name=systemd:{IN_LOGIN}\n4:memory:/m\n0::/\n") == IN_LOGIN
    assert systemd_cgroup("4:memory:/m\n") == ""
    assert systemd_cgroup("0::/a:b\n") == "/a:b"
    assert systemd_cgroup("") == ""
