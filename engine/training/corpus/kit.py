"""The bench at which a batch of sounds is built: time, noise, slow curves, oscillators and envelopes.

Everything is (B, N) at 44.1 kHz on the device of the sounds, and nothing asks that device for a number: a GPU
never waits.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.training.corpus.draws import Draws
from engine.training.corpus.filters import RATE, TAU, Response, Value, bins, faded, filtered, unit_peak, unit_rms

_CURVE_STEP = 64
"""Samples between two values of a slow curve."""
_FASTEST_CURVE = 200.0


class Kit(Draws):
    """The bench for `count` sounds of `samples` samples."""

    def __init__(self, count: int, samples: int, seed: int, device: torch.device) -> None:
        super().__init__(count, seed, device)
        self.samples = samples
        self.seconds = samples / RATE
        self._time = torch.arange(samples, device=device, dtype=torch.float64)[None] / RATE
        self.t = self._time.float()

    def here(self, *values: Tensor) -> tuple[Tensor, ...]:
        """Parameters, moved to the device of the sounds."""
        return tuple(v.to(self.device, non_blocking=True) for v in values)

    def time(self, seconds: float) -> Tensor:
        """(1, L): the time axis of something shorter, at most the whole window."""
        return self.t[:, : int(seconds * RATE)]

    def silence(self) -> Tensor:
        """(count, samples) of zeros."""
        return torch.zeros(self.count, self.samples, device=self.device)

    # Noise

    def noise(self, samples: int | None = None) -> Tensor:
        """White noise of variance 1, (count, samples)."""
        length = self.samples if samples is None else samples
        return torch.randn(self.count, length, generator=self.generator, device=self.device)

    def coloured(self, response: Response) -> Tensor:
        """Steady noise of that spectrum and effective value 1, (count, samples); it loops without a seam."""
        f = bins(self.samples, self.device)
        drawn = torch.randn(self.count, f.shape[1], 2, generator=self.generator, device=self.device)
        spectra = torch.view_as_complex(drawn) * response(f).abs()
        spectra[:, 0] = 0
        return unit_rms(torch.fft.irfft(spectra, self.samples))

    def sparks(self, density: Value, power: float = 2.0) -> Tensor:
        """Random single samples of random sign, `density` a second; a higher power makes loud ones rarer."""
        hit = (self.rand(self.count, self.samples) < density / RATE).float()
        level = self.rand(self.count, self.samples) * 2 - 1
        return hit * level.sign() * level.abs() ** power

    def burst(self, tau: Value, response: Response, samples: int, attack: float = 0.0005) -> Tensor:
        """Noise through a response that decays with time constant `tau` seconds, (count, L), peak 1."""
        length = min(samples, self.samples)
        decaying = self.noise(length) * self.decay(tau, 0.0, attack, self.t[:, :length])
        return unit_peak(filtered(decaying, response, 1024))

    # Slow curves

    def wander(self, rate: Value) -> Tensor:
        """A smooth random curve in -1 .. 1 with `rate` new values a second, at most 200; (count, samples)."""
        fastest = rate if isinstance(rate, (int, float)) else _FASTEST_CURVE
        nodes = self.rand(self.count, int(self.seconds * fastest) + 4) * 2 - 1
        steps = torch.arange(self.samples // _CURVE_STEP + 2, device=self.device)[None]
        place = steps * (_CURVE_STEP / RATE) * rate + torch.zeros(self.count, 1, device=self.device)
        before = place.long().clamp(max=nodes.shape[1] - 2)
        part = place - before
        part = part * part * (3 - 2 * part)
        curve = nodes.gather(1, before) * (1 - part) + nodes.gather(1, before + 1) * part
        fine = F.interpolate(curve[:, None], scale_factor=_CURVE_STEP, mode="linear", align_corners=False)[:, 0]
        return fine[:, _CURVE_STEP // 2 : _CURVE_STEP // 2 + self.samples]

    def held(self, place: Tensor, levels: Tensor | None = None) -> Tensor:
        """A curve that keeps one of `levels` (count, m) for each whole step of `place`; random -1 .. 1 if none."""
        if levels is None:
            levels = self.rand(self.count, 4096) * 2 - 1
        index = place.long().clamp(min=0) % levels.shape[1]
        return levels.gather(1, index.expand(self.count, -1))

    # Oscillators

    def cycles(self, f: Value) -> Tensor:
        """Cycles since the start at f Hz, float64 (count, samples): a constant, (count, 1) or a curve."""
        if not isinstance(f, Tensor):
            return self._time * float(f)
        if f.shape[-1] == 1:
            return self._time * f.double()
        return torch.cumsum(f.double() / RATE, -1)

    def phase(self, f: Value) -> Tensor:
        """Phase at f Hz in 0 .. 1."""
        return (self.cycles(f) % 1).float()

    def sine(self, f: Value, offset: Value = 0.0) -> Tensor:
        """A sine at f Hz; offset in cycles."""
        return torch.sin(TAU * (self.phase(f) + offset))

    def saw(self, f: Tensor, offset: Value = 0.0) -> Tensor:
        """A sawtooth at f Hz whose steps are smoothed over two samples (polyBLEP)."""
        p = (self.phase(f) + offset) % 1
        return 2 * p - 1 - _step(p, f / RATE)

    def square(self, f: Tensor, duty: float = 0.5) -> Tensor:
        """A square at f Hz whose steps are smoothed over two samples."""
        p, width = self.phase(f), f / RATE
        return torch.where(p < duty, 1.0, -1.0) + _step(p, width) - _step((p + 1 - duty) % 1, width)

    def wave(self, kind: Tensor, f: Tensor) -> Tensor:
        """The wave of each sound's kind (count, 1) at f Hz: 0 sine, 1 triangle, 2 square, 3 sawtooth."""
        p, width = self.phase(f), f / RATE
        square = torch.where(p < 0.5, 1.0, -1.0) + _step(p, width) - _step((p + 0.5) % 1, width)
        saw = 2 * p - 1 - _step(p, width)
        rough = torch.where(kind == 2, 0.6 * square, 0.7 * saw)
        return torch.where(kind == 0, torch.sin(TAU * p), torch.where(kind == 1, 4 * (p - 0.5).abs() - 1, rough))

    # Envelopes

    def decay(self, tau: Value, start: Value = 0.0, attack: Value = 0.001, t: Tensor | None = None) -> Tensor:
        """From `start` seconds: a straight attack, an exponential decay with time constant `tau` seconds."""
        since = (self.t if t is None else t) - start
        return (since / attack).clamp(0, 1) * faded(since.clamp(min=0) / tau)

    def gate(self, seconds: Value, attack: Value = 0.005, release: Value = 0.01) -> Tensor:
        """1 for that long, with straight edges."""
        return (self.t / attack).clamp(0, 1) * ((seconds - self.t) / release).clamp(0, 1)

    def bump(self, seconds: Value, peak: Value, power: Value = 1.5, start: Value = 0.0) -> Tensor:
        """A hump of that length that is highest at the share `peak` of it."""
        x = ((self.t - start) / seconds).clamp(0, 1)
        return (x / peak).clamp(max=1) ** power * ((1 - x) / (1 - peak)).clamp(max=1) ** power


def _step(p: Tensor, width: Tensor) -> Tensor:
    """What smooths a step at phase 0 (Välimäki and Huovilainen 2007)."""
    after, before = p / width, (p - 1) / width
    rise = after + after - after * after - 1
    fall = before * before + before + before + 1
    return torch.where(p < width, rise, torch.where(p > 1 - width, fall, torch.zeros_like(p)))
