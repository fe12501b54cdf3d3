"""What a draft costs: end to end, part by part against two baselines, cold, and in memory.

The baselines of the same process: a bare matrix product with the FLOPs of the part (what the processor could
do at best), and the same networks called plainly (gradients recorded, the text read anew for every jump).
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from statistics import median

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from engine import seeds
from engine.local import Ask, Engine, plan
from engine.networks.tone_noise import Maps, noise_samples, synthesise
from engine.soundctm import denoiser, sampler
from engine.soundctm.schedule import SIGMA_MAX

PROMPT = "rain on a tin roof"

Work = Callable[[], object]


def measure(runs: int) -> dict[str, object]:
    """Every figure of the engine, by name."""
    engine = Engine("starter", "cpu")
    drafts = plan(Ask(PROMPT, seed=1, count=8))
    refined = plan(Ask(PROMPT, seed=1, steps=8))
    seconds = drafts[0].frames * engine.card.hop / engine.card.rate
    forget = engine.model.text._remembered.forget  # type: ignore[attr-defined]

    def eight() -> None:
        forget()
        list(engine.render(drafts))

    def one() -> None:
        forget()
        engine.make(drafts[0])

    ones, eights = times(one, runs), times(eight, runs)
    longest = times(lambda: engine.make(refined[0]), runs)
    return {
        "device": f"{engine.device.name}, {engine.device.torch}, {engine.device.threads} threads",
        "seconds_of_sound": round(seconds, 3),
        **quantiles("draft_ms", ones),
        **quantiles("eight_drafts_ms", eights),
        **quantiles("longest_8_steps_ms", longest),
        **parts(engine, runs),
        **cold(),
    }


def parts(engine: Engine, runs: int) -> dict[str, float]:
    """Text, network and codec of one draft: milliseconds, and how many times each baseline."""
    model, frames = engine.model, engine.card.longest_frames
    x_T = torch.from_numpy(seeds.initial(1, engine.card.latent_channels, frames, 0, 0.0))[None] * SIGMA_MAX
    x_T, omega = x_T.to(model.device), torch.full((1,), 3.0, device=model.device)
    noise = torch.from_numpy(seeds.white(1, 0, noise_samples(frames))).to(model.device)
    encode = model.text._encode  # type: ignore[attr-defined]
    reader = model.text._network  # type: ignore[attr-defined]
    ids = torch.tensor([model.text._tokenizer.encode(PROMPT).ids])  # type: ignore[attr-defined]
    text = encode(PROMPT)
    context = model.network.context(text.tokens, text.mask)

    def network() -> torch.Tensor:
        def jump(x: torch.Tensor, t: torch.Tensor, s: torch.Tensor) -> torch.Tensor:
            return denoiser.jump(lambda *a: model.network(a[0], a[1], context, *a[2:]), x, t, s, omega, 0.5)

        return sampler.run(sampler.deterministic(jump, x_T, 1))

    with torch.no_grad():
        latent = network()

    def codec() -> torch.Tensor:
        return synthesise(model.codec.decode(latent), noise)

    def plain_text() -> torch.Tensor:
        return reader(ids, torch.ones_like(ids, dtype=torch.bool))

    def plain_codec() -> torch.Tensor:
        return synthesise(Maps(*(m.detach() for m in model.codec.decode(latent))), noise)

    def plain_network() -> torch.Tensor:
        text = encode(PROMPT)
        model.network.context(text.tokens, text.mask)
        return network()

    works: dict[str, tuple[Work, Work]] = {
        "text": (lambda: encode(PROMPT), plain_text),
        "network": (network, plain_network),
        "codec": (codec, plain_codec),
    }
    figures: dict[str, float] = {}
    for name, (served, plain) in works.items():
        with torch.inference_mode():
            own, floor = median(times(served, runs)), matrix_product(flops(served), runs)
        with gradients(model.network, model.codec, reader):
            eager = median(times(plain, runs))
        figures |= {
            f"{name}_ms": round(1000 * own, 2),
            f"{name}_x_matrix_product": round(own / floor, 2),
            f"{name}_x_plain_eager": round(own / eager, 2),
        }
    return figures


class gradients:  # noqa: N801 (reads as what it does in a with statement)
    """Weights that record gradients, as a plain call of the networks does."""

    def __init__(self, *modules: torch.nn.Module) -> None:
        self.modules = modules

    def __enter__(self) -> None:
        for module in self.modules:
            module.requires_grad_(requires_grad=True)

    def __exit__(self, *_: object) -> None:
        for module in self.modules:
            module.requires_grad_(requires_grad=False)


def flops(work: Work) -> int:
    """Floating-point operations of the matrix products and convolutions of a piece of work."""
    with FlopCounterMode(display=False) as counter:
        work()
    return int(counter.get_total_flops())


def matrix_product(operations: int, runs: int, size: int = 512) -> float:
    """Median seconds of bare float32 matrix products with that many operations."""
    a, b = torch.ones(size, size), torch.ones(size, size)
    count = max(1, round(operations / (2 * size**3)))

    def products() -> None:
        for _ in range(count):
            torch.mm(a, b)

    return median(times(products, runs)) * operations / (count * 2 * size**3)


def cold() -> dict[str, float]:
    """A first `onetake render` in a new process, beside a bare import of torch; and the most memory taken."""
    with tempfile.TemporaryDirectory() as folder:
        render = [sys.executable, "-P", "-m", "ui", "render", PROMPT, "--seed", "1", "--overwrite", "-o", "a.wav"]
        bare = [sys.executable, "-P", "-c", "import torch"]

        def seconds(command: list[str]) -> float:
            return median(
                times(lambda: subprocess.run(command, cwd=folder, capture_output=True, check=True), 5, 1)
            )

        own, torch_alone = seconds(render), seconds(bare)
        many = [*render[:-3], "--count", "8", "--steps", "16", "-o", "b.wav"]
        memory = peak_memory_mb(many, folder)
    return {
        "cold_render_s": round(own, 2),
        "import_torch_s": round(torch_alone, 2),
        "cold_render_minus_import_torch_s": round(own - torch_alone, 2),
        "peak_memory_mb": memory,
    }


def peak_memory_mb(command: list[str], folder: str) -> float:
    """Largest resident set of a command in MB; NaN where the system does not tell."""
    if not hasattr(os, "wait4"):
        return float("nan")
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as child:
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise RuntimeError(f"{command} failed")
    unit = 1 if sys.platform == "darwin" else 1024  # macOS counts bytes, others KiB
    return round(usage.ru_maxrss * unit / 1e6, 1)


def times(work: Work, runs: int, warm_up: int = 5) -> list[float]:
    """Seconds of each of `runs` runs, after a warm-up."""
    for _ in range(warm_up):
        work()
    seconds = []
    for _ in range(runs):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return seconds


def quantiles(name: str, seconds: list[float]) -> dict[str, float]:
    """Median and 95th percentile in milliseconds."""
    p50, p95 = np.percentile(seconds, [50, 95]) * 1000
    return {f"{name}_p50": round(float(p50), 1), f"{name}_p95": round(float(p95), 1)}
