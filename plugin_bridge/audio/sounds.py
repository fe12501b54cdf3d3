"""Loaded sounds: a name, a place in the pool, and when that place may be used for something else.

A sound is read, brought to the device's rate and copied before its name means anything. A name that is loaded
again plays the new sound from the next hit on; what plays goes on from the old place, which is given back in
silence.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from plugin_bridge.audio.driver import Stereo
from plugin_bridge.audio.errors import NotLoaded
from plugin_bridge.audio.interpolate import GUARD
from plugin_bridge.audio.pool import Pool
from presets.errors import OnetakeError
from presets.export import wav
from presets.loudness import momentary
from presets.sound import Sound, linear

MATCH_LUFS = -23.0
"""Momentary loudness at which auditions are heard when they are matched."""

_MOST_MATCH_DB = 30.0  # a nearly silent take is not blown up into noise


@dataclass(frozen=True, slots=True)
class Placed:
    """A sound in the pool. first: its frame there. frames: at the device's rate. loop: frames, 0 for none."""

    first: int
    frames: int
    channels: int
    seconds: float
    loop: int = 0


@dataclass(frozen=True, slots=True)
class Turn:
    """Where a sound loops: begin and end in seconds, and the seconds that flow into one another."""

    begin: float
    end: float
    crossfade: float


class Sounds:
    """What can be played. For the control thread."""

    def __init__(self, pool: Pool, rate: int, plays: Callable[[int], bool]) -> None:
        """Nothing is loaded. rate: the device's, Hz. plays: whether a voice reads from a frame of the pool."""
        self.rate = rate
        self._pool, self._plays = pool, plays
        self._here: dict[str, Placed] = {}
        self._loops: dict[tuple[str, Turn], Placed] = {}
        self._audio: dict[str, Path] = {}
        self._loudness: dict[int, float | None] = {}
        self._retired: list[Placed] = []

    def find(self, name: str) -> Placed | None:
        """The sound of that name, None if it is not loaded."""
        return self._here.get(name)

    def load(self, name: str, path: Path) -> Placed:
        """Read a WAV and make it ready to play.

        Raises:
            NotLoaded: unreadable, no audio in it, more than two channels, or no room; the text says what to do.
        """
        placed = self.add(name, _read(path))
        self._audio[name] = path
        return placed

    def add(self, name: str, sound: Sound) -> Placed:
        """Make a sound ready to play that is no file.

        Raises:
            NotLoaded: no room.
        """
        sound = sound.resampled(self.rate)
        placed = self._copied(_stereo(sound), sound)
        self.unload(name)
        self._here[name] = placed
        return placed

    def loudness(self, placed: Placed) -> float | None:
        """Its largest momentary loudness in LUFS, None for silence; measured when asked for: notes do not wait."""
        if placed.first not in self._loudness:
            lies = self._pool.samples[placed.first : placed.first + placed.frames]
            sides = lies.view(np.float32).reshape(-1, 2).T[: placed.channels]
            loudest = float(momentary(Sound(np.ascontiguousarray(sides), self.rate)).max())
            self._loudness[placed.first] = loudest if np.isfinite(loudest) else None
        return self._loudness[placed.first]

    def match(self, placed: Placed) -> float:
        """Linear gain that brings a sound to MATCH_LUFS."""
        loudness = self.loudness(placed)
        return 1.0 if loudness is None else linear(min(MATCH_LUFS - loudness, _MOST_MATCH_DB))

    def looped(self, name: str, turn: Turn) -> Placed | None:
        """A sound as it plays in a loop, None if it is not loaded.

        Raises:
            NotLoaded: the loop does not lie inside of the sound, or there is no room for it.
        """
        if name not in self._here:
            return None
        key = (name, turn)
        if key not in self._loops:
            sound = _read(self._audio[name]).resampled(self.rate)
            samples, loop = _turned(_stereo(sound), turn, self.rate)
            self._loops[key] = self._copied(samples, sound, loop)
        return self._loops[key]

    def unload(self, name: str) -> None:
        """Forget a sound; what plays of it goes on."""
        mine = [key for key in self._loops if key[0] == name]
        gone = [self._loops.pop(key) for key in mine]
        if name in self._here:
            gone.append(self._here.pop(name))
            self._audio.pop(name, None)
        self._retired += gone

    def sweep(self) -> None:
        """Give back the places of forgotten sounds that nothing plays any more.

        To be called once the audio thread has taken up what was last said to it.
        """
        still = [placed for placed in self._retired if self._plays(placed.first)]
        for placed in self._retired:
            if placed not in still:
                self._pool.give(placed.first, placed.frames + (GUARD if placed.loop else 0))
                self._loudness.pop(placed.first, None)
        self._retired = still

    def paths(self) -> dict[str, Path]:
        """Where every loaded sound came from."""
        return dict(self._audio)

    def _copied(self, samples: Stereo, sound: Sound, loop: int = 0) -> Placed:
        first = self._pool.take(samples.size)
        self._pool.samples[first : first + samples.size] = samples
        frames = samples.size - (GUARD if loop else 0)
        return Placed(first, frames, sound.channels, sound.seconds, loop)


def _read(path: Path) -> Sound:
    try:
        sound = wav.read(path).sound
    except OnetakeError as error:
        raise NotLoaded(str(error)) from error
    if sound.channels > 2:
        raise NotLoaded(f"{path.name} has {sound.channels} channels; what plays here has one or two.")
    if not sound.frames:
        raise NotLoaded(f"{path.name} has no audio in it.")
    return sound


def _stereo(sound: Sound) -> Stereo:
    """(frames,) complex64; one channel is heard on both sides."""
    sides = sound.samples if sound.channels == 2 else np.repeat(sound.samples, 2, axis=0)
    return np.ascontiguousarray(sides.T).view(np.complex64)[:, 0]


def _turned(samples: Stereo, turn: Turn, rate: int) -> tuple[Stereo, int]:
    """A sound up to its loop's end, with the crossfade in it, and the frames of the loop.

    What comes before the end flows into what comes before the begin, so that the jump back is no jump. Behind
    the end the loop's first frames follow, for whoever reads between frames.
    """
    begin, end = round(turn.begin * rate), round(turn.end * rate)
    if not 0 <= begin < end - GUARD or end > samples.size:
        raise NotLoaded(
            f"The loop from {turn.begin:.3f} to {turn.end:.3f} s does not lie inside of the sound "
            f"({samples.size / rate:.3f} s)."
        )
    cut = samples[:end].copy()
    fade = min(round(turn.crossfade * rate), begin, end - begin)
    if fade:
        share = (np.arange(1, fade + 1, dtype=np.float32) / fade) * np.float32(np.pi / 2)
        cut[end - fade :] = cut[end - fade :] * np.cos(share) + samples[begin - fade : begin] * np.sin(share)
    return np.concatenate([cut, cut[begin : begin + GUARD]]), end - begin
