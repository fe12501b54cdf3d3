"""Reading what PyTorch saved, from files that nobody vouches for: a pickle inside a zip, and nothing of it runs.

torch's restricted unpickler builds tensors, containers and numbers only. Training scripts also leave numpy
numbers in their files (an epoch, a best loss). Nothing here needs them, so their names are let through and
stand for a stub that keeps nothing: numpy's own code never sees bytes of such a file.

Tensors stay on the disk: they are mapped, and only what is looked at is read.
"""

from __future__ import annotations

import re
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from torch import Tensor

from engine.errors import BadWeights

_ZIP = b"PK\x03\x04"
_OLD = b"\x80\x02"  # what torch wrote before version 1.6: bare pickles
_POINTER = b"version https://git-lfs"
_NUMPY_TYPES = (
    *(f"{kind}{bits}DType" for kind in ("Int", "UInt") for bits in (8, 16, 32, 64)),
    *(f"Float{bits}DType" for bits in (16, 32, 64)),
    *("BoolDType", "BytesDType", "StrDType", "LongLongDType", "ULongLongDType"),
)
_NUMPY = (
    *("numpy.dtype", "numpy.ndarray"),
    *(f"numpy.{core}.multiarray.{name}" for core in ("core", "_core") for name in ("scalar", "_reconstruct")),
    *(f"numpy.dtypes.{name}" for name in _NUMPY_TYPES),
)


class _Unread:
    """Stands where a file has a number of numpy's."""

    def __new__(cls, *_: object) -> _Unread:
        """Whatever it is made of."""
        return super().__new__(cls)

    def __setstate__(self, _: object) -> None:
        """Whatever is put into it."""


def read(path: Path) -> dict[str, Any]:
    """The dictionary that a file holds, its tensors mapped from the disk.

    Raises:
        BadWeights: no such file, truncated, altered, a web page, no weights at all, or it asks to run code.
    """
    _check_start(path)
    is_zip = zipfile.is_zipfile(path)
    try:
        with torch.serialization.safe_globals([(_Unread, name) for name in _NUMPY]), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch asks users to report pickles of other versions
            found = torch.load(path, map_location="cpu", weights_only=True, mmap=is_zip)
    except UnpicklingError as error:
        raise BadWeights(_refusal(path, str(error))) from error
    except Exception as error:  # hostile bytes make the unpickler raise anything
        raise BadWeights(
            f"{path.name} cannot be read: it was cut off or altered ({_first_line(error)}). Download it again."
        ) from error
    if not isinstance(found, dict):
        raise BadWeights(f"{path.name} holds no weights but a {type(found).__name__}. Download it again.")
    return found


def tensors(checkpoint: Mapping[str, Any]) -> dict[str, Tensor]:
    """The named tensors of a checkpoint, of its "state_dict" where it has one; a plain number is one too."""
    inner = checkpoint.get("state_dict", checkpoint)
    named = inner if isinstance(inner, dict) else {}
    found = {str(n): torch.tensor(v, dtype=torch.float32) if _is_number(v) else v for n, v in named.items()}
    return {name: value for name, value in found.items() if isinstance(value, Tensor) and _is_plain(value)}


def _is_plain(value: Tensor) -> bool:
    """Numbers in memory or on the disk; counters, sparse and quantised tensors are no weights."""
    return value.is_floating_point() and value.layout is torch.strided and value.device.type == "cpu"


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _check_start(path: Path) -> None:
    try:
        with path.open("rb") as file:
            start = file.read(512)
    except OSError as error:
        raise BadWeights(f"{path} cannot be read ({error.strerror}). Check the path.") from error
    if start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        raise BadWeights(
            f"{path.name} is a web page, not weights: a login or a proxy answered in the file's place. "
            "Open its address in a browser to see what is asked, then download it again."
        )
    if start.startswith(_POINTER):
        raise BadWeights(f"{path.name} is a pointer of git-lfs, not the weights. Run: git lfs pull")
    if start.startswith(_ZIP) and not zipfile.is_zipfile(path):
        raise BadWeights(f"{path.name} was cut off: its end is missing. Download it again.")
    if not start.startswith((_ZIP, _OLD)):
        raise BadWeights(f"{path.name} is not a file that PyTorch saved. Download it again.")


def _refusal(path: Path, message: str) -> str:
    """What a refused pickle asked for, in a sentence."""
    name = re.search(r"GLOBAL ([\w.]+)", message) or re.search(r"(?:class|function) ([\w.]+)", message)
    if name:
        return (
            f"{path.name} asks for {name[1]}, which weights never need: such a file can take over a computer. "
            "Nothing of it was run. Delete it and download the weights from their publisher."
        )
    return f"{path.name} cannot be read: it was cut off or altered. Download it again."


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0][:120]
