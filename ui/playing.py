"""The commands that make sounds heard: play, bounce, devices; the command kit is performing.py.

Each is a short story; the audio process does the work (plugin_bridge/audio), and a bounce needs none.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from plugin_bridge.audio.bounce import bounce
from plugin_bridge.audio.protocol import Devices, Monitor
from presets.errors import NotWritten
from presets.export import wav
from presets.files import safe_name, unused
from presets.sound import decibels
from ui import report
from ui.audio_link import Speaker
from ui.options import BitDepth
from ui.performing import kit_at
from ui.ways_out import DriverName, Ears, Frames, Hertz, HostApi, Way, output_of

_BREATH_SECONDS = 0.15


class By(StrEnum):
    """What gets a stem of its own."""

    OUTPUTS = "outputs"
    TAKES = "takes"


def play_(
    files: Annotated[list[Path], typer.Argument(help="WAVs, played one after the other.")],
    output: Ears = "",
    driver: Way = DriverName.AUTO,
    host_api: HostApi = "",
    rate: Hertz = 0,
    block: Frames = 0,
    as_is: Annotated[bool, typer.Option("--as-is", help="At its own level, not at matched loudness.")] = False,
    gain: Annotated[float, typer.Option(help="dB on top.")] = 0.0,
) -> None:
    """Hear sounds, at matched loudness and limited at -1 dBTP."""
    wanted = output_of(output, driver, host_api, rate, block)
    with Speaker() as speaker:
        speaker.open(wanted, Monitor(match=not as_is))
        for path in files:
            loaded = speaker.load(str(path), path)
            loudness = "silent" if loaded.loudness is None else f"{loaded.loudness:.1f} LUFS-M"
            report.line(f"{path}  {loaded.seconds:.3f} s  {loudness}")
            speaker.client.audition(str(path), gain)
            speaker.sleep(loaded.seconds + _BREATH_SECONDS)
            speaker.client.unload(str(path))


def bounce_(
    kit: Annotated[Path, typer.Argument(help="A kit file, or a folder of WAVs.")],
    midi: Annotated[Path, typer.Argument(help="A standard MIDI file; tick 0 is the begin of the stems.")],
    folder: Annotated[Path, typer.Option("-o", "--output", help="A folder; made if it is not there.")] = Path(
        "stems"
    ),
    by: Annotated[By, typer.Option(help="A stem for every output, or for every take.")] = By.OUTPUTS,
    rate: Annotated[int, typer.Option(help="Hz.")] = 48_000,
    bit_depth: Annotated[BitDepth, typer.Option(help="Sample format of the stems.")] = BitDepth.PCM_24,
) -> None:
    """Let a kit play a MIDI file into WAVs, faster than it lasts, every onset at its own frame."""
    played, sounds = kit_at(kit)
    with report.progress("Bouncing", 100) as advance:
        stems = bounce(played, sounds, midi, rate, by.value, report.hundredths(advance))
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise NotWritten(
            f"The folder {folder} cannot be made: {error.strerror}. Choose another with -o."
        ) from error
    for stem in stems:
        name = safe_name(f"{midi.stem} {_stem_name(stem.name, sounds)}")
        written = wav.write(unused(folder / f"{name}.wav"), stem.sound, depth=bit_depth.value)
        peak = "silent" if not stem.sound.peak else f"{decibels(stem.sound.peak):.1f} dB"
        report.line(f"{written.path}  {stem.sound.seconds:.3f} s  {peak}")
        if written.lowered_db:
            lowered = f"Lowered by {written.lowered_db:.1f} dB"
            report.note(f"{lowered} to fit into {bit_depth.value} bit; 32f keeps the level.")


def devices_(
    output: Ears = "",
    driver: Way = DriverName.AUTO,
    host_api: HostApi = "",
    rate: Hertz = 0,
    block: Frames = 0,
    tone: Annotated[bool, typer.Option("--tone", help="Play a test tone instead, left and then right.")] = False,
    measure: Annotated[bool, typer.Option("--measure", help="Time a click's return instead.")] = False,
    source: Annotated[str, typer.Option(help="The input that records the click; JACK has its own.")] = "",
) -> None:
    """List the outputs and MIDI ports, as a table for a bug report; or hear or time one of them."""
    wanted = output_of(output, driver, host_api, rate, block)
    with Speaker() as speaker:
        if tone or measure:
            opened = speaker.open(wanted, Monitor())
        if tone:
            report.line(f"1 kHz at -20 dBFS, left and then right, on {opened.device or 'nothing'}.")
            speaker.client.test_tone(1.5)
            speaker.sleep(3.5)
        elif measure:
            told = speaker.measured(source)
            late = 1000 * told.frames / told.rate
            report.line(f"A click comes back after {told.frames} frames ({late:.2f} ms at {told.rate} Hz).")
        else:
            _show_devices(speaker.devices(), output, host_api)


def _show_devices(found: Devices, output: str, host_api: str) -> None:
    rows = [["output", "host API", "channels", "Hz", "latency ms", "remark"]]
    for one in found.devices:
        if not one.name.startswith(output) or host_api not in ("", one.host_api):
            continue
        marks = ", ".join(
            [*["default"] * one.default, *["virtual"] * one.virtual, *[one.remark] * bool(one.remark)]
        )
        latency = f"{1000 * one.latency:.1f}" if one.latency else ""
        rows.append([one.name, one.host_api, str(one.outputs), str(one.rate or ""), latency, marks])
    report.columns(rows)
    report.line("\nMIDI inputs: " + (", ".join(found.midi_inputs) or "none"))
    if found.midi_outputs:
        report.line("MIDI outputs: " + ", ".join(found.midi_outputs))
    if found.advice:
        report.note(found.advice)


def _stem_name(name: str, sounds: dict[str, Path]) -> str:
    return sounds[name].stem if name in sounds else name


COMMANDS: dict[str, Callable[..., None]] = {"play": play_, "bounce": bounce_, "devices": devices_}
"""What the command line calls them."""
