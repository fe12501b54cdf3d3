"""Low-rank adapters on the transformer's linear layers: a model learns new sounds, its own weights stay.

LoRA (Hu et al. 2022): y = W x + (alpha / rank) B A x, with B zero at first. It hangs on the layers from outside,
so that with the adapter off nothing but the base is computed: the same bytes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from engine.models import adapters
from engine.models.adapters import LowRank
from engine.networks.dit import DiT

_PARTS = ("transformer.layers.", "to_cond_embed.")


class Adapter(nn.Module):
    """Trainable changes of a network's linear layers; off until `on` is called.

    The network's own weights need no gradients. Its layers and what reads the text are adapted; what embeds
    noise levels is not.
    """

    def __init__(self, network: DiT, rank: int, alpha: float, seed: int = 0) -> None:
        """Raises ValueError for a rank below 1."""
        super().__init__()
        if rank < 1:
            raise ValueError(f"an adapter's rank is at least 1, not {rank}")
        self.rank, self.alpha = rank, alpha
        self._linears = {
            n: m for n, m in network.named_modules() if isinstance(m, nn.Linear) and n.startswith(_PARTS)
        }
        self._hooks: list[RemovableHandle] = []
        generator = torch.Generator().manual_seed(seed)
        self.down, self.up = nn.ParameterDict(), nn.ParameterDict()
        for name, linear in self._linears.items():
            device = linear.weight.device
            start = torch.randn(rank, linear.in_features, generator=generator) / math.sqrt(linear.in_features)
            self.down[_key(name)] = nn.Parameter(start.to(device))
            self.up[_key(name)] = nn.Parameter(torch.zeros(linear.out_features, rank, device=device))

    @property
    def scale(self) -> float:
        """What the changes are multiplied by."""
        return self.alpha / self.rank

    def on(self) -> None:
        """From now on the network computes with the changes."""
        if not self._hooks:
            self._hooks = [m.register_forward_hook(self._change(n)) for n, m in self._linears.items()]

    def off(self) -> None:
        """From now on the network is its base again."""
        for hook in self._hooks:
            hook.remove()
        self._hooks = []

    @contextmanager
    def without(self) -> Iterator[None]:
        """The base within, then as before."""
        was_on = bool(self._hooks)
        self.off()
        try:
            yield
        finally:
            if was_on:
                self.on()

    def changes(self) -> dict[str, LowRank]:
        """The changes by the names of their layers."""
        return {
            name: LowRank(self.down[_key(name)].detach(), self.up[_key(name)].detach()) for name in self._linears
        }

    def merge(self, network: DiT) -> None:
        """Add the changes to a network's weights in place; it needs this adapter no more.

        Raises:
            BadWeights: the network has other layers.
        """
        self.off()
        adapters.add(network, self.changes(), self.scale, Path("adapter"))

    def write(self, path: Path, licence: str, source: str) -> None:
        """Write the changes as packed weights.

        Raises:
            NotWritten: see `presets.files.write_atomically`.
        """
        adapters.write(path, self.changes(), self.rank, self.alpha, licence, source)

    def _change(self, name: str) -> Callable[[nn.Module, Any, Tensor], Tensor]:
        down, up = self.down[_key(name)], self.up[_key(name)]

        def changed(module: nn.Module, inputs: tuple[Tensor, ...], out: Tensor) -> Tensor:
            return out + self.scale * F.linear(F.linear(inputs[0], down), up)

        return changed


def _key(name: str) -> str:
    return name.replace(".", "/")  # parameters may have no dots in their names
