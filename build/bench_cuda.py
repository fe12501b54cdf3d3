"""What drafts cost on an NVIDIA GPU: the starter, and a network of the official size; plain and recorded.

The official size is measured as the reference was: random weights, bf16 products, 10.03 s at 44.1 kHz, a text of
one token that is there already. Its codec has the Descript codec's widths and strides of our choice: the published
ones are known only from the published file. Written before any of it could be run on such a GPU.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import msgspec
import torch
from bench_engine import PROMPT, quantiles, times

from engine import cuda
from engine.graphs import Graphs
from engine.local import Ask, Engine, plan
from engine.models.catalog import STARTER
from engine.models.decoding import decoder_of
from engine.models.load import Model
from engine.networks.dit import DiT, DiTConfig
from engine.networks.gaussian_dac import GaussianDAC, GaussianDACConfig
from engine.pipeline import render
from engine.precision import inside
from engine.text.reading import Text
from presets.schema import Recipe, with_steps

OFFICIAL = DiTConfig(io_channels=64, embed_dim=1536, depth=24, num_heads=24, cond_token_dim=768)
CODEC = GaussianDACConfig(64, (4, 4, 8, 8), 64, 1536, (8, 8, 4, 4))
FRAMES = 432
_NARROWED_FROM = 1 << 16  # numbers of a matrix that is stored in bf16


@dataclass(frozen=True)
class Subject:
    """A model that is measured, and a recipe of one step for it."""

    name: str
    model: Model
    recipe: Recipe


def measure(runs: int) -> dict[str, object]:
    """Every figure of the GPU, by name; one line that says so where there is none."""
    if not torch.cuda.is_available():
        return {"cuda": "not measured: no NVIDIA GPU that torch can use"}
    figures: dict[str, object] = {"cuda": torch.cuda.get_device_name()}
    for subject in subjects(Engine("starter", "cuda")):
        figures |= measured(subject, min(runs, 50))
    return figures


def subjects(engine: Engine) -> Iterator[Subject]:
    """The starter, then the official size in its place, on the engine's device."""
    recipe = plan(Ask(PROMPT, seed=1))[0]
    yield Subject("starter", engine.model, recipe)
    device = engine.device.torch
    engine.__dict__.pop("model")
    yield of_size(OFFICIAL, CODEC, FRAMES, recipe, device)


def of_size(
    config: DiTConfig, shape: GaussianDACConfig, frames: int, recipe: Recipe, device: torch.device
) -> Subject:
    """A 44.1 kHz model of that size with random weights."""
    torch.manual_seed(1)
    with device:
        network, codec = DiT(config), GaussianDAC(shape)
        tokens, mask = torch.randn(1, 1, config.cond_token_dim), torch.ones(1, 1, dtype=torch.bool)
    for p in network.parameters():
        p.data.normal_(0.0, 0.02)  # what it begins with are zeros, on which products can be faster
        if p.ndim >= 2 and p.numel() >= _NARROWED_FROM:
            p.data = p.data.bfloat16()
    for part in (network, codec):
        part.requires_grad_(requires_grad=False).eval()
    card = replace(
        STARTER, dtype="bfloat16", hop=shape.hop, latent_channels=shape.latent_dim, longest_frames=frames, tokens=1
    )
    model = Model(card, lambda _: Text(tokens, mask, False, False), network, codec, decoder_of(codec), device)
    return Subject("official", model, msgspec.structs.replace(recipe, frames=frames, dtype="bfloat16"))


def measured(subject: Subject, runs: int) -> dict[str, object]:
    """Every figure of one model."""
    figures: dict[str, object] = {}
    record = cuda.recorder(subject.model.device)
    reset_peak()
    for way, graphs in (("plain", None), ("graph", Graphs(record))) if record else (("plain", None),):
        for count, steps in ((1, 1), (1, 16), (8, 1), (8, 16)):
            work = drafts(subject, count, steps, graphs)
            work()
            while graphs is not None and graphs.prepare(lambda: None):
                pass
            name = f"cuda_{subject.name}_{way}_{count}x{steps}_ms"
            figures |= quantiles(name, times(work, max(5, runs // (count * (1 + steps // 8))), warm_up=2))
    figures |= batched(subject, runs)
    figures[f"cuda_{subject.name}_peak_mb"] = peak_mb()
    return figures


def drafts(subject: Subject, count: int, steps: int, graphs: Graphs | None) -> Callable[[], None]:
    """So many sounds of so many steps, one after the other, as the engine makes them."""
    recipe = with_steps(subject.recipe, steps)
    each = [msgspec.structs.replace(recipe, seed=seed, decode_seed=seed) for seed in range(count)]

    def work() -> None:
        for one in each:
            render(subject.model, one, graphs=graphs)

    return work


@torch.inference_mode()
def batched(subject: Subject, runs: int, count: int = 8) -> dict[str, object]:
    """One jump of eight sounds as a batch, which the engine never makes, beside eight alone: time and bytes."""
    model, frames = subject.model, subject.recipe.frames
    text, device = model.text(PROMPT), model.device
    torch.manual_seed(2)
    x = torch.randn(count, model.card.latent_channels, frames, device=device)

    def jump(part: torch.Tensor) -> torch.Tensor:
        many = len(part)
        level = torch.ones(many, device=device)
        with inside(device, model.card.dtype):
            context = model.network.context(text.tokens.expand(many, -1, -1), text.mask.expand(many, -1))
            return model.network(part, level, context, 0.5 * level, 3 * level, lambda: None)

    def alone() -> torch.Tensor:
        return torch.cat([jump(one) for one in x.split(1)])

    name = f"cuda_{subject.name}_network_of_8"
    return {
        **quantiles(f"{name}_alone_ms", times(lambda: alone().cpu(), max(5, runs // 4))),
        **quantiles(f"{name}_batched_ms", times(lambda: jump(x).cpu(), max(5, runs // 4))),
        f"{name}_batched_has_the_same_bytes": torch.equal(alone(), jump(x)),
    }


def reset_peak() -> None:
    """Begin to watch memory."""
    if torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()


def peak_mb() -> float:
    """Most memory of the GPU that tensors had since; 0 without one."""
    if not torch.cuda.is_available():
        return 0.0
    return round(torch.cuda.max_memory_allocated() / 1e6, 1)
