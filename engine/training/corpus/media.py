"""What a sound went through: tape, radio, a bad sampler, an amplifier too small; or it is simply quiet."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.training.corpus.filters import RATE, TAU, filtered, high_pass, low_pass, one_pole, unit_peak


@dataclass(frozen=True)
class Medium:
    """A row: share of all sounds, its words ("<adjective" before the noun), caption words it makes untrue."""

    name: str
    share: float
    words: tuple[str, ...]
    clashes: str = ""


NONE = Medium("none", 0.78, ("",))
LOFI = Medium(
    "lofi",
    0.04,
    ("<lo-fi", "<bitcrushed", ", lo-fi", ", bitcrushed", "<low quality", "on an old sampler"),
    "clean|pure|bright|crisp",
)
RADIO = Medium(
    "radio",
    0.04,
    (
        "through a radio",
        "through a small speaker",
        "over a telephone",
        ", telephone filter",
        "<tinny",
        "over a walkie-talkie",
        "on a phone speaker",
    ),
    "deep|low|sub|bass|rumbl|bright|hissing|clean|huge|massive|radio|airy|dark|boom|thud",
)
TAPE = Medium(
    "tape",
    0.035,
    ("on a wobbly old tape", "<wobbly", ", warbling tape", "with tape wow and flutter", "on a worn cassette"),
    "bright|crisp|steady|constant|hissing",
)
DISTORTED = Medium(
    "distorted",
    0.035,
    ("<distorted", ", distorted", "with heavy distortion", "<overdriven"),
    "clean|smooth|soft|pure|distorted|gentle|quiet|gentl",
)
QUIET = Medium(
    "quiet",
    0.07,
    ("<quiet", "<soft", ", quiet", "<faint", ", very quiet", "<barely audible"),
    "loud|violent|massive|huge|powerful|roaring|heavy|hard|faint|soft|boom|explo|scream|furious",
)
MEDIA = (NONE, LOFI, RADIO, TAPE, DISTORTED, QUIET)


def taped(x: Tensor, media: Sequence[Medium], rng: random.Random) -> Tensor:
    """Sounds (B, N): those on tape waver in pitch, those that are distorted are, and a third saturate lightly."""
    x = _where(x, media, TAPE, lambda y: _wavering(y, rng))
    x = _where(x, media, DISTORTED, lambda y: torch.tanh(y * _each(y, [rng.uniform(5, 18) for _ in y])))
    light = _each(x, [rng.uniform(0.3, 1.6) if rng.random() < 0.35 else 0.02 for _ in range(x.shape[0])])
    return torch.tanh(light * x) / torch.tanh(light)


def transmitted(x: Tensor, media: Sequence[Medium], rng: random.Random) -> Tensor:
    """Sounds (B, N): those over radio lose lows and highs, those of a bad sampler lose rate and depth."""
    x = _where(x, media, RADIO, _over_radio)
    return _where(x, media, LOFI, lambda y: _crushed(y, rng))


def _where(x: Tensor, media: Sequence[Medium], which: Medium, change: Callable[[Tensor], Tensor]) -> Tensor:
    rows = [i for i, medium in enumerate(media) if medium is which]
    if not rows:
        return x
    index = torch.tensor(rows, device=x.device)
    return x.index_copy(0, index, change(x[index]))


def _each(x: Tensor, values: list[float]) -> Tensor:
    return torch.tensor(values, device=x.device)[:, None]


def _wavering(x: Tensor, rng: random.Random) -> Tensor:
    """Read at a speed that wavers by 1 to 3 %, a few times a second."""
    samples = x.shape[1]
    t = torch.arange(samples, device=x.device)[None] / RATE
    rate = _each(x, [rng.uniform(0.6, 3.5) for _ in range(x.shape[0])])
    depth = _each(x, [rng.uniform(0.008, 0.025) for _ in range(x.shape[0])])
    ahead = depth / (TAU * rate) * (1 - torch.cos(TAU * rate * t)) + 0.03 * depth * torch.sin(TAU * 9.3 * t)
    place = ((t + ahead) * RATE).clamp(0, samples - 2)
    index = place.long()
    part = place - index
    read = x.gather(1, index) * (1 - part) + x.gather(1, index + 1) * part
    return filtered(read, lambda f: one_pole(f, 7000.0))


def _over_radio(x: Tensor) -> Tensor:
    narrow = filtered(
        x, lambda f: high_pass(f, 450.0) * high_pass(f, 350.0) * low_pass(f, 3000.0) * low_pass(f, 3200.0)
    )
    return torch.tanh(3 * unit_peak(narrow))


def _crushed(x: Tensor, rng: random.Random) -> Tensor:
    """3.5 to 9 kHz without a filter, and 4 to 6 bits."""
    samples = x.shape[1]
    rate = _each(x, [rng.uniform(3500, 9000) for _ in range(x.shape[0])])
    levels = _each(x, [2.0 ** rng.randint(3, 5) for _ in range(x.shape[0])])
    place = (torch.arange(samples, device=x.device)[None] * (rate / RATE)).floor() * (RATE / rate)
    kept = unit_peak(x).gather(1, place.round().long().clamp(max=samples - 1))
    return (kept * levels).round() / levels
