"""The commands that make sounds heard: play, kit, bounce, devices.

Each is a short story; the audio process does the work (plugin_bridge/audio), and a bounce needs none.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from msgspec.structs import replace

from plugin_bridge.audio.bounce import bounce
from plugin_bridge.audio.protocol import Monitor, Output
from presets import kits
from presets.errors import InvalidRequest, NotWritten
from presets.export import wav
from presets.files import safe_name, unused
from presets.notes import MiddleC
from presets.notes import name as note_name
from presets.schema import Kit
from presets.sound import decibels
from ui import report
from ui.audio_link import Speaker
from ui.keyboard import keys
from ui.options import BitDepth

HEARD_KEYS = "12345678"
_METER_SECONDS = 0.2
_BREATH_SECONDS = 0.15


class Hear(StrEnum):
    """Where a kit is heard."""

    HERE = "here"
    DAW = "daw"
    BOTH = "both"


class By(StrEnum):
    """What gets a stem of its own."""

    OUTPUTS = "outputs"
    TAKES = "takes"


class DriverName(StrEnum):
    """How sound gets out."""

    AUTO = "auto"
    JACK = "jack"
    PORTAUDIO = "portaudio"


class Middle(StrEnum):
    """The name of note 60."""

    C3 = "C3"
    C4 = "C4"
    C5 = "C5"


_MIDDLES: dict[Middle, MiddleC] = {Middle.C3: 3, Middle.C4: 4, Middle.C5: 5}

Ears = Annotated[
    str, typer.Option("--output", help="Where you listen; see onetake devices.", show_default="default")
]
Daw = Annotated[str, typer.Option(help='The virtual device your DAW records from, such as "Onetake".')]
Way = Annotated[DriverName, typer.Option("--driver", help="auto is JACK where it runs.")]
Frames = Annotated[int, typer.Option(help="Frames a block; 0 is the device's own.")]
Hertz = Annotated[int, typer.Option(help="Sample rate; 0 is the device's own.")]


def play_(
    files: Annotated[list[Path], typer.Argument(help="WAVs, played one after the other.")],
    output: Ears = "",
    driver: Way = DriverName.AUTO,
    rate: Hertz = 0,
    block: Frames = 0,
    as_is: Annotated[bool, typer.Option("--as-is", help="At its own level, not at matched loudness.")] = False,
    gain: Annotated[float, typer.Option(help="dB on top.")] = 0.0,
) -> None:
    """Hear sounds, at matched loudness and limited at -1 dBTP."""
    wanted = Output(driver=driver.value, device=output, rate=rate, block=block)
    with Speaker() as speaker:
        speaker.open(wanted, Monitor(match=not as_is))
        for path in files:
            loaded = speaker.load(str(path), path)
            loudness = "silent" if loaded.loudness is None else f"{loaded.loudness:.1f} LUFS-M"
            report.line(f"{path}  {loaded.seconds:.3f} s  {loudness}")
            speaker.client.audition(str(path), gain)
            speaker.sleep(loaded.seconds + _BREATH_SECONDS)
            speaker.client.unload(str(path))


def kit_(
    kit: Annotated[Path, typer.Argument(help="A kit file, or a folder of WAVs: they go on notes 36, 37, …")],
    output: Ears = "",
    daw: Daw = "",
    hear: Annotated[Hear, typer.Option(help="Where the notes are heard.")] = Hear.BOTH,
    driver: Way = DriverName.AUTO,
    rate: Hertz = 0,
    block: Frames = 0,
    midi: Annotated[list[str] | None, typer.Option(help="MIDI input; every one if none is named.")] = None,
    middle_c: Annotated[Middle, typer.Option(help="The name of note 60 in your DAW.")] = Middle.C3,
    reastream: Annotated[str, typer.Option(help="Identifier of a ReaStream receiver on this machine.")] = "",
    exclusive: Annotated[bool, typer.Option("--exclusive", help="Without the system's mixer (WASAPI).")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Show what comes in over MIDI.")] = False,
    save: Annotated[Path | None, typer.Option(help="Write the kit to a .json file and end.")] = None,
) -> None:
    """Play sounds on MIDI notes until Ctrl-C. In a terminal 1-8 play, p is panic, d dims, m mutes, q ends."""
    played, sounds = _kit(kit)
    if save is not None:
        kits.write_kit(save, played)
        report.line(f"Wrote {save}.")
        return
    wanted = Output(
        driver=driver.value,
        device=output,
        daw=daw,
        ears=hear is not Hear.DAW,
        rate=rate,
        block=block,
        exclusive=exclusive,
        reastream=reastream,
    )
    monitor = Monitor(hear=hear.value)
    with Speaker(_MIDDLES[middle_c]) as speaker:
        opened = speaker.open(wanted, monitor)
        if hear is Hear.DAW and not opened.daw:
            report.warn("No DAW's device is open, so nothing is heard. Name it with --daw, or start JACK.")
        speaker.client.midi_ports(tuple(midi) if midi else None, watch=watch)
        for take, path in sounds.items():
            speaker.load(take, path)
        speaker.use(played)
        _show_kit(played, sounds, _MIDDLES[middle_c])
        where = f"{opened.driver}: {opened.device or 'nowhere'}" + (f" → {opened.daw}" if opened.daw else "")
        report.note(f"{where}, {opened.rate} Hz, {opened.block or 'its own'} frames. Ctrl-C ends.")
        _play_keys(speaker, played, monitor)


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
    played, sounds = _kit(kit)
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
    tone: Annotated[bool, typer.Option("--tone", help="Play a test tone instead, left and then right.")] = False,
    measure: Annotated[bool, typer.Option("--measure", help="Time a click's return instead.")] = False,
    source: Annotated[str, typer.Option(help="The input that records the click; JACK has its own.")] = "",
) -> None:
    """List the outputs and MIDI ports, as a table for a bug report."""
    with Speaker() as speaker:
        if tone:
            opened = speaker.open(Output(device=output), Monitor())
            report.line(f"1 kHz at -20 dBFS, left and then right, on {opened.device or 'nothing'}.")
            speaker.client.test_tone(1.5)
            speaker.sleep(3.5)
            return
        if measure:
            speaker.open(Output(device=output), Monitor())
            told = speaker.measured(source)
            report.line(
                f"A click comes back after {told.frames} frames ({1000 * told.frames / told.rate:.2f} ms at "
                f"{told.rate} Hz)."
            )
            return
        found = speaker.devices()
    rows = [["output", "host API", "channels", "Hz", "latency ms", "remark"]]
    for one in found.devices:
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


def _kit(path: Path) -> tuple[Kit, dict[str, Path]]:
    """A kit and its sounds, from a kit file or a folder.

    Raises:
        InvalidRequest: neither, or a folder without WAVs.
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


