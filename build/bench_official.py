"""How far the official models' parts are from what the machine could do at best: a roofline, part by part.

The parts have the official sizes and made-up weights. Their floor is the larger of two times: their products at
the rate of a bare matrix product, and their bytes (all that every operation reads and writes) at the rate of a
bare copy, both measured in the same run on the same device. Operands that lie in a cache can be below it. On a
processor some parts are cut short, which their row tells; on a GPU all of them run whole.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from importlib.util import find_spec
from statistics import median
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode

from engine.cost import speed
from engine.models.published import AUDIOLDM, CLAP_V2, DIT_V2, FLAN_T5, UNET, build
from engine.precision import inside

DAC = {
    "encoder_dim": 64,
    "encoder_rates": [4, 4, 8, 8],
    "latent_dim": 64,
    "decoder_dim": 1536,
    "decoder_rates": [8, 8, 4, 4],
}
"""The published autoencoder tells its size in its own file only; this one has its hop and latents."""

_MOST_RUNS = 20
_PROBES = 20
_COPIED = 1 << 28  # bytes
_NARROW_FROM = 1 << 16  # numbers of a matrix, as engine/models/checkpoint.py narrows them

Call = Callable[[nn.Module, torch.device], Tensor]


@dataclass(frozen=True)
class Part:
    """A row. config: of the whole; short: what is smaller on a processor; words: that. narrow: bfloat16 inside."""

    name: str
    kind: str
    config: Mapping[str, Any]
    call: Call
    short: Mapping[str, Any]
    words: str = ""
    narrow: bool = False
    needs: str = ""


def _jump(shape: tuple[int, ...], tokens: tuple[int, int]) -> Call:
    def call(network: Any, device: torch.device) -> Tensor:
        one, mask = torch.ones(1, device=device), torch.ones(1, tokens[0], dtype=torch.bool, device=device)
        context = network.context(torch.ones(1, *tokens, device=device), mask)
        found: Tensor = network(torch.ones(1, *shape, device=device), one, context, one, one)
        return found

    return call


def _text(tokens: int) -> Call:
    def call(network: Any, device: torch.device) -> Tensor:
        ids = torch.ones(1, tokens, dtype=torch.long, device=device)
        found: Tensor = network(ids, torch.ones_like(ids, dtype=torch.bool))
        return found

    return call


def _decode(whole: tuple[int, ...], cut: tuple[int, ...]) -> Call:
    def call(network: Any, device: torch.device) -> Tensor:
        found: Tensor = network.decode(torch.zeros(1, *(whole if device.type != "cpu" else cut), device=device))
        return found

    return call


PARTS = (
    Part("dit_v2_text", "clap", CLAP_V2.config or {}, _text(77), {}, needs="transformers"),
    Part(
        "dit_v2_network", "dit", DIT_V2.config or {}, _jump((64, 432), (1, 768)), {"depth": 2},
        "2 of 24 layers", narrow=True,
    ),
    Part("dit_v2_codec", "gaussian-dac", DAC, _decode((64, 432), (64, 43)), {}, "1 of 10 s"),
    Part("unet_16k_text", "flan-t5", FLAN_T5.config or {}, _text(12), {"num_layers": 4}, "4 of 24 layers",
         needs="transformers"),
    Part(
        "unet_16k_network", "unet", UNET.config or {}, _jump((8, 256, 16), (12, 1024)),
        {"block_out_channels": (320, 640), "attention_heads": (5, 10), "middle_heads": 10},
        "the two widest of four levels", narrow=True,
    ),
    Part("unet_16k_codec", "audioldm", AUDIOLDM.config or {}, _decode((8, 256, 16), (8, 26, 16)), {}, "1 of 10 s"),
)  # fmt: skip
"""What is measured."""


def measure(runs: int) -> dict[str, object]:
    """Every figure by name, for the GPU where there is one, else for the processor."""
    fresh = speed.__wrapped__  # what a busy moment of the machine told is not remembered
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    rates = {dtype: max(fresh(device, dtype) for _ in range(_PROBES)) for dtype in ("float32", "bfloat16")}
    bandwidth = copied(device)
    found: dict[str, object] = {
        "roofline_device": torch.cuda.get_device_name() if device.type == "cuda" else "cpu",
        "roofline_copy_gb_s": round(bandwidth / 1e9, 1),
        **{f"roofline_{dtype}_gflop_s": round(rate / 1e9, 1) for dtype, rate in rates.items()},
    }
    for part in PARTS:
        if not part.needs or find_spec(part.needs):
            found |= _measured(part, device, min(runs, _MOST_RUNS), rates, bandwidth)
    return found


def copied(device: torch.device) -> float:
    """Bytes a second that a bare copy reads and writes, the best of ten."""
    source = torch.ones(_COPIED // 4, device=device)
    target = torch.empty_like(source)
    return 2 * _COPIED / min(_times(lambda: target.copy_(source), device, 10))


def _measured(
    part: Part, device: torch.device, runs: int, rates: Mapping[str, float], bandwidth: float
) -> dict[str, object]:
    """Operations, bytes, milliseconds, and how many times the floor, of a part."""
    is_cut = device.type == "cpu"
    network = made(part.kind, {**part.config, **(part.short if is_cut else {})}, device, part.narrow)
    dtype = "bfloat16" if part.narrow else "float32"

    def work() -> Tensor:
        with torch.inference_mode(), inside(device, dtype) if part.narrow else nullcontext():
            return part.call(network, device)

    work()
    with FlopCounterMode(display=False) as counter:
        work()
    with Traffic() as traffic:
        work()
    seconds = median(_times(work, device, runs))
    operations = counter.get_total_flops()
    floor = max(operations / rates[dtype], traffic.bytes / bandwidth)
    return {
        f"{part.name}_gflop": round(operations / 1e9, 2),
        f"{part.name}_mb": round(traffic.bytes / 1e6, 1),
        f"{part.name}_ms": round(1000 * seconds, 2),
        f"{part.name}_x_floor": round(seconds / floor, 2),
        f"{part.name}_bound_by": "products" if operations / rates[dtype] >= floor else "bytes",
        **({f"{part.name}_is": part.words} if is_cut and part.words else {}),
    }


def made(kind: str, config: Mapping[str, Any], device: torch.device, narrow: bool) -> nn.Module:
    """A network with made-up weights, ready to run; its large matrices in bfloat16 where that is asked for."""
    network = build(kind, config)
    if narrow:
        for parameter in network.parameters():
            if parameter.ndim >= 2 and parameter.numel() >= _NARROW_FROM:
                parameter.data = parameter.data.to(torch.bfloat16)
    network = network.to_empty(device=device).requires_grad_(requires_grad=False).eval()
    dice = torch.Generator(device).manual_seed(1)
    for tensor in (*network.parameters(), *network.buffers()):
        if tensor.is_floating_point() and tensor.ndim >= 2:
            tensor.normal_(0.0, 0.02, generator=dice)
        else:
            tensor.fill_(1 if tensor.is_floating_point() else 0)
    return network


class Traffic(TorchDispatchMode):
    """Adds up what every operation reads and writes; views move nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.bytes = 0

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Run it, and count."""
        made = func(*args, **(kwargs or {}))
        read = [value for value in _flat((args, kwargs or {})) if isinstance(value, Tensor)]
        wrote = [value for value in _flat(made) if isinstance(value, Tensor)]
        if not func.is_view:
            self.bytes += sum(value.nbytes for value in (*read, *wrote))
        return made


def _flat(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [one for inner in value.values() for one in _flat(inner)]
    if isinstance(value, list | tuple):
        return [one for inner in value for one in _flat(inner)]
    return [value]


def _times(work: Callable[[], object], device: torch.device, runs: int) -> list[float]:
    """Seconds of each run, after one that warms up."""

    def done() -> None:
        work()
        if device.type == "cuda":
            torch.cuda.synchronize(device)

    done()
    seconds = []
    for _ in range(runs):
        began = time.perf_counter()
        done()
        seconds.append(time.perf_counter() - began)
    return seconds
