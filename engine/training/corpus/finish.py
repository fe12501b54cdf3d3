"""The last steps of a clip: where it is heard, what it went through, how loud it is, and the words for it."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.training.corpus import media, rooms
from engine.training.corpus.captions import decorated
from engine.training.corpus.draws import Draws
from engine.training.corpus.family import Kind
from engine.training.corpus.filters import RATE, filtered, high_pass, unit_peak
from engine.training.corpus.media import MEDIA, Medium
from engine.training.corpus.rooms import ROOMS, Room

OUTDOORS = frozenset(
    (
        *("rain", "rain on roof", "thunder", "wind", "ocean", "stream", "crickets", "birds", "helicopter"),
        *("car pass", "drone rotor", "firework", "rumble", "insect", "owl", "wolf", "jet"),
    )
)
_SOFT = re.compile(r"\b(soft|softly|quiet|gentle|gently|faint|subtle|distant|faraway|far away|light(?! switch))\b")
_HAS_PLACE = re.compile(r"distant|far|echo|water|dry|close|near|roomy|outdoors|overhead")
_FLOOR = 2.5e-4
"""Level below which a tail counts as over; -72 dB of the peak."""


@dataclass(frozen=True)
class Draft:
    """What is to be finished, one entry a clip: the family heard first, its kind, the caption."""

    families: Sequence[str]
    kinds: Sequence[Kind]
    captions: Sequence[str]


def finished(
    x: Tensor, draft: Draft, draws: Draws, rng: random.Random
) -> tuple[Tensor, list[str], list[dict[str, float]]]:
    """Clips (B, N) with space, colour and level, their captions extended accordingly, and the facts added.

    Facts: reverb (seconds, 0 if none), cut (Hz, of what a wall or distance takes), medium (index), level (dBFS).
    """
    count = x.shape[0]
    where = [_room(f, c, rng) for f, c in zip(draft.families, draft.captions, strict=True)]
    through = [_medium(c, rng) for c in draft.captions]
    x = media.taped(x, through, rng)
    x, seconds = rooms.placed(x, where, draws, rng)
    x = media.transmitted(x, through, rng)
    captions = [
        _told(draft.captions[i], where[i], through[i], draft.families[i] in OUTDOORS, rng) for i in range(count)
    ]
    levels = [_level(c, medium is media.QUIET, rng) for c, medium in zip(captions, through, strict=True)]
    facts = [
        {"reverb": s, "cut": r.cut, "medium": float(MEDIA.index(m)), "level": db}
        for s, r, m, db in zip(seconds, where, through, levels, strict=True)
    ]
    return _levelled(x, draft.kinds, levels), captions, facts


def plain(x: Tensor, kinds: Sequence[Kind]) -> Tensor:
    """Clips (B, N) as their voices made them, with clean ends, at a peak of -3 dBFS."""
    return _levelled(x, kinds, [-3.0] * x.shape[0])


def _room(family: str, caption: str, rng: random.Random) -> Room:
    """A place that makes sense (no rain in a bathroom) and contradicts nothing (no "close … distant")."""
    room = rng.choices(ROOMS, [r.share for r in ROOMS])[0]
    if family in OUTDOORS and room.name not in {"none", "distant", "muffled"} and rng.random() < 0.85:
        return rooms.NONE
    return rooms.NONE if _clashes(room.clashes, caption) else room


def _medium(caption: str, rng: random.Random) -> Medium:
    medium = rng.choices(MEDIA, [m.share for m in MEDIA])[0]
    return media.NONE if _clashes(medium.clashes, caption) else medium


def _clashes(words: str, caption: str) -> bool:
    return bool(words) and re.search(rf"\b({words})", caption, re.IGNORECASE) is not None


def _told(caption: str, room: Room, medium: Medium, outdoors: bool, rng: random.Random) -> str:
    place = rng.choice(room.words)
    if room is rooms.NONE and place and (outdoors or _HAS_PLACE.search(caption)):
        place = ""
    phrases = [place, rng.choice(medium.words)]
    rng.shuffle(phrases)
    for phrase in phrases:
        # Some go untold: a prompt that asks for nothing of the kind may still get a little of it.
        if phrase[:1] != "<" or rng.random() >= 0.12:
            caption = decorated(caption, phrase, rng)
    return caption


def _level(caption: str, quiet: bool, rng: random.Random) -> float:
    """Peak in dBFS."""
    if quiet:
        return rng.uniform(-26, -15)
    return rng.uniform(-18, -8) if _SOFT.search(caption) else rng.uniform(-12, -1)


def _levelled(x: Tensor, kinds: Sequence[Kind], levels: Sequence[float]) -> Tensor:
    """No direct current, silence where the tail is over, short fades, and that peak in dBFS."""
    samples = x.shape[1]
    x = unit_peak(filtered(x, lambda f: high_pass(f, 20.0), 8192))
    x = x * ((_still_to_come(x) - _FLOOR) / _FLOOR).clamp(0, 1)
    place = torch.arange(samples, device=x.device)[None]
    fade = [0.0015 * RATE if kind == "loop" else 0.12 * samples for kind in kinds]
    left = (samples - 1 - place) / torch.tensor(fade, device=x.device)[:, None]
    gain = 10 ** (torch.tensor(levels, device=x.device)[:, None] / 20)
    return unit_peak(x * (place / 40).clamp(max=1) * left.clamp(max=1)) * gain


def _still_to_come(x: Tensor) -> Tensor:
    """The highest level from each place of (B, N) on, in steps of 64 samples."""
    samples = x.shape[1]
    steps = F.pad(x.abs(), (0, -samples % 64)).unflatten(1, (-1, 64)).amax(-1)
    highest = torch.flip(torch.cummax(torch.flip(steps, [-1]), -1).values, [-1])
    return highest.repeat_interleave(64, dim=1)[:, :samples]
