"""The command `kit`: sounds on MIDI notes until Ctrl-C, several kits by program change, and its keys."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from msgspec.structs import replace

from plugin_bridge.audio.protocol import Monitor, Opened
from presets import kits
from presets.errors import InvalidRequest
from presets.notes import MiddleC
from presets.notes import name as note_name
from presets.schema import Kit
from ui import report
from ui.audio_link import Speaker
from ui.keyboard import keys
from ui.ways_out import DriverName, Ears, Frames, Hertz, HostApi, Way, output_of

HEARD_KEYS = "12345678"
_METER_SECONDS = 0.2


class Hear(StrEnum):
    """Where a kit is heard."""

    HERE = "here"
    DAW = "daw"
    BOTH = "both"


class Middle(StrEnum):
    """The name of note 60."""

    C3 = "C3"
    C4 = "C4"
    C5 = "C5"


_MIDDLES: dict[Middle, MiddleC] = {Middle.C3: 3, Middle.C4: 4, Middle.C5: 5}

Daw = Annotated[str, typer.Option(help='The virtual device your DAW records from, such as "Onetake".')]


def kit_(
    kit: Annotated[
        list[Path],
        typer.Argument(
            help="Kit files, or folders of WAVs on notes 36, 37, …; several are chosen by program change."
        ),
    ],
    output: Ears = "",
    daw: Daw = "",
    hear: Annotated[Hear, typer.Option(help="Where the notes are heard.")] = Hear.BOTH,
    driver: Way = DriverName.AUTO,
    host_api: HostApi = "",
    rate: Hertz = 0,
    block: Frames = 0,
    midi: Annotated[list[str] | None, typer.Option(help="MIDI input; every one if none is named.")] = None,
    thru: Annotated[str, typer.Option(help="MIDI output that gets what comes in; see onetake devices.")] = "",
    middle_c: Annotated[Middle, typer.Option(help="The name of note 60 in your DAW.")] = Middle.C3,
    reastream: Annotated[str, typer.Option(help="Identifier of a ReaStream receiver on this machine.")] = "",
    exclusive: Annotated[bool, typer.Option("--exclusive", help="Without the system's mixer (WASAPI).")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Show what comes in over MIDI.")] = False,
    save: Annotated[Path | None, typer.Option(help="Write the kit to a .json file and end.")] = None,
) -> None:
    """Play sounds on MIDI notes until Ctrl-C. In a terminal 1-8 play, n is the next kit, p panic, q ends."""
    played, sounds = kits.together([kit_at(path) for path in kit])
    if save is not None:
        _save(save, played)
        return
    more: dict[str, str | bool] = {
        "daw": daw,
        "ears": hear is not Hear.DAW,
        "exclusive": exclusive,
        "reastream": reastream,
    }
    wanted = output_of(output, driver, host_api, rate, block, **more)
    monitor = Monitor(hear=hear.value)
    with Speaker(_MIDDLES[middle_c]) as speaker:
        opened = speaker.open(wanted, monitor)
        if hear is Hear.DAW and not opened.daw:
            report.warn("No DAW's device is open, so nothing is heard. Name it with --daw, or start JACK.")
        speaker.client.midi_ports(tuple(midi) if midi else None, thru, watch)
        for take, path in sounds.items():
            speaker.load(take, path)
        for one in reversed(played):  # the first one is the last that is chosen
            speaker.use(one)
        for one in played:
            _show_kit(one, sounds, _MIDDLES[middle_c], several=len(played) > 1)
        report.note(f"{_where(opened)}. Ctrl-C ends.")
        _play_keys(speaker, played, monitor)


def kit_at(path: Path) -> tuple[Kit, dict[str, Path]]:
    """A kit and its sounds, from a kit file or a folder.

    Raises:
        InvalidRequest: a folder without WAVs.
        UnreadableFile: no kit.
    """
    if path.is_dir():
        files = sorted(file for file in path.iterdir() if file.suffix.lower() == ".wav")
        if not files:
            raise InvalidRequest(f"There are no WAVs in {path}.")
        return kits.kit_of(files, path.name)
    played = kits.read_kit(path)
    sounds = kits.find_sounds(played, path.parent)
    for take in kits.missing(played, sounds):
        report.warn(f"No sound for {take} lies beside {path.name}; its notes are silent.")
    return played, sounds


def _save(path: Path, played: Sequence[Kit]) -> None:
    if len(played) > 1:
        raise InvalidRequest("A file holds one kit. Save them one by one, each with a file of its own.")
    kits.write_kit(path, played[0])
    report.line(f"Wrote {path}.")


def _where(opened: Opened) -> str:
    there = f"{opened.driver}: {opened.device or 'nowhere'}" + (f" → {opened.daw}" if opened.daw else "")
    return f"{there}, {opened.rate} Hz, {opened.block or 'its own'} frames"


def _show_kit(played: Kit, sounds: dict[str, Path], middle: MiddleC, several: bool) -> None:
    if several:
        report.line(f"Program {played.program}: {played.name}")
    rows = [["note", "sound", "mode", "output"]]
    for zone in played.zones:
        notes = note_name(zone.low, middle) + (f"-{note_name(zone.high, middle)}" if zone.high > zone.low else "")
        name = sounds[zone.take].name if zone.take in sounds else f"{zone.take} (missing)"
        rows.append([f"{notes} ({zone.low})", name, zone.mode, str(zone.output)])
    report.columns(rows)


def _play_keys(speaker: Speaker, played: Sequence[Kit], monitor: Monitor) -> None:
    """Keys until q or Ctrl-C, with a line of meters that is drawn over itself."""
    told = played[0].program
    with keys() as key, report.meter() as draw:
        while (pressed := key(_METER_SECONDS)) != "q":
            here = next((one for one in played if one.program == speaker.state.program), played[0])
            if here.program != told:
                told = here.program
                report.note(f"Program {told}: {here.name}")
            if pressed in ("d", "m"):
                field = "dim" if pressed == "d" else "mute"
                monitor = replace(monitor, **{field: not getattr(monitor, field)})
                speaker.client.monitor(monitor)
            elif pressed == "n":
                speaker.client.select(played[(played.index(here) + 1) % len(played)].program)
            elif pressed == "p":
                speaker.client.panic()
            elif pressed:
                _strike(speaker, here, pressed)
            speaker.sleep(0.001)
            draw(speaker.state)


def _strike(speaker: Speaker, played: Kit, pressed: str) -> None:
    """The first eight notes of a kit lie on the keys 1 to 8."""
    notes = list(dict.fromkeys(zone.low for zone in played.zones))
    for key, note in zip(HEARD_KEYS, notes, strict=False):
        if key == pressed:
            speaker.client.midi(bytes((0x90, note, 100)))
            speaker.client.midi(bytes((0x80, note, 64)))


COMMANDS: dict[str, Callable[..., None]] = {"kit": kit_}
"""What the command line calls it."""
