"""Where a sound is heard: rooms, distance, walls and water, as words and as a response."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.training.corpus.draws import Draws
from engine.training.corpus.filters import RATE, bell, bins, convolved, faded, fast_length, filtered, low_pass

_LONGEST = 3.5
"""Seconds of a reverb that are computed."""
_BANDS = ((180.0, 1.1), (900.0, 0.9), (3200.0, 0.7), (9000.0, 0.7))
_WIDE_OPEN = 40000.0


@dataclass(frozen=True)
class Room:
    """A place.

    Attributes:
        name: for facts and reports.
        share: of all sounds.
        words: how it is told; "<adjective" goes before the noun.
        seconds: range of its reverberation time.
        damping: Hz above which it decays faster.
        delay: of the first reflection, in seconds.
        wet: energy of the reverb relative to the sound's.
        cut: low pass of all that arrives, in Hz.
        clashes: caption words that are no longer true there, as a regular expression.
    """

    name: str
    share: float
    words: tuple[str, ...]
    seconds: tuple[float, float] = (0.1, 0.2)
    damping: float = 8000.0
    delay: float = 0.0
    wet: float = 0.0
    cut: float = _WIDE_OPEN
    clashes: str = ""


_ECHO = "dry|dead|tight|damped|choked|outdoors|in a|in the"
ROOMS = (
    Room("none", 0.6, ("",) * 8 + (", dry", ", close up"), clashes=""),
    Room(
        "small room",
        0.07,
        (
            "in a small room",
            "in a small room",
            ", small room",
            "with a short room reverb",
            "indoors in a small room",
        ),
        (0.25, 0.5),
        7000,
        0.004,
        0.5,
        clashes=_ECHO,
    ),
    Room(
        "bathroom",
        0.04,
        ("in a tiled bathroom", "in a bathroom", ", bathroom reverb", "in a reflective tiled room", "in a shower"),
        (0.7, 1.1),
        10000,
        0.006,
        0.7,
        clashes=_ECHO,
    ),
    Room(
        "large hall",
        0.07,
        (
            "in a large hall",
            "with hall reverb",
            ", large hall",
            "in a big reverberant hall",
            "with big reverb",
            "in a warehouse",
            "in an empty hangar",
            "in a gymnasium",
        ),
        (1.6, 2.6),
        5000,
        0.02,
        0.8,
        clashes=_ECHO,
    ),
    Room(
        "cathedral",
        0.05,
        (
            "in a cathedral",
            "in a huge cave",
            "with cathedral reverb",
            "with a very long reverb",
            "in a vast cavern",
            "<echoing",
            "in a church",
            "<cavernous",
        ),
        (3.0, 5.0),
        3500,
        0.035,
        0.9,
        clashes=_ECHO,
    ),
    Room(
        "plate",
        0.03,
        ("with plate reverb", "with bright reverb", ", wet, bright reverb"),
        (1.0, 2.0),
        14000,
        0.002,
        0.7,
        clashes=_ECHO + "|dark|dull",
    ),
    Room(
        "distant",
        0.055,
        ("<distant", "<distant", "in the distance", "far away", ", distant", "from far away", "<faraway"),
        (0.8, 1.8),
        2200,
        0.03,
        2.0,
        2500.0,
        clashes=_ECHO + "|close|near|loud|overhead|distant|far|bright|crisp|sharp|hissing|shrill",
    ),
    Room(
        "muffled",
        0.03,
        (
            "<muffled",
            "<muffled",
            "behind a wall",
            "through a wall",
            "from the next room",
            ", muffled",
            "behind a closed door",
        ),
        (0.3, 0.6),
        1500,
        0.006,
        0.5,
        650.0,
        clashes=_ECHO + "|muffled|bright|sharp|crisp|loud|hissing|shrill|high|close|clean",
    ),
    Room(
        "underwater",
        0.025,
        ("underwater", "underwater", "<underwater", "heard underwater", ", submerged"),
        (0.8, 1.4),
        700,
        0.01,
        1.0,
        480.0,
        clashes=_ECHO + "|bright|crisp|sharp|underwater|beach|hissing|shrill|high|clean|ground|roof",
    ),
    Room(
        "tunnel",
        0.03,
        (
            "in a tunnel",
            "in a concrete tunnel",
            "in a metal tube",
            "in a long pipe",
            "in a sewer",
            "in a stairwell",
        ),
        (1.2, 2.0),
        3500,
        0.01,
        1.0,
        7000.0,
        clashes=_ECHO,
    ),
)
NONE = ROOMS[0]


def placed(x: Tensor, rooms: Sequence[Room], draws: Draws, rng: random.Random) -> tuple[Tensor, list[float]]:
    """Sounds (B, N) as they are heard in their rooms, and each one's reverberation time in seconds (0 in none)."""
    where = [i for i, room in enumerate(rooms) if room is not NONE]
    seconds = [0.0] * len(rooms)
    if not where:
        return x, seconds
    mine = [rooms[i] for i in where]
    for i, room in zip(where, mine, strict=True):
        seconds[i] = rng.uniform(*room.seconds)

    def column(values: Sequence[float]) -> Tensor:
        return torch.tensor(values, device=x.device)[:, None]

    index = torch.tensor(where, device=x.device)
    times = [seconds[i] for i in where]
    impulse = reverb(
        column(times),
        column([r.damping for r in mine]),
        column([r.delay for r in mine]),
        draws,
        min(int(max(times) * RATE), int(_LONGEST * RATE)),
    )
    cut = column([r.cut * rng.uniform(0.7, 1.3) for r in mine])
    wet = column([r.wet * rng.uniform(0.7, 1.3) for r in mine])
    direct = filtered(x[index], lambda f: low_pass(f, cut))
    echo = convolved(direct, impulse)
    level = _energy(direct) / _energy(echo).clamp(min=1e-6)
    return x.index_copy(0, index, direct + wet * level.clamp(max=3.0) * echo), seconds


