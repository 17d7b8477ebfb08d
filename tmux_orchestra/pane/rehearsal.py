"""The rehearsed agent: behaves like an interactive coding CLI, but follows a script instead of asking a model.

Run: `python -I -S rehearsal.py --hook HOOK --inbox INBOX --task TASK --session-id ID [--resume]
[--subagent NAME] PROMPT_FILE`.

It obeys `rehearse: <word> [argument]` lines of the prompt (see `rehearsal_words`); without any it makes one small
edit and commits. Then it waits at its prompt for more, as a person or the orchestrator may type it. It remembers
what is left of its script in the task's folder (beside the inbox), so that a resumed conversation goes on where
it was cut off. `REHEARSAL_PACE` stretches the pauses that are only for show; 0 leaves them out.
"""

import argparse
import hashlib
import json
import os
import re
import sys
import termios
from codecs import getincrementaldecoder
from contextlib import suppress
from pathlib import Path

# Run by path and isolated: our own package has to be made known, behind everything else.
sys.path.append(str(Path(__file__).resolve().parents[2]))

from tmux_orchestra.pane.rehearsal_stage import HUP_EXIT, Ended, Stage
from tmux_orchestra.pane.rehearsal_words import (
    ACCOMPANYING,
    Crashed,
    TurnOver,
    Word,
    perform,
    words_of,
)

PASTE_ON, PASTE_OFF = "\x1b[?2004h", "\x1b[?2004l"
PASTE_BEGINS, PASTE_ENDS = "\x1b[200~", "\x1b[201~"
_KEYS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z~]|\x1bO.|\x1b.|[^\x1b]", re.DOTALL)


class Memory:
    """What a conversation remembers: the words of its script and how many are done. Kept in a file."""

    def __init__(self, path: Path) -> None:
        """Read the file if the conversation has one."""
        self._path = path
        self.exists = path.exists()
        self.words: list[Word] = []
        self.done = 0
        if self.exists:
            kept = json.loads(path.read_text(encoding="utf-8"))
            self.words, self.done = [(word, argument) for word, argument in kept["words"]], kept["done"]

    def take(self, prompt: str) -> None:
        """Replace the script by the prompt's, if it has one; a first prompt always has something to do."""
        words = words_of(prompt)
        if not self.exists and all(word in ACCOMPANYING for word, _ in words):
            words.append(("edit", ""))
        if words:
            self.words, self.done = words, 0
        self._write()

    def finish_word(self) -> None:
        """The next word is done with, and will not be repeated."""
        self.done += 1
        self._write()

    def steps(self) -> list[tuple[str, str]]:
        """Return (title, status) of every step."""
        status = ["completed"] * self.done + ["in_progress"] + ["pending"] * len(self.words)
        return [(f"{word} {argument}".strip()[:80], status[place]) for place, (word, argument) in enumerate(self.words)]

    def _write(self) -> None:
        self.exists = True
        beside = self._path.with_suffix(".new")
        beside.touch(mode=0o600)
        beside.write_text(json.dumps({"words": self.words, "done": self.done}), encoding="utf-8")
        beside.replace(self._path)


class Keyboard:
    """Prompts from the terminal: typed lines, or pastes of many lines, each ended by Enter."""

    def __init__(self, stage: Stage) -> None:
        """Take the terminal's line editing over, if there is a terminal."""
        self._stage = stage
        self._text = ""
        self._keys = ""
        self._pasting = False
        self._decoder = getincrementaldecoder("utf-8")("replace")
        self._modes = termios.tcgetattr(0) if os.isatty(0) else None
        if self._modes is not None:
            modes = termios.tcgetattr(0)
            modes[3] &= ~(termios.ICANON | termios.ECHO)  # a line of the kernel's own editing ends at 4095 bytes
            termios.tcsetattr(0, termios.TCSADRAIN, modes)
            stage.say(PASTE_ON, end="")

    def close(self) -> None:
        """Give the terminal back as it was."""
        if self._modes is not None:
            self._stage.say(PASTE_OFF, end="")
            with suppress(termios.error):
                termios.tcsetattr(0, termios.TCSADRAIN, self._modes)

    def next_prompt(self) -> str:
        """Return the next prompt that is not empty. Raises Ended at the end of input or for `/exit`."""
        while True:
            self._stage.say("> ", end="")
            prompt = self._line().strip()
            if prompt == "/exit":
                raise Ended(0, "prompt_input_exit")
            if prompt:
                return prompt

    def _line(self) -> str:
        while True:
            while key := _KEYS.match(self._keys):
                self._keys = self._keys[key.end() :]
                if self._press(key[0]):
                    line, self._text = self._text, ""
                    return line
            self._stage.wait(None, 0)
            self._keys += self._decoder.decode(self._read())

    def _read(self) -> bytes:
        try:
            typed = os.read(0, 65536)
        except OSError:
            typed = b""
        if not typed:
            self._stage.obey_signals()  # a signal may have come together with the end of input, and says more
            # A terminal tells its end as a Ctrl-D; nothing at all means that it was closed.
            raise Ended(0, "end of input") if self._modes is None else Ended(HUP_EXIT, "terminal closed")
        return typed

    def _press(self, key: str) -> bool:
        """Take one key; True if it ends the line."""
        if key in (PASTE_BEGINS, PASTE_ENDS):
            self._pasting = key == PASTE_BEGINS
        elif key in ("\r", "\n") and not self._pasting:
            self._echo("\n")
            return True
        elif key == "\x04" and not self._text:
            raise Ended(0, "end of input")
        elif key == "\x7f":
            self._text = self._text[:-1]
            self._echo("\b \b")
        elif key == "\x15":
            self._text = ""
            self._echo("\n> ")
        elif not key.startswith("\x1b"):
            key = "\n" if key == "\r" else key
            self._text += key
            self._echo(key)
        return False

    def _echo(self, text: str) -> None:
        if self._modes is not None:
            self._stage.say(text, end="")


