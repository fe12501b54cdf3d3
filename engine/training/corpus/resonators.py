"""Things that ring: sums of decaying sines, struck bars and bells, contacts, drops, claps.

A decaying sine is a power of one complex number, so a sum of them is a matrix product: z^(a M + b) = (z^M)^a z^b,
which is some thirty times faster than sines and exponentials sample by sample.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from engine.training.corpus.filters import (
    RATE,
    TAU,
    Response,
    Value,
    band_pass,
    faded,
    fitted,
    high_pass,
    unit_peak,
)
from engine.training.corpus.kit import Kit

PLASTIC, WOOD, METAL, GLASS = 0, 1, 2, 3
_BLOCK = 512


def modes(
    k: Kit,
    f: Tensor,
    tau: Tensor,
    level: Tensor,
    seconds: float | None = None,
    attack: float = 0.0004,
    phase: Tensor | None = None,
) -> Tensor:
    """A sum of decaying sines, (B, L).

    Args:
        k: the bench.
        f: (B, P) frequencies in Hz; those above 19 kHz stay silent.
        tau: (B, P) time constants in seconds.
        level: (B, P).
        seconds: length; the whole window if None.
        attack: straight, in seconds.
        phase: (B, P) at the start, in cycles.
    """
    length = k.samples if seconds is None else min(int(seconds * RATE), k.samples)
    rows = -(-length // _BLOCK)
    f, tau, level = torch.broadcast_tensors(f, tau, level)
    level = level * (f < 19000)
    across = torch.arange(_BLOCK, device=k.device)[None, None] / RATE
    down = torch.arange(rows, device=k.device, dtype=torch.float64)[None, None] * (_BLOCK / RATE)
    turn = (down * f[..., None].double() + (0.0 if phase is None else phase[..., None])) % 1
    slow = torch.polar(level[..., None] * faded(down.float() / tau[..., None]), TAU * turn.float())
    fast = torch.polar(faded(across / tau[..., None]), TAU * ((across * f[..., None]) % 1))
    # Im(slow fast), summed over the modes, as one real product of twice as many rows.
    left = torch.cat([slow.real, slow.imag], 1).transpose(1, 2)
    right = torch.cat([fast.imag, fast.real], 1)
    ringing = torch.bmm(left, right).flatten(1)[:, :length]
    return ringing * (k.t[:, :length] / attack).clamp(max=1)


def struck(
    k: Kit,
    f: Tensor,
    partials: tuple[Sequence[float], Sequence[float]],
    tau: Tensor,
    hard: Tensor,
    *,
    damping: float = 0.5,
    seconds: float | None = None,
    detune: float = 0.004,
) -> Tensor:
    """Something struck: each partial a pair of modes that beat, (B, L).

    Args:
        k: the bench.
        f: (B, 1) pitch in Hz.
        partials: ratios to the pitch, and levels.
        tau: (B, 1) time constant of the pitch in seconds; a partial's falls with ratio^-damping.
        hard: (B, 1) in 0 .. 1: a soft mallet leaves the high partials out.
        damping: see tau.
        seconds: length; the whole window if None.
        detune: how far the partials stray from their ratios.
    """
    count = len(partials[0])
    ratio = torch.tensor(partials[0], device=k.device)[None] * (1 + detune * k.normal(count))
    level = torch.tensor(partials[1], device=k.device)[None] * k.uniform(0.6, 1.2, count)
    level = level * torch.exp(-(ratio - ratio[:, :1]).clamp(min=0) * (1 - hard) * 0.8)
    taus = tau * ratio.clamp(min=0.3) ** -damping
    beating = f * ratio * (1 + k.uniform(0.0003, 0.0025))
    both = torch.cat([f * ratio, beating], 1), torch.cat([taus, taus], 1), torch.cat([level, 0.6 * level], 1)
    return modes(k, *both, seconds=seconds)


BELL = (
    (0.5, 1, 1.19, 1.5, 2, 2.51, 2.66, 3.01, 4.1, 5.4, 6.8),
    (0.6, 0.8, 0.7, 0.4, 1, 0.35, 0.35, 0.45, 0.35, 0.2, 0.12),
)
"""A church bell's hum, prime, tierce, quint, nominal and above."""
BAR = ((1, 1.6, 2.57, 3.9, 5.6, 8.1), (1, 0.6, 0.5, 0.35, 0.25, 0.2))
"""A wooden bar or board."""
GOBLET = ((1, 2.32, 4.25, 6.63, 9.38), (1, 0.7, 0.45, 0.3, 0.2))
"""A wine glass."""


