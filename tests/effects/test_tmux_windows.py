"""Windows: many at once, never doubled, whatever they are called; and what a layout adds to them."""

import os
import time
from pathlib import Path

import pytest

from tests.effects.tmux_fixtures import one_window, raw_tmux, session, text_of, tmux  # noqa: F401
from tests.waiting import retry_until
from tmux_orchestra.core.errors import OrchestraError
from tmux_orchestra.core.layout import PaneLayout, WindowLayout, expand
from tmux_orchestra.effects.layouts import known_layouts, load_layout
from tmux_orchestra.effects.tmux import Session, Tmux, WindowSpec

AWFUL_NAMES = ["ветка 漢字 🙂", "a;b;", "#{pid}", "#(touch bad)", "a.b:c", "-x", "'\"$", "50% ~", "##", "end;"]


def names(tmux: Tmux, session: Session) -> dict[str, str]:
    listed = raw_tmux(tmux.socket_name, "list-windows", "-t", session.id, "-F", "#{window_id} #{window_name}")
    return dict(line.split(" ", 1) for line in listed.splitlines())


def test_windows_stand_under_any_name_with_their_tags(tmux: Tmux, session: Session, tmp_path: Path) -> None:
    specs = [WindowSpec(name=name, tag=f"shop-1/t{n}", cwd=tmp_path) for n, name in enumerate(AWFUL_NAMES)]
    opened = tmux.open_windows(session.id, specs)
    seen = names(tmux, session)
    assert [seen[ids.window] for ids in opened] == AWFUL_NAMES
    assert [ids.tag for ids in opened] == [spec.tag for spec in specs]
    panes = {pane.pane: pane for pane in tmux.panes(session.id)}
    for ids in opened:
        assert (panes[ids.pane].window, panes[ids.pane].tag) == (ids.window, ids.tag)
        assert panes[ids.pane].main
        assert not panes[ids.pane].dead


def test_control_characters_in_a_name_become_spaces(tmux: Tmux, session: Session, tmp_path: Path) -> None:
    ids = one_window(tmux, session, tmp_path)
    tmux.rename({ids.window: "a\nb\x1b[31m\tc\x9b"})
    assert names(tmux, session)[ids.window] == "a b [31m c "


def test_windows_that_stand_are_returned_not_doubled(tmux: Tmux, session: Session, tmp_path: Path) -> None:
    specs = [WindowSpec(name=f"t{n}", tag=f"shop-1/t{n}", cwd=tmp_path) for n in range(3)]
    first = tmux.open_windows(session.id, specs[:2])
    tmux.rename({first[0].window: "other"})
    again = tmux.open_windows(session.id, [specs[2], *specs[:2], specs[2]])
    assert again[1:3] == first
    assert again[0] == again[3]
    assert len(names(tmux, session)) == 4


def test_fifty_windows_open_in_one_go(tmux: Tmux, session: Session, tmp_path: Path) -> None:
    specs = [WindowSpec(name=f"t{n}", tag=f"shop-1/t{n}", cwd=tmp_path) for n in range(50)]
    begun = time.monotonic()
    opened = tmux.open_windows(session.id, specs)
    assert time.monotonic() - begun < 10
    assert len({ids.window for ids in opened}) == 50
    listed = raw_tmux(tmux.socket_name, "list-windows", "-t", session.id, "-F", "#{window_name}")
    assert listed.splitlines() == ["status", *(f"t{n}" for n in range(50))]


def test_the_placeholder_shows_its_file_until_the_pane_is_respawned(
    tmux: Tmux, session: Session, tmp_path: Path
) -> None:
    shown = tmp_path / "it's #{pid} $HOME.txt"
    shown.write_text("waits for auth\n")
    spec = WindowSpec(name="api", tag="shop-1/api", cwd=tmp_path, placeholder=shown)
    ids = tmux.open_windows(session.id, [spec])[0]
    retry_until(lambda: "waits for auth" in (tmux.capture(ids.pane) or ""))
    tmux.respawn(ids.pane, ["sleep", "1000"], tmp_path)
    assert "waits for auth" not in (tmux.capture(ids.pane, history=False) or "")


