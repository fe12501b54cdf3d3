"""Which optimiser moves which weights, and how fast over a run.

Muon (Jordan et al. 2024) for the matrices of the layers beside AdamW for the rest trained the transformer
clearly faster than AdamW alone in the prototype, for 0.17 s a step on two CPU cores and nothing on a GPU.
Distillation keeps the reference's RAdam.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import nn
from torch.optim import Optimizer


@dataclass(frozen=True)
class Rates:
    """The learning rate over a run: up within `warm_up` steps, held, then down in a line from `hold` of the way.

    Measured in shares of the budget, so a run of any length ends cooled down.
    """

    rate: float
    warm_up: int
    hold: float
    least: float = 0.01

    def at(self, step: int, progress: float) -> float:
        """The rate at a step, counted from the last (warm) start, with that share of the budget used (0 .. 1)."""
        rising = min(1.0, (step + 1) / max(self.warm_up, 1))
        falling = 1.0 if progress < self.hold else (1.0 - progress) / (1.0 - self.hold)
        return self.rate * rising * max(self.least, falling)


def muon_and_adamw(network: nn.Module, rate: float, fused: bool) -> list[Optimizer]:
    """Muon for the layers' matrices, AdamW for embeddings, convolutions, norms and biases."""
    matrices = [p for name, p in network.named_parameters() if p.ndim == 2 and ".layers." in name]
    chosen = {id(p) for p in matrices}
    rest = [p for p in network.parameters() if id(p) not in chosen]
    muon = torch.optim.Muon(matrices, lr=rate, weight_decay=0.01, adjust_lr_fn="match_rms_adamw")
    return [muon, torch.optim.AdamW(rest, rate, betas=(0.9, 0.97), weight_decay=0.01, fused=fused)]


def adamw(network: nn.Module, rate: float, fused: bool) -> list[Optimizer]:
    """AdamW for everything."""
    parameters = network.parameters()
    return [torch.optim.AdamW(parameters, rate, betas=(0.9, 0.98), weight_decay=0.01, fused=fused)]


def radam(network: nn.Module, rate: float) -> list[Optimizer]:
    """RAdam (Liu et al. 2020), as SoundCTM's distillation."""
    return [torch.optim.RAdam(network.parameters(), rate, foreach=True)]


def set_rate(optimisers: Sequence[Optimizer], rate: float) -> None:
    """Give every optimiser that learning rate."""
    for optimiser in optimisers:
        for group in optimiser.param_groups:
            group["lr"] = rate
