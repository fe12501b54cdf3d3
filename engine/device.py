"""Which processor the networks run on: the only file that names a device.

Everything that could make the same recipe give other bytes on the same machine is fixed here: thread count,
TF32, algorithm search.
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

_MOST_THREADS = 8
"""More do not help networks of this size, and leave nothing to the audio workstation."""


@dataclass(frozen=True)
class Device:
    """A processor: what torch calls it, what its maker calls it, CPU threads, and whether we ever ran on it."""

    torch: torch.device
    name: str
    threads: int
    tested: bool


def choose(wanted: str = "auto") -> Device:
    """The device of that name, made ready; auto is CUDA where there is one, else the CPU.

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
    kind = ("cuda" if present["cuda"] else "cpu") if wanted == "auto" else wanted
    if not present[kind]:
        raise InvalidRequest(f"This machine has no {kind} device that torch can use. Use --device cpu.")
    _fix_arithmetic()
    name = torch.cuda.get_device_name() if kind == "cuda" else processor()
    return Device(torch.device(kind), name, torch.get_num_threads(), tested=kind == "cpu")


def _fix_arithmetic() -> None:
    torch.set_num_threads(min(_available_cores(), _MOST_THREADS))
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.deterministic = True


def _available_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def processor() -> str:
    """The processor's name as its maker writes it, or the machine's architecture."""
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
