"""The door of the corpus: numbered chunks of captioned sounds.

A chunk depends on its seed and its number alone: not on the chunks before it, nor on any global generator. So
a run that is resumed hears what it would have heard, several workers can make chunks side by side, and data for
measuring are simply other seeds.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.training.corpus.captions import joined, restyled
from engine.training.corpus.draws import Draws
from engine.training.corpus.family import Kind, sub_seed
from engine.training.corpus.filters import RATE
from engine.training.corpus.finish import Draft, finished, plain
from engine.training.corpus.registry import FAMILIES
from presets.errors import InvalidRequest

Facts = Mapping[str, float]

SHORTEST = 0.25
"""Seconds of a clip at least."""


@dataclass(frozen=True)
class Clips:
    """Sounds and what is known of them.

    Attributes:
        audio: (B, N) float32 at 44.1 kHz, mono.
        captions: what each one is, in words.
        families: name of each one's family; "a+b" is a over b, "a>b" is a and then b.
        facts: the parameters behind each caption by name; those of a second family begin with "second.".
    """

    audio: Tensor
    captions: tuple[str, ...]
    families: tuple[str, ...]
    facts: tuple[Facts, ...]


@dataclass(frozen=True)
class _Plan:
    """A clip to be made: its family, and a second one with "+" (behind it) or ">" (after it)."""

    first: str
    relation: str = ""
    second: str = ""

    @property
    def name(self) -> str:
        return self.first + self.relation + self.second


@dataclass(frozen=True)
class _Drawn:
    audio: Tensor
    captions: list[str]
    facts: list[dict[str, float]]


@torch.no_grad()
def chunk(
    seed: int, k: int, count: int = 64, seconds: float = 6.0, device: str = "cpu", compose: float = 0.2
) -> Clips:
    """Chunk number k of the endless corpus of a seed.

    Args:
        seed: of the corpus; held-out data are other seeds.
        k: number of the chunk, from 0.
        count: clips in it.
        seconds: length of each.
        device: where they are made. The CPU gives the same bytes every time; captions and facts are the same
            everywhere.
        compose: share of clips of two families.
    """
    _check(count, seconds)
    base = sub_seed(seed, k, count, round(seconds * RATE))
    rng = random.Random(base)  # noqa: S311  no secret
    plans = _plans(count, compose, rng)
    seconds_of = [p for p in plans if p.second]
    where = torch.device(device)
    drawn = _draw([p.first for p in plans] + [p.second for p in seconds_of], round(seconds * RATE), base, where)
    audio, captions, facts, kinds = _composed(plans, drawn, rng)
    draws = Draws(count, sub_seed(base, "finish"), where)
    draft = Draft([p.first for p in plans], kinds, captions)
    audio, captions, added = finished(audio, draft, draws, rng)
    captions = [restyled(c, FAMILIES[p.first].category, rng) for c, p in zip(captions, plans, strict=True)]
    return Clips(
        audio,
        tuple(captions),
        tuple(p.name for p in plans),
        tuple({**fact, **more} for fact, more in zip(facts, added, strict=True)),
    )


@torch.no_grad()
def family(name: str, count: int, seconds: float = 6.0, seed: int = 0, device: str = "cpu") -> Clips:
    """Clips of one family, as its voice makes them: no room, no second sound, peak -3 dBFS.

    Raises:
        InvalidRequest: there is no such family.
    """
    _check(count, seconds)
    if name not in FAMILIES:
        raise InvalidRequest(f"The corpus has no family {name!r}. It has: {', '.join(FAMILIES)}.")
    row = FAMILIES[name]
    made = row.make(count, round(seconds * RATE), sub_seed(seed, "family"), torch.device(device))
    return Clips(plain(made.audio, [row.kind] * count), tuple(made.captions), (name,) * count, tuple(made.facts))


def _check(count: int, seconds: float) -> None:
    if count < 1 or seconds < SHORTEST:
        raise InvalidRequest(f"Ask for at least one clip of at least {SHORTEST} s.")


def _plans(count: int, compose: float, rng: random.Random) -> list[_Plan]:
    rows = list(FAMILIES.values())
    names = [row.name for row in rows]
    first = rng.choices(names, [row.weight for row in rows], k=count)
    shots = [row.name for row in rows if row.kind != "loop"]
    loops = [row.name for row in rows if row.kind != "shot"]
    plans = []
    for name in first:
        if rng.random() >= compose:
            plans.append(_Plan(name))
        elif rng.random() < 0.5:
            plans.append(_Plan(name, "+", rng.choice(loops)))
        else:
            plans.append(_Plan(rng.choice(shots), ">", rng.choice(names)))
    return plans


def _draw(names: Sequence[str], samples: int, base: int, device: torch.device) -> _Drawn:
    """A member of each name, all members of a family in one go."""
    audio = torch.empty(len(names), samples, device=device)
    captions = [""] * len(names)
    facts: list[dict[str, float]] = [{} for _ in names]
    for name in dict.fromkeys(names):
        places = [i for i, other in enumerate(names) if other == name]
        made = FAMILIES[name].make(len(places), samples, base, device)
        audio[torch.tensor(places, device=device)] = made.audio
        for place, caption, fact in zip(places, made.captions, made.facts, strict=True):
            captions[place], facts[place] = caption, fact
    return _Drawn(audio, captions, facts)


def _composed(
    plans: Sequence[_Plan], drawn: _Drawn, rng: random.Random
) -> tuple[Tensor, list[str], list[dict[str, float]], list[Kind]]:
    """The clips of all plans; the second sounds follow the first ones in `drawn`."""
    count = len(plans)
    audio, captions, facts = drawn.audio[:count], drawn.captions[:count], drawn.facts[:count]
    kinds: list[Kind] = [FAMILIES[p.first].kind for p in plans]
    pairs = [i for i, p in enumerate(plans) if p.second]
    for offset, i in enumerate(pairs):
        then = plans[i].relation == ">"
        captions[i] = joined(captions[i], drawn.captions[count + offset], then, rng)
        facts[i] = facts[i] | {f"second.{n}": v for n, v in drawn.facts[count + offset].items()}
        if not then:
            kinds[i] = FAMILIES[plans[i].second].kind
    if pairs:
        index = torch.tensor(pairs, device=audio.device)
        after = torch.tensor([plans[i].relation == ">" for i in pairs], device=audio.device)[:, None]
        audio = audio.index_copy(0, index, _together(audio[index], drawn.audio[count:], after, rng))
    return audio, captions, facts, kinds


def _together(first: Tensor, second: Tensor, after: Tensor, rng: random.Random) -> Tensor:
    """Pairs (B, N): where `after`, the second from a third to a half of the window on; else it lies behind."""
    count, samples = first.shape
    device = first.device
    cut = torch.tensor([rng.uniform(0.3, 0.55) for _ in range(count)], device=device)[:, None] * samples
    behind = torch.tensor([10 ** (rng.uniform(-16, -8) / 20) for _ in range(count)], device=device)[:, None]
    place = torch.arange(samples, device=device)[None]
    since = (place - cut).long()
    later = torch.where(since >= 0, second.gather(1, since.clamp(min=0)), 0.0)
    before = first * ((cut + 0.05 * RATE - place) / (0.15 * RATE)).clamp(0, 1)
    ratio = first.square().mean(-1, keepdim=True) / second.square().mean(-1, keepdim=True).clamp(min=1e-9)
    return torch.where(after, before + later, first + second * behind * ratio.sqrt().clamp(0.5, 2.0))
