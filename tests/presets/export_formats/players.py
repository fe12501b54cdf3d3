"""One MIDI file through two players: our voices, and the real sfizz."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import mido
import numpy as np
from pysfizz import _sfizz

from plugin_bridge.audio.bounce import bounce
from plugin_bridge.audio.song import read
from presets.export import wav
from presets.schema import Kit
from presets.sound import Sound

RATE = 48_000
BLOCK = 64
TAIL = 48_000

Event = tuple[int, int, int, int]
"""Frame, note, velocity (0 is note-off), channel 0..15."""


def song(path: Path, events: Sequence[Event]) -> Path:
    """A MIDI file in which a tick is a frame at 48 kHz."""
    file = mido.MidiFile(type=0, ticks_per_beat=RATE // 2)
    track = mido.MidiTrack()
    file.tracks.append(track)
    before = 0
    for frame, note, velocity, channel in sorted(events):
        kind = "note_on" if velocity else "note_off"
        track.append(mido.Message(kind, note=note, velocity=velocity, channel=channel, time=frame - before))
        before = frame
    file.save(path)
    return path


def ours(kit: Kit, sounds: dict[str, Path], midi: Path) -> np.ndarray:
    """(2, frames) of the first output, with silence behind."""
    stem = bounce(kit, sounds, midi, RATE)[0].sound
    sides = np.repeat(stem.samples, 2, axis=0) if stem.channels == 1 else stem.samples
    frames = read(midi, RATE).frames + TAIL
    heard = np.zeros((2, frames), np.float32)
    heard[:, : min(frames, sides.shape[1])] = sides[:, :frames]
    return heard


def sfizz(path: Path, midi: Path) -> np.ndarray:
    """(2, frames) of what sfizz plays, brought to our level: its master is a constant that `unity` measures."""
    return _played(path, [(frame, data) for frame, data in read(midi, RATE).events]) / unity(path.parent)


def unity(folder: Path) -> float:
    """What sfizz makes of a mono sound at full scale in the middle."""
    wav.write(folder / "unity.wav", Sound(np.full((1, 4096), 0.5, np.float32), RATE), depth="32f", overwrite=True)
    plain = folder / "unity.sfz"
    plain.write_text("<region> sample=unity.wav key=60 loop_mode=one_shot\n")
    return float(_played(plain, [(0, bytes((0x90, 60, 127)))])[0, 2000]) / 0.5


def loaded(path: Path) -> _sfizz.Synth:
    """Sfizz with a kit; its remarks on the way are an error."""
    synth = _sfizz.Synth(RATE, BLOCK)
    synth.enable_freewheeling()
    # It streams from the disk while it plays: here everything is loaded before.
    ready = path.with_name(f"loaded_{path.name}")
    ready.write_text("<control> hint_ram_based=1\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    assert _quietly(synth.load_sfz_file, str(ready))
    ready.unlink()
    return synth


def _played(path: Path, events: Sequence[tuple[int, bytes]]) -> np.ndarray:
    synth = loaded(path)
    frames = max(frame for frame, _ in events) + TAIL
    blocks = []
    for begin in range(0, frames, BLOCK):
        for frame, data in events:
            if begin <= frame < begin + BLOCK:
                on = data[0] & 0xF0 == 0x90 and data[2] > 0
                (synth.note_on if on else synth.note_off)(frame - begin, data[1], data[2])
        left, right = synth.render_block()
        blocks.append(np.stack((np.array(left), np.array(right))))
    return np.concatenate(blocks, axis=1)[:, :frames]


def _quietly(call, *words):
    """Sfizz prints its progress to standard error from C++."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        return call(*words)
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
