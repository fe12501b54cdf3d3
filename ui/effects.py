"""The commands about the designer's own effects: fx list, scan, unblock, favourite.

A plug-in is only ever loaded in a child process (plugin_bridge/rack); here is what a person asks and reads.
"""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any, get_args

import msgspec
import typer

from plugin_bridge.rack.catalogue import Catalogue, Known, Unusable
from plugin_bridge.rack.scan import (
    LONGEST_SECONDS,
    Answer,
    Began,
    Event,
    Finished,
    Scan,
    Summary,
    Trouble,
    forget_folder,
    format_of,
    remember_folders,
)
from plugin_bridge.rack.store import Store
from presets.errors import InvalidRequest
from presets.places import state_folder
from ui import report

APP = typer.Typer(
    name="fx",
    help="Your own effects: which there are, and chains of them.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

_ANSWERS: tuple[Answer, ...] = get_args(Answer)


@APP.command("list")
def list_(
    search: Annotated[str, typer.Option(help="Words in the name, maker or category.")] = "",
    instruments: Annotated[bool, typer.Option("--instruments", help="Instruments instead of effects.")] = False,
    blocked: Annotated[
        bool, typer.Option("--blocked", help="What is not loaded, because it crashed, hung or is broken.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, with everything known.")] = False,
) -> None:
    """List the plug-ins that the last scan found."""
    catalogue = _catalogue()
    if blocked:
        _show_unusable((*catalogue.blocked, *catalogue.broken), as_json)
        return
    found = catalogue.search(search, instruments=instruments)
    if as_json:
        _show_json(found)
    elif found:
        report.columns([_HEAD, *map(_row, found)])
    elif not catalogue.known:
        report.note("No plug-ins are known yet. onetake fx scan looks for them.")
    else:
        report.note("No plug-in fits these words.")


@APP.command("scan")
def scan_(
    places: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Folders to look in; they are remembered. Or one plug-in's file.",
            show_default="all known folders",
        ),
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Look at unchanged plug-ins too; blocked ones stay blocked.")
    ] = False,
    forget: Annotated[list[Path] | None, typer.Option(help="A folder to look in no more.")] = None,
) -> None:
    """Look for plug-ins, each in a process of its own; a broken one costs nothing but a line here."""
    store = _store()
    for folder in forget or ():
        forget_folder(store, folder)
    if forget and not places:
        return
    _refuse_what_is_missing(places or [])
    folders = [place for place in places or () if not format_of(place)]
    for file in (place for place in places or () if format_of(place)):
        _look_at(Catalogue(store), file)
    if folders or not places:
        remember_folders(store, folders)
        told = _Telling()
        with told:
            summary = Scan(
                store, folders or None, tell=told.event, ask=told.ask if _asks() else None, again=again
            ).run()
        told.remarks()
        report.line(_words(summary))
    if store.remark:
        report.warn(store.remark)


@APP.command("unblock")
def unblock_(
    plugin: Annotated[str, typer.Argument(help="The file of a blocked plug-in, or its name.")],
) -> None:
    """Try a blocked plug-in again, now, in a process of its own."""
    catalogue = _catalogue()
    named = [
        one.path for one in (*catalogue.blocked, *catalogue.broken) if plugin in (one.path.stem, one.path.name)
    ]
    if len(named) > 1:
        raise InvalidRequest(f"Several are called {plugin}: {', '.join(map(str, named))}. Say the whole path.")
    _look_at(catalogue, named[0] if named else Path(plugin))


@APP.command("favourite")
def favourite_(
    name: Annotated[str, typer.Argument(help="The plug-in's name, or words that fit no other.")],
    no_more: Annotated[bool, typer.Option("--no-more", help="It is none any more.")] = False,
) -> None:
    """Let a plug-in stand first in every list."""
    one = _catalogue().like(name, not no_more)
    report.line(f"{one.name} is {'no favourite any more' if no_more else 'a favourite'}.")


