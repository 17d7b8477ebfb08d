"""What would be started: shown, changed and shown again, until the person agrees to it or would rather not."""

import shutil
from dataclasses import dataclass, field
from pathlib import Path

from tmux_orchestra.cli.console import choose, narrate, show
from tmux_orchestra.cli.editing import edit, edit_prompts
from tmux_orchestra.cli.preview import Preview
from tmux_orchestra.cli.prompt_files import compose, read_prompts
from tmux_orchestra.cli.requirements import require_names
from tmux_orchestra.core.errors import OrchestraError
from tmux_orchestra.core.plan import Plan
from tmux_orchestra.core.settings import Settings
from tmux_orchestra.core.subagents import Subagent
from tmux_orchestra.effects.files import new_drafts
from tmux_orchestra.effects.git import Repository
from tmux_orchestra.effects.starting import Agreed, require_launches

QUESTION = "\nStart? (e edits the plan, p the prompts)"


@dataclass
class Offer:
    """One start, as long as it is only talked about."""

    repository: Repository
    settings: Settings
    preview: Preview
    prompts: Path | None
    """The folder of the prompts that the person wrote."""
    drafts: list[Path] = field(default_factory=list)
    """Such folders of ours."""
    subagents: tuple[Subagent, ...] = ()
    """Those of the last offer that was made."""

    def make(self, request: str, plan: Plan) -> Agreed:
        """Return what would be started. Raises OrchestraError for what could not be."""
        require_names(plan)
        composed = compose(request, plan, self.preview.commands)
        written = read_prompts(self.prompts, composed) if self.prompts else {}
        agreed = Agreed(request, plan, self.settings, self.preview.commands, written)
        self.subagents = tuple(require_launches(self.repository, agreed).values())
        return agreed

    def settle(self, agreed: Agreed, *, yes: bool) -> Agreed:
        """Ask until the person agrees. Raises OrchestraError if they would rather not."""
        while True:
            match choose(QUESTION, yes=yes, choices="ynep"):
                case "y":
                    return agreed
                case "e":
                    agreed = self._edit_plan(agreed)
                case "p":
                    agreed = self._edit_prompts(agreed)
                case _:
                    kept = f"; your prompts are kept in {self.prompts}" if self.drafts else ""
                    raise OrchestraError(
                        "not started, as you wished",
                        safe=f"nothing was created{kept}",
                        hint="tmux-orchestra plan --edit --save FILE",
                    )
            show(self.preview.show(agreed.plan))

    def _edit_plan(self, agreed: Agreed) -> Agreed:
        try:
            return edit(agreed.request, agreed.plan, self.make) or agreed
        except OrchestraError as error:
            narrate(f"{error.message}\n{error.safe}\nthe plan is as it was before")
            return agreed

    def _edit_prompts(self, agreed: Agreed) -> Agreed:
        """Let the person edit every task's prompt, in a folder of ours: a folder that they gave stays as it is."""
        before, self.prompts = self.prompts, new_drafts("prompts-")
        try:
            composed = compose(agreed.request, agreed.plan, agreed.checks)
            edit_prompts(self.prompts, agreed, composed)
            after = self.make(agreed.request, agreed.plan)
        except OrchestraError as error:
            narrate(f"{error.message}\nwhat you wrote is kept in {self.prompts}\nthe prompts are as they were before")
            self.prompts = before
            return agreed
        if after == agreed:
            shutil.rmtree(self.prompts)
            self.prompts = before
            narrate("the prompts are as they were before")
        else:
            self.drafts.append(self.prompts)
            narrate(f"the prompts of these tasks are yours now: {', '.join(after.prompts) or 'none'}")
        return after

    def forget_drafts(self) -> None:
        """Remove our folders: a run has taken over what was written there."""
        for folder in self.drafts:
            shutil.rmtree(folder, ignore_errors=True)