def _show_kit(played: Kit, sounds: dict[str, Path], middle: MiddleC) -> None:
    rows = [["note", "sound", "mode", "output"]]
    for zone in played.zones:
        notes = note_name(zone.low, middle) + (f"-{note_name(zone.high, middle)}" if zone.high > zone.low else "")
        name = sounds[zone.take].name if zone.take in sounds else f"{zone.take} (missing)"
        rows.append([f"{notes} ({zone.low})", name, zone.mode, str(zone.output)])
    report.columns(rows)


def _play_keys(speaker: Speaker, played: Kit, monitor: Monitor) -> None:
    """Keys until q or Ctrl-C, with a line of meters that is drawn over itself."""
    notes = list(dict.fromkeys(zone.low for zone in played.zones))[: len(HEARD_KEYS)]
    with keys() as key, report.meter() as draw:
        while (pressed := key(_METER_SECONDS)) != "q":
            if pressed in HEARD_KEYS[: len(notes)] and pressed:
                note = notes[HEARD_KEYS.index(pressed)]
                speaker.client.midi(bytes((0x90, note, 100)))
                speaker.client.midi(bytes((0x80, note, 64)))
            elif pressed == "p":
                speaker.client.panic()
            elif pressed in ("d", "m"):
                field = "dim" if pressed == "d" else "mute"
                monitor = replace(monitor, **{field: not getattr(monitor, field)})
                speaker.client.monitor(monitor)
            speaker.sleep(0.001)
            draw(speaker.state)


def _stem_name(name: str, sounds: dict[str, Path]) -> str:
    return sounds[name].stem if name in sounds else name


COMMANDS: dict[str, Callable[..., None]] = {"play": play_, "kit": kit_, "bounce": bounce_, "devices": devices_}
"""What the command line calls them."""
