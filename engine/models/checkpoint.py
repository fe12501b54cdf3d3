"""Weights on disk: safetensors whose header says what they are; nothing that could run is ever read.

"onetake-weights", version 1: the header holds `format`, `version`, `kind`, `config` (JSON, the constructor's
arguments), `licence` and `source`. A tensor of two or more dimensions and at least 4096 numbers is int8 with
one float32 scale per first index under `NAME:scale` (value = int8 x scale); every other one is float32.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from engine.errors import BadWeights
from presets.files import write_atomically

FORMAT = "onetake-weights"
VERSION = 1
_SCALE = ":scale"
_PACKED_FROM = 4096
_NARROWED_FROM = 1 << 16
_STRETCH = 1 << 28  # bytes


@dataclass(frozen=True)
class Header:
    """What a weight file says of itself; `config` are the network's constructor arguments."""

    kind: str
    config: dict[str, Any]
    licence: str
    source: str


def pack(path: Path, tensors: dict[str, Tensor], header: Header) -> None:
    """Write float tensors as packed weights, whole or not at all; a file that is there is replaced.

    Raises:
        NotWritten: see `presets.files.write_atomically`.
    """
    packed: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        value = tensor.detach().float().cpu()
        if value.ndim < 2 or value.numel() < _PACKED_FROM:
            packed[name] = value.clone(memory_format=torch.contiguous_format)
            continue
        scale = value.flatten(1).abs().amax(1).clamp_min(1e-8) / 127
        packed[name] = torch.round(value / _by_first(scale, value)).clamp(-127, 127).to(torch.int8)
        packed[name + _SCALE] = scale
    write_atomically(path, _ordered(save(packed, metadata=metadata(header))), overwrite=True)


def unpack(path: Path, dtype: torch.dtype = torch.float32) -> tuple[dict[str, Tensor], Header]:
    """Packed weights as {name: float32 tensor}, and their header.

    Args:
        path: the weight file.
        dtype: of large matrices, one after the other, so that no float32 copy of all is ever in memory. Small ones
            stay as they are: levels of noise enter through them, and their digits are heard.

    Raises:
        BadWeights: not a weight file, of another format or of an unknown version.
    """
    try:
        with safe_open(path, "pt") as file:
            header, names = _header(file.metadata() or {}, path), list(file.keys())
        return _tensors(path, [name for name in names if not name.endswith(_SCALE)], dtype), header
    except (SafetensorError, OSError, ValueError, RecursionError) as error:
        raise BadWeights(_advice(path, f"cannot be read ({error})")) from error


def _tensors(path: Path, names: list[str], dtype: torch.dtype) -> dict[str, Tensor]:
    """Tensors by name, in stretches: what is mapped of a file counts as memory until it is closed.

    Measured: 6.8 GB for the 1B model in one stretch, 3.4 GB in these (the matrices in bfloat16 are 2.1 of them).
    """
    found: dict[str, Tensor] = {}
    first = path.stat()
    while len(found) < len(names):
        now, mapped = path.stat(), 0
        if (now.st_ino, now.st_mtime_ns, now.st_size) != (first.st_ino, first.st_mtime_ns, first.st_size):
            raise BadWeights(_advice(path, "was replaced while it was read"))
        with safe_open(path, "pt") as file:
            while mapped < _STRETCH and len(found) < len(names):
                name = names[len(found)]
                found[name], read = _unpacked(name, file, dtype, path)
                mapped += read
    return found


def read_header(path: Path) -> Header:
    """What a weight file says of itself; its weights are not read.

    Raises:
        BadWeights: as `unpack`.
    """
    try:
        with safe_open(path, "pt") as file:
            return _header(file.metadata() or {}, path)
    except (SafetensorError, OSError, ValueError, RecursionError) as error:
        raise BadWeights(_advice(path, f"cannot be read ({error})")) from error


def verify(path: Path, sha256: str) -> None:
    """Check a file against its checksum.

    Raises:
        BadWeights: the file is missing or not the one that the checksum was taken of.
    """
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise BadWeights(_advice(path, f"cannot be read ({error.strerror})")) from error
    if found != sha256:
        raise BadWeights(_advice(path, "is not the file it should be: truncated or altered"))


def fill(module: nn.Module, tensors: dict[str, Tensor], path: Path) -> None:
    """Give a module its weights, every one of them and no others.

    Raises:
        BadWeights: a tensor is missing, unexpected, or of another shape; named in the message.
    """
    expected = {name: tuple(t.shape) for name, t in module.state_dict().items()}
    missing = sorted(expected.keys() - tensors.keys())
    unexpected = sorted(tensors.keys() - expected.keys())
    reshaped = sorted(n for n in expected.keys() & tensors.keys() if tuple(tensors[n].shape) != expected[n])
    troubles = [
        f"{what} {', '.join(names[:3])}{f' and {len(names) - 3} more' if len(names) > 3 else ''}"
        for what, names in (("lacks", missing), ("has unknown", unexpected), ("has reshaped", reshaped))
        if names
    ]
    if troubles:
        raise BadWeights(_advice(path, "; ".join(troubles)))
    module.load_state_dict(tensors, assign=True)


def _ordered(data: bytes) -> bytes:
    """The same file with its header in order: safetensors writes a random one, and files are known by a hash."""
    end = 8 + int.from_bytes(data[:8], "little")
    header = json.dumps(json.loads(data[8:end]), sort_keys=True, separators=(",", ":")).encode()
    header += b" " * (-len(header) % 8)
    return len(header).to_bytes(8, "little") + header + data[end:]


def _unpacked(name: str, file: Any, dtype: torch.dtype, path: Path) -> tuple[Tensor, int]:
    """A tensor of an open file as numbers of its own, and how many bytes of the file it took."""
    value: Tensor = file.get_tensor(name)
    is_large = value.ndim >= 2 and value.numel() >= _NARROWED_FROM
    kind = dtype if is_large else torch.float32 if value.dtype == torch.int8 else value.dtype
    if value.dtype != torch.int8:
        # Never the stored one: it is a view of the mapped file, which may be replaced under our feet.
        return value.to(kind, copy=True), value.nbytes
    try:
        scale = file.get_tensor(name + _SCALE)
    except SafetensorError as error:
        raise BadWeights(_advice(path, f"lacks {name + _SCALE}")) from error
    return value.float().mul_(_by_first(scale, value)).to(kind), value.nbytes + scale.nbytes


def _by_first(scale: Tensor, value: Tensor) -> Tensor:
    return scale.view(-1, *[1] * (value.ndim - 1))


def metadata(header: Header) -> dict[str, str]:
    """A header as safetensors holds it: words only."""
    return {
        "format": FORMAT,
        "version": str(VERSION),
        "kind": header.kind,
        "config": json.dumps(header.config, sort_keys=True),
        "licence": header.licence,
        "source": header.source,
    }


def _header(metadata: dict[str, str], path: Path) -> Header:
    if metadata.get("format") != FORMAT:
        raise BadWeights(_advice(path, "holds no Onetake weights"))
    if metadata.get("version") != str(VERSION):
        raise BadWeights(
            f"{path.name} is of version {metadata.get('version')}; this Onetake reads version {VERSION}. "
            "Update Onetake, or use the model that came with it."
        )
    fields = ("kind", "licence", "source")
    return Header(config=json.loads(metadata.get("config", "")), **{f: metadata.get(f, "") for f in fields})


def _advice(path: Path, trouble: str) -> str:
    return f"The weight file {path.name} {trouble}. Install Onetake again, or restore {path}."
