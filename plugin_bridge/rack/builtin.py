"""The common effects: pedalboard's, with ranges and defaults for sound design.

Every rendering makes its pedalboard effect anew, so that the same sound and the same knobs give the same bytes,
whatever was rendered before. What stands at neutral is not run at all: null is exact.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pedalboard

from plugin_bridge.rack.convolution import CONVOLUTION
from plugin_bridge.rack.knobs import BuiltIn, Knob, Values
from presets.sound import Samples, linear

_FEWEST = 1024  # frames; from fewer pedalboard cannot tell frames from channels
_FREQUENCIES = (20.0, 20_000.0)
_HIGHEST_SHARE = 0.49  # of the rate: a filter above half of it is unstable
_LADDER = (
    ("low pass 12", "LPF12"), ("low pass 24", "LPF24"), ("high pass 12", "HPF12"), ("high pass 24", "HPF24"),
    ("band pass 12", "BPF12"), ("band pass 24", "BPF24"),
)  # fmt: skip
_SLOPES = ("6 dB", "12 dB", "18 dB", "24 dB")
_BELLS = (("1", 200.0), ("2", 1000.0), ("3", 4000.0))
_REVERB_LEVEL = 0.33  # at which pedalboard's wet sound is about as loud as what goes in


def run(effects: Sequence[pedalboard.Plugin], samples: Samples, rate: int) -> Samples:
    """Samples (C, N) through pedalboard effects, one after the other; itself through none."""
    if not effects or not samples.shape[1]:
        return samples
    frames = samples.shape[1]
    padded = np.pad(samples, ((0, 0), (0, max(0, _FEWEST - frames))))
    return np.ascontiguousarray(pedalboard.Chain(list(effects))(padded, rate, reset=True)[:, :frames])


def _eq(values: Values, samples: Samples, rate: int) -> Samples:
    bands: list[pedalboard.Plugin] = []
    poles = 1 + int(values["slope"])
    if values["low_cut"] > _FREQUENCIES[0]:
        bands += [pedalboard.HighpassFilter(_below(values["low_cut"], rate)) for _ in range(poles)]
    if values["high_cut"] < _FREQUENCIES[1]:
        bands += [pedalboard.LowpassFilter(_below(values["high_cut"], rate)) for _ in range(poles)]
    if values["low_gain"]:
        bands.append(pedalboard.LowShelfFilter(_below(values["low_freq"], rate), values["low_gain"]))
    for bell, _ in _BELLS:
        if values[f"gain_{bell}"]:
            frequency = _below(values[f"freq_{bell}"], rate)
            bands.append(pedalboard.PeakFilter(frequency, values[f"gain_{bell}"], values[f"q_{bell}"]))
    if values["high_gain"]:
        bands.append(pedalboard.HighShelfFilter(_below(values["high_freq"], rate), values["high_gain"]))
    return run(bands, samples, rate)


def _filter(values: Values, samples: Samples, rate: int) -> Samples:
    mode = getattr(pedalboard.LadderFilter.Mode, _LADDER[int(values["mode"])][1])
    cutoff = _below(values["cutoff"], rate)
    ladder = pedalboard.LadderFilter(mode, cutoff, values["resonance"] / 100, linear(values["drive"]))
    return run([ladder], samples, rate)


def _compressor(values: Values, samples: Samples, rate: int) -> Samples:
    squeeze = pedalboard.Compressor(values["threshold"], values["ratio"], values["attack"], values["release"])
    return _louder(_linked(squeeze, samples, rate), values["makeup"])


def _gate(values: Values, samples: Samples, rate: int) -> Samples:
    gate = pedalboard.NoiseGate(values["threshold"], values["ratio"], values["attack"], values["release"])
    return _linked(gate, samples, rate)


def _limiter(values: Values, samples: Samples, rate: int) -> Samples:
    limiter = pedalboard.BrickwallLimiter(
        values["ceiling"], values["release"], true_peak=bool(values["true_peak"])
    )
    return run([limiter], _louder(samples, values["drive"]), rate)


def _reverb(values: Values, samples: Samples, rate: int) -> Samples:
    late = _delayed(samples, round(values["predelay"] * rate / 1000))
    size, damping, width = (values[knob] / 100 for knob in ("size", "damping", "width"))

    def room(pair: Samples) -> Samples:
        level = _REVERB_LEVEL * 2 / len(pair)  # it adds its channels up: one alone comes back softer
        return run([pedalboard.Reverb(size, damping, level, 0.0, width)], pair, rate)

    # Of three channels it makes nothing, without a word.
    return np.concatenate([room(late[first : first + 2]) for first in range(0, len(late), 2)])


def _delay(values: Values, samples: Samples, rate: int) -> Samples:
    return run([pedalboard.Delay(values["time"] / 1000, values["feedback"] / 100, 1.0)], samples, rate)


def _chorus(values: Values, samples: Samples, rate: int) -> Samples:
    depth, feedback = values["depth"] / 100, values["feedback"] / 100
    return run([pedalboard.Chorus(values["rate"], depth, values["delay"], feedback, 1.0)], samples, rate)


def _phaser(values: Values, samples: Samples, rate: int) -> Samples:
    depth, feedback = values["depth"] / 100, values["feedback"] / 100
    centre = _below(values["centre"], rate)
    return run([pedalboard.Phaser(values["rate"], depth, centre, feedback, 1.0)], samples, rate)


def _distortion(values: Values, samples: Samples, rate: int) -> Samples:
    return _louder(run([pedalboard.Distortion(values["drive"])], samples, rate), values["output"])


def _bitcrush(values: Values, samples: Samples, rate: int) -> Samples:
    held = samples
    if values["rate"] < min(rate, _CRUSH_RATES[1]):
        frames = np.arange(samples.shape[1])
        ratio = values["rate"] / rate
        held = samples[:, np.minimum(np.ceil(np.floor(frames * ratio) / ratio).astype(np.int64), frames)]
    return held if values["bits"] >= _CRUSH_BITS[1] else run([pedalboard.Bitcrush(values["bits"])], held, rate)


def _pitch(values: Values, samples: Samples, rate: int) -> Samples:
    shift = values["semitones"] + values["cents"] / 100
    return run([pedalboard.PitchShift(shift)] if shift else [], samples, rate)


def _moment(values: Values, files: float) -> float:
    return 0.25


def _room(values: Values, files: float) -> float:
    return 0.5 + values["predelay"] / 1000


def _echoes(values: Values, files: float) -> float:
    return 0.1 + values["time"] / 1000


def _gain(values: Values, samples: Samples, rate: int) -> Samples:
    return _louder(samples, values["gain"])


def _linked(effect: pedalboard.Plugin, samples: Samples, rate: int) -> Samples:
    """An effect on levels that moves all channels alike, so that nothing wanders in the picture."""
    if len(samples) == 1:
        return run([effect], samples, rate)
    loudest = np.abs(samples).max(axis=0, keepdims=True)
    after = run([effect], loudest, rate)
    gain = np.divide(after, loudest, out=np.ones_like(loudest), where=loudest > 0)
    return samples * gain


def _louder(samples: Samples, db: float) -> Samples:
    return samples * np.float32(linear(db)) if db else samples


def _delayed(samples: Samples, frames: int) -> Samples:
    return np.pad(samples, ((0, 0), (frames, 0)))[:, : samples.shape[1]]


def _below(frequency: float, rate: int) -> float:
    return min(frequency, _HIGHEST_SHARE * rate)


def _frequency(id_: str, name: str, default: float, off: str = "") -> Knob:
    low, high = _FREQUENCIES
    assert off in ("", "low", "high")
    return Knob(id_, name, low, high, default, "Hz", "log", 0, off)  # type: ignore[arg-type]


def _decibels(id_: str, name: str, low: float, high: float, default: float = 0.0) -> Knob:
    return Knob(id_, name, low, high, default, "dB")


def _percent(id_: str, name: str, default: float, high: float = 100.0) -> Knob:
    return Knob(id_, name, 0.0, high, default, "%", digits=0)


def _ms(id_: str, name: str, low: float, high: float, default: float) -> Knob:
    return Knob(id_, name, low, high, default, "ms", "log")


_CRUSH_RATES = (500.0, 48_000.0)
_CRUSH_BITS = (2.0, 24.0)
_EQ_KNOBS = (
    _frequency("low_cut", "Low cut", 20.0, "low"),
    Knob("slope", "Slope of the cuts", default=1.0, choices=_SLOPES),
    _frequency("low_freq", "Low shelf", 120.0),
    _decibels("low_gain", "Low shelf gain", -24.0, 24.0),
    *(
        knob
        for bell, frequency in _BELLS
        for knob in (
            _frequency(f"freq_{bell}", f"Bell {bell}", frequency),
            _decibels(f"gain_{bell}", f"Bell {bell} gain", -24.0, 24.0),
            Knob(f"q_{bell}", f"Bell {bell} Q", 0.1, 18.0, 1.0, "", "log", 2),
        )
    ),
    _frequency("high_freq", "High shelf", 8000.0),
    _decibels("high_gain", "High shelf gain", -24.0, 24.0),
    _frequency("high_cut", "High cut", 20_000.0, "high"),
)
_DYNAMICS = (
    Knob("ratio", "Ratio", 1.0, 20.0, 4.0, ": 1", "log"),
    _ms("attack", "Attack", 0.1, 200.0, 10.0),
    _ms("release", "Release", 5.0, 2000.0, 120.0),
)

ROWS = (
    BuiltIn("gain", "Gain", "level", "Louder or softer.", _gain, (_decibels("gain", "Gain", -60.0, 24.0),)),
    BuiltIn(
        "eq", "EQ", "tone", "Low and high cut, two shelves and three bells; neutral at first.",
        _eq, _EQ_KNOBS, quiet=_moment,
    ),
    BuiltIn("filter", "Filter", "tone", "A ladder filter with resonance and drive.", _filter, (
        Knob("mode", "Mode", choices=tuple(words for words, _ in _LADDER), default=1.0),
        _frequency("cutoff", "Cutoff", 1200.0),
        _percent("resonance", "Resonance", 20.0),
        _decibels("drive", "Drive", 0.0, 24.0),
    ), quiet=_moment),
    BuiltIn("compressor", "Compressor", "level", "Evens out levels, all channels alike.", _compressor, (
        _decibels("threshold", "Threshold", -60.0, 0.0, -18.0),
        *_DYNAMICS,
        _decibels("makeup", "Make-up", 0.0, 24.0),
    )),
    BuiltIn("gate", "Gate", "level", "Silences what is soft, all channels alike.", _gate, (
        _decibels("threshold", "Threshold", -90.0, 0.0, -50.0),
        *_DYNAMICS,
    )),
    BuiltIn("limiter", "Limiter", "level", "No sample above the ceiling; drive pushes into it.", _limiter, (
        _decibels("ceiling", "Ceiling", -24.0, 0.0, -1.0),
        _decibels("drive", "Drive", 0.0, 24.0),
        _ms("release", "Release", 5.0, 2000.0, 100.0),
        Knob("true_peak", "Peaks", choices=("samples", "true peaks"), default=1.0),
    )),
    BuiltIn("reverb", "Reverb", "space", "A room, from a box to a cathedral.", _reverb, (
        _percent("size", "Size", 60.0),
        _percent("damping", "Damping", 40.0),
        _percent("width", "Width", 100.0),
        Knob("predelay", "Pre-delay", 0.0, 250.0, 10.0, "ms", digits=0),
    ), mix=0.3, quiet=_room),
    CONVOLUTION,
    BuiltIn("delay", "Delay", "space", "Echoes.", _delay, (
        _ms("time", "Time", 1.0, 4000.0, 250.0),
        _percent("feedback", "Feedback", 35.0, 95.0),
    ), mix=0.35, quiet=_echoes),
    BuiltIn("chorus", "Chorus", "motion", "Wandering copies; with feedback and little delay a flanger.", _chorus, (
        Knob("rate", "Rate", 0.05, 20.0, 0.8, "Hz", "log", 2),
        _percent("depth", "Depth", 25.0),
        Knob("delay", "Delay", 1.0, 50.0, 7.0, "ms", "log"),
        _percent("feedback", "Feedback", 0.0, 95.0),
    ), mix=0.5, quiet=_moment),
    BuiltIn("phaser", "Phaser", "motion", "Wandering notches.", _phaser, (
        Knob("rate", "Rate", 0.05, 20.0, 0.5, "Hz", "log", 2),
        _percent("depth", "Depth", 50.0),
        _frequency("centre", "Centre", 1300.0),
        _percent("feedback", "Feedback", 25.0, 95.0),
    ), mix=0.5, quiet=_moment),
    BuiltIn("distortion", "Distortion", "dirt", "Soft clipping.", _distortion, (
        _decibels("drive", "Drive", 0.0, 60.0, 18.0),
        _decibels("output", "Output", -36.0, 12.0, -6.0),
    )),
    BuiltIn("bitcrush", "Bitcrush", "dirt", "Fewer bits and a lower sample rate.", _bitcrush, (
        Knob("bits", "Bits", *_CRUSH_BITS, 8.0, "bit", off="high"),
        Knob("rate", "Sample rate", *_CRUSH_RATES, 12_000.0, "Hz", "log", 0, "high"),
    )),
    BuiltIn("pitch", "Pitch", "pitch", "Higher or lower at the same length.", _pitch, (
        Knob("semitones", "Semitones", -24.0, 24.0, 0.0, "st", digits=2),
        Knob("cents", "Fine", -100.0, 100.0, 0.0, "cent", digits=0),
    ), quiet=_moment),
)  # fmt: skip
"""Effects that are made of pedalboard's."""
