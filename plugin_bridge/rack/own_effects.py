"""Effects of our own, which pedalboard has not: reverse, transients, width, mono and stereo, tape stop.

Plain functions of their samples: no state, no chance, and at neutral settings not a bit is changed.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from plugin_bridge.rack.knobs import BuiltIn, Knob, Values
from presets import stereo
from presets.sound import Samples

_BLOCK = 0.0005  # seconds between two points of an envelope
_FAST, _SLOW = 0.001, 0.030  # seconds: what an attack is faster than
_RELEASE, _SUSTAIN = 0.040, 0.400  # seconds: what a sustain is slower than
_FLOOR = 1e-5  # -100 dB: below it nothing is shaped
_SUMS = (("average (-6 dB)", 0.5), ("equal power (-3 dB)", 2**-0.5), ("plain sum (0 dB)", 1.0))


def _reverse(values: Values, samples: Samples, rate: int) -> Samples:
    return np.ascontiguousarray(samples[:, ::-1])


def _transients(values: Values, samples: Samples, rate: int) -> Samples:
    """Gain follows how far a fast envelope is from a slow one: over it an attack, under it what rings on."""
    if not values["attack"] and not values["sustain"] and not values["output"]:
        return samples
    block = max(1, round(_BLOCK * rate))
    level = _peaks(samples, block)
    step = block / rate
    fast, slow = (_follow(level, step, rise, _RELEASE) for rise in (_FAST, _SLOW))
    held = _follow(level, step, _FAST, _SUSTAIN)
    attack = np.clip(1.0 - slow / np.maximum(fast, _FLOOR), 0.0, 1.0)
    sustain = np.clip(1.0 - fast / np.maximum(held, _FLOOR), 0.0, 1.0)
    gain_db = values["attack"] * attack + values["sustain"] * sustain + values["output"]
    places = (np.arange(len(gain_db)) + 0.5) * block
    smooth = np.interp(np.arange(samples.shape[1]), places, gain_db)
    return samples * np.power(10.0, smooth / 20.0).astype(np.float32)


def _peaks(samples: Samples, block: int) -> NDArray[np.float64]:
    """The largest magnitude of each block of frames, (blocks,)."""
    loudest = np.abs(samples).max(axis=0)
    return np.pad(loudest, (0, -len(loudest) % block)).reshape(-1, block).max(axis=1).astype(np.float64)


def _follow(level: NDArray[np.float64], step: float, rise: float, fall: float) -> NDArray[np.float64]:
    """An envelope that rises and falls with these time constants, in seconds."""
    up, down = 1.0 - np.exp(-step / rise), 1.0 - np.exp(-step / fall)
    followed = np.empty_like(level)
    at = 0.0
    for index, value in enumerate(level.tolist()):
        at += (up if value > at else down) * (value - at)
        followed[index] = at
    return followed


def _width(values: Values, samples: Samples, rate: int) -> Samples:
    """Mid and side apart. The first two channels; a single one has no sides."""
    width = values["width"] / 100
    if len(samples) < 2 or width == 1.0:
        return samples
    made = samples.copy()
    middle, side = (samples[0] + samples[1]) * np.float32(0.5), (samples[0] - samples[1]) * np.float32(0.5)
    side *= np.float32(width)
    made[0], made[1] = middle + side, middle - side
    return made


def _stereo(values: Values, samples: Samples, rate: int) -> Samples:
    """One channel to two: what comes a little later is added left and taken away right, so mono stays whole."""
    if len(samples) != 1:
        return samples
    late = round(values["delay"] * rate / 1000)
    side = np.pad(samples[0], (late, 0))[: samples.shape[1]] * np.float32(values["spread"] / 100)
    return np.stack([samples[0] + side, samples[0] - side])


def _widen(values: Values, samples: Samples, rate: int) -> Samples:
    return stereo.widened(samples, rate, values["width"] / 100)


def _mono(values: Values, samples: Samples, rate: int) -> Samples:
    if len(samples) == 1:
        return samples
    gain = _SUMS[int(values["sum"])][1] * 2 / len(samples)
    return (samples.sum(axis=0, keepdims=True, dtype=np.float64) * gain).astype(np.float32)


def _tape_stop(values: Values, samples: Samples, rate: int) -> Samples:
    """The tape slows down to a stand where the sound ends: pitch and speed together, and at last the level."""
    frames = samples.shape[1]
    slowing = min(frames, round(values["time"] / 1000 * rate))
    if slowing < 2:
        return samples
    first = frames - slowing
    power = values["curve"]
    left = 1.0 - np.arange(slowing) / slowing
    travelled = slowing * (1.0 - left ** (power + 1)) / (power + 1)
    made = samples.copy()
    made[:, first:] = _between(samples, first + travelled)
    made[:, first:] *= np.minimum(1.0, left / 0.05).astype(np.float32)
    return made


def _between(samples: Samples, places: NDArray[np.float64]) -> Samples:
    """Samples (C, N) at places between frames, (C, places): Catmull-Rom, exact on frames."""
    whole = np.floor(places).astype(np.int64)
    x = (places - whole).astype(np.float32)
    before, here, after, later = (
        samples[:, np.clip(whole + shift, 0, samples.shape[1] - 1)] for shift in (-1, 0, 1, 2)
    )
    slope = np.float32(0.5) * (after - before)
    bend = before - np.float32(2.5) * here + 2 * after - np.float32(0.5) * later
    turn = np.float32(0.5) * (later - before) + np.float32(1.5) * (here - after)
    return ((turn * x + bend) * x + slope) * x + here


def _decibels(id_: str, name: str) -> Knob:
    return Knob(id_, name, -24.0, 24.0, 0.0, "dB")


ROWS = (
    BuiltIn("reverse", "Reverse", "shape", "Backwards.", _reverse, whole=True),
    BuiltIn(
        "transients",
        "Transient shaper",
        "shape",
        "Harder or softer attacks, longer or shorter sustain.",
        _transients,
        (_decibels("attack", "Attack"), _decibels("sustain", "Sustain"), _decibels("output", "Output")),
    ),
    BuiltIn(
        "tape_stop",
        "Tape stop",
        "shape",
        "The end slows down like a tape that is stopped.",
        _tape_stop,
        (
            Knob("time", "Time", 0.0, 5000.0, 800.0, "ms", digits=0, off="low"),
            Knob("curve", "Curve", 0.25, 4.0, 1.0, "", "log", 2),
        ),
        whole=True,
    ),
    BuiltIn(
        "width",
        "Stereo width",
        "width",
        "Narrower or wider; mono stays mono.",
        _width,
        (Knob("width", "Width", 0.0, 200.0, 100.0, "%", digits=0),),
    ),
    BuiltIn(
        "stereo",
        "Mono to stereo",
        "width",
        "Makes two channels of one; added up again, they are the one.",
        _stereo,
        (
            Knob("spread", "Spread", 0.0, 100.0, 40.0, "%", digits=0),
            Knob("delay", "Delay", 1.0, 40.0, 11.0, "ms"),
        ),
    ),
    BuiltIn(
        stereo.EFFECT,
        "Widen mono",
        "width",
        "Makes two channels of one, equally loud at every frequency; added up again, they are the one.",
        _widen,
        (Knob(stereo.KNOB, "Width", 0.0, 100.0, 100 * stereo.WIDTH, "%", digits=0),),
    ),
    BuiltIn(
        "mono",
        "Print mono",
        "width",
        "Adds all channels up into one, at a gain that it names.",
        _mono,
        (Knob("sum", "Sum", choices=tuple(words for words, _ in _SUMS)),),
    ),
)
"""Effects that are made here."""
