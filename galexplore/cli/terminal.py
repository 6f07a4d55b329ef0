"""What the verbs share: output, progress bars, refusals."""

import json
import sys
from typing import NoReturn

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

#: How the status of a check is marked.
MARKS = {"passed": "[green]✓[/]", "fixed": "[yellow]~[/]", "refused": "[red]✗[/]"}

out = Console()
complaints = Console(stderr=True)


def refuse(error: Exception, as_json: bool = False) -> NoReturn:
    """Say in one sentence what is wrong, and stop with status 2."""
    if as_json:
        print(json.dumps({"error": str(error)}))
    else:
        print(error, file=sys.stderr)
    raise SystemExit(2)


class Bars:
    """Progress bars by stage: called as (stage, done, of, note)."""

    def __init__(self) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self.progress = Progress(*columns, TimeRemainingColumn(), console=complaints)
        self.tasks: dict[str, TaskID] = {}

    def __enter__(self) -> "Bars":
        self.progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.progress.stop()

    def __call__(self, stage: str, done: int, of: int | None = None, note: str = "") -> None:
        """Move a stage's bar, and print a note above the bars."""
        if stage not in self.tasks:
            self.tasks[stage] = self.progress.add_task(stage, total=of)
        self.progress.update(self.tasks[stage], completed=done, total=of)
        if note:
            self.progress.console.print(note)
