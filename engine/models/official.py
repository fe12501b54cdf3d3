"""From a published checkpoint to a weight file of ours, once: read, told apart, checked, converted, written.

    .pt, .pth, .bin, .ckpt ──► untrusted.read ──► names by a row of published.py ──► checked against the network
                                                                                            │
    safetensors with config, licence, source and its SHA-256 ◄── tensor by tensor ◄── weight norm folded

What does not fit is told by the names of its tensors; a file that fits another row is called by its name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from torch import Tensor

from engine.errors import BadWeights, EngineError
from engine.models import tensor_file, untrusted
from engine.models.checkpoint import Header, metadata
from engine.models.keys import Shapes, differences
from engine.models.published import PUBLISHED, Published, build
from engine.models.tensor_file import Part
from engine.networks.gaussian_dac import STORED, fold_weight_norm
from presets.files import write_atomically

SOURCE_HASH = "source_sha256"
"""Name in a weight file's header of the published file's checksum."""

_STATISTICS = {"latent_mean": "z_mean", "latent_std": "z_std"}
_OWN = ("encoder_dim", "encoder_rates", "latent_dim", "decoder_dim", "decoder_rates", "sample_rate")
_LARGEST = 1 << 14
_STAGES = 16
_HIGHEST_RATE = 1 << 20


@dataclass(frozen=True)
class _Found:
    """The tensors of a file under our names, the size of their network, and what marks the file."""

    parts: dict[str, Part]
    config: Mapping[str, Any]
    marks: frozenset[str]


def convert(
    row: Published,
    source: Path,
    target: Path,
    z_stats: Path | None = None,
    rows: Sequence[Published] = PUBLISHED,
) -> Header:
    """Make a weight file of a network in a published file.

    Args:
        row: what the file is said to hold.
        source: the published file; it is read and never run.
        target: where the weight file goes; one that is there is replaced when the new one is whole.
        z_stats: z_stats.pth, for a row with statistics.
        rows: what else the file may be, for the message when it is not what it was said to be.

    Raises:
        BadWeights: the file is broken, not to be trusted, or something else than it was said to be.
        EngineError: a package is missing that the network is built on.
        NotWritten: see `presets.files.write_atomically`.
    """
    checkpoint = untrusted.read(source)
    statistics = _statistics(row, z_stats)
    found = _found(row, checkpoint, source)
    if trouble := _trouble(row, found, source):
        raise BadWeights(_advice(row, source, trouble, _fitting(checkpoint, source, rows)))
    parts = found.parts | statistics
    if lengths := differences(_needed(row, found.config, source), {n: p.shape for n, p in parts.items()}):
        raise BadWeights(f"z_stats.pth does not belong to {source.name}: together, it {lengths}.")
    header = Header(row.kind, dict(found.config), row.licence, f"{row.source}: {row.file or source.name}")
    told = metadata(header) | {SOURCE_HASH: _sha256(source)}
    write_atomically(target, tensor_file.pieces(parts, told), overwrite=True)
    return header


def misfit(row: Published, checkpoint: Mapping[str, Any], source: Path) -> str:
    """What keeps a checkpoint from being what a row says, by the names of its tensors; "" when nothing does.

    Raises:
        BadWeights, EngineError: as `convert`.
    """
    return _trouble(row, _found(row, checkpoint, source), source)


def _found(row: Published, checkpoint: Mapping[str, Any], source: Path) -> _Found:
    named: dict[str, Tensor] = {}
    for name, tensor in untrusted.tensors(checkpoint).items():
        renamed = rename(row, name)
        if renamed is not None:
            named[renamed] = tensor
    marks = frozenset(named.keys() & row.marks)
    config = row.config if row.config is not None else _own_config(checkpoint, source)
    return _Found(_parts({n: t for n, t in named.items() if n not in marks}), config, marks)


def rename(row: Published, name: str) -> str | None:
    """A published name as ours; None where it is not needed, itself where no rule knows it."""
    name = name.replace("module.", "") if row.marks else name  # a teacher may be wrapped anywhere
    fitting = [rule for rule in row.rules if name.startswith(rule[0])]
    if not fitting:
        return name
    prefix, new = max(fitting, key=lambda rule: len(rule[0]))
    return None if new is None else new + name.removeprefix(prefix)


def _parts(named: Mapping[str, Tensor]) -> dict[str, Part]:
    """Tensors to be written, each pair of weight norm as the one weight that it means."""
    length, direction = STORED
    parts: dict[str, Part] = {}
    for name, tensor in named.items():
        stem = name.removesuffix(direction)
        if name.endswith(direction) and stem + length in named:
            make = partial(fold_weight_norm, named[stem + length], tensor)
            parts[f"{stem}weight"] = Part(tuple(tensor.shape), make)
        elif not (name.endswith(length) and name.removesuffix(length) + direction in named):
            parts[name] = Part(tuple(tensor.shape), partial(_itself, tensor))
    return parts


def _itself(tensor: Tensor) -> Tensor:
    return tensor


def _needed(row: Published, config: Mapping[str, Any], source: Path) -> Shapes:
    """The shape of every tensor of a row's network."""
    try:
        return {name: tuple(t.shape) for name, t in build(row.kind, config).state_dict().items()}
    except (ValueError, TypeError, RuntimeError) as error:
        raise BadWeights(f"{source.name} describes a network that cannot be built: {error}.") from error