@pytest.mark.parametrize("name", ["#{pid}", "#(touch bad)", "a b", "$HOME", "é;", "%H"])
def test_panes_start_in_a_folder_of_any_name(tmux: Tmux, session: Session, tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()
    layout = WindowLayout(panes=(PaneLayout(), PaneLayout(commands=(f"pwd > {tmp_path}/side",))))
    spec = WindowSpec(name="api", tag="shop-1/api", cwd=folder, layout=layout)
    ids = tmux.open_windows(session.id, [spec])[0]
    assert text_of(tmp_path / "side") == f"{folder}\n"
    tmux.respawn(ids.pane, ["sh", "-c", f"pwd > {tmp_path}/seen; exec sleep 1000"], folder)
    assert text_of(tmp_path / "seen") == f"{folder}\n"
    assert not list(tmp_path.rglob("bad"))


def test_a_place_that_is_taken_is_not_fought_for(tmux: Tmux, session: Session, tmp_path: Path) -> None:
    spec = WindowSpec(name="api", tag="shop-1/api", cwd=tmp_path, index=0)
    ids = tmux.open_windows(session.id, [spec])[0]
    assert names(tmux, session) == {session.status_window: "status", ids.window: "api"}


def test_windows_cannot_be_opened_in_a_session_that_is_gone(tmux: Tmux, session: Session, tmp_path: Path) -> None:
    with pytest.raises(OrchestraError, match="is gone"):
        tmux.open_windows("$99", [WindowSpec(name="x", tag="r/x", cwd=tmp_path)])


def test_only_windows_of_ours_are_killed(tmux: Tmux, session: Session, tmp_path: Path) -> None:
    ids = one_window(tmux, session, tmp_path)
    foreign = raw_tmux(
        tmux.socket_name, "new-window", "-d", "-P", "-F", "#{window_id}", "-t", f"{session.id}:", "sleep", "1000"
    ).strip()
    tmux.kill_windows([ids.window, foreign, "@99"])
    assert names(tmux, session).keys() == {session.status_window, foreign}
    assert [pane.pane for pane in tmux.panes(session.id)] == [session.status_pane]


def test_renaming_passes_over_windows_that_are_gone(tmux: Tmux, session: Session, tmp_path: Path) -> None:
    ids = one_window(tmux, session, tmp_path)
    tmux.rename({"@99": "gone", ids.window: "✓ api"})
    assert names(tmux, session)[ids.window] == "✓ api"


def panes_of(tmux: Tmux, window: str) -> list[tuple[str, bool]]:
    """Each pane of the window from first to last: its id, and whether it has the keyboard."""
    listed = raw_tmux(tmux.socket_name, "list-panes", "-t", window, "-F", "#{pane_id} #{pane_active}")
    return [(pane, active == "1") for pane, active in (line.split() for line in listed.splitlines())]


@pytest.mark.parametrize("name", known_layouts())
def test_every_shipped_layout_is_built(tmux: Tmux, session: Session, sample_repo: Path, name: str) -> None:
    layout = load_layout(name).fill(task="api", worktree=str(sample_repo), branch="main").task_window
    spec = WindowSpec(name="api", tag="shop-1/api", cwd=sample_repo, layout=layout)
    ids = tmux.open_windows(session.id, [spec])[0]
    assert ids.complaint == ""
    panes = panes_of(tmux, ids.window)
    assert len(panes) == len(layout.panes)
    assert panes[layout.agent_pane] == (ids.pane, True)
    (sample_repo / "README.md").write_text("changed by the agent\n")
    if name == "review":
        retry_until(lambda: "changed by the agent" in (tmux.capture(panes[1][0]) or ""))
        tmux.batch([f"send-keys -t {panes[1][0]} C-c"])
        tmux.batch([f'send-keys -t {panes[1][0]} "echo back in the she""ll" Enter'])
        retry_until(lambda: "back in the shell\n" in (tmux.capture(panes[1][0]) or "") + "\n")
    if name == "compact":
        retry_until(lambda: "README.md" in (tmux.capture(panes[1][0]) or ""))
        retry_until(lambda: "A small shop" in (tmux.capture(panes[2][0]) or ""))
    assert [pane.pane for pane in tmux.panes(session.id) if pane.main and pane.window == ids.window] == [ids.pane]


def test_side_panes_stand_in_the_files_order_around_the_agent(tmux: Tmux, session: Session, tmp_path: Path) -> None:
    written = {
        "windows": [
            {
                "layout": "tiled",
                "panes": [
                    *[
                        f"echo first-$TMUX_PANE > {tmp_path}/p0",
                        {"shell_command": f"echo x > {tmp_path}/p1", "focus": True},
                    ],
                    "agent",
                    *[f"echo x > {tmp_path}/p3", f"cd /; export KEPT=yes\necho last-$TMUX_PANE > {tmp_path}/p4"],
                ],
            }
        ]
    }
    layout = expand(written).task_window
    spec = WindowSpec(name="api", tag="shop-1/api", cwd=tmp_path, layout=layout)
    ids = tmux.open_windows(session.id, [spec])[0]
    panes = panes_of(tmux, ids.window)
    assert [active for _, active in panes] == [False, True, False, False, False]
    assert panes[2][0] == ids.pane
    assert text_of(tmp_path / "p0") == f"first-{panes[0][0]}\n"
    assert text_of(tmp_path / "p4") == f"last-{panes[4][0]}\n"
    typed = f'send-keys -t {panes[4][0]} "echo $KEPT $PWD > {tmp_path}/shell" Enter'.replace("$", "\\$")

    def said() -> str | None:
        tmux.batch([typed])  # again, if the shell was not there yet: it throws away what came before it
        return (tmp_path / "shell").read_text() if (tmp_path / "shell").exists() else None

    assert retry_until(said, interval=0.3) == "yes /\n"


def test_what_tmux_does_not_accept_of_a_layout_is_a_complaint_and_the_agents_pane_is_there(
    tmux: Tmux, session: Session, tmp_path: Path
) -> None:
    layout = WindowLayout(
        layout="a5b1,200x50,0,0[bogus", options={"no-such-option": "1"}, panes=(PaneLayout(), PaneLayout())
    )
    spec = WindowSpec(name="api", tag="shop-1/api", cwd=tmp_path, layout=layout)
    ids = tmux.open_windows(session.id, [spec])[0]
    assert "no-such-option" in ids.complaint
    assert "bogus" in ids.complaint
    assert len(panes_of(tmux, ids.window)) == 2
    assert tmux.exists(ids.pane)


def test_a_layouts_variables_and_folders_reach_its_side_panes(tmux: Tmux, session: Session, tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    pane = PaneLayout(commands=('echo "$COLOUR $PWD" > seen',), start_directory="sub", environment={"COLOUR": "a; $b"})
    layout = WindowLayout(panes=(PaneLayout(), pane))
    tmux.open_windows(session.id, [WindowSpec(name="api", tag="shop-1/api", cwd=tmp_path, layout=layout)])
    assert text_of(tmp_path / "sub" / "seen") == f"a; $b {os.path.realpath(tmp_path)}/sub\n"
