"""`onetake slice`, `layer` and `loop`: new sounds from those that are there, each with all recipes inside."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import typer
from msgspec.structs import replace

from presets import assemblies, kits, layers, loops, slices
from presets.assemblies import Assembled
from presets.errors import InvalidRequest
from presets.export import acid, carried, sampler_chunk, wav
from presets.export.wav import Depth
from presets.files import safe_name, told, unused
from presets.layers import Layer
from presets.loops import Loop
from presets.schema import Kit, Version
from presets.sound import Sound, decibels
from ui import report
from ui.targets import check_folder

_NOTE = 36

Bits = Annotated[Depth, typer.Option("--bit-depth", help="Sample format of the files.")]
Note = Annotated[int, typer.Option(help="The note that plays them, 0 to 127.")]
Numbers = list[float] | None


def slice_(
    file: Annotated[Path, typer.Argument(help="A WAV of several hits, such as six footsteps.")],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="A folder; made if it is not there.", show_default="FILE_slices"),
    ] = None,
    quietest: Annotated[
        float, typer.Option(help="dB below the loudest hit; quieter ones are left out.")
    ] = slices.QUIETEST_DB,
    closest: Annotated[float, typer.Option(help="Seconds that two hits are apart at least.")] = 0.08,
    note: Note = _NOTE,
    bit_depth: Bits = "24",
) -> None:
    """Cut a sound at its onsets into one-shots, and map them as round robin on one note."""
    slices.check_note(note)
    if not 0.005 <= closest <= 60.0:
        raise InvalidRequest(f"Two hits are 0.005 to 60 s apart at least, not {closest:g}.")
    with report.progress("Cutting", 2) as advance:
        made = slices.cut(wav.read(file).sound, assemblies.source_of(file), file.stem, quietest, closest)
        advance(None)
        folder = _made(output or file.with_name(f"{file.stem}_slices"))
        stem, digits = safe_name(file.stem, 100), len(str(len(made)))
        paths = [_written(folder / f"{stem}_{n:0{digits}d}.wav", one, bit_depth) for n, one in enumerate(made, 1)]
    rows = [["file", "begin s", "end s", "peak dB"]]
    for path, (begin, end, peak) in zip(paths, slices.told(made), strict=True):
        rows.append([str(path), f"{begin:.3f}", f"{end:.3f}", f"{peak:.1f}"])
    report.columns(rows, figures=True)
    _write_kit(folder / f"{stem}.json", slices.round_robin([path.name for path in paths], note, file.stem))


def layer_(
    files: Annotated[list[Path], typer.Argument(help="1 to 4 WAVs.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="A .wav file.")] = Path("layers.wav"),
    gain: Annotated[Numbers, typer.Option(help="dB, one for each file in order.")] = None,
    offset: Annotated[Numbers, typer.Option(help="Seconds after the others' onset.")] = None,
    pitch: Annotated[Numbers, typer.Option(help="Semitones, as a tape.")] = None,
    start: Annotated[Numbers, typer.Option(help="Seconds into the file from where it plays.")] = None,
    kit: Annotated[
        Path | None, typer.Option(help="A folder for a kit too, whose zones can still be balanced.")
    ] = None,
    note: Note = _NOTE,
    rate: Annotated[int | None, typer.Option(help="Hz.", show_default="the highest of theirs")] = None,
    bit_depth: Bits = "24",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a file of the same name.")] = False,
) -> None:
    """Lay up to four sounds over each other, their onsets together, as one sound that holds all recipes."""
    slices.check_note(note)
    if output.suffix.lower() != ".wav":
        raise InvalidRequest(f"{output} does not end with .wav. Choose such a name.")
    check_folder(output.parent)
    laid = _layers(files, gain, offset, pitch, start)
    place = output if overwrite else unused(output)
    made = assemblies.write(place, assemblies.with_room(layers.bounce(laid, rate)), bit_depth, overwrite)
    if place != output:
        report.note(f"{output} is there already and stays as it is: wrote {place.name}.")
    cells = [[one.name, f"{one.at:.3f}", f"{one.gain_db:+.1f}", f"{one.pitch:+g}"] for one in made.assembly.pieces]
    report.columns([["layer", "at s", "gain dB", "pitch"], *cells], figures=True)
    report.line(f"{place}  {made.sound.seconds:.3f} s  {_peak(made.sound)}")
    if kit is not None:
        folder, stem = _made(kit), safe_name(output.stem, 100)
        parts = enumerate(layers.separate(laid, rate), 1)
        names = [_written(folder / f"{stem}_layer{n}.wav", part, bit_depth).name for n, part in parts]
        _write_kit(folder / f"{stem}.json", layers.together(laid, names, note, output.stem))


def loop_(
    file: Annotated[Path, typer.Argument(help="A WAV: an ambience or a tone.")],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="A .wav file with the loop in it; else it is only told.")
    ] = None,
    begin: Annotated[float | None, typer.Option(help="Seconds; with --end, else both are looked for.")] = None,
    end: Annotated[float | None, typer.Option(help="Seconds.")] = None,
    crossfade: Annotated[float | None, typer.Option(help="Seconds; the best one if none is given.")] = None,
    shortest: Annotated[float, typer.Option(help="Seconds that a loop lasts at least.")] = loops.SHORTEST,
    tempo: Annotated[
        float | None, typer.Option(help="Beats a minute, by which sequencers stretch it.", min=1, max=999)
    ] = None,
    note: Annotated[
        int | None, typer.Option(help="The MIDI note of its own pitch, for samplers.", min=0, max=127)
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a file of the same name.")] = False,
) -> None:
    """Find where a sound loops unheard, or judge where you say it does. A seam above 3 dB is no loop."""
    if (begin is None) != (end is None):
        raise InvalidRequest("A loop that you choose has both --begin and --end.")
    if output is not None:
        check_folder(output.parent)
    elif tempo is not None or note is not None:
        raise InvalidRequest("Tempo and note are written into the file of the loop: name it with -o.")
    there = wav.read(file)
    with report.progress("Listening", 1):
        found = _chosen(there.sound, begin, end, crossfade) or loops.find(there.sound, shortest)
    report.line(
        f"{found.begin:.3f} to {found.end:.3f} s, crossfade {1000 * found.crossfade:.0f} ms, "
        f"seam {found.seam_db:+.1f} dB"
    )
    if not found.seamless:
        raise InvalidRequest(
            f"That is no loop: the seam stands out by {found.seam_db:.1f} dB, and {loops.SEAMLESS_DB:g} dB is the "
            "most that is not heard. Choose other points, or let them be looked for."
        )
    if output is not None:
        place = output if overwrite else unused(output)
        _write_loop(place, file, there, found, overwrite, tempo, note)
        report.line(f"{place}")


def _chosen(sound: Sound, begin: float | None, end: float | None, crossfade: float | None) -> Loop | None:
    if begin is None or end is None:
        return None
    if crossfade is None:
        return loops.best_crossfade(sound, begin, end)
    return loops.score(sound, begin, end, crossfade)


def _write_loop(
    place: Path,
    file: Path,
    there: wav.WavFile,
    found: Loop,
    overwrite: bool,
    tempo: float | None,
    note: int | None,
) -> None:
    """The same audio with the loop in its recipe's edit, and in the chunks that samplers and sequencers read."""
    source, about = carried.said(file)
    if isinstance(source, Version):
        source = _looped(source, found)
    about = dataclasses.replace(
        about,
        loop=(found.begin, found.end),
        tempo=about.tempo if tempo is None else tempo,
        unity_note=about.unity_note if note is None else note,
    )
    depth: Depth = there.depth if there.depth in ("16", "24", "32f") else "32f"  # type: ignore[assignment]
    chunks = carried.retold(there, depth, source, about, frozenset({sampler_chunk.CHUNK, acid.CHUNK}))
    wav.write(place, there.sound, depth=depth, chunks=chunks, overwrite=overwrite)


