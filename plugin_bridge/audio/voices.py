"""Everything that sounds, as rows of arrays: one gather reads all voices of a block at once.

Runs in the audio thread, under the rules at the top of mixer.py. A loop over voices in Python would take longer
than the block lasts; arrays of (voices, frames) take a few microseconds a voice (build/bench.jsonl).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from plugin_bridge.audio.driver import PAIRS, Stereo
from plugin_bridge.audio.interpolate import read

SLICE = 128
"""Frames that are rendered at a time; events fall between any two of them."""

AUDITION = PAIRS
"""The bus of auditions, after the outputs."""

BUSES = PAIRS + 1
NO_CHANNEL = 16
"""Channel of a voice that no MIDI channel started."""

STEAL_SECONDS = 0.003
_LISTEN = 4  # slices between two looks at how loud each voice is
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
        rows = most + _GHOSTS
        self.most, self.stolen = most, 0
        self.bend = np.ones(NO_CHANNEL + 1)
        """Pitch of every channel's bend wheel as a factor; the last one is for voices of no channel."""
        self._pool = pool
        self._steal_frames = max(1, round(STEAL_SECONDS * rate))
        self._frames = np.arange(SLICE, dtype=np.float64)
        self._live, self._ghost, self._held = (np.zeros(rows, bool) for _ in range(3))
        self._first, self._serial = np.zeros(rows, np.int64), np.zeros(rows, np.int64)
        self._bus, self._channel, self._note, self._choke = (np.zeros(rows, np.int64) for _ in range(4))
        self._length, self._loop, self._place, self._step = (np.zeros(rows) for _ in range(4))
        self._age, self._attack, self._end, self._release = (np.zeros(rows) for _ in range(4))
        self._gain, self._wish = np.zeros((rows, 2), np.float32), np.zeros((rows, 2), np.float32)
        self._base = np.zeros((rows, 2), np.float32)
        self._power = np.zeros(rows, np.float32)
        self._count, self._slices = 0, 0

    # ── called between two slices, by the player ──────────────────────────────────────────────────────────────

    def start(self, voice: Start, offset: int, gain: tuple[float, float] = (1.0, 1.0)) -> None:
        """Begin a voice at a frame of the coming slice. gain: of its channel, left and right."""
        if self.playing() >= self.most:
            self._steal(offset)
        row = self._row()
        self._live[row], self._ghost[row], self._held[row] = True, False, voice.held
        self._first[row], self._length[row], self._loop[row] = voice.first, voice.length, voice.loop
        self._step[row], self._age[row] = voice.step, -offset
        self._place[row] = -offset * voice.step * self.bend[voice.channel]
        self._attack[row], self._end[row], self._release[row] = voice.attack, np.inf, max(1, voice.release)
        self._base[row] = voice.left, voice.right
        self._gain[row] = self._wish[row] = voice.left * gain[0], voice.right * gain[1]
        self._bus[row], self._channel[row] = voice.bus, voice.channel
        self._note[row], self._choke[row] = voice.note, voice.choke
        self._power[row] = voice.left * voice.left + voice.right * voice.right  # until it was heard: as if full
        self._serial[row] = self._count
        self._count += 1

    def note_off(self, channel: int, note: int, offset: int) -> None:
        """End what a note holds, with its own release. note: -1 is every note of the channel."""
        mine = self._held & (self._channel == channel)
        self._let_go(mine if note < 0 else mine & (self._note == note), offset)

    def choke(self, group: int, before: int, offset: int) -> None:
        """End the voices of a group that began before the voice numbered `before`."""
        self._fade(self._live & (self._choke == group) & (self._serial < before), offset)

    def end(self, offset: int, bus: int | None = None, channel: int | None = None, frames: int = 0) -> None:
        """Fade out everything, or a bus, or a channel. frames: of the fade; 0 is the shortest."""
        rows = self._live.copy()
        if bus is not None:
            rows &= self._bus == bus
        if channel is not None:
            rows &= self._channel == channel
        self._fade(rows, offset, frames)

    def level(self, channel: int, left: float, right: float) -> None:
        """Bring a channel's voices to a gain over the coming slice, without a step."""
        mine = self._live & (self._channel == channel)
        self._wish[mine] = self._base[mine] * np.array((left, right), np.float32)

    @property
    def serial(self) -> int:
        """The number of the next voice."""
        return self._count

    # ── read by the control thread ────────────────────────────────────────────────────────────────────────────

    def playing(self) -> int:
        """How many voices sound, those that fade out after being stolen not counted."""
        return int(np.count_nonzero(self._live & ~self._ghost))

    def silent(self) -> bool:
        """Whether nothing sounds at all."""
        return not self._live.any()

    def plays(self, first: int) -> bool:
        """Whether a voice reads the sound that lies there in the pool."""
        return bool((self._live & (self._first == first)).any())

    # ── the slice ─────────────────────────────────────────────────────────────────────────────────────────────

    def render(self, frames: int, buses: Stereo) -> None:
        """Add the next frames, at most SLICE, to the buses (BUSES, frames)."""
        rows = np.flatnonzero(self._live)
        if not rows.size:
            return
        ramp = self._frames[:frames]
        step = self._step[rows] * self.bend[self._channel[rows]]
        place = self._place[rows, None] + step[:, None] * ramp
        self._turn(rows, place)
        sound = read(self._pool, self._first[rows], place, plain=bool((step == 1.0).all()))
        self._shape(rows, sound, place, ramp)
        self._apply_gain(rows, sound, ramp)
        self._slices += 1
        if self._slices % _LISTEN == 0:
            self._power[rows] = np.einsum("vf,vf->v", sound, sound.conj()).real / frames
        self._sum(rows, sound, buses)
        self._advance(rows, step, frames)

    def _turn(self, rows: NDArray[np.int64], place: NDArray[np.float64]) -> None:
        """Bring places past a loop's end back into it."""
        loop, length = self._loop[rows], self._length[rows]
        turning = (loop > 0) & (place[:, -1] >= length)
        if turning.any():
            begin = (length - loop)[turning, None]
            over = place[turning] - begin
            place[turning] = np.where(over > 0, np.mod(over, loop[turning, None]), over) + begin

    def _shape(
        self, rows: NDArray[np.int64], sound: Stereo, place: NDArray[np.float64], ramp: NDArray[np.float64]
    ) -> None:
        """Silence before the start and after the end, attack and release; nothing where a voice just goes on."""
        age, last = self._age[rows], place[:, -1]
        steady = (age >= self._attack[rows]) & (last < self._length[rows]) & np.isinf(self._end[rows])
        if steady.all():
            return
        moving = np.flatnonzero(~steady)
        sound[moving] *= self._envelope(rows[moving], age[moving, None] + ramp, place[moving])

    def _envelope(
        self, rows: NDArray[np.int64], age: NDArray[np.float64], place: NDArray[np.float64]
    ) -> NDArray[np.float32]:
        """(voices, frames): silence before the start and after the end, attack and release as smooth steps."""
        level = ((age >= 0) & (place < self._length[rows, None])).astype(np.float32)
        attack, end = self._attack[rows], self._end[rows]
        if attack.any():
            rising = attack > 0
            level[rising] *= _smooth((age[rising] + 1) / attack[rising, None])
        falling = np.isfinite(end)
        if falling.any():
            last = (end + self._release[rows])[falling, None]
            level[falling] *= _smooth((last - age[falling]) / self._release[rows][falling, None])
        return level

    def _apply_gain(self, rows: NDArray[np.int64], sound: Stereo, ramp: NDArray[np.float64]) -> None:
        now, wish = self._gain[rows], self._wish[rows]
        sides = sound.view(np.float32).reshape(*sound.shape, 2)
        if (now == wish).all():
            sides *= now[:, None]
            return
        share = ((ramp + 1) / ramp.size).astype(np.float32)[None, :, None]
        sides *= now[:, None] * (1 - share) + wish[:, None] * share
        self._gain[rows] = wish

    def _sum(self, rows: NDArray[np.int64], sound: Stereo, buses: Stereo) -> None:
        to = self._bus[rows]
        used = set(to.tolist())
        for bus in used:
            buses[bus] += sound.sum(0) if len(used) == 1 else sound[to == bus].sum(0)

    def _advance(self, rows: NDArray[np.int64], step: NDArray[np.float64], frames: int) -> None:
        self._age[rows] += frames
        place = self._place[rows] + step * frames
        length, loop = self._length[rows], self._loop[rows]
        looped = loop > 0
        turned = looped & (place >= length)
        if turned.any():
            begin = (length - loop)[turned]
            place[turned] = begin + np.mod(place[turned] - begin, loop[turned])
        self._place[rows] = place
        over = (self._age[rows] >= self._end[rows] + self._release[rows]) | (~looped & (place >= length))
        self._live[rows[over]] = False

    # ── endings ───────────────────────────────────────────────────────────────────────────────────────────────

    def _let_go(self, rows: NDArray[np.bool_], offset: int) -> None:
        mine = np.flatnonzero(rows & self._live & np.isinf(self._end))
        self._end[mine] = np.maximum(self._age[mine] + offset, 0)

    def _fade(self, rows: NDArray[np.bool_], offset: int, frames: int = 0) -> None:
        """Fade out shortly; what fades already goes on, but no longer than this fade takes."""
        mine = np.flatnonzero(rows & self._live)
        short = frames or self._steal_frames
        at = np.maximum(self._age[mine] + offset, 0)
        earlier = self._end[mine] + self._release[mine] <= at + short
        mine, at = mine[~earlier], at[~earlier]
        fading = self._end[mine] < at
        # A voice that is half-way down keeps its level: its fade is made shorter, not begun again, and from the
        # slice's first frame on, because one envelope covers all of a slice.
        at = np.where(fading, self._age[mine], at)
        left = np.where(fading, (self._end[mine] + self._release[mine] - at) / self._release[mine], 1.0)
        self._release[mine] = short / np.maximum(left, 1e-3)
        self._end[mine] = at + short - self._release[mine]

    def _steal(self, offset: int) -> None:
        """Let the quietest voice go, of equally quiet ones the oldest."""
        rows = np.flatnonzero(self._live & ~self._ghost)
        victim = rows[np.lexsort((self._serial[rows], self._power[rows]))[0]]
        chosen = np.zeros(self._live.size, bool)
        chosen[victim] = True
        self._fade(chosen, offset)
        self._ghost[victim] = True
        self.stolen += 1

    def _row(self) -> int:
        """A free row; where even the rows of fading voices are taken, that of the quietest of them."""
        free = np.flatnonzero(~self._live)
        if free.size:
            return int(free[0])
        ghosts = np.flatnonzero(self._ghost)
        return int(ghosts[np.argmin(self._power[ghosts])])


def _smooth(share: NDArray[np.float64]) -> NDArray[np.float32]:
    """0 to 1 as a smooth step; exactly 1 from 1 on, so that what is not faded stays as it is."""
    x = np.clip(share, 0.0, 1.0)
    return (x * x * (3.0 - 2.0 * x)).astype(np.float32)
