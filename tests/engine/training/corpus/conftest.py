"""Measures of sounds that know nothing of how they were made, and one set of clips for all tests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from engine.training.corpus.chunks import Clips, family
from engine.training.corpus.registry import FAMILIES

_SIZE, _HOP = 2048, 512
_FINE = 256


def _spectra(audio: Tensor) -> tuple[Tensor, Tensor]:
    """Power (B, frames, bins) and frequencies in Hz (bins,)."""
    window = torch.hann_window(_SIZE)
    power = torch.stft(audio, _SIZE, _HOP, window=window, return_complex=True).abs().square().transpose(1, 2)
    return power[..., 1:], torch.arange(1, _SIZE // 2 + 1) * (44100 / _SIZE)


def height(audio: Tensor) -> Tensor:
    """(B,) centre of the amplitude spectrum over log frequency, in octaves over 1 Hz."""
    power, f = _spectra(audio)
    level = power.sum(1).sqrt()
    return (level * f.log2()).sum(1) / level.sum(1)


def climb(audio: Tensor) -> Tensor:
    """(B,) slope of the spectral centre over the time that sounds, in octaves a second."""
    power, f = _spectra(audio)
    energy = power.sum(-1)
    centre = (power * f.log2()).sum(-1) / energy.clamp(min=1e-12)
    weight = energy.sqrt() * (energy > 1e-4 * energy.amax(1, keepdim=True))
    time = torch.arange(energy.shape[1]) * (_HOP / 44100)
    weight = weight / weight.sum(1, keepdim=True)
    mean_t, mean_c = (weight * time).sum(1, keepdim=True), (weight * centre).sum(1, keepdim=True)
    spread = (weight * (time - mean_t) ** 2).sum(1)
    return (weight * (time - mean_t) * (centre - mean_c)).sum(1) / spread.clamp(min=1e-6)


def length(audio: Tensor) -> Tensor:
    """(B,) seconds until the sound stays 30 dB below its loudest 12 ms."""
    steps = audio.square().unfold(1, 512, 256).mean(-1)
    loud = steps > 1e-3 * steps.amax(1, keepdim=True)
    place = torch.arange(steps.shape[1])
    return torch.where(loud, place, 0).amax(1) * (256 / 44100)


def _onsets(audio: Tensor) -> tuple[Tensor, Tensor]:
    """Where the level rises by 6 dB within 40 ms, (B, steps) of bool, and the seconds of a step."""
    level = 10 * audio.square().unfold(1, _FINE, _FINE // 2).mean(-1).clamp(min=1e-12).log10()
    level = torch.maximum(level, level.amax(1, keepdim=True) - 30)
    before = -F.max_pool1d(-F.pad(level, (14, 0), value=float(level.min())), 14, 1)[:, :-1]
    rise = level - before
    highest = F.max_pool1d(F.pad(rise, (9, 9)), 19, 1)
    return (rise > 6) & (rise == highest), torch.tensor(_FINE / 2 / 44100)


def events(audio: Tensor) -> Tensor:
    """(B,) how many times something begins."""
    return _onsets(audio)[0].sum(1).float()


def pace(audio: Tensor) -> Tensor:
    """(B,) events a second between the first and the last."""
    found, step = _onsets(audio)
    place = torch.arange(found.shape[1])
    last = torch.where(found, place, 0).amax(1)
    first = torch.where(found, place, found.shape[1]).amin(1)
    return (found.sum(1) - 1) / ((last - first).clamp(min=1) * step)


def pitch(audio: Tensor) -> Tensor:
    """(B,) octaves over 1 Hz of the strongest period, 25 to 6,000 Hz, in the loudest 190 ms."""
    energy = audio.square().unfold(1, 8192, 1024).mean(-1)
    start = energy.argmax(1) * 1024
    piece = audio.gather(1, start[:, None] + torch.arange(8192)) * torch.hann_window(8192)
    spectrum = torch.fft.rfft(piece, 32768).abs()
    f = torch.fft.rfftfreq(32768, 1 / 44100)
    likeness = torch.fft.irfft(spectrum.square() * ((f > 25) & (f < 8000)))[:, : 44100 // 25]
    likeness = likeness / likeness[:, :1] * (1 + torch.arange(likeness.shape[1]) / 16384)
    lag = torch.arange(likeness.shape[1])
    fallen = (likeness < 0.2).cumsum(1) > 0
    strongest = torch.where(fallen & (lag > 6), likeness, -1.0)
    near = strongest > 0.9 * strongest.amax(1, keepdim=True)
    return (44100 / torch.where(near, lag, 10**6).amin(1)).log2()


MEASURES: Mapping[str, Callable[[Tensor], Tensor]] = MappingProxyType(
    {"height": height, "pitch": pitch, "climb": climb, "length": length, "pace": pace, "events": events}
)


@pytest.fixture(scope="session")
def measures() -> Mapping[str, Callable[[Tensor], Tensor]]:
    """Measures by name: (B, N) to (B,)."""
    return MEASURES


@pytest.fixture(scope="session")
def few() -> Mapping[str, Clips]:
    """Eight clips of 2 s of each family."""
    with torch.no_grad():
        return {name: family(name, 8, 2.0, seed=5) for name in FAMILIES}
