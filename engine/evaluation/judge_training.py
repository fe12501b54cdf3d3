"""Trains the judge: families by cross-entropy, captions by contrast, on seeds that no model is trained on.

`python -m engine.evaluation.judge_training --out FILE --store DIR`: a quarter of an hour of an idle CPU core, half
of it for drawing sounds. Sounds are spoilt a little while they are learned (tilted spectra, a raised floor, masked
bands and moments), so that the judge listens to what a sound is and not to how a codec or a room colours it.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from rich.console import Console
from torch import Tensor

from engine.evaluation.heldout import CHECK_SEED, JUDGE_SEED, family_names
from engine.evaluation.intervals import Estimate, wilson
from engine.evaluation.lessons import CHUNK, Lesson, gather, together
from engine.evaluation.watch import Watch, nobody
from engine.models.checkpoint import Header, pack
from engine.models.judge import KIND, Features, JudgeConfig, JudgeNetwork
from engine.plain import BANDS, FLOOR_DB

_CONTRAST = 0.5  # weight of the captions' loss beside the families'
_MOST_SCALE = 100.0  # as CLIP: a temperature of 0.01 at the least


@dataclass(frozen=True)
class Schedule:
    """How long and how fast: passes over the lessons, peak rate of AdamW, weight decay, seed."""

    passes: int = 14
    rate: float = 2e-3
    decay: float = 0.05
    seed: int = 1


@dataclass(frozen=True)
class Score:
    """How often the judge is right on sounds of one family each."""

    first: Estimate
    among_five: Estimate
    caption_among_five: Estimate


def train(
    lessons: Sequence[Lesson], config: JudgeConfig, schedule: Schedule, watch: Watch = nobody
) -> tuple[JudgeNetwork, list[float]]:
    """A judge and the loss of every step; deterministic by the schedule's seed."""
    with torch.random.fork_rng(devices=[]), torch.enable_grad():
        torch.manual_seed(schedule.seed)
        network = _fresh(lessons, config)
        pools = _pools(lessons)
        steps = schedule.passes * sum(-(-len(pool.texts) // CHUNK) for pool in pools)
        optimiser = torch.optim.AdamW(network.parameters(), schedule.rate, weight_decay=schedule.decay)
        pace = torch.optim.lr_scheduler.OneCycleLR(optimiser, schedule.rate, total_steps=steps, pct_start=0.2)
        losses: list[float] = []
        for _ in range(schedule.passes):
            for batch in _shuffled(pools):
                value = _loss(network, batch)
                optimiser.zero_grad()
                value.backward()
                torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
                optimiser.step()
                pace.step()
                losses.append(float(value.detach()))
                watch("judge", len(losses), steps)
    return network.eval(), losses


@torch.no_grad()
def score(network: JudgeNetwork, lessons: Sequence[Lesson]) -> Score:
    """The judge's accuracy on sounds it has not learned from.

    caption_among_five: how often a sound's own caption is among the five nearest of its 64.
    """
    first = five = captions = trials = 0
    for one in lessons:
        rows = one.single
        found = network(one.features)
        best = network.scores(found).topk(min(5, one.targets.shape[1]), dim=1).indices
        right = best == one.main[:, None]
        first += int(right[rows, 0].sum())
        five += int(right[rows].any(dim=1).sum())
        near = (found @ network.read(one.texts).T).topk(min(5, len(rows)), dim=1).indices
        captions += int((near == torch.arange(len(rows))[:, None])[rows].any(dim=1).sum())
        trials += int(rows.sum())
    return Score(wilson(first, trials), wilson(five, trials), wilson(captions, trials))


def save(network: JudgeNetwork, place: Path, source: str) -> None:
    """Write packed weights; their header holds the families."""
    pack(place, dict(network.state_dict()), Header(KIND, asdict(network.config), "CC0-1.0", source))


def spoil(features: Features) -> Features:
    """Sounds as another room, codec or moment would give them, drawn from torch's generator."""
    levels = features.levels
    count, _, frames = levels.shape
    ramp = torch.linspace(-1, 1, BANDS)[:, None]
    tilt = torch.randn(count, 1, 1) * 4 * ramp + torch.randn(count, 1, 1) * 2 * torch.cos(3.1416 * ramp)
    floor = FLOOR_DB + torch.rand(count, 1, 1) * 35
    spoilt = levels + tilt
    spoilt = torch.maximum(spoilt - spoilt.amax(dim=(1, 2), keepdim=True), floor)
    band, moment = _mask(count, BANDS, 8)[:, :, None], _mask(count, frames, frames // 8)[:, None, :]
    spoilt = torch.where(band | moment, floor, spoilt)
    return Features(spoilt, features.plain + 0.1 * torch.randn_like(features.plain) * features.plain.std(dim=0))


def main(words: Sequence[str] | None = None) -> int:
    """Draw the lessons, train, tell the accuracy on fresh seeds, and write the weights."""
    options = argparse.ArgumentParser(prog="judge_training", description=__doc__)
    options.add_argument("--out", type=Path, required=True, help="where the weights go")
    options.add_argument("--store", type=Path, required=True, help="a folder for the lessons, kept between runs")
    options.add_argument("--chunks", type=int, default=93, help="lessons of 64 sounds to learn from")
    options.add_argument("--passes", type=int, default=Schedule.passes, help="times that each is learned")
    options.add_argument("--threads", type=int, default=1, help="CPU threads")
    asked = options.parse_args(words)
    from engine.local import Engine  # noqa: PLC0415 (it fixes the threads, which are chosen after it)

    engine, families = Engine("starter", "cpu"), family_names()
    engine.embed("")
    torch.set_num_threads(asked.threads)
    known = gather(engine.embed, families, JUDGE_SEED, asked.chunks, asked.store, _tell)
    fresh = gather(engine.embed, families, CHECK_SEED, max(4, asked.chunks // 12), asked.store, _tell)
    network, _ = train(known, JudgeConfig(families), Schedule(asked.passes), _tell)
    found = score(network, fresh)
    told = f"family {found.first.value:.3f}, among five {found.among_five.value:.3f}"
    save(network, asked.out, f"own training on {64 * asked.chunks} held-out corpus sounds; {told} on fresh ones")
    _CONSOLE.print(found)
    return 0


_CONSOLE = Console(stderr=True, highlight=False)


def _tell(what: str, done: int, total: int) -> None:
    if done % max(1, total // 20) == 0:
        _CONSOLE.print(f"{what} {done} of {total}")


def _pools(lessons: Sequence[Lesson]) -> list[Lesson]:
    """All sounds of a length together."""
    lengths = sorted({one.features.levels.shape[-1] for one in lessons})
    return [together([one for one in lessons if one.features.levels.shape[-1] == n]) for n in lengths]


def _shuffled(pools: Sequence[Lesson]) -> Iterator[Lesson]:
    """A pass: batches of at most 64 sounds of one length, in an order that is drawn anew."""
    batches = [(pool, rows) for pool in pools for rows in torch.randperm(len(pool.texts)).split(CHUNK)]
    for i in torch.randperm(len(batches)).tolist():
        yield _rows(*batches[i])


def _rows(pool: Lesson, rows: Tensor) -> Lesson:
    features = Features(*(part[rows].float() for part in pool.features))
    return Lesson(features, pool.texts[rows], pool.targets[rows])


def _fresh(lessons: Sequence[Lesson], config: JudgeConfig) -> JudgeNetwork:
    network = JudgeNetwork(config).train()
    measures = torch.cat([one.features.plain for one in lessons])
    network.plain_mean.copy_(measures.mean(dim=0))
    network.plain_std.copy_(measures.std(dim=0).clamp_min(1e-3))
    return network


def _loss(network: JudgeNetwork, one: Lesson) -> Tensor:
    """Cross-entropy over families, and over the batch's captions from both sides (CLIP; Radford et al. 2021)."""
    found = network(spoil(one.features))
    families = F.cross_entropy(network.scores(found), one.targets, label_smoothing=0.05)
    alike = network.scales[1].exp().clamp(max=_MOST_SCALE) * found @ network.read(one.texts).T
    own = torch.arange(len(found))
    captions = (F.cross_entropy(alike, own) + F.cross_entropy(alike.T, own)) / 2
    return families + _CONTRAST * captions


def _mask(count: int, length: int, widest: int) -> Tensor:
    """(count, length) true over a run of 0 to `widest` places, one a row."""
    width = torch.randint(0, max(1, widest) + 1, (count, 1))
    start = (torch.rand(count, 1) * (length - width)).long()
    place = torch.arange(length)[None]
    return (place >= start) & (place < start + width)


if __name__ == "__main__":
    sys.exit(main())