def reverb(seconds: Tensor, damping: Tensor, delay: Tensor, draws: Draws, samples: int) -> Tensor:
    """Impulse responses (B, samples) of unit energy: noise in four bands, the high ones fading first, and echoes.

    Args:
        seconds: (B, 1) until 60 dB below.
        damping: (B, 1) in Hz.
        delay: (B, 1) in seconds.
        draws: where the noise comes from.
        samples: length.
    """
    count, device = seconds.shape[0], seconds.device
    t = torch.arange(samples, device=device)[None] / RATE
    length = fast_length(samples)
    noise = torch.randn(count, samples, generator=draws.generator, device=device)
    spectra, f = torch.fft.rfft(noise, length), bins(length, device)
    response = torch.zeros(count, samples, device=device)
    for centre, octaves in _BANDS:
        duller = (centre / damping) ** 1.3
        time = seconds / (1 + duller) * (0.85 if centre < 300 else 1.0)
        band = torch.fft.irfft(spectra * bell(f, centre, octaves), length)[:, :samples]
        response += band * faded(6.9 * t / time) / (1 + (centre / damping) ** 2)
    response = response * (t / 0.004).clamp(max=1)
    early = (draws.rand(count, samples) < 260 / RATE * faded(t / 0.02)).float()
    early = early * (draws.rand(count, samples) * 2 - 1) * 7 * faded(t / 0.03)
    response = response + early * response.abs().amax(-1, keepdim=True) * 0.5
    response = response / _energy(response).clamp(min=1e-6)
    since = torch.arange(samples, device=device)[None] - (delay * RATE).long()
    return torch.where(since >= 0, response.gather(1, since.clamp(min=0)), 0.0)


def _energy(x: Tensor) -> Tensor:
    return x.square().sum(-1, keepdim=True).sqrt()