class _Telling:
    """A bar while a scan runs, and what is said when it is over."""

    def __init__(self) -> None:
        self._bar = ExitStack()
        self._update: Any = None
        self._remarks: list[str] = []

    def __enter__(self) -> _Telling:
        return self

    def __exit__(self, *error: object) -> None:
        self._stop()

    def event(self, event: Event) -> None:
        """Move the bar, and remember what is to be said."""
        if self._update is None:
            self._update = self._bar.enter_context(report.measuring())
        match event:
            case Began():
                self._update(f"Looking at {event.path.stem}", event.done, event.total)
            case Finished():
                self._update("Plug-ins looked at", event.done, event.total)
                if event.result.outcome not in ("known", "slow") and event.result.fresh:
                    self._remarks.append(f"{event.result.path}: {event.result.reason}")
            case Trouble():
                self._remarks.append(f"{event.path}: {event.sentence}")

    def ask(self, path: Path, seconds: float) -> Answer:
        """Ask the person at the terminal what to do about a plug-in that takes long."""
        self._stop()  # a bar would be drawn over the question
        choices = f"Wait (up to {LONGEST_SECONDS:.0f} s), skip, never?"
        asked = f"{path.stem} is still loading after {seconds:.0f} s. {choices}"
        while True:
            said = str(typer.prompt(asked, default="wait", err=True)).strip().lower()
            for answer in _ANSWERS:
                if said and answer.startswith(said):
                    return answer

    def remarks(self) -> None:
        """Say what was remembered."""
        for sentence in self._remarks:
            report.warn(sentence)

    def _stop(self) -> None:
        self._bar.close()
        self._update = None


_HEAD = ["name", "maker", "version", "format", "category", "channels", "remark"]


def _row(one: Known) -> list[str]:
    marks = [
        *["favourite"] * one.favourite,
        *["slow to load"] * one.slow,
        *["not loaded yet"] * (not one.loaded),
        *[f"{one.latency} samples late"] * bool(one.latency),
    ]
    channels = "" if one.inputs is None else f"{one.inputs} → {one.outputs}"
    return [one.name, one.maker, one.version, one.format, one.category, channels, ", ".join(marks)]


def _show_unusable(found: tuple[Unusable, ...], as_json: bool) -> None:
    if as_json:
        _show_json(found)
        return
    for one in found:
        report.line(f"{one.path}  {one.outcome}  {one.reason}")
        for printed in one.printed[-3:]:
            report.note(printed)
    if not found:
        report.note("Nothing is blocked or broken.")


def _show_json(values: tuple[object, ...]) -> None:
    data = msgspec.json.encode(values, enc_hook=str)
    report.line(msgspec.json.format(data, indent=1).decode())


def _look_at(catalogue: Catalogue, path: Path) -> None:
    report.note(f"Looking at {path.stem}, {LONGEST_SECONDS:.0f} s at most.")
    found = catalogue.load_directly(path)
    report.line(f"{path.name} can be used: {', '.join(one.name for one in found)}.")


def _refuse_what_is_missing(places: list[Path]) -> None:
    for place in places:
        if not place.exists():
            raise InvalidRequest(f"There is no folder {place}. Check the name, or plug its disk in.")
        if place.is_file() and not format_of(place):
            raise InvalidRequest(f"{place} is neither a folder nor a plug-in.")


def _words(summary: Summary) -> str:
    counted = {
        kind: summary.outcomes.get(kind, 0) for kind in ("known", "slow", "broken", "crashed", "hung", "never")
    }
    blocked = counted["crashed"] + counted["hung"] + counted["never"]
    left_out = summary.outcomes.get(None, 0)
    parts = [f"{counted['known']} can be used"]
    parts += [f"{counted['slow']} slow to load"] * bool(counted["slow"])
    parts += [f"{counted['broken']} broken"] * bool(counted["broken"])
    parts += [f"{blocked} blocked"] * bool(blocked) + [f"{left_out} left out"] * bool(left_out)
    return f"{summary.total} bundles: {', '.join(parts)}. {summary.looked_at} were new or changed."


def _asks() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


def _store() -> Store:
    return Store(state_folder())


def _catalogue() -> Catalogue:
    store = _store()
    catalogue = Catalogue(store)
    if store.remark:
        report.warn(store.remark)
    return catalogue
