"""The command that hands sounds to other programs: export.

Its options are the rows of the table in presets/export/formats.py: a new format brings its own.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated, Any

import typer

from presets import kits
from presets.errors import InvalidRequest, NotWritten, UnreadableFile
from presets.export import formats
from presets.export.formats import FORMATS, Selection
from presets.export.parcel import Taken
from presets.export.wishes import Option, Value
from ui import creator, report
from ui.drafting import drafted
from ui.engine_link import Maker, maker
from ui.siblings import natives
from ui.spots import place

_TAKES = "takes"
_DRAFTS = "Make what a spotting list wants and nobody has made yet; without it there are markers."
_LONGEST = 120


def export_(
    selection: list[Path],
    form: str,
    output: Path,
    name: str,
    overwrite: bool,
    drafts: bool,
    model: str,
    **wishes: Value | None,
) -> None:
    """Write a kit, takes or a spotting list as files of other programs; each appears whole or not at all."""
    chosen = formats.find(form)
    wanted = _selection(selection, name)
    asked = {wish: value for wish, value in wishes.items() if value is not None}
    if asked.get("ucs") and any(option.name == "creator" for option in chosen.options):
        asked["creator"] = _creator(str(asked.get("creator", "")))
    if wanted.spots is not None and drafts and "spotting list" in chosen.takes:
        wanted = _drafted(wanted, selection, str(asked.get("fps", "25")), model)
    # One selection goes out in many formats.
    called = "" if name or chosen.suffix else f"{wanted.name} {chosen.id}"
    try:
        with report.progress(f"Exporting {chosen.name}", 100) as advance, natives(_engine) as native:
            told = report.hundredths(advance)
            done = formats.export(chosen, wanted, output, asked, told, overwrite, called, native)
    except Taken as error:
        raise NotWritten(
            f"{error.place} is there already and stays as it is. "
            "Choose another name with --name, or replace it with --overwrite."
        ) from error
    assert done is not None  # nobody ends it here but Ctrl-C, which is heard elsewhere
    for remark in done.remarks:
        report.warn(remark)
    report.line(str(done.place))


def _drafted(wanted: Selection, named: Sequence[Path], fps: str, model: str) -> Selection:
    """The selection with a draft for every row of its list that has no sound."""
    assert wanted.spots is not None
    folder = place(wanted.spots, [path for path in named if path != wanted.spots])
    with report.progress("Drafting", 100) as advance:
        made, remarks = drafted(
            wanted, fps, folder, model, lambda: maker(model, "auto", local=False), report.hundredths(advance)
        )
    for remark in remarks:
        report.note(remark)
    return made


def _engine(model: str) -> AbstractContextManager[Maker]:
    """What renders the siblings of a take."""
    return maker(model, "auto", local=False)


def _creator(given: str) -> str:
    """The CreatorID: said now, or once before, or asked for.

    Raises:
        InvalidRequest: nobody has said it, and nobody can be asked.
    """
    name = given or creator.known()
    if not name and report.is_interactive():
        name = str(typer.prompt("Who makes these sounds (the CreatorID of UCS names)", err=True))
    if not name.strip():
        raise InvalidRequest("UCS names say who made the sounds. Give --creator NAME once; it is remembered.")
    creator.remember(name)
    return name


def _selection(paths: Sequence[Path], name: str) -> Selection:
    """What was named on the command line: a kit file, or WAVs and folders of them, with or without a list.

    Raises:
        InvalidRequest: nothing to export, two kits, or a kit among other things.
        UnreadableFile: a path that leads nowhere, or a kit.
    """
    lost = [path for path in paths if not path.exists()]
    if lost:
        raise UnreadableFile(f"There is no file {lost[0]}. Check the name.")
    kit_files = [path for path in paths if path.suffix.lower() == ".json" and path.is_file()]
    if kit_files and len(paths) > 1:
        raise InvalidRequest("Export one kit at a time, and nothing beside it.")
    if kit_files:
        kit = kits.read_kit(kit_files[0])
        sounds = kits.find_sounds(kit, kit_files[0].parent)
        return Selection(name or kit.name, tuple(sounds.values()), kit, sounds)
    lists = [path for path in paths if path.suffix.lower() == ".csv"]
    if len(lists) > 1:
        raise InvalidRequest("Export one spotting list at a time.")
    others = [path for path in paths if path not in lists]
    places = others or [path.parent for path in lists]
    sounds_found = tuple(file for place in places for file in _wavs(place))
    if not sounds_found and not lists:
        raise InvalidRequest(f"There are no WAVs in {places[0]}.")
    spots = lists[0] if lists else None
    return Selection((name or _name(spots, others, sounds_found))[:_LONGEST], sounds_found, spots=spots)


def _wavs(place: Path) -> list[Path]:
    """A file itself, or the WAVs of a folder and of the folder "takes" in it."""
    if not place.is_dir():
        return [place]
    folders = [place, place / _TAKES] if (place / _TAKES).is_dir() else [place]
    return [file for folder in folders for file in sorted(folder.iterdir()) if file.suffix.lower() == ".wav"]


def _name(spots: Path | None, others: Sequence[Path], sounds: Sequence[Path]) -> str:
    if spots is not None:
        return spots.stem
    if len(others) == 1 and others[0].is_dir():
        return others[0].resolve().name
    return kits.family([path.stem for path in sounds])


def _options() -> list[Option]:
    """Every option of every format, once."""
    found: dict[str, Option] = {}
    for form in FORMATS:
        for option in form.options:
            found.setdefault(option.name, option)
    return list(found.values())


def _users(name: str) -> str:
    return ", ".join(form.id for form in FORMATS if any(option.name == name for option in form.options))


def _parameter(option: Option) -> inspect.Parameter:
    flag = f"--{option.name.replace('_', '-')}"
    told = typer.Option(flag, help=f"{option.help} For {_users(option.name)}.", show_default=False)
    return _named(option.name, type(option.default) | None, told, None)


def _named(name: str, kind: Any, told: Any, default: object) -> inspect.Parameter:
    annotation = Annotated[kind, told]
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def _signature() -> inspect.Signature:
    """The command's own arguments, and an option for every row of the table."""
    ids = ", ".join(form.id for form in FORMATS)
    selection = typer.Argument(
        metavar="SELECTION...", help="A kit file; or WAVs and folders of them, with or without a spotting list."
    )
    empty = inspect.Parameter.empty
    output = typer.Option("-o", "--output", help="A folder; made if it is not there.")
    own = [
        _named("selection", list[Path], selection, empty),
        _named("form", str, typer.Option("--format", help=f"One of {ids}."), empty),
        _named("output", Path, output, Path("exports")),
        _named("name", str, typer.Option("--name", help="What it is called.", show_default=False), ""),
        _named("overwrite", bool, typer.Option("--overwrite", help="Replace what has that name."), False),
        _named("drafts", bool, typer.Option("--drafts/--no-drafts", help=_DRAFTS), True),
        _named("model", str, typer.Option("--model", help="Makes those drafts; see onetake models."), "starter"),
    ]
    return inspect.Signature([*own, *map(_parameter, _options())])


def _command() -> Callable[..., None]:
    """The command as typer reads it: its options follow from the table."""
    command: Any = export_
    command.__signature__ = _signature()
    command.__annotations__ = {
        name: parameter.annotation for name, parameter in command.__signature__.parameters.items()
    }
    return command


COMMANDS: dict[str, Callable[..., None]] = {"export": _command()}
"""What the command line calls them."""
