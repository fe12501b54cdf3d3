"""What training runs on: one device, or several processes with a GPU each; bf16, compilation, averaged gradients.

Several GPUs come by Hugging Face accelerate (`accelerate launch -m engine.training ...`); without it, or
started plainly, training uses one device. Gradients are averaged in one message after the backward pass: a
wrapper around the network, as DDP is, would hide the methods that distillation calls beside `forward`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import torch
import torch._dynamo.config
import torch._functorch.config
from torch import Tensor, nn

from engine.device import choose
from engine.networks.dit import DiT
from engine.training.optional import optional
from presets.errors import InvalidRequest

_COMPILED_SHAPES = 128  # one a length, times networks, times what they are asked for


@dataclass(frozen=True)
class Hardware:
    """A device, which of how many processes this one is, and who brings their gradients together."""

    device: torch.device
    name: str
    rank: int = 0
    world: int = 1
    accelerator: Any = field(default=None, repr=False)
    compiles: bool = True

    @property
    def fast(self) -> bool:
        """Whether this is a GPU: then bf16 and compilation pay, and nothing waits for data."""
        return self.device.type == "cuda"

    @property
    def leads(self) -> bool:
        """Whether this process writes files and reports."""
        return self.rank == 0

    def autocast(self) -> AbstractContextManager[Any]:
        """bf16 matrix products on CUDA; float32 elsewhere, where bf16 is slow and resuming is bit-exact."""
        return torch.autocast("cuda", torch.bfloat16) if self.fast else nullcontext()

    def compile(self, network: DiT) -> None:
        """Compile a transformer's layers, on CUDA only: on two CPU cores it gave 6 % and costs a minute."""
        self.compile_layers(network.transformer.layers)

    def compile_layers(self, layers: Iterable[nn.Module]) -> None:
        """The same for any blocks."""
        if self.fast and self.compiles:
            compile_layers(layers)

    def average_gradients(self, parameters: Iterable[nn.Parameter]) -> None:
        """Bring the gradients of all processes to their mean; nothing with one process."""
        if self.accelerator is None:
            return
        gradients = [p.grad for p in parameters if p.grad is not None]
        flat = torch.cat([g.reshape(-1) for g in gradients])
        mean: Tensor = self.accelerator.reduce(flat, "mean")
        for gradient, part in zip(gradients, mean.split([g.numel() for g in gradients]), strict=True):
            gradient.copy_(part.view_as(gradient))

    def agree(self, flag: bool) -> bool:
        """Whether any process says so: all of them stop at the same step, or the others wait for ever."""
        if self.accelerator is None:
            return flag
        total: Tensor = self.accelerator.reduce(torch.tensor(float(flag), device=self.device), "sum")
        return bool(total > 0)

    def mean(self, value: float) -> float:
        """A number averaged over all processes, so that clocks that differ lead to one decision."""
        if self.accelerator is None:
            return value
        return float(self.accelerator.reduce(torch.tensor(value, device=self.device, dtype=torch.float64), "mean"))


def compile_layers(layers: Iterable[nn.Module]) -> None:
    """Compile each layer in place, one graph a shape; its weights keep their names.

    Buffers are not donated to the backward pass: distillation asks for gradients of one graph several times.
    """
    torch._dynamo.config.recompile_limit = max(torch._dynamo.config.recompile_limit, _COMPILED_SHAPES)
    torch._functorch.config.donated_buffer = False
    for layer in layers:
        layer.compile(dynamic=False)


def find(wanted: str = "auto") -> Hardware:
    """The hardware to train on; auto is CUDA where there is any.

    Raises:
        InvalidRequest: this machine does not have it, or several processes were started without accelerate.
    """
    if wanted == "auto":
        wanted = "cuda" if torch.cuda.is_available() else "cpu"
    found = choose(wanted)
    if wanted == "cuda":
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
        torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark = False, True
        torch.backends.cuda.matmul.allow_bf16_reduced_precision_reduction = True
        torch.use_deterministic_algorithms(mode=False)  # some gradients have no such algorithm
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        return Hardware(found.torch, found.name)
    accelerator = _accelerator(cpu=wanted == "cpu")
    return Hardware(
        accelerator.device, found.name, accelerator.process_index, accelerator.num_processes, accelerator
    )


def _accelerator(cpu: bool) -> Any:
    accelerate = optional("accelerate")
    if accelerate is None:
        raise InvalidRequest(
            "Training with several processes needs the package accelerate: pip install 'onetake[train]'."
        )
    return accelerate.Accelerator(cpu=cpu)
