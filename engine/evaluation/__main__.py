"""`python -m engine.evaluation MODEL [MODEL ...] --out DIR [--quick]`: models measured side by side."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from engine.evaluation.watch import Watch
from engine.threads import sleep_at_barriers
from presets.errors import OnetakeError

_STOPPED = 130


def main(words: Sequence[str] | None = None) -> int:
    """Measure, print the table, write evaluation.json and sheet.png; the exit status."""
    sleep_at_barriers()
    from engine.evaluation.run import FULL, QUICK, evaluate  # noqa: PLC0415 (torch reads how to wait when it loads)
    from engine.evaluation.table import table  # noqa: PLC0415

    options = argparse.ArgumentParser(prog="evaluation", description=__doc__)
    options.add_argument("models", nargs="+", help="ids of the catalog, or folders of packed weights")
    options.add_argument("--out", type=Path, required=True, help="folder for evaluation.json and sheet.png")
    options.add_argument("--quick", action="store_true", help="a tenth of the sounds: wider intervals")
    options.add_argument("--device", default="cpu", help="auto, cpu, cuda or mps")
    options.add_argument("--recordings", type=Path, help="a folder of real sounds to compare with")
    options.add_argument("--teacher", type=Path, help="weights of the first model's teacher")
    asked = options.parse_args(words)
    size = QUICK if asked.quick else FULL
    errors = Console(stderr=True, highlight=False)
    try:
        with watching(errors) as watch:
            found = evaluate(asked.models, size, asked.device, asked.recordings, asked.teacher, asked.out, watch)
    except OnetakeError as error:
        errors.print(f"error: {error}", soft_wrap=True, markup=False)
        return error.exit_status
    except KeyboardInterrupt:
        errors.print("Stopped. Nothing was written.")
        return _STOPPED
    Console(highlight=False, width=None if sys.stdout.isatty() else 200).print(table(found))
    return 0


@contextmanager
def watching(console: Console) -> Iterator[Watch]:
    """A bar for what is being done; where it goes to a file, a line for what is done."""
    if not console.is_terminal:
        yield lambda what, done, total: console.print(f"{what}: {total}") if done == total else None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=None)

        def watch(what: str, done: int, total: int) -> None:
            bar.update(task, description=what, completed=done, total=total)

        yield watch


if __name__ == "__main__":
    sys.exit(main())
