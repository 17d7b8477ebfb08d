"""Instances: opening a task's window, launching its agent, freezing, waking, ending and talking to it."""

import json
import uuid
from pathlib import Path

from tmux_orchestra.agents import AGENTS, Assignment
from tmux_orchestra.core import actions as a
from tmux_orchestra.core import events as e
from tmux_orchestra.core.briefs import first_prompt, is_edited
from tmux_orchestra.core.errors import OrchestraError
from tmux_orchestra.core.progress import window_name
from tmux_orchestra.core.state import RunState, TaskState
from tmux_orchestra.effects import processes
from tmux_orchestra.effects.files import read_json, read_text, write
from tmux_orchestra.effects.layouts import load_layout
from tmux_orchestra.effects.site import PANE, PYTHON, Site
from tmux_orchestra.effects.tmux import WindowSpec


def open_windows(site: Site, action: a.OpenWindows, state: RunState) -> list[e.Event]:
    """Open the tasks' windows; a task that has one keeps it."""
    if state.session is None:
        raise OrchestraError("the run has no tmux session", hint="run: tmux-orchestra recover")
    specs = []
    for task_id in action.tasks:
        task = state.tasks[task_id]
        notice = site.folder.task(task_id) / "waiting.txt"
        waits = f"waits for {', '.join(task.task.depends_on)}" if task.task.depends_on else "waits for a slot"
        write(notice, f"{task.task.title}\n\n{waits}\n")
        tag = _tag(site, task_id)
        specs.append(WindowSpec(window_name(task), tag, cwd=site.repository.root, placeholder=notice))
    opened = site.tmux.open_windows(state.session.session_id, specs)
    return [e.WindowOpened(task=ids.tag.rpartition("/")[2], window=ids.window, pane=ids.pane) for ids in opened]


def _lay_out(site: Site, task: TaskState, session_id: str, layout: str) -> None:
    """Add the layout's side panes, which need the worktree, to a window that has none yet."""
    spec = WindowSpec(
        window_name(task),
        _tag(site, task.id),
        cwd=Path(task.worktree),
        layout=load_layout(layout).fill(task=task.id, worktree=task.worktree, branch=task.branch).task_window,
    )
    site.tmux.lay_out(session_id, spec)


def _tag(site: Site, task: str) -> str:
    return f"{site.folder.id}/{task}"


def launch(site: Site, action: a.Launch, state: RunState) -> list[e.Event]:
    """Start an instance in the task's window; how the agent started is the launcher's to tell.

    Whatever is left of an earlier instance is ended first: no task is worked on twice at once.
    """
    task = state.tasks[action.task]
    if state.session is None:
        raise OrchestraError("the run has no tmux session", hint="run: tmux-orchestra recover")
    events: list[e.Event] = []
    pane = task.pane
    if not site.tmux.exists(pane):
        opened = open_windows(site, a.OpenWindows(tasks=(task.id,)), state)
        pane = next(event.pane for event in opened if isinstance(event, e.WindowOpened))
        events += opened
    if not processes.end(site.kin(task), state.settings.end_timeout):
        raise OrchestraError(f"an earlier instance of {task.id} does not end", safe="nothing new was started")
    _lay_out(site, task, state.session.session_id, state.settings.layout)
    session_id = action.session_id or str(uuid.uuid4())
    prompt, edited = _prompt(site, action, state)
    settled = {"attempt": _attempt(site, action), "session_id": session_id, "prompt": prompt + action.reminder}
    action = action.model_copy(update=settled)
    launch_file = _write_launch(site, action, state)
    pid = site.tmux.respawn(
        pane, (PYTHON, "-I", "-S", str(PANE / "launcher.py"), str(launch_file)), Path(task.worktree)
    )
    started = processes.start_time(pid)
    events.append(
        e.InstanceLaunched(
            task=task.id,
            attempt=action.attempt,
            launcher_pid=pid,
            launcher_start_time=started,
            session_id=session_id,
            subagent=task.task.subagent,
            prompt_edited=edited,
        )
    )
    return events


def _attempt(site: Site, action: a.Launch) -> int:
    """Return a number that no launcher of this task has had, not even one that a crash kept out of the journal."""
    last = read_json(site.folder.task(action.task) / "launch.json").get("attempt")
    return max(action.attempt, last + 1 if isinstance(last, int) else 1)


def _prompt(site: Site, action: a.Launch, state: RunState) -> tuple[str, bool]:
    """Return what the instance is told, and whether that is what a person has written into the task's `prompt.md`."""
    if action.resume:
        return action.prompt, False
    task = state.tasks[action.task]
    written = read_text(site.folder.prompt(task.id))
    edited = is_edited(state, task, written)
    return first_prompt(state, task, written) if edited else action.prompt, edited


