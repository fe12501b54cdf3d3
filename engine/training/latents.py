"""Batches of latents with captions, some of them forgotten: what teacher and student are both trained on."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from engine.training.captions import Captions
from engine.training.draws import Dice
from engine.training.pool import Pool


@dataclass(frozen=True)
class Batch:
    """Latents (B, C, T) float32 of one length, and their captions."""

    sounds: Tensor
    captions: Captions


def draw(pool: Pool, dice: Dice, step: int, frames: int) -> Batch:
    """A batch of about that many latent frames in all, at least 2 sounds, of the length whose turn it is."""
    count = max(2, frames // pool.length_at(step))
    rows = pool.draw(dice, step, count)
    return Batch(rows["latents"].float(), Captions(rows["tokens"].float(), rows["mask"]))


def forgetting(batch: Batch, share: float, empty: Captions, dice: Dice) -> Batch:
    """The batch with that share of its captions replaced by ""."""
    forgotten = dice.uniform(len(batch.sounds)) < share
    return Batch(batch.sounds, batch.captions.without(forgotten, empty))
