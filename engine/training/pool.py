"""The sounds that batches are drawn from: the newest chunks, kept on the training's device.

A sound is used a few times and then replaced, because a GPU trains faster than sounds are made. The lengths
take turns: chunk i holds sounds of `lengths[i % n]` frames, and lies in a place that follows from i, so that a
resumed run refills the same pool from the same chunks.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from engine.training.draws import Dice
from engine.training.feed import Factory, Feed


@dataclass(frozen=True)
class PoolPlan:
    """How the pool is kept.

    Attributes:
        lengths: in latent frames, taking turns chunk by chunk.
        capacity: chunks that are kept of each length.
        filled: chunks of each length that training waits for.
        workers: processes that make chunks; none makes them in the training's own.
        steps_per_chunk: a new chunk is taken after so many steps, waited for (the same on every run); 0 takes
            whatever is ready and never waits (a GPU).
    """

    lengths: tuple[int, ...]
    capacity: int
    filled: int
    workers: int
    steps_per_chunk: int


class Pool:
    """Batches of recent chunks; `taken` tells how many chunks have been consumed."""

    def __init__(self, plan: PoolPlan, factory: Factory, device: torch.device, taken: int = 0) -> None:
        """Start the feed and wait until there is enough.

        Raises:
            WorkerDied: no data could be made.
        """
        self.plan, self.device = plan, device
        turns = len(plan.lengths)
        kept = plan.capacity * turns if plan.steps_per_chunk else 0
        first = max(0, taken - kept)
        self._base = 0 if plan.steps_per_chunk else first
        self._rows: list[dict[str, Tensor]] = [{} for _ in plan.lengths]
        self._filled = [0] * turns
        self._sizes = [0] * turns
        self._feed = Feed(factory, first, plan.workers)
        try:
            for _ in range(max(taken, first + plan.filled * turns) - first):
                self._take()
        except BaseException:
            self._feed.close()
            raise

    @property
    def taken(self) -> int:
        """The number of the chunk that comes next."""
        return self._feed.at

    def advance(self, step: int) -> None:
        """After a training step: take new sounds if it is time.

        Raises:
            WorkerDied: a process that makes sounds has ended.
        """
        every = self.plan.steps_per_chunk
        if (every and (step + 1) % every == 0) or (not every and self._feed.ready()):
            self._take()

    def length_at(self, step: int) -> int:
        """The length in frames whose turn it is at a step."""
        return self.plan.lengths[step % len(self.plan.lengths)]

    def draw(self, dice: Dice, step: int, batch: int) -> dict[str, Tensor]:
        """A batch of the length whose turn it is, with replacement."""
        turn = step % len(self.plan.lengths)
        index = dice.integers(self._filled[turn] * self._sizes[turn], batch)
        return {name: rows[index] for name, rows in self._rows[turn].items()}

    def close(self) -> None:
        """End the workers."""
        self._feed.close()

    @torch.no_grad()
    def _take(self) -> None:
        number = self._feed.at
        turns = len(self._rows)
        turn, place = number % turns, (number - self._base) // turns % self.plan.capacity
        chunk = self._feed.take()
        if not self._rows[turn]:
            self._sizes[turn] = len(next(iter(chunk.values())))
            self._rows[turn] = {n: self._space(t) for n, t in chunk.items()}
        size = self._sizes[turn]
        for name, tensor in chunk.items():
            self._rows[turn][name][place * size : (place + 1) * size] = tensor.to(self.device)
        self._filled[turn] = max(self._filled[turn], place + 1)

    def _space(self, like: Tensor) -> Tensor:
        shape = (self.plan.capacity * len(like), *like.shape[1:])
        return torch.zeros(shape, dtype=like.dtype, device=self.device)
