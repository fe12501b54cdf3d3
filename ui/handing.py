"""`onetake handoff`: files for a DAW that stay where they are, and follow their take when they are asked to.

The session is a folder: hand-offs lie in its `handoffs`, and what is newest of a take is looked for in it and in
its `takes`, by the recipes in the files.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from presets import assemblies, handoff, kits
from presets.errors import InvalidRequest, UnreadableFile
from presets.export.wav import Depth
from presets.handoff import Given, Handoff, Outcome
from presets.schema import Kit, Zone
from ui import report
from ui.given_files import as_said, given_of
from ui.targets import check_folder

_GIVE = "give"
_WORDS = {"current": "is the newest already", "frozen": "is not linked", "updated": "updated"}


class _FilesOrCommand(typer.core.TyperGroup):
    """A group whose first word may be a file: then it is handed off."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """See click: what is no command and no question for help is for `give`."""
        if args and args[0] not in self.commands and args[0] != "--help":
            args = [_GIVE, *args]
        return super().parse_args(ctx, args)


app = typer.Typer(cls=_FilesOrCommand, no_args_is_help=True, rich_markup_mode=None, add_completion=False)

Session = Annotated[Path, typer.Option("-o", "--output", "--session", help="The session's folder.")]
_HERE = Path()


@app.callback()
def handoff_() -> None:
    """Hand sounds to a DAW: onetake handoff FILE… writes files, update, commit and list care for them."""


@app.command(_GIVE, hidden=True)
def give(
    files: Annotated[list[Path], typer.Argument(help="WAVs.")],
    linked: Annotated[
        bool, typer.Option("--linked", help="Updates come into the file; else it is a copy.")
    ] = False,
    output: Session = _HERE,
    rate: Annotated[int, typer.Option(help="The DAW session's sample rate, Hz.")] = 48_000,
    bit_depth: Annotated[Depth, typer.Option(help="The DAW session's bit depth.")] = "24",
) -> None:
    """Hand sounds off: files in the session's folder "handoffs", for a DAW to read there."""
    check_folder(output)
    given = {path: given_of(path) for path in files}  # all are read before the first is written
    if linked and (bare := [path for path, what in given.items() if what.version is None]):
        raise InvalidRequest(
            f"{bare[0].name} holds no recipe, so nothing newer can come of it: hand it off without --linked."
        )
    with report.progress("Handing off", len(given)) as advance:
        for path, what in given.items():
            made = handoff.give(output, path.stem, what, rate, bit_depth, linked)
            advance(made)
            link = "linked" if linked else "frozen"
            report.line(f"{output / handoff.FOLDER / made.name}  {made.frames / made.rate:.3f} s  {link}")


@app.command("update")
def update(
    output: Session = _HERE,
    source: Annotated[
        list[Path] | None, typer.Option("--from", help="More folders to look for newer versions in.")
    ] = None,
) -> None:
    """Bring every linked file to the newest version of its take, in its place in the DAW."""
    handoffs = _listed(output)
    newest = newest_in([output, *(source or [])], [one.take for one in handoffs if one.linked])
    with report.progress("Updating", max(1, len(handoffs))) as advance:
        outcomes = handoff.update(output, newest, lambda outcome, done, total: advance(outcome))
    _tell(outcomes)


@app.command("commit")
def commit(
    names: Annotated[list[str] | None, typer.Argument(help="Files; all linked ones if none is named.")] = None,
    output: Session = _HERE,
) -> None:
    """End the link: these files are never replaced again."""
    ended = handoff.commit(output, names or None)
    for one in ended:
        report.line(f"{one.name} is frozen now.")
    if not ended:
        report.line("Nothing was linked.")


@app.command("list")
def list_(output: Session = _HERE) -> None:
    """Show what was handed off."""
    handoffs = _listed(output)
    if not handoffs:
        report.line(f"Nothing was handed off in {output}.")
        return
    rows = [["file", "link", "version", "seconds", "format", "waiting"]]
    for one in handoffs:
        steps = "" if not one.shown.steps else "draft" if one.shown.steps == 1 else f"{one.shown.steps} steps"
        shape = f"{one.rate} Hz, {one.depth} bit, {one.channels} channel{'s' * (one.channels != 1)}"
        link = "linked" if one.linked else "frozen"
        rows.append([one.name, link, steps, f"{one.frames / one.rate:.3f}", shape, "yes" if one.coming else ""])
    report.columns(rows)


def newest_in(folders: Sequence[Path], takes: Sequence[str]) -> Callable[[Handoff], Given | None]:
    """Says of a hand-off which file of these folders holds its take with the most steps, of several the newest.

    Args:
        folders: looked into in order, and into "takes" in each.
        takes: the lineages that will be asked for.

    Raises:
        UnreadableFile: a folder cannot be read.
    """
    found: dict[str, Path] = {}
    wanted = Kit(
        name="linked", zones=tuple(Zone(take=take, low=0, high=0, root=0) for take in dict.fromkeys(takes))
    )
    for folder in folders if wanted.zones else ():
        found = {**_better(kits.find_sounds(wanted, folder), found)}
    return lambda one: as_said(found[one.take]) if one.take in found else None


def _better(these: Mapping[str, Path], those: Mapping[str, Path]) -> dict[str, Path]:
    """Of two finds of each take the one with more steps."""
    better = dict(those)
    for take, path in these.items():
        if take not in better or _steps(path) > _steps(better[take]):
            better[take] = path
    return better


def _steps(path: Path) -> int:
    try:
        version = assemblies.source_of(path)
    except UnreadableFile:
        return 0
    return version.recipe.steps if version else 0


def _listed(session: Path) -> list[Handoff]:
    handoffs, told = handoff.listed(session)
    for sentence in told:
        report.warn(sentence)
    return handoffs


def _tell(outcomes: Sequence[Outcome]) -> None:
    """What became of every file; the status is 1 where one did not become what it should.

    Raises:
        typer.Exit: a file failed, waits, was changed or is missing.
    """
    for one in outcomes:
        words = _WORDS.get(one.state, one.state)
        report.line(f"{one.handoff.name}: {words}")
        if one.sentence:
            (report.note if one.state == "updated" else report.warn)(one.sentence)
    if not outcomes:
        report.line("Nothing was handed off here.")
    if any(one.state in ("failed", "changed", "missing", "pending") for one in outcomes):
        raise typer.Exit(1)
