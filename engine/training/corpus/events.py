"""Sounds of many events: times, trains of single samples, and a response for each.

Many small events cost no more than one: a sparse train is convolved with a few variants of a response.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from engine.training.corpus.filters import RATE, Value, fast_length, tapered
from engine.training.corpus.kit import Kit


def room_for(k: Kit, rate: float) -> int:
    """How many events of a jittering train fit the window at most, at up to `rate` a second."""
    return min(400, int(k.seconds * rate * 1.3) + 2)


def regular(
    k: Kit, rate: Value, jitter: Value, most: int, count: Tensor | None = None, start: float = 0.002
) -> tuple[Tensor, Tensor]:
    """A train of events at `rate` a second.

    Args:
        k: the bench.
        rate: events a second.
        jitter: how far an interval strays, as a share of itself.
        most: events that are reckoned with.
        count: (B, 1) events of each sound; without, as many as fit.
        start: of the first one, in seconds.

    Returns:
        Times (B, most) in seconds, and 1.0 where an event counts and lies inside the window.
    """
    interval = (1 + jitter * (k.rand(k.count, most) * 2 - 1)) / rate
    times = start + torch.cumsum(interval, 1) - interval[:, :1]
    there = times < k.seconds
    if count is not None:
        there = there & (torch.arange(most, device=k.device)[None] < count)
    return times, there.float()


def train(k: Kit, times: Tensor, levels: Tensor) -> Tensor:
    """Single samples of those levels at those times (B, E), as (B, N)."""
    index = (times * RATE).long()
    inside = (index >= 0) & (index < k.samples)
    levels = torch.where(inside, levels.expand_as(times), 0.0)
    return k.silence().scatter_add_(1, torch.where(inside, index, 0), levels)


def hits(
    k: Kit, times: Tensor, levels: Tensor, responses: Sequence[Tensor], order: Tensor | None = None
) -> Tensor:
    """Events at times (B, E), each with one of the responses (B, L): a random one, or the one `order` says."""
    if order is None:
        order = (k.rand(*times.shape) * len(responses)).long()
    return grains(k, [train(k, times, levels * (order == v)) for v in range(len(responses))], responses)


def grains(k: Kit, trains: Sequence[Tensor], responses: Sequence[Tensor]) -> Tensor:
    """The sum of each train (B, N) convolved with its response (B, L), with one inverse transform."""
    length = fast_length(k.samples + max(r.shape[-1] for r in responses))
    spectra = [
        torch.fft.rfft(x, length) * torch.fft.rfft(tapered(r), length)
        for x, r in zip(trains, responses, strict=True)
    ]
    return torch.fft.irfft(torch.stack(spectra).sum(0), length)[:, : k.samples]


def turns(k: Kit, times: Tensor, of: int) -> Tensor:
    """An order in which `of` responses take turns over the events of times (B, E)."""
    return (torch.arange(times.shape[1], device=k.device)[None] % of).expand_as(times)


def repeats(k: Kit, period: Tensor) -> tuple[Tensor, Tensor]:
    """Number of the repetition and seconds since it began, (B, N) each, for periods (B, 1) in seconds."""
    number = (k.t / period).floor()
    return number, k.t - number * period
