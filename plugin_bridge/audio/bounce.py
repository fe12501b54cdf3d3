"""A kit plays a MIDI file into stems: the mixer that plays live, faster than real time, every onset at its frame.

The door for the command line: it needs no device and no process. What is printed starts at the song's tick 0, so
it lies right at the begin of the DAW's timeline; the monitor path, with its limiter, is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np

from plugin_bridge.audio.desk import Desk
from plugin_bridge.audio.driver import PAIRS, Stereo
from plugin_bridge.audio.errors import NotLoaded
from plugin_bridge.audio.protocol import Monitor
from plugin_bridge.audio.song import Song, read
from presets.errors import InvalidRequest
from presets.schema import Kit, Zone
from presets.sound import Sound

BLOCK = 512
LONGEST_TAIL = 30.0
"""Seconds that a bounce waits for what still sounds behind the last event."""

_VOICES = 128
_MOST_BYTES = 2**31

By = Literal["outputs", "takes"]


@dataclass(frozen=True)
class Stem:
    """One file's worth. name: of the output ("out 1") or of the take."""

    name: str
    sound: Sound


def bounce(
    kit: Kit,
    sounds: Mapping[str, Path],
    midi: Path,
    rate: int = 48_000,
    by: By = "outputs",
    progress: Callable[[float], bool] = lambda _share: True,
) -> list[Stem]:
    """Play a MIDI file.

    Args:
        kit: which note plays what; its program is not looked at.
        sounds: a WAV for every take of the kit.
        midi: a standard MIDI file.
        rate: of the stems, Hz.
        by: a stem for every pair of outputs, or for every take.
        progress: hears the share that is done; it ends the bounce by returning False.

    Returns:
        The stems, all of one length; none of a bounce that was ended.

    Raises:
        UnreadableFile: the MIDI file.
        NotLoaded: a sound is missing or cannot be read.
        InvalidRequest: nothing would be played, or the stems would not fit into memory.
    """
    song = read(midi, rate)
    if not any(_is_note(data) for _, data in song.events):
        raise InvalidRequest(f"{midi.name} has no notes in it.")
    passes = _passes(kit, by)
    _check_size(song, rate, sum(len(names) for _, names in passes))
    stems: list[Stem] = []
    for number, (played, names) in enumerate(passes):

        def told(share: float, done: int = number) -> bool:
            return progress((done + share) / len(passes))

        buses = _played(played, sounds, song, rate, told)
        if buses is None:
            return []
        stems += [Stem(name, _sound(bus, rate)) for name, bus in zip(names, buses, strict=False)]
    longest = max(stem.sound.frames for stem in stems)
    return [Stem(stem.name, stem.sound.fitted(longest)) for stem in stems]


def _passes(kit: Kit, by: By) -> list[tuple[Kit, list[str]]]:
    """What is played to get every stem: the kit as it is, or fifteen takes at a time on outputs of their own.

    The other takes play on the last output, which is thrown away, because they steal and choke as before.
    """
    if by == "outputs":
        pairs = max((zone.output for zone in kit.zones), default=1)
        return [(kit, [f"out {number}" for number in range(1, pairs + 1)])]
    takes = list(dict.fromkeys(zone.take for zone in kit.zones))
    groups = [takes[first : first + PAIRS - 1] for first in range(0, len(takes), PAIRS - 1)]
    return [(msgspec.structs.replace(kit, zones=_apart(kit, group)), group) for group in groups]


def _apart(kit: Kit, group: list[str]) -> tuple[Zone, ...]:
    def moved(zone: Zone) -> Zone:
        output = group.index(zone.take) + 1 if zone.take in group else PAIRS
        return msgspec.structs.replace(zone, output=output)

    return tuple(moved(zone) for zone in kit.zones)


def _played(
    kit: Kit, sounds: Mapping[str, Path], song: Song, rate: int, told: Callable[[float], bool]
) -> Stereo | None:
    """(pairs, frames), None if it was ended."""
    desk = _desk(kit, sounds, rate)
    parts: list[Stereo] = []
    total = song.frames + 1
    for frame, outputs in _blocks(desk, song):
        parts.append(outputs.copy())
        if not told(min(frame / total, 1.0)):
            return None
    return np.concatenate(parts, axis=1)


def _desk(kit: Kit, sounds: Mapping[str, Path], rate: int) -> Desk:
    megabytes = 64 + sum(path.stat().st_size for path in sounds.values() if path.exists()) * 16 // 2**20
    desk = Desk(rate, megabytes, _VOICES, Monitor(hear="daw", limiter=False))
    for take in dict.fromkeys(zone.take for zone in kit.zones):
        if take not in sounds:
            raise NotLoaded(f"The kit {kit.name!r} needs the take {take!r}, and there is no sound for it.")
        desk.load(take, sounds[take])
    desk.use_kit(msgspec.structs.replace(kit, program=0))
    return desk


def _blocks(desk: Desk, song: Song) -> Iterator[tuple[int, Stereo]]:
    """Blocks until the song is over and silent; at its end every note is let go."""
    frame, due = 0, 0
    last = song.frames + round(LONGEST_TAIL * desk.rate)
    ends = [(song.frames, bytes((0xB0 + channel, 123, 0))) for channel in range(16)]
    events = [*(event for event in song.events if not _is_program(event[1])), *ends]
    while due < len(events) or (not desk.mixer.voices.silent() and frame < last):
        until = due
        while until < len(events) and events[until][0] < frame + BLOCK:
            until += 1
        now = [(max(at - frame, 0), data) for at, data in events[due:until]]
        yield frame, desk.mixer(BLOCK, now).outputs
        due, frame = until, frame + BLOCK


def _sound(bus: Stereo, rate: int) -> Sound:
    """A stem; what is alike on both sides has one channel. Silence behind the last sound is cut."""
    heard = np.flatnonzero(bus)
    bus = bus[: heard[-1] + 1 if heard.size else 1]
    sides = np.stack((bus.real, bus.imag))
    return Sound(sides[:1] if np.array_equal(sides[0], sides[1]) else sides, rate)


def _check_size(song: Song, rate: int, stems: int) -> None:
    needed = 2 * 8 * stems * (song.frames + round(LONGEST_TAIL * rate))
    if needed > _MOST_BYTES:
        raise InvalidRequest(
            f"{stems} stems of {song.frames / rate / 60:.0f} minutes need {needed / 1e9:.1f} GB of memory. "
            "Bounce a shorter part, or fewer outputs."
        )


def _is_note(data: bytes) -> bool:
    return data[0] & 0xF0 == 0x90 and data[2] > 0


def _is_program(data: bytes) -> bool:
    return data[0] & 0xF0 == 0xC0
