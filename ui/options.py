"""Options that several commands share."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from presets.intensity import EXAMPLE, HIGHEST_DB, LOWEST_DB
from presets.schema import FILE_RATES


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


def _rate(typed: str | int) -> int:
    """A sample rate that files have.

    Raises:
        typer.BadParameter: another one.
    """
    found = next((rate for rate in FILE_RATES if str(rate) == str(typed)), None)
    if found is None:
        raise typer.BadParameter(f"files have {', '.join(map(str, FILE_RATES))} Hz, not {typed}.")
    return found


USUAL_RATE = 48_000
"""Hz; what sessions for film and games have."""

Rate = Annotated[
    int,
    typer.Option(
        "--rate",
        parser=_rate,
        metavar=f"[{'|'.join(map(str, FILE_RATES))}]",
        help="Sample rate of the files, Hz.",
        autocompletion=lambda: list(map(str, FILE_RATES)),
    ),
]

Curve = Annotated[
    str,
    typer.Option(
        "--intensity",
        metavar="POSITION:DB,…",
        help=f"Intensity over the sound: points from 0 to 1 of it, {LOWEST_DB:g} to {HIGHEST_DB:g} dB, with "
        f"straight lines between; {EXAMPLE} swells and falls.",
        show_default="as the model makes it",
    ),
]

On = Annotated[Processor, typer.Option("--device", help="Where the networks run.")]