def _write_launch(site: Site, action: a.Launch, state: RunState) -> Path:
    task, settings = state.tasks[action.task], state.settings
    folder = site.folder.task(task.id)
    agent = AGENTS[task.task.agent or settings.agent]
    how = agent.launch(
        Assignment(
            run=site.folder.id, task=task.id, attempt=action.attempt, session_id=action.session_id,
            resume=action.resume, prompt=action.prompt, subagent=state.start.subagents.get(task.task.subagent),
            worktree=Path(task.worktree), folder=folder, hook=PANE / "hook.sh", python=PYTHON, checks=state.gates,
            allow=settings.allow, extra_args=settings.agent_args, budget_usd=settings.budget_usd,
            dangerously_skip_permissions=settings.dangerously_skip_permissions,
        )
    )  # fmt: skip
    for name, text in how.files.items():
        write(folder / name, text)
    told = folder / f"prompt-again-{action.attempt}.md" if action.resume else site.folder.prompt(task.id)
    # The brief may be a person's, who is not to find other words in it.
    write(told, (action.prompt if action.resume else action.prompt.removesuffix(action.reminder)) + "\n")
    reopen = " ".join(agent.reopen(action.session_id))
    farewell = f"{task.id}: the agent has ended."
    farewell += f" To reopen the conversation: cd {task.worktree} && {reopen}" if reopen else ""
    fields = {
        "run": site.folder.id, "task": task.id, "attempt": action.attempt, "session_id": action.session_id,
        "subagent": task.task.subagent,
        "argv": list(how.argv), "env": {**site.git_environment(), **how.env}, "unset": [], "cwd": task.worktree,
        "inbox": str(site.folder.inbox(task.id)), "farewell": farewell,
    }  # fmt: skip
    launch_file = folder / "launch.json"
    write(launch_file, json.dumps(fields, indent=1))
    return launch_file


def end(site: Site, action: a.EndInstance, state: RunState) -> list[e.Event]:
    """End the agent and everything it started; how the agent ended is the launcher's to tell."""
    task = state.tasks[action.task]
    kin = site.kin(task)
    if task.launching and task.launch:
        launcher = (task.launch.launcher_pid, task.launch.launcher_start_time)
        kin = processes.Kin(kin.mark, (*kin.roots, launcher), kin.within)
    if not processes.end(kin, state.settings.end_timeout):
        raise OrchestraError(f"the agent of {task.id} does not end", safe="its work is untouched")
    _save_screen(site, task)
    if task.holds:
        site.tmux.block_input(task.pane, blocked=False)
    site.tmux.nudge()
    return [e.InstanceCleared(task=task.id, attempt=task.attempt)]


def _save_screen(site: Site, task: TaskState) -> None:
    screen = site.tmux.capture(task.pane)
    if screen and screen.strip():
        write(site.folder.task(task.id) / "output.log", screen)


def freeze(site: Site, action: a.Freeze, state: RunState) -> list[e.Event]:
    """Stop every process of the instance; its pane takes no input (a queued Ctrl-C would kill it on waking)."""
    task = state.tasks[action.task]
    count = 0
    if task.alive and task.instance:
        count = processes.freeze(site.kin(task, everywhere=True), task.instance.pid)
        site.tmux.block_input(task.pane, blocked=True)
        site.tmux.set_border(task.pane, f"{task.id}: paused; to go on: tmux-orchestra resume {task.id}")
    attempt = task.attempt if task.alive else 0
    return [e.InstanceFrozen(task=task.id, hold=action.hold, attempt=attempt, processes=count)]


def thaw(site: Site, action: a.Thaw, state: RunState) -> list[e.Event]:
    """Let the instance go on, unless somebody else holds it too."""
    task = state.tasks[action.task]
    count = 0
    if task.holds == {action.hold}:
        count = processes.thaw(site.kin(task, everywhere=True))
        if task.pane:
            site.tmux.block_input(task.pane, blocked=False)
            site.tmux.set_border(task.pane, "")
    return [e.InstanceThawed(task=task.id, hold=action.hold, processes=count)]


def send(site: Site, action: a.Send, state: RunState) -> list[e.Event]:
    """Type the text into the agent's pane; whether it was taken is the agent's to tell."""
    task = state.tasks[action.task]
    if not site.tmux.exists(task.pane):
        return [e.SendFinished(task=task.id, id=action.id, delivered=False, reason="its window is gone")]
    site.tmux.paste(task.pane, action.text, submit=True)
    return [e.SendPasted(task=task.id, id=action.id)]
