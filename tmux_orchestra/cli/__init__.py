"""The command line: one module per verb, and the one place where failures become three lines and an exit code."""

import os
import sys
import traceback
from datetime import UTC, datetime
from difflib import get_close_matches
from importlib import import_module
from typing import Any

import click
from click.shell_completion import CompletionItem

from tmux_orchestra import __version__
from tmux_orchestra.cli.console import harmless, narrate, prepare_streams
from tmux_orchestra.core.errors import ExitCode, OrchestraError, UsageError

VERBS: dict[str, str] = {
    "start": "plan a request, start its run, and attach to it",
    "plan": "show the plan of a request, and start nothing",
    "status": "show where a run stands",
    "attach": "look at a run, or step into one task's agent",
    "send": "type a text into a task's agent",
    "logs": "show what a task's agent printed",
    "events": "show a run's journal",
    "why": "say why a task is where it is",
    "wait": "wait until a run has ended or needs you",
    "pause": "freeze tasks (or the whole run)",
    "resume": "let paused tasks go on",
    "cancel": "call tasks (or the whole run) off; their work stays",
    "retry": "try tasks again that failed or need you",
    "merge": "bring a run's result into your branch",
    "cleanup": "remove what is merged, and park the rest first",
    "undo": "take the last merge, cleanup or cancel back",
    "recover": "carry on a run whose supervisor or tmux server died",
    "runs": "list this repository's runs",
    "layouts": "list the tmux layouts",
    "doctor": "check what this machine has and lacks",
    "supervise": "",
}
"""Verb -> its line in the help; each lives in the module of its name. An empty line: not for people."""

NOTHING_DONE = "nothing was started or changed"


class Verbs(click.Group):
    """Loads a verb's module only when it is called: `status` need not wait for what `start` imports."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the verbs in the order in which people meet them."""
        return [verb for verb, line in VERBS.items() if line]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Return a verb; None if there is none of that name."""
        if cmd_name not in VERBS:
            return None
        module = import_module(f"tmux_orchestra.cli.{cmd_name}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the verb that was called. Raises UsageError, with the verb that was probably meant."""
        if args[0] not in VERBS and not args[0].startswith("-") and not ctx.resilient_parsing:
            near = get_close_matches(args[0], self.list_commands(ctx), n=1)
            hint = f"tmux-orchestra {near[0]}" if near else "tmux-orchestra --help"
            raise UsageError(f"there is no command {args[0]!r}", safe=NOTHING_DONE, hint=hint)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        """List the verbs without importing any of them."""
        with formatter.section("Commands"):
            formatter.write_dl([(verb, line) for verb, line in VERBS.items() if line])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete the verbs without importing any of them, and the options."""
        verbs = [CompletionItem(v, help=line) for v, line in VERBS.items() if line and v.startswith(incomplete)]
        return [*verbs, *click.Command.shell_complete(self, ctx, incomplete)]

    def invoke(self, ctx: click.Context) -> Any:
        """Carry the verb out; a reader of stdout who has seen enough (`| head`) ends it in peace."""
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # or Python would complain when it flushes at its end
            raise click.exceptions.Exit(int(ExitCode.DONE)) from None
        return result


@click.group(
    cls=Verbs,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog='Completion for bash (zsh, fish): eval "$(_TMUX_ORCHESTRA_COMPLETE=bash_source tmux-orchestra)"',
)
@click.version_option(__version__, prog_name="tmux-orchestra")
def program() -> None:
    """One sentence in, merged and tested work out.

    tmux-orchestra breaks a request into tasks, lets a coding agent work on each in a tmux window and a git
    worktree of its own, checks and merges what they make in the right order, and cleans up.

    \b
        tmux-orchestra start "Implement user auth, fix payment bugs, update API docs"
    """  # noqa: D301 - \b is click's mark for lines that are not to be wrapped


def main() -> None:
    """Run the command line; every way out of the program leads through here."""
    prepare_streams()
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Carry out a command line; return its exit code. Never raises, never shows a traceback."""
    try:
        code = program.main(arguments, prog_name="tmux-orchestra", standalone_mode=False)
    except OrchestraError as error:
        return _tell(error)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help() if error.ctx else "")
        return int(ExitCode.USAGE)
    except click.ClickException as error:
        context = error.ctx if isinstance(error, click.UsageError) else None
        path = context.command_path if context else "tmux-orchestra"
        return _tell(UsageError(error.format_message(), safe=NOTHING_DONE, hint=f"{path} --help"))
    except SystemExit as exit_:
        return exit_.code if isinstance(exit_.code, int) else int(ExitCode.DONE)
    except (click.Abort, KeyboardInterrupt):
        narrate("interrupted\nwhat runs goes on without this terminal\nrun: tmux-orchestra status")
        return int(ExitCode.INTERRUPTED)
    except Exception as error:  # noqa: BLE001 - the one edge of the program
        return _bug(error)
    return code if isinstance(code, int) else int(ExitCode.DONE)


def _tell(error: OrchestraError) -> int:
    """Print what failed, what is safe, what to run next: always all three."""
    safe = error.safe or "no work was lost"
    hint = error.hint or (
        "tmux-orchestra doctor" if error.exit_code is ExitCode.ENVIRONMENT else "tmux-orchestra --help"
    )
    hint = f"run: {hint}" if hint.startswith("tmux-orchestra ") else hint
    narrate("\n".join(harmless(line) for line in (error.message, safe, hint)))
    return int(error.exit_code)


def _bug(error: Exception) -> int:
    from tmux_orchestra.effects.files import bug_log

    path = bug_log(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {sys.argv}\n{''.join(traceback.format_exception(error))}")
    told = f"{type(error).__name__}: {error}".splitlines()[0]
    narrate(
        f"this is a bug in tmux-orchestra: {harmless(told)}\n"
        f"what runs goes on; nothing was removed\n"
        f"the details are in {path}"
    )
    return int(ExitCode.BUG)
