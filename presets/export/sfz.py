"""A kit as SFZ: a text of opcodes beside a folder of samples, for sforzando, sfizz, LinuxSampler and others.

Every opcode is written out, loops and turns too, because players differ in what they take for granted. What sfizz
answers was measured against our own voices (tests/presets/export_formats/test_sfz_sfizz.py):

- The same: onsets, velocities (`amp_veltrack` is our touch), levels, tuning, turns, which voices are choked.
- Pan: samplers pan at equal power; angle and volume are chosen so that both sides are as loud as ours.
- Attack and release: sfizz rises in a line and falls exponentially where ours are smooth steps of the same length.
- Turns: SFZ counts every hit on a key. Where soft and loud hits alternate, our layers each go round by themselves.

Opcodes: sfzformat.com; `off_time` and `note_polyphony` are SFZ 2.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path

from presets.export.parcel import Told
from presets.export.regions import ANY_CHANNEL, Region, regions
from presets.export.samples import Depth, Sample, check, write
from presets.files import one_line, safe_name, write_atomically
from presets.schema import Kit, Zone
from presets.sound import decibels

CHOKE_SECONDS = 0.003
"""What our voices take to end a choked one (plugin_bridge/audio/voices.py)."""

_MODES = {"one-shot": "one_shot", "gate": "no_loop", "loop": "loop_continuous"}
_SHORTEST_CROSSFADE = 0.001  # seconds; the least that sfizz allows. The real one is printed into the file


def write_kit(folder: Path, kit: Kit, sounds: Mapping[str, Path], rate: int, depth: Depth, told: Told) -> Path:
    """Write NAME.sfz and its samples into a folder that exists.

    Returns:
        The .sfz.

    Raises:
        UnreadableFile, InvalidRequest, Stopped: see `presets.export.samples`.
    """
    check(kit, sounds)
    samples = write(folder, kit, sounds, rate, depth, told)
    path = folder / f"{safe_name(kit.name)}.sfz"
    write_atomically(path, text(kit, samples).encode(), durable=False)
    return path


def text(kit: Kit, samples: Mapping[Zone, Sample]) -> str:
    """The whole .sfz. samples: of each zone."""
    lines = [
        f"// {one_line(kit.name)}: a kit of generated sounds, made with Onetake.",
        "",
        "<global>",
        *_lines({"bend_up": round(100 * kit.bend), "bend_down": -round(100 * kit.bend)}),
    ]
    for region in regions(kit):
        lines += ["", "<region>", *_lines(dict(_opcodes(region, samples[region.zone])))]
    return "\n".join(lines) + "\n"


def panned(pan: float) -> tuple[float, float]:
    """Where a sampler of equal power must pan, -100..100, and the volume in dB, to sound as our balance does.

    Ours leaves the louder side as it is: left 1 - pan, right 1 for a pan to the right.
    """
    left, right = min(1.0, 1.0 - pan), min(1.0, 1.0 + pan)
    angle = math.atan2(right, left)
    power = math.sqrt(2.0) * max(math.cos(angle), math.sin(angle))
    return 100.0 * (angle / (math.pi / 4) - 1.0), -decibels(power)


def _opcodes(region: Region, sample: Sample) -> Iterator[tuple[str, str | int | float]]:
    zone = region.zone
    yield "sample", sample.path
    yield "lokey", region.low
    yield "hikey", region.high
    yield "pitch_keycenter", zone.root
    yield "pitch_keytrack", 100 if zone.tracking else 0
    yield "lovel", region.softest
    yield "hivel", region.loudest
    if region.channels != ANY_CHANNEL:
        yield "lochan", region.channels[0]
        yield "hichan", region.channels[1]
    if region.length:
        yield "seq_length", region.length
        yield "seq_position", region.position
    yield from _tuning(zone)
    yield from _level(zone, sample)
    if zone.choke:
        yield from _choke(region)
    yield from _loop(zone, sample)
    yield "ampeg_attack", zone.attack
    yield "ampeg_release", zone.release
    if zone.output > 1:
        yield "output", zone.output - 1


def _tuning(zone: Zone) -> Iterator[tuple[str, int | float]]:
    semitones = round(zone.tune / 100)
    yield "transpose", semitones
    yield "tune", zone.tune - 100 * semitones


def _level(zone: Zone, sample: Sample) -> Iterator[tuple[str, float]]:
    pan, pan_db = panned(zone.pan)
    yield "volume", zone.gain_db + sample.lowered_db + pan_db
    yield "pan", pan
    yield "amp_veltrack", 100 * zone.touch


def _choke(region: Region) -> Iterator[tuple[str, int | float | str]]:
    yield "group", region.zone.choke
    yield "off_by", region.zone.choke
    yield "off_mode", "time"
    yield "off_time", CHOKE_SECONDS
    yield "note_polyphony", region.together  # off_by spares the same key, which would ring on under its next hit


def _loop(zone: Zone, sample: Sample) -> Iterator[tuple[str, int | float | str]]:
    yield "loop_mode", _MODES[zone.mode]
    if sample.loop is not None:
        yield "loop_start", sample.loop[0]
        yield "loop_end", sample.loop[1] - 1  # the last frame that is played
        yield "loop_crossfade", _SHORTEST_CROSSFADE


def _lines(opcodes: Mapping[str, str | int | float]) -> list[str]:
    return [f"{name}={_number(value) if isinstance(value, float) else value}" for name, value in opcodes.items()]


def _number(value: float) -> str:
    """A number without an exponent, which players do not read, and without a negative zero."""
    return f"{round(value, 6) + 0.0:.6f}".rstrip("0").rstrip(".")
