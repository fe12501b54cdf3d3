"""Which build of PyTorch this machine gets, and from where.

Why it is chosen before pip resolves anything: on Linux the plain package is the CUDA build, several GB that a
machine without an NVIDIA GPU has no use for. Left to itself pip takes it.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

VERSION = "2.13.0"
INDEX = "https://download.pytorch.org/whl/"
NVIDIA_DEVICES = Path("/proc/driver/nvidia/gpus")
# The CUDA 13 builds begin with Turing; Maxwell, Pascal and Volta (GTX 900, GTX 1000, V100) need CUDA 12.6.
FIRST_CAPABILITY_OF_CUDA_13 = 7.5

Gpu = Literal["none", "nvidia", "nvidia before Turing"]


@dataclass(frozen=True)
class Attempt:
    """One way to get PyTorch: a requirement, an index besides the usual ones, and what the person is told."""

    requirement: str
    index: str | None
    says: str
    quick: bool = False  # no second try when the network fails: a better attempt follows

    def pip_arguments(self) -> list[str]:
        """The arguments of `pip install`."""
        index = ["--extra-index-url", self.index] if self.index else []
        patience = ["--retries", "0", "--timeout", "15"] if self.quick else []
        return [*patience, *index, self.requirement]


def from_torch_index(build: str, says: str) -> tuple[Attempt, ...]:
    """A build by its exact name: first from wherever pip looks anyway, then from PyTorch's own index too.

    The exact name, because pip passes over an index that it cannot reach and would take any other build.
    """
    requirement = f"torch=={VERSION}+{build}"
    return (
        Attempt(requirement, None, f"Installing {says}", quick=True),
        Attempt(requirement, INDEX + build, f"Installing {says} from {INDEX}{build}"),
    )


def attempts(system: str, gpu: Gpu) -> tuple[Attempt, ...]:
    """The ways to get PyTorch on a system ("Linux", "Windows", "Darwin"), best first."""
    plain = f"torch=={VERSION}"
    if system == "Darwin":
        return (Attempt(plain, None, f"Installing PyTorch {VERSION} (100 MB)"),)
    if gpu == "none" and system == "Windows":
        # On Windows, unlike Linux, the plain package is the CPU build.
        return (Attempt(plain, None, f"Installing PyTorch {VERSION}, CPU build (100 MB)"),)
    if gpu == "none":
        cpu = from_torch_index("cpu", f"PyTorch {VERSION}, CPU build (200 MB)")
        return (*cpu, Attempt(plain, None, "The CPU build cannot be had; taking the CUDA build: SEVERAL GB"))
    cuda: tuple[Attempt, ...]
    if gpu == "nvidia" and system == "Linux":
        # "===" means this very name: "==" would also take a CPU build ("2.13.0+cpu") that pip has at hand.
        cuda = (Attempt(f"torch==={VERSION}", None, f"Installing PyTorch {VERSION} for the NVIDIA GPU (3 GB)"),)
    elif gpu == "nvidia":
        cuda = from_torch_index("cu130", f"PyTorch {VERSION} for the NVIDIA GPU (2 GB)")
    else:
        cuda = from_torch_index("cu126", f"PyTorch {VERSION} for an NVIDIA GPU from before 2018 (3 GB)")
    return (*cuda, Attempt(plain, None, "No CUDA build for this GPU can be had; taking what there is"))


def nvidia_gpu(devices: Path = NVIDIA_DEVICES) -> Gpu:
    """Whether there is an NVIDIA GPU, and whether CUDA 13 supports it."""
    listed = ask_nvidia_smi("-L").startswith("GPU")
    if not listed and not (devices.is_dir() and any(devices.iterdir())):
        return "none"
    capabilities = re.findall(
        r"^\d+\.\d+$", ask_nvidia_smi("--query-gpu=compute_cap", "--format=csv,noheader"), re.M
    )
    best = max(map(float, capabilities), default=FIRST_CAPABILITY_OF_CUDA_13)
    return "nvidia" if best >= FIRST_CAPABILITY_OF_CUDA_13 else "nvidia before Turing"


def ask_nvidia_smi(*arguments: str) -> str:
    """What nvidia-smi prints, or "" if it is missing, fails or hangs."""
    program = shutil.which("nvidia-smi")
    if not program:
        return ""
    try:
        return subprocess.check_output(
            [program, *arguments], stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, text=True, timeout=20
        )
    except (OSError, subprocess.SubprocessError):
        return ""


def required_range(dependencies: list[str]) -> str:
    """The version range that pyproject.toml sets for torch, for example ">=2.11,<2.14"."""
    ranges = (re.fullmatch(r"torch\s*([<>=!].*)", dependency) for dependency in dependencies)
    return next(match[1] for match in ranges if match)


def in_range(version: str, wanted: str) -> bool:
    """Whether a version ("2.13.0+cpu") lies in a range (">=2.11,<2.14"); build names do not count."""
    have = release(version)
    signs = {
        ">=": have.__ge__,
        "<=": have.__le__,
        "==": have.__eq__,
        "!=": have.__ne__,
        ">": have.__gt__,
        "<": have.__lt__,
    }
    parts = re.findall(r"(>=|<=|==|!=|>|<)\s*([\d.]+)", wanted)
    return bool(have) and all(signs[sign](release(bound)) for sign, bound in parts)


def release(version: str) -> tuple[int, ...]:
    """The numbers of a version without trailing zeros: "2.13.0+cpu" is (2, 13)."""
    digits = re.match(r"\d+(\.\d+)*", version)
    numbers = [int(part) for part in digits[0].split(".")] if digits else []
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)
