"""How far two sounds are apart, and how the two losses of distillation are balanced.

Every distance is (B,), one number a sample. The feature-space distance asks the frozen teacher what differs:
its layers' outputs, each normalised so that no layer drowns the others (SoundCTM, eq. 10). The gradient goes
through the teacher into the estimate.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor

Distance = Literal["feature_space", "l2", "l1", "pseudo_huber"]

_HUBER = 0.00054  # improved consistency training (Song and Dhariwal 2024), section 3.3: c = 0.00054 sqrt(d)


def feature_distance(a: Sequence[Tensor], b: Sequence[Tensor], official_quirks: bool = False) -> Tensor:
    """(B,) sum over layers of the mean squared difference of normalised feature maps.

    Args:
        a: each layer's map (B, positions, width) of one sound.
        b: the same of the other.
        official_quirks: normalise each feature over the positions, as the 44.1 kHz reference does (its dimension 1
            was the channel in the 16 kHz network); else each position over its features, as the perceptual
            distance it is taken from does (Zhang et al. 2018, eq. 1).
    """
    dim = 1 if official_quirks else 2
    parts = [_mean_square(_normalised(p, dim) - _normalised(q, dim)) for p, q in zip(a, b, strict=True)]
    return torch.stack(parts).sum(0)


def plain_distance(a: Tensor, b: Tensor, how: Distance) -> Tensor:
    """(B,) distance of two sounds (B, C, T) as they are: "l2" (mean square), "l1" or "pseudo_huber".

    Raises:
        ValueError: "feature_space", which needs a teacher.
    """
    difference = (a - b).float().flatten(1)
    if how == "l2":
        return difference.square().mean(1)
    if how == "l1":
        return difference.abs().mean(1)
    if how == "pseudo_huber":
        c = _HUBER * difference.shape[1] ** 0.5
        return (difference.square().sum(1) + c**2).sqrt() - c
    raise ValueError(f"{how!r} is no plain distance")


def weighted_distance(a: Tensor, b: Tensor, s: Tensor, sigma_data: float) -> Tensor:
    """(B,) mean square over the variance that a sound has at level s (B,): every level counts the same."""
    return plain_distance(a, b, "l2") / (s**2 + sigma_data**2)


def denoising_loss(estimate: Tensor, sound: Tensor, sigma: Tensor, sigma_data: float) -> Tensor:
    """(B,) squared error of a denoised estimate, times (sigma^2 + sd^2) / (sigma sd)^2 (Karras 2022, table 1)."""
    weight = (sigma**2 + sigma_data**2) / (sigma * sigma_data) ** 2
    return weight * plain_distance(estimate, sound, "l2")


def adaptive_balance(leading: Tensor, other: Tensor, last: Tensor) -> Tensor:
    """What to multiply `other` by so that both pull equally hard at the last layer: (), detached, 0 .. 1000.

    VQGAN (Esser et al. 2021, eq. 7), as CTM uses it.

    Args:
        leading: the scalar loss that sets the scale.
        other: the scalar loss to be scaled.
        last: the weight of the last layer, which both losses reach.
    """
    pulls = [torch.autograd.grad(loss, last, retain_graph=True)[0].norm() for loss in (leading, other)]
    return (pulls[0] / (pulls[1] + 1e-8)).clamp(0.0, 1000.0).detach()


def _normalised(x: Tensor, dim: int) -> Tensor:
    x = x.float()
    return x / (x.square().sum(dim, keepdim=True).sqrt() + 1e-10)


def _mean_square(x: Tensor) -> Tensor:
    return x.square().flatten(1).mean(1)
