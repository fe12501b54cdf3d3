"""The moving average of a network's weights: steadier than the network, so it is what gets shipped."""

from __future__ import annotations

import copy
from typing import TypeVar

import torch
from torch import nn

_M = TypeVar("_M", bound=nn.Module)


def average_of(network: _M) -> _M:
    """A copy that gets no gradients, to be followed by `follow`."""
    return copy.deepcopy(network).requires_grad_(requires_grad=False)


@torch.no_grad()
def follow(average: nn.Module, network: nn.Module, rate: float) -> None:
    """Average <- rate * average + (1 - rate) * network, for the parameters; buffers are constants here."""
    theirs = [parameter.data for parameter in network.parameters()]
    torch._foreach_lerp_([parameter.data for parameter in average.parameters()], theirs, 1.0 - rate)


def rate_at(step: int, rate: float, grows: bool = True) -> float:
    """The rate at a step: where it `grows`, (step + 1) / (step + 10) as long as that is smaller.

    So that a short run's average does not remember its beginning; the reference keeps it constant.
    """
    return min(rate, (step + 1) / (step + 10)) if grows else rate
