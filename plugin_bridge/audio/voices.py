"""Everything that sounds: who begins, who ends, who is stolen.

Runs in the audio thread, under the rules at the top of mixer.py. The slices themselves are rendered by the kernel,
or by slices.py where it is missing, with the same result.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from plugin_bridge.audio import kernel, slices
from plugin_bridge.audio.driver import PAIRS, Stereo
from plugin_bridge.audio.rows import LISTEN, NO_CHANNEL, SLICE, Rows

__all__ = ["AUDITION", "BUSES", "NO_CHANNEL", "SLICE", "STEAL_SECONDS", "Start", "Voices"]

AUDITION = PAIRS
"""The bus of auditions, after the outputs."""

BUSES = PAIRS + 1

STEAL_SECONDS = 0.003
_GHOSTS = 32  # rows for voices that fade out after they were stolen


@dataclass(frozen=True, slots=True)
class Start:
    """How a voice begins.

    first: frame of the pool where its sound lies. length: frames that play; of a loop, where it turns. loop:
    frames of the loop, 0 for none. step: frames of sound a frame of output. attack, release: frames. held:
    whether it lasts while the note does. left, right: linear gain.
    """

    first: int
    length: int
    loop: int = 0
    step: float = 1.0
    attack: int = 0
    release: int = 0
    held: bool = False
    left: float = 1.0
    right: float = 1.0
    bus: int = 0
    channel: int = NO_CHANNEL
    note: int = -1
    choke: int = 0


class Voices:
    """At most `most` voices, and those that fade out in their place."""

    def __init__(self, pool: Stereo, rate: int, most: int = 64) -> None:
        """No voice plays. pool: (frames,), all sounds. rate: Hz. most: voices at once, before one is stolen."""
        self.most, self.stolen = most, 0
        self.rows = Rows(most + _GHOSTS)
        self.bend = self.rows.bend
        """Pitch of every channel's bend wheel as a factor; the last one is for voices of no channel."""
        self.kernel = kernel.voices(self.rows, pool)
        """What renders a slice; None where it was not compiled."""
        self._render = self.kernel or partial(slices.render, self.rows, pool)
        self._steal_frames = max(1, round(STEAL_SECONDS * rate))
        self._ghost, self._held = (np.zeros(self.rows.count, bool) for _ in range(2))
        self._serial, self._note, self._choke = (np.zeros(self.rows.count, np.int64) for _ in range(3))
        self._count = 0

    # ── called between two slices, by the player ──────────────────────────────────────────────────────────────

    def start(self, voice: Start, offset: int, gain: tuple[float, float] = (1.0, 1.0)) -> None:
        """Begin a voice at a frame of the coming slice. gain: of its channel, left and right."""
        if self.playing() >= self.most:
            self._steal(offset)
        row = self._row()
        self.rows.live[row], self._ghost[row], self._held[row] = True, False, voice.held
        self.rows.first[row], self.rows.length[row], self.rows.loop[row] = voice.first, voice.length, voice.loop
        self.rows.step[row], self.rows.age[row] = voice.step, -offset
        self.rows.place[row] = -offset * voice.step * self.bend[voice.channel]
        self.rows.attack[row], self.rows.end[row], self.rows.release[row] = (
            voice.attack,
            np.inf,
            max(1, voice.release),
        )
        self.rows.base[row] = voice.left, voice.right
        self.rows.gain[row] = self.rows.wish[row] = voice.left * gain[0], voice.right * gain[1]
        self.rows.bus[row], self.rows.channel[row] = voice.bus, voice.channel
        self._note[row], self._choke[row] = voice.note, voice.choke
        self.rows.power[row] = (
            voice.left * voice.left + voice.right * voice.right
        )  # until it was heard: as if full
        self._serial[row] = self._count
        self._count += 1

    def note_off(self, channel: int, note: int, offset: int) -> None:
        """End what a note holds, with its own release. note: -1 is every note of the channel."""
        mine = self._held & (self.rows.channel == channel)
        self._let_go(mine if note < 0 else mine & (self._note == note), offset)

    def choke(self, group: int, before: int, offset: int) -> None:
        """End the voices of a group that began before the voice numbered `before`."""
        self._fade(self.rows.live & (self._choke == group) & (self._serial < before), offset)

    def end(self, offset: int, bus: int | None = None, channel: int | None = None, frames: int = 0) -> None:
        """Fade out everything, or a bus, or a channel. frames: of the fade; 0 is the shortest."""
        rows = self.rows.live.copy()
        if bus is not None:
            rows &= self.rows.bus == bus
        if channel is not None:
            rows &= self.rows.channel == channel
        self._fade(rows, offset, frames)

    def level(self, channel: int, left: float, right: float) -> None:
        """Bring a channel's voices to a gain over the coming slice, without a step."""
        mine = self.rows.live & (self.rows.channel == channel)
        self.rows.wish[mine] = self.rows.base[mine] * np.array((left, right), np.float32)

    @property
    def serial(self) -> int:
        """The number of the next voice."""
        return self._count

    # ── read by the control thread ────────────────────────────────────────────────────────────────────────────

    def playing(self) -> int:
        """How many voices sound, those that fade out after being stolen not counted."""
        return int(np.count_nonzero(self.rows.live & ~self._ghost))

    def silent(self) -> bool:
        """Whether nothing sounds at all."""
        return not self.rows.live.any()

    def plays(self, first: int) -> bool:
        """Whether a voice reads the sound that lies there in the pool."""
        return bool((self.rows.live & (self.rows.first == first)).any())

    # ── the slice ─────────────────────────────────────────────────────────────────────────────────────────────

    def render(self, frames: int, buses: Stereo) -> None:
        """Add the next frames, at most SLICE, to the buses (BUSES, frames)."""
        self.rows.slices += 1
        self._render(frames, bool(self.rows.slices[0] % LISTEN == 0), buses)

    # ── endings ───────────────────────────────────────────────────────────────────────────────────────────────

    def _let_go(self, rows: NDArray[np.bool_], offset: int) -> None:
        mine = np.flatnonzero(rows & self.rows.live & np.isinf(self.rows.end))
        self.rows.end[mine] = np.maximum(self.rows.age[mine] + offset, 0)

    def _fade(self, rows: NDArray[np.bool_], offset: int, frames: int = 0) -> None:
        """Fade out shortly; what fades already goes on, but no longer than this fade takes."""
        mine = np.flatnonzero(rows & self.rows.live)
        short = frames or self._steal_frames
        at = np.maximum(self.rows.age[mine] + offset, 0)
        earlier = self.rows.end[mine] + self.rows.release[mine] <= at + short
        mine, at = mine[~earlier], at[~earlier]
        fading = self.rows.end[mine] < at
        # A voice that is half-way down keeps its level: its fade is made shorter, not begun again, and from the
        # slice's first frame on, because one envelope covers all of a slice.
        at = np.where(fading, self.rows.age[mine], at)
        left = np.where(
            fading, (self.rows.end[mine] + self.rows.release[mine] - at) / self.rows.release[mine], 1.0
        )
        self.rows.release[mine] = short / np.maximum(left, 1e-3)
        self.rows.end[mine] = at + short - self.rows.release[mine]

    def _steal(self, offset: int) -> None:
        """Let the quietest voice go, of equally quiet ones the oldest."""
        rows = np.flatnonzero(self.rows.live & ~self._ghost)
        victim = rows[np.lexsort((self._serial[rows], self.rows.power[rows]))[0]]
        chosen = np.zeros(self.rows.live.size, bool)
        chosen[victim] = True
        self._fade(chosen, offset)
        self._ghost[victim] = True
        self.stolen += 1

    def _row(self) -> int:
        """A free row; where even the rows of fading voices are taken, that of the quietest of them."""
        free = np.flatnonzero(~self.rows.live)
        if free.size:
            return int(free[0])
        ghosts = np.flatnonzero(self._ghost)
        return int(ghosts[np.argmin(self.rows.power[ghosts])])
