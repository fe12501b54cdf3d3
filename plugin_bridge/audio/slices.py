"""A slice of all voices in NumPy: one gather reads them all at once.

Serves where the kernel could not be compiled, and is what the kernel is tested against. Runs in the audio thread,
under the rules at the top of mixer.py. A loop over voices in Python would take longer than the block lasts.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from plugin_bridge.audio.driver import Stereo
from plugin_bridge.audio.interpolate import read
from plugin_bridge.audio.rows import SLICE, Integers, Rows

_FRAMES = np.arange(SLICE, dtype=np.float64)


def render(rows: Rows, pool: Stereo, frames: int, listen: bool, buses: Stereo) -> None:
    """Add the next frames, at most SLICE, to the buses (buses, frames). listen: whether `power` is measured."""
    live = np.flatnonzero(rows.live)
    if not live.size:
        return
    ramp = _FRAMES[:frames]
    step = rows.step[live] * rows.bend[rows.channel[live]]
    place = rows.place[live, None] + step[:, None] * ramp
    _turn(rows, live, place)
    sound = read(pool, rows.first[live], place, plain=bool((step == 1.0).all()))
    _shape(rows, live, sound, place, ramp)
    _apply_gain(rows, live, sound, ramp)
    if listen:
        rows.power[live] = np.einsum("vf,vf->v", sound, sound.conj()).real / frames
    _sum(rows, live, sound, buses)
    _advance(rows, live, step, frames)


def _turn(rows: Rows, live: Integers, place: NDArray[np.float64]) -> None:
    """Bring places past a loop's end back into it."""
    loop, length = rows.loop[live], rows.length[live]
    turning = (loop > 0) & (place[:, -1] >= length)
    if turning.any():
        begin = (length - loop)[turning, None]
        over = place[turning] - begin
        place[turning] = np.where(over > 0, np.mod(over, loop[turning, None]), over) + begin


def _shape(
    rows: Rows, live: Integers, sound: Stereo, place: NDArray[np.float64], ramp: NDArray[np.float64]
) -> None:
    """Silence before the start and after the end, attack and release; nothing where a voice just goes on."""
    age, last = rows.age[live], place[:, -1]
    steady = (age >= rows.attack[live]) & (last < rows.length[live]) & np.isinf(rows.end[live])
    if steady.all():
        return
    moving = np.flatnonzero(~steady)
    sound[moving] *= _envelope(rows, live[moving], age[moving, None] + ramp, place[moving])


def _envelope(
    rows: Rows, live: Integers, age: NDArray[np.float64], place: NDArray[np.float64]
) -> NDArray[np.float32]:
    """(voices, frames): silence before the start and after the end, attack and release as smooth steps."""
    level = ((age >= 0) & (place < rows.length[live, None])).astype(np.float32)
    attack, end = rows.attack[live], rows.end[live]
    if attack.any():
        rising = attack > 0
        level[rising] *= _smooth((age[rising] + 1) / attack[rising, None])
    falling = np.isfinite(end)
    if falling.any():
        last = (end + rows.release[live])[falling, None]
        level[falling] *= _smooth((last - age[falling]) / rows.release[live][falling, None])
    return level


def _apply_gain(rows: Rows, live: Integers, sound: Stereo, ramp: NDArray[np.float64]) -> None:
    now, wish = rows.gain[live], rows.wish[live]
    sides = sound.view(np.float32).reshape(*sound.shape, 2)
    if (now == wish).all():
        sides *= now[:, None]
        return
    share = ((ramp + 1) / ramp.size).astype(np.float32)[None, :, None]
    sides *= now[:, None] * (1 - share) + wish[:, None] * share
    rows.gain[live] = wish


def _sum(rows: Rows, live: Integers, sound: Stereo, buses: Stereo) -> None:
    to = rows.bus[live]
    used = set(to.tolist())
    for bus in used:
        buses[bus] += sound.sum(0) if len(used) == 1 else sound[to == bus].sum(0)


def _advance(rows: Rows, live: Integers, step: NDArray[np.float64], frames: int) -> None:
    rows.age[live] += frames
    place = rows.place[live] + step * frames
    length, loop = rows.length[live], rows.loop[live]
    looped = loop > 0
    turned = looped & (place >= length)
    if turned.any():
        begin = (length - loop)[turned]
        place[turned] = begin + np.mod(place[turned] - begin, loop[turned])
    rows.place[live] = place
    over = (rows.age[live] >= rows.end[live] + rows.release[live]) | (~looped & (place >= length))
    rows.live[live[over]] = False


def _smooth(share: NDArray[np.float64]) -> NDArray[np.float32]:
    """0 to 1 as a smooth step; exactly 1 from 1 on, so that what is not faded stays as it is."""
    x = np.clip(share, 0.0, 1.0)
    return (x * x * (3.0 - 2.0 * x)).astype(np.float32)
