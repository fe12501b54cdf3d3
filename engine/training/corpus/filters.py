"""Filters without recursion: a response evaluated on the bins of a transform, or a gain that moves with time.

A recursive filter goes sample by sample, which is slow in Python and slower on a GPU. A causal analogue response
on the bins of one long transform does the same for a whole batch in three calls.

Sounds are (B, N) at 44.1 kHz; a response is a function of frequencies (1, F) in Hz to gains (B, F) or (1, F).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor

RATE = 44100
TAU = 6.283185307179586

Response = Callable[[Tensor], Tensor]
Value = Tensor | float
"""A number for all sounds of a batch, or (B, 1): one for each."""


@lru_cache(maxsize=256)
def fast_length(least: int) -> int:
    """Smallest even length of at least that many samples with no prime factor above 5."""
    best = 1 << (least - 1).bit_length()
    for threes in range(6):
        for fives in range(5):
            length = 2 * 3**threes * 5**fives
            while length < least:
                length *= 2
            best = min(best, length)
    return best


def bins(length: int, device: torch.device) -> Tensor:
    """Frequencies (1, length / 2 + 1) of a real transform of that length, in Hz."""
    return torch.arange(length // 2 + 1, device=device)[None] * (RATE / length)


def filtered(x: Tensor, response: Response, pad: int = 4096) -> Tensor:
    """Sounds (B, N) through a response; `pad` zeros behind them keep the tail from wrapping around."""
    length = fast_length(x.shape[-1] + pad)
    gains = response(bins(length, x.device))
    return torch.fft.irfft(torch.fft.rfft(x, length) * gains, length)[..., : x.shape[-1]]


def convolved(x: Tensor, impulse: Tensor) -> Tensor:
    """Sounds (B, N) convolved with impulse responses (B, L), cut at N."""
    length = fast_length(x.shape[-1] + impulse.shape[-1])
    spectra = torch.fft.rfft(x, length) * torch.fft.rfft(impulse, length)
    return torch.fft.irfft(spectra, length)[..., : x.shape[-1]]


def faded(x: Tensor) -> Tensor:
    """exp(-x), which for large x stays a little above 0.

    Numbers too small to be written normally would follow; a CPU multiplies those ten times as slowly.
    """
    return torch.exp(-x.clamp(max=30.0))


def _resonance(f: Tensor, centre: Value, q: Value) -> tuple[Tensor, Tensor]:
    ratio = f / centre
    return ratio, torch.complex(1 - ratio * ratio, ratio / q + 0 * ratio)


def low_pass(f: Tensor, cut: Value, q: Value = 0.707) -> Tensor:
    """Second order, -12 dB an octave above `cut` Hz."""
    return 1 / _resonance(f, cut, q)[1]


def high_pass(f: Tensor, cut: Value, q: Value = 0.707) -> Tensor:
    """Second order, -12 dB an octave below `cut` Hz."""
    ratio, below = _resonance(f, cut, q)
    return -(ratio * ratio) / below


def band_pass(f: Tensor, centre: Value, q: Value = 1.0) -> Tensor:
    """Second order, gain 1 at `centre` Hz."""
    ratio, below = _resonance(f, centre, q)
    return torch.complex(torch.zeros_like(below.real), ratio / q + torch.zeros_like(below.real)) / below


def one_pole(f: Tensor, cut: Value) -> Tensor:
    """First order, -6 dB an octave above `cut` Hz."""
    ratio = f / cut
    return 1 / torch.complex(torch.ones_like(ratio), ratio)


def slope(f: Tensor, power: float, reference: float = 1000.0) -> Tensor:
    """(f / reference)^-power, flat below 30 Hz: 0.5 is pink, 1 is brown."""
    return (f.clamp(min=30.0) / reference) ** (-power)


def bell(f: Tensor, centre: Value, octaves: Value) -> Tensor:
    """A Gaussian over log frequency around `centre` Hz."""
    return faded(0.5 * (torch.log2(f.clamp(min=15.0) / centre) / octaves) ** 2)


def falling(f: Tensor, cut: Value, power: float = 3.0) -> Tensor:
    """1 / (1 + (f / cut)^power): a low pass without phase, for gains that move."""
    return 1 / (1 + (f / cut) ** power)


Curve = Callable[[Tensor], Tensor]
"""Takes a curve (B, N) or (B, 1) to what it is in each frame of a transform, (B, 1, frames) or (B, 1, 1)."""


def shaped(x: Tensor, gain: Callable[[Tensor, Curve], Tensor], size: int = 1024) -> Tensor:
    """Sounds (B, N) with a spectral gain that moves with time.

    Args:
        x: the sounds.
        gain: from frequencies (1, F, 1) and `at` to gains (B, F, frames); `at(curve)` samples a curve (B, N)
            once a frame.
        size: samples of a frame; a quarter of it is the hop.
    """
    samples, hop = x.shape[-1], size // 4
    window = torch.hann_window(size, device=x.device)
    spectra = torch.stft(x, size, hop, window=window, return_complex=True)
    frames = spectra.shape[-1]
    f = torch.linspace(0, RATE / 2, size // 2 + 1, device=x.device)[None, :, None]

    def at(curve: Tensor) -> Tensor:
        if curve.shape[1] == 1:
            return curve[:, None]
        sampled = curve[:, ::hop]
        if sampled.shape[1] < frames:
            sampled = F.pad(sampled[:, None], (0, frames - sampled.shape[1]), mode="replicate")[:, 0]
        return sampled[:, None, :frames]

    pieces = torch.fft.irfft(spectra * gain(f, at), size, dim=1) * window[:, None]
    # torch.istft would ask the GPU whether the windows add up, and wait for the answer.
    whole = (1, size + hop * (frames - 1))
    y = F.fold(pieces, whole, (1, size), stride=(1, hop)).flatten(1)
    weight = window.square()[None, :, None].expand(1, size, frames)
    weight = F.fold(weight, whole, (1, size), stride=(1, hop)).flatten(1)
    return (y / weight.clamp(min=1e-3))[:, size // 2 : size // 2 + samples]


def unit_peak(x: Tensor) -> Tensor:
    """Sounds (B, N) scaled to a peak of 1; silence stays silence."""
    return x / x.abs().amax(-1, keepdim=True).clamp(min=1e-6)


def unit_rms(x: Tensor) -> Tensor:
    """Sounds (B, N) scaled to an effective value of 1; silence stays silence."""
    return x / x.square().mean(-1, keepdim=True).sqrt().clamp(min=1e-6)


def tapered(impulse: Tensor) -> Tensor:
    """Impulse responses (B, L) whose last 15 % fade out, so that being cut there does not click."""
    length = impulse.shape[-1]
    left = (length - torch.arange(length, device=impulse.device)) / (0.15 * length)
    return impulse * left.clamp(max=1) ** 2


def fitted(x: Tensor, samples: int) -> Tensor:
    """Sounds (B, N) cut, or followed by silence, to (B, samples)."""
    return F.pad(x, (0, samples - x.shape[-1])) if x.shape[-1] < samples else x[..., :samples]
