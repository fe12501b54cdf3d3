"""Which processor the networks run on: with cuda.py, the only file that names a device.

Everything that could make the same recipe give other bytes on the same machine is fixed here: thread count,
TF32, algorithm search, the libraries' work space. What CUDA does differently while it runs is in cuda.py.
"""

from __future__ import annotations

import os
import platform
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import torch

from presets.errors import InvalidRequest

NAMES = ("auto", "cpu", "cuda", "mps")

THREADS = 2
"""On every machine, because a matrix product split otherwise gives other bytes (measured for 1, 2, 3, 4 and 8).

Networks of the starter's size gain little from more, and the workstation needs the rest.
"""


WORKSPACE = ":4096:8"
"""Memory of cuBLAS for its partial sums. It decides how a product is split, so it is the same everywhere (NVIDIA's
notes on reproducibility); read when the first product runs on the GPU."""


@dataclass(frozen=True)
class Device:
    """A processor: what torch calls it, what its maker calls it, CPU threads, and whether we ever ran on it."""

    torch: torch.device
    name: str
    threads: int
    tested: bool


def choose(wanted: str = "auto") -> Device:
    """The device of that name, made ready; auto is the CPU until the others have been run and measured.

    Raises:
        InvalidRequest: an unknown name, or a device that this machine does not have.
    """
    if wanted not in NAMES:
        raise InvalidRequest(f"There is no device called {wanted!r}. There are: {', '.join(NAMES)}.")
    present = {
        "cpu": True,
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
    }
    kind = "cpu" if wanted == "auto" else wanted
    if not present[kind]:
        raise InvalidRequest(f"This machine has no {kind} device that torch can use. Use --device cpu.")
    _fix_arithmetic()
    if kind == "cuda":
        _fix_cuda()
    name = torch.cuda.get_device_name() if kind == "cuda" else processor()
    return Device(torch.device(kind), name, torch.get_num_threads(), tested=kind == "cpu")


def _fix_arithmetic() -> None:
    torch.set_num_threads(THREADS)
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.deterministic = True


def _fix_cuda() -> None:
    """The same for CUDA, untested. torch takes the algorithms that give the same bits every time, or warns."""
    os.environ["CUBLAS_WORKSPACE_CONFIG"] = WORKSPACE
    torch.backends.cuda.matmul.allow_bf16_reduced_precision_reduction = False
    torch.use_deterministic_algorithms(mode=True, warn_only=True)
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]


def processor() -> str:
    """The processor's name as its maker writes it, or the machine's architecture."""
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
