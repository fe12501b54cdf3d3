"""Does the network listen? Its error with the right captions, with those of other sounds, and with none.

A text that is not heard hardly shows in the loss: a whole run of 4,135 steps was once lost to it, because the
network had a width whose heads switched the text off. It shows here from the first checkpoint on, at high
noise, where the sound is not given away by what is left of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.soundctm.denoiser import per_sample
from engine.training.captions import Captions
from engine.training.draws import Dice

SIGMAS = (2.0, 20.0, 80.0)

_PATIENCE = 1000  # steps
_LEAST_GAIN = 0.02

Denoise = Callable[[Tensor, Tensor, Captions], Tensor]
"""x (B, C, T) at level t (B,) with captions to the estimate (B, C, T)."""


@dataclass(frozen=True)
class Heard:
    """Mean squared errors at a noise level: with right, shuffled and empty captions."""

    sigma: float
    right: float
    shuffled: float
    none: float

    @property
    def gain(self) -> float:
        """By which share right captions beat shuffled ones; 0 where the text is not heard."""
        return 1.0 - self.right / self.shuffled if self.shuffled > 0 else 0.0


@torch.no_grad()
def listen(denoise: Denoise, sounds: Tensor, captions: Captions, empty: Captions, dice: Dice) -> list[Heard]:
    """The three errors at each of SIGMAS, with the same noise.

    Args:
        denoise: the network under test.
        sounds: (B, C, T) latents, B at least 2.
        captions: of the sounds.
        empty: the encoding of "", one row.
        dice: gives the noise.
    """
    batch = len(sounds)
    moved = captions.rows((torch.arange(batch, device=sounds.device) + 1) % batch)
    nothing = captions.without(torch.ones(batch, dtype=torch.bool, device=sounds.device), empty)
    found = []
    for sigma in SIGMAS:
        level = torch.full((batch,), sigma, device=sounds.device)
        x = sounds + per_sample(level, sounds) * dice.normal(*sounds.shape)
        errors = [
            float((denoise(x, level, c).float() - sounds).square().mean()) for c in (captions, moved, nothing)
        ]
        found.append(Heard(sigma, *errors))
    return found


def figures(heard: list[Heard]) -> dict[str, float]:
    """What was heard, as named figures for the journal."""
    rows = [(f"sigma {h.sigma:g}", h) for h in heard]
    return {f"{at}, {name}": getattr(h, name) for at, h in rows for name in ("right", "shuffled", "none", "gain")}


def worry(step: int, found: Mapping[str, float]) -> str:
    """A sentence where captions make no difference after a while; "" where all is well."""
    gain = found.get("sigma 20, gain")
    if gain is None or step < _PATIENCE or gain >= _LEAST_GAIN:
        return ""
    return (
        f"After {step} steps captions make no difference yet (at noise level 20, right ones are "
        f"{100 * gain:.1f} % better than shuffled ones): the text may not be heard. "
        "Look at the run before it costs more time."
    )