def contact(k: Kit, f: Tensor, tau: Value, material: Tensor, hard: Tensor, samples: int = 4096) -> Tensor:
    """A short contact sound at f Hz, (B, L): material (B, 1) is plastic, wood, metal or glass."""
    ratios = k.table(material, _CONTACT_RATIOS)
    tau = tau * k.table(material, (0.6, 1.0, 3.0, 4.0)) / ratios**0.6
    level = torch.exp(-torch.arange(5, device=k.device)[None] * (1.4 - hard)) * k.uniform(0.5, 1, 5)
    ringing = modes(k, f * ratios * (1 + 0.03 * k.normal(5)), tau, level, samples / RATE)
    tick = k.burst(0.002, lambda q: band_pass(q, (f * 2.5).clamp(max=9000), 0.6), samples)
    return unit_peak(ringing) + (0.3 + 0.5 * hard) * tick


_CONTACT_RATIOS = (
    (1, 1.7, 2.6, 3.3, 4.7),
    (1, 2.57, 4.9, 6.1, 8.3),
    (1, 1.52, 2.8, 4.1, 5.4),
    (1, 2.3, 4.2, 6.6, 9.4),
)


def drops(
    k: Kit, low: Value, high: Value, tau: tuple[float, float], *, variants: int, chirp: float, seconds: float
) -> list[Tensor]:
    """Bubbles between `low` and `high` Hz: sines that rise while they decay (Minnaert 1933), (B, L) each."""
    t = k.time(seconds)
    out = []
    for _ in range(variants):
        f, decay = low * (high / low) ** k.rand(k.count, 1), k.log(*tau)
        turn = f * (t + chirp * k.uniform(0, 1) * t * t * 2.5)
        out.append(torch.sin(TAU * (turn % 1)) * faded(t / decay) * (t / 0.0015).clamp(max=1))
    return out


def claps(k: Kit, f: Tensor, variants: int) -> list[Tensor]:
    """Pairs of hands at about f Hz, (B, L) each."""
    out = []
    for _ in range(variants):
        centre = f * k.log(0.75, 1.5)
        out.append(k.burst(k.log(0.004, 0.012), _hands(centre), 3000))
    return out


def _hands(centre: Tensor) -> Response:
    return lambda q: band_pass(q, centre, 1.3) + 0.2 * (centre / 1200) ** 1.5 * high_pass(q, 2500.0)


def splinters(k: Kit, centre: Value, spread: tuple[float, float], tau: tuple[float, float], count: int) -> Tensor:
    """Half a second of `count` short modes around `centre` Hz, peak 1: a shard, a link, a key, (B, L)."""
    f = centre * k.log(*spread, count)
    return unit_peak(modes(k, f, k.log(*tau, count), k.uniform(0.3, 1, count), 0.5))


def cymbal_noise(k: Kit, f: Tensor) -> Tensor:
    """Six squares at ratios of no harmony and noise: sheet metal, (B, N)."""
    squares = [torch.sign(k.sine(f * r, k.uniform(0, 1))) for r in (2.0, 3.0, 4.16, 5.43, 6.79, 8.21)]
    return torch.stack(squares).sum(0) / 6 + 0.35 * k.noise()


def thump(f: Value, tau: Value, t: Tensor, glide: float = 0.02, attack: float = 0.012) -> Tensor:
    """A low sine that begins high and falls within some 30 ms, (B, L)."""
    return (
        torch.sin(TAU * f * (t + glide * (1 - torch.exp(-t / 0.03)))) * (t / attack).clamp(max=1) * faded(t / tau)
    )


def laid_in(k: Kit, x: Tensor) -> Tensor:
    """Something short, from the start of the window, (B, N)."""
    return fitted(x, k.samples)