def _looped(version: Version, found: Loop) -> Version:
    return replace(version, edit=loops.in_edit(version.edit, found))


def _layers(files: Sequence[Path], *wishes: Numbers) -> list[Layer]:
    """The layers with what was asked of each.

    Raises:
        InvalidRequest: more wishes than files.
        UnreadableFile: a file is no WAV.
    """
    for name, values in zip(("gain", "offset", "pitch", "start"), wishes, strict=True):
        if len(values or ()) > len(files):
            raise InvalidRequest(f"--{name} was given {len(values or ())} times for {len(files)} files.")
    gain, offset, pitch, start = ([*(values or ()), *[0.0] * len(files)] for values in wishes)
    made = []
    for n, path in enumerate(files):
        source = assemblies.source_of(path)
        onset = source.edit.onset if source else None
        sound = wav.read(path).sound
        made.append(Layer(sound, source, path.stem, gain[n], offset[n], pitch[n], start[n], onset))
    return made


def _written(path: Path, made: Assembled, depth: Depth) -> Path:
    place = unused(path)
    assemblies.write(place, made, depth)
    return place


def _write_kit(path: Path, kit: Kit) -> None:
    place = unused(path)
    kits.write_kit(place, kit)
    report.line(f"{place}  note {kit.zones[0].low}, {len(kit.zones)} zones")


def _made(folder: Path) -> Path:
    with told(folder):
        folder.mkdir(parents=True, exist_ok=True)
    check_folder(folder)
    return folder


def _peak(sound: Sound) -> str:
    return "silent" if not sound.peak else f"peak {decibels(sound.peak):.1f} dB"


COMMANDS: dict[str, Callable[..., None]] = {"slice": slice_, "layer": layer_, "loop": loop_}
"""What the command line calls them."""
