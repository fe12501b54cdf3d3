"""Options that several commands share."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer


class Processor(StrEnum):
    """Where the networks run."""

    AUTO = "auto"
    CPU = "cpu"
    CUDA = "cuda"
    MPS = "mps"


class BitDepth(StrEnum):
    """Sample formats of a file."""

    PCM_16 = "16"
    PCM_24 = "24"
    FLOAT_32 = "32f"


class Rate(StrEnum):
    """Sample rates of a file, Hz."""

    CD = "44100"
    FILM = "48000"
    HIGH = "96000"


On = Annotated[Processor, typer.Option("--device", help="Where the networks run.")]