def _trouble(row: Published, found: _Found, source: Path) -> str:
    """What keeps the tensors of a file from being a row's network; "" when nothing does."""
    needed = {n: s for n, s in _needed(row, found.config, source).items() if _from_source(row, n)}
    if row.marks - found.marks:
        needed |= dict.fromkeys(row.marks - found.marks, ())
    return differences(needed, {name: part.shape for name, part in found.parts.items()})


def _from_source(row: Published, name: str) -> bool:
    return not (row.statistics and name in _STATISTICS)


def _fitting(checkpoint: Mapping[str, Any], source: Path, rows: Sequence[Published]) -> list[Published]:
    """The rows that a file fits."""
    fitting = []
    for row in rows:
        try:
            if not misfit(row, checkpoint, source):
                fitting.append(row)
        except EngineError:  # of another kind, or its library is not installed
            continue
    return fitting


def _advice(row: Published, source: Path, trouble: str, fitting: list[Published]) -> str:
    if fitting:
        fitting = [other for other in fitting if other.kind == row.kind] or fitting
        other = " or ".join(f"{other.title} ({other.id})" for other in fitting)
        wanted = f" The file wanted is {row.file}." if row.file else ""
        return f"{source.name} is {other}, not {row.title} ({row.id}).{wanted}"
    return f"{source.name} is not {row.title} ({row.id}), or not whole: it {trouble}. Download it again."


def _statistics(row: Published, z_stats: Path | None) -> dict[str, Part]:
    """Mean and deviation of the latents, from their own file."""
    if not row.statistics:
        return {}
    if z_stats is None or not z_stats.exists():
        raise BadWeights(
            f"{row.title[0].upper()}{row.title[1:]} needs z_stats.pth, the mean and deviation of its latents, "
            f"and there is {'none' if z_stats is None else f'no {z_stats}'}. Download it from {row.source}."
        )
    named = untrusted.tensors(untrusted.read(z_stats))
    missing = [name for name in _STATISTICS.values() if name not in named]
    if missing:
        raise BadWeights(f"{z_stats.name} lacks {' and '.join(missing)}. Download it from {row.source}.")
    flat = {ours: named[theirs].flatten() for ours, theirs in _STATISTICS.items()}
    return {name: Part(tuple(t.shape), partial(_itself, t)) for name, t in flat.items()}


def _own_config(checkpoint: Mapping[str, Any], source: Path) -> dict[str, Any]:
    """The size that a codec's file tells in its metadata; what is not ours to know is left out.

    Raises:
        BadWeights: it tells none, or one that no codec has.
    """
    metadata = checkpoint.get("metadata")
    kwargs = metadata.get("kwargs") if isinstance(metadata, dict) else None
    if not isinstance(kwargs, dict):
        raise BadWeights(f"{source.name} does not say how large its network is (metadata, kwargs).")
    config = {name: kwargs[name] for name in _OWN if name in kwargs}
    for name, value in config.items():
        sizes = value if isinstance(value, list | tuple) else [value]
        largest = _HIGHEST_RATE if name == "sample_rate" else _LARGEST
        if len(sizes) > _STAGES or not all(isinstance(n, int) and 0 < n <= largest for n in sizes):
            raise BadWeights(f"{source.name} describes a network that cannot be built: {name} {value!r:.60}.")
    return config


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