def take_turn(stage: Stage, memory: Memory, prompt: str) -> None:
    """Carry one prompt out and report how the turn ended. Raises Ended; never returns from a rehearsed crash."""
    stage.idle = False
    digest = hashlib.sha256(prompt.strip().encode()).hexdigest()[:16]
    stage.report("agent.prompt_received", text=prompt[:200], digest=digest)
    memory.take(prompt)
    stage.say("  reading the request")
    stage.pretend(1.0)
    told: list[str] = []
    try:
        while memory.done < len(memory.words):
            stage.report("agent.todo_changed", items=memory.steps())
            stage.pretend(1.0)
            told.append(perform(stage, *memory.words[memory.done]))
            memory.finish_word()
            stage.obey_signals()
        if told:
            stage.report("agent.todo_changed", items=memory.steps())
        stage.pretend(0.5)
        end = TurnOver("agent.stopped", message=f"{_sentence(told)}.", background_tasks=0)
    except TurnOver as over:
        memory.finish_word()
        end = over
    except Crashed as crash:
        if not crash.again:
            memory.finish_word()
        stage.say("fatal error: this crash was rehearsed")
        os._exit(1)
    stage.say(f"\n{end.fields['message']}\n")
    stage.idle = True
    stage.report(end.event, **end.fields)


def _sentence(told: list[str]) -> str:
    return f"Done: {'; '.join(told)}" if told else "I looked again; there is nothing left that I would change"


def converse(stage: Stage, memory: Memory, prompt: str, *, resumed: bool) -> int:
    """Serve prompts until told to end; return the exit code."""
    stage.listen()
    keyboard = Keyboard(stage)
    stage.say(f"Rehearsal of {stage.task}: no model is asked. {'Going on.' if resumed else ''}".rstrip())
    stage.report("agent.session_started", session_id=stage.session_id, source="resume" if resumed else "startup")
    try:
        while True:
            take_turn(stage, memory, prompt)
            prompt = keyboard.next_prompt()
    except Ended as end:
        stage.go_deaf()
        stage.say("")
        keyboard.close()
        stage.report("agent.session_ended", reason=end.reason)
        return end.exit_code


def _pace() -> float:
    try:
        return max(0.0, float(os.environ.get("REHEARSAL_PACE", "1")))
    except ValueError:
        return 1.0


def main(arguments: list[str]) -> int:
    """Rehearse one conversation."""
    parser = argparse.ArgumentParser(prog="rehearsal", description="an agent that follows a script")
    parser.add_argument("--hook", required=True)
    parser.add_argument("--inbox", required=True, type=Path)
    parser.add_argument("--task", required=True)
    parser.add_argument("--session-id", required=True)
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--subagent", help="named for whoever looks at the process; a script needs no instructions")
    parser.add_argument("prompt_file", type=Path)
    options, _ = parser.parse_known_args(arguments)
    memory = Memory(options.inbox.parent / f"rehearsal-{options.session_id}.json")
    if options.resume and not memory.exists:
        print(f"No conversation found with session ID: {options.session_id}", file=sys.stderr)
        return 1
    if memory.exists and not options.resume:
        print(f"Error: Session ID {options.session_id} is already in use.", file=sys.stderr)
        return 1
    stage = Stage(
        hook=options.hook, inbox=options.inbox, task=options.task, session_id=options.session_id, pace=_pace()
    )
    return converse(stage, memory, options.prompt_file.read_text(encoding="utf-8"), resumed=options.resume)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
