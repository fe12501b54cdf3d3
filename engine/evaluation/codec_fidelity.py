"""What a codec loses: level differences, pitch, sharpness of onsets, silence.

A model can sound no better than its codec. Spectra are measured on real sounds; pitch, onsets and silence on
probes whose right answer is known, because in a real sound nobody knows where the tone really is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from engine.evaluation.watch import Watch, nobody
from engine.plain import RATE, Floats
from presets.sound import Sound, decibels

Through = Callable[[Sound], Sound]
"""A mono sound of 44.1 kHz through a codec; may come back shorter than a latent frame less."""

_SIZE, _HOP = 2048, 512
_AVERAGED = 9, 5  # bins x frames: random noise alone moves single cells by 5.6 dB
_LOWEST_BIN, _HIGHEST_BIN = 2, 744  # 40 Hz to 16 kHz
_TONES = 1.0 * 55.0 * 2.0 ** np.arange(0, 7, 0.5)  # Hz: 55 to 4978
_CLICKS = 0.25, 0.6, 1.1, 1.7  # seconds
_STEP = 0.00025  # seconds of an onset's envelope
_SECONDS = 2.0


@dataclass(frozen=True)
class Fidelity:
    """What a codec loses.

    lsd_db: smoothed log-spectral distance of each real sound, dB. cents: error of each probe tone's frequency.
    smear_ms: how much longer each click's rise takes than the original's. floor_db: level in the silence after a
    tone, dBFS. silent_db: the same of digital silence alone.
    """

    lsd_db: tuple[float, ...]
    cents: tuple[float, ...]
    smear_ms: tuple[float, ...]
    floor_db: float
    silent_db: float


def fidelity(through: Through, sounds: Sequence[Sound], watch: Watch = nobody) -> Fidelity:
    """Measure a codec on real sounds and on the probes."""
    distances = []
    for sound in sounds:
        distances.append(spectral_distance(sound, through(sound)))
        watch("codec", len(distances), len(sounds))
    tone = burst(440.0)
    return Fidelity(
        tuple(distances),
        tuple(abs(cents(float(hertz), through(steady(float(hertz))))) for hertz in _TONES),
        onset_smear(clicks(), through(clicks()), _CLICKS),
        level_db(through(tone), 1.0, 1.8),
        level_db(through(_mono(np.zeros(round(_SECONDS * RATE)))), 0.0, _SECONDS),
    )


def spectral_distance(sound: Sound, other: Sound) -> float:
    """Smoothed log-spectral distance in dB over the active frames of two mono sounds at 44.1 kHz.

    Power of a 2048/512 transform averaged over 9 bins and 5 frames; root mean square of the level differences
    from 40 Hz to 16 kHz, averaged over the frames within 50 dB of the first sound's loudest. Levels below
    -70 dB of a bin are inaudible and taken as that.
    """
    common = min(sound.frames, other.frames)
    x, y = (_smoothed_power(torch.tensor(s.samples[0, :common])) for s in (sound, other))
    energy = x.sum(dim=0)
    active = energy > energy.max() * 1e-5
    difference = 10 * torch.log10((x + 1e-7) / (y + 1e-7))[_LOWEST_BIN:_HIGHEST_BIN]
    distance = difference.square().mean(dim=0).sqrt()
    return float(distance[active].mean()) if bool(active.any()) else 0.0


def cents(hertz: float, sound: Sound) -> float:
    """How far a mono sound's strongest frequency lies above the expected one, hundredths of a semitone.

    Of its middle half; the peak of a parabola through the three highest bins of a Gaussian-windowed transform's
    logarithm, which is exact for a steady tone (Smith 2011, "Spectral audio signal processing").
    """
    quarter = sound.frames // 4
    middle = sound.samples[0, quarter : 3 * quarter].astype(np.float64)
    offset = np.linspace(-1, 1, len(middle))
    power = np.log(np.abs(np.fft.rfft(middle * np.exp(-0.5 * (offset * 4) ** 2))) + 1e-12)
    peak = int(power[1:-1].argmax()) + 1
    left, centre, right = power[peak - 1 : peak + 2]
    shift = 0.5 * (left - right) / (left - 2 * centre + right)
    found = (peak + float(shift)) * sound.rate / len(middle)
    return float(1200 * np.log2(found / hertz))


def onset_smear(sound: Sound, other: Sound, onsets: Sequence[float]) -> tuple[float, ...]:
    """By how many ms each onset of the second sound rises more slowly than the first's; onsets in seconds."""
    return tuple(1000 * (rise(other, onset) - rise(sound, onset)) for onset in onsets)


def rise(sound: Sound, onset: float) -> float:
    """Seconds from -30 dB to -3 dB of the peak within 50 ms around an onset; 0.1 where nothing is there."""
    first = round(max(0.0, onset - 0.05) * sound.rate)
    near = np.abs(sound.samples[0, first : round((onset + 0.05) * sound.rate)]).astype(np.float64)
    step = max(1, round(_STEP * sound.rate))
    envelope = near[: len(near) // step * step].reshape(-1, step).max(axis=1)
    if not envelope.size or envelope.max() < 1e-6:
        return 0.1
    loud = int(np.flatnonzero(envelope >= envelope.max() * 10 ** (-3 / 20))[0])
    soft = np.flatnonzero(envelope[: loud + 1] < envelope.max() * 10 ** (-30 / 20))
    begin = int(soft[-1]) + 1 if soft.size else 0
    return (loud - begin) * step / sound.rate


def level_db(sound: Sound, start: float, end: float) -> float:
    """Root mean square of a mono sound between two moments in seconds, dBFS, at least -200."""
    part = sound.samples[0, round(start * sound.rate) : round(end * sound.rate)].astype(np.float64)
    return max(decibels(float(np.sqrt(np.mean(part * part)))) if part.size else -200.0, -200.0)


def steady(hertz: float) -> Sound:
    """A probe: a tone with three softer harmonics for 2 s."""
    time = np.arange(round(_SECONDS * RATE)) / RATE
    return _mono(sum(0.4 / n**1.5 * np.sin(2 * np.pi * hertz * n * time) for n in range(1, 5)))


def burst(hertz: float) -> Sound:
    """A probe: a tone for 0.5 s, then silence until 2 s."""
    tone = steady(hertz).samples[0] * (np.arange(round(_SECONDS * RATE)) < RATE // 2)
    return _mono(tone)


def clicks() -> Sound:
    """A probe: four clicks of 2 ms of noise that dies away."""
    samples = np.zeros(round(_SECONDS * RATE))
    length = round(0.02 * RATE)
    noise = np.random.default_rng(1).standard_normal(length) * np.exp(-np.arange(length) / (0.002 * RATE))
    for onset in _CLICKS:
        samples[round(onset * RATE) : round(onset * RATE) + length] += 0.5 * noise / np.abs(noise).max()
    return _mono(samples)


def _smoothed_power(samples: Tensor) -> Tensor:
    """(bins, frames) power of (N,) samples, averaged over neighbours."""
    window = torch.hann_window(_SIZE)
    power = torch.stft(samples, _SIZE, _HOP, window=window, return_complex=True).abs().square()
    bins, frames = _AVERAGED
    return F.avg_pool2d(power[None, None], (bins, frames), 1, (bins // 2, frames // 2))[0, 0]


def _mono(samples: NDArray[np.float64]) -> Sound:
    made: Floats = np.ascontiguousarray(samples[None], np.float32)
    return Sound(made, RATE)
