"""A training's whole state on disk: what was saved last is there whole, whatever happens while saving.

The state is a tree of dicts, lists, numbers and tensors. Its tensors become one safetensors file, cut into
shards under 15 MB that travel wherever large files do not; the rest is `checkpoint.json`, which is replaced
in one step, last. Shards have the step in their names, so those of the former save stay until the new
`checkpoint.json` is there. Nothing is pickled.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from engine.errors import BadWeights
from presets.files import sweep, write_atomically

SHARD_BYTES = 14_000_000
MANIFEST = "checkpoint.json"
VERSION = 1

_TENSOR = "tensor:"
_PAIRS = "pairs:"


def write(folder: Path, step: int, state: dict[str, Any]) -> None:
    """Save a state; the former one is removed when this one is whole.

    Raises:
        NotWritten: the former state is still there; the message says what to do.
    """
    folder.mkdir(parents=True, exist_ok=True)
    sweep(folder)
    tree, tensors = freeze(state)
    shards = []
    for number, piece in enumerate(_pieces(save(tensors))):
        name = f"step-{step:08d}-{hashlib.sha256(piece).hexdigest()[:12]}-{number:03d}.shard"
        write_atomically(folder / name, piece, overwrite=True)
        shards.append({"name": name, "sha256": hashlib.sha256(piece).hexdigest()})
    about = {"format": "onetake-checkpoint", "version": VERSION, "step": step, "shards": shards, "state": tree}
    write_atomically(folder / MANIFEST, json.dumps(about).encode(), overwrite=True)
    _remove_others(folder, {shard["name"] for shard in shards})


def exists(folder: Path) -> bool:
    """Whether a state was saved there."""
    return (folder / MANIFEST).is_file()


def read(folder: Path) -> dict[str, Any]:
    """The state that was saved last.

    Raises:
        BadWeights: there is none, of another version, or a shard is missing or altered.
    """
    try:
        about = json.loads((folder / MANIFEST).read_bytes())
        if about["format"] != "onetake-checkpoint" or about["version"] != VERSION:
            raise BadWeights(f"{folder} holds no checkpoint that this Onetake reads. Update Onetake.")
        data = b"".join(_shard(folder, shard["name"], shard["sha256"]) for shard in about["shards"])
        state = thaw(about["state"], load(data))
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        raise BadWeights(
            f"The checkpoint in {folder} cannot be read ({error}). Start again without it, or restore the folder."
        ) from error
    assert isinstance(state, dict)
    return state


def freeze(tree: Any) -> tuple[Any, dict[str, Tensor]]:
    """A tree as JSON values, and its tensors by name.

    Raises:
        TypeError: it holds something else than dicts, lists, tuples, numbers, strings, None and tensors.
    """
    tensors: dict[str, Tensor] = {}

    def walk(node: Any) -> Any:
        if isinstance(node, Tensor):
            name = f"{len(tensors):06d}"
            tensors[name] = node.detach().cpu().contiguous().clone()
            return {_TENSOR: name}
        if isinstance(node, dict):
            return {_PAIRS: [[key, walk(value)] for key, value in node.items()]}
        if isinstance(node, list | tuple):
            return [walk(value) for value in node]
        if node is None or isinstance(node, bool | int | float | str):
            return node
        raise TypeError(f"a checkpoint cannot hold {type(node).__name__}")

    return walk(tree), tensors


def thaw(tree: Any, tensors: dict[str, Tensor]) -> Any:
    """What `freeze` made its results from; tuples have become lists."""
    if isinstance(tree, list):
        return [thaw(value, tensors) for value in tree]
    if not isinstance(tree, dict):
        return tree
    if _TENSOR in tree:
        return tensors[tree[_TENSOR]]
    return {key: thaw(value, tensors) for key, value in tree[_PAIRS]}


def _pieces(data: bytes) -> Iterator[bytes]:
    for start in range(0, len(data), SHARD_BYTES):
        yield data[start : start + SHARD_BYTES]


def _shard(folder: Path, name: str, sha256: str) -> bytes:
    data = (folder / Path(name).name).read_bytes()
    if hashlib.sha256(data).hexdigest() != sha256:
        raise ValueError(f"{name} was truncated or altered")
    return data


def _remove_others(folder: Path, keep: set[str]) -> None:
    for path in folder.glob("step-*.shard"):
        if path.name not in keep:
            with contextlib.suppress(OSError):  # removed next time
                path.unlink()
