"""What the training loop asks of a stage, so that one loop trains codec, teacher and student."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from torch import Tensor, nn
from torch.optim import Optimizer

from engine.training.draws import Dice
from engine.training.optimisers import Rates
from engine.training.pool import Pool


@dataclass(frozen=True)
class StepLosses:
    """One step's loss () to go down, and its parts (), for the eye."""

    total: Tensor
    parts: dict[str, Tensor]


class Stage(Protocol):
    """A network that is trained, its moving average, and where its batches come from."""

    @property
    def name(self) -> str:
        """The command's name."""

    @property
    def network(self) -> nn.Module:
        """What gets gradients."""

    @property
    def average(self) -> nn.Module:
        """What follows it and is shipped."""

    @property
    def pool(self) -> Pool:
        """Where batches are drawn from."""

    @property
    def rates(self) -> Rates:
        """The learning rate over the run."""

    @property
    def clip(self) -> float:
        """The norm that gradients are cut to."""

    def average_rate(self, step: int) -> float:
        """How slowly the average follows at a step."""

    def optimisers(self) -> list[Optimizer]:
        """Fresh optimisers."""

    def compile(self) -> None:
        """Compile what pays, after weights have been loaded."""

    def losses(self, dice: Dice, step: int) -> StepLosses:
        """Draw a batch and compute its losses."""

    def check(self, dice: Dice) -> dict[str, float]:
        """Figures that would show early what losses hide; by name."""
