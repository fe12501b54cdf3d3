"""A standard MIDI file as events at frames: tick 0 is frame 0, tempo changes counted exactly."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import mido

from presets.errors import UnreadableFile

_TEMPO = 500_000  # microseconds a quarter note until the file says otherwise: 120 a minute


@dataclass(frozen=True)
class Song:
    """What a file plays. events: (frame, raw message) by rising frame. frames: its length, to its last event."""

    events: tuple[tuple[int, bytes], ...]
    frames: int


def read(path: Path, rate: int) -> Song:
    """Read a MIDI file of type 0 or 1. rate: Hz.

    Raises:
        UnreadableFile: missing, broken, no MIDI file, or one that counts in film frames or holds several songs.
    """
    try:
        file = mido.MidiFile(path)
    except FileNotFoundError as error:
        raise UnreadableFile(f"There is no file {path}. Check the name.") from error
    except (OSError, EOFError, ValueError, KeyError, IndexError) as error:
        raise UnreadableFile(
            f"{path.name} is no MIDI file that can be read: {error or 'it is cut off'}."
        ) from error
    if file.type == 2 or file.ticks_per_beat <= 0:
        raise UnreadableFile(
            f"{path.name} holds several songs or counts in film frames. Export it as type 1, in ticks a beat."
        )
    return _timed(file, rate)


def _timed(file: mido.MidiFile, rate: int) -> Song:
    """Every tick's frame, counted from the last tempo change, so that nothing adds up."""
    tick = changed_tick = 0
    changed, tempo = 0.0, _TEMPO
    per_tick = 1e6 * file.ticks_per_beat
    events: list[tuple[int, bytes]] = []
    frame = 0
    for message in mido.merge_tracks(file.tracks):
        tick += message.time
        seconds = changed + (tick - changed_tick) * tempo / per_tick
        frame = round(seconds * rate)
        if message.type == "set_tempo":
            changed, changed_tick, tempo = seconds, tick, message.tempo
        elif not message.is_meta:
            events.append((frame, bytes(message.bytes())))
    return Song(tuple(events), frame)
