"""tmux, as the rest of the program sees it: `Tmux`, whose calls take and return plain values.

connection: questions and batches · windows, panes, sessions, clients: what is asked about each · text: how names, paths
and values are written so that tmux takes them as they are · orchestra.conf: what our own server is started with.
"""

from tmux_orchestra.effects.tmux.clients import ClientCalls
from tmux_orchestra.effects.tmux.panes import PaneCalls
from tmux_orchestra.effects.tmux.sessions import STATUS_TASK, SessionCalls
from tmux_orchestra.effects.tmux.values import Client, Pane, Session, WindowIds, WindowSpec


class Tmux(SessionCalls, PaneCalls, ClientCalls):
    """One tmux server, known by its socket.

    Readers answer "nothing there" for a server, session or pane that is gone. Writers pass over what is gone, unless
    they promise a result. Anything else that tmux refuses is an OrchestraError. Every call done twice equals the call
    done once, except `respawn`, `paste` and `notify`.
    """


__all__ = ["STATUS_TASK", "Client", "Pane", "Session", "Tmux", "WindowIds", "WindowSpec"]
