"""Writing safetensors piece by piece, so that a file of gigabytes needs the memory of its largest tensor.

The library's own writer wants every tensor at once. The format is simple: eight bytes with the length of a
JSON header, the header, then the tensors in a row. All tensors are written as float32.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Part:
    """A tensor that is made when it is written: its shape, and how."""

    shape: tuple[int, ...]
    make: Callable[[], Tensor]


def pieces(parts: Mapping[str, Part], metadata: Mapping[str, str]) -> Iterator[bytes | memoryview]:
    """The bytes of a safetensors file, the header first, then one tensor at a time."""
    header: dict[str, object] = {"__metadata__": dict(metadata)}
    end = 0
    for name, part in parts.items():
        start, end = end, end + 4 * math.prod(part.shape)
        header[name] = {"dtype": "F32", "shape": list(part.shape), "data_offsets": [start, end]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)  # tensors begin at a multiple of 8
    yield struct.pack("<Q", len(text)) + text
    for name, part in parts.items():
        value = part.make().detach().to(torch.float32).reshape(-1).contiguous()
        if tuple(value.shape) != (math.prod(part.shape),):
            raise ValueError(f"{name} has {value.numel()} numbers, not {math.prod(part.shape)}")
        yield value.numpy().data.cast("B")
