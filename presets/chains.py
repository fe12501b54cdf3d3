"""Chains of effects as files: what is saved, shared, and given to another process.

A chain file names effects by who they are, and never says what is loaded: that is looked up on this machine.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
from msgspec.structs import replace

from presets.errors import UnreadableFile
from presets.schema import Chain, Preset, decode
from presets.value_files import read_bounded, write_value

LARGEST = 64 * 2**20
"""Bytes of a chain file: some plug-ins put whole recordings into their states."""


def write_chain(path: Path, chain: Chain, overwrite: bool = False, durable: bool = True) -> None:
    """Write a chain; the file appears whole or not at all.

    Raises:
        InvalidRequest: a slot holds what slots do not have.
        NotWritten: the folder is missing, read-only or full, or the file exists.
    """
    write_value(path, chain, "The chain", overwrite, durable)


def read_chain(path: Path) -> Chain:
    """A chain from its file, or the one in a preset's.

    Raises:
        UnreadableFile: missing, broken, something else, a preset without a chain, or from a newer Onetake.
    """
    data = read_bounded(path, "chain", LARGEST)
    if _kind(data) != "preset":
        return decode(data, Chain, f"The chain {path.name}")
    chain = decode(data, Preset, f"The preset {path.name}").chain
    if chain is None:
        raise UnreadableFile(f"The preset {path.name} holds no chain of effects. Choose another one.")
    return chain


def tails_of(chain: Chain) -> tuple[float, ...] | None:
    """The tails that a printed chain holds, for the next version of the same take; None where there are none."""
    return tuple(slot.tail for slot in chain.slots if slot.tail is not None) or None


def without_tails(chain: Chain) -> Chain:
    """The chain for any other sound."""
    return replace(chain, slots=tuple(replace(slot, tail=None) for slot in chain.slots))


def foreign_slots(chain: Chain) -> tuple[int, ...]:
    """The slots of a chain from elsewhere whose states need consent: those of plug-ins, which hold anything."""
    return tuple(index for index, slot in enumerate(chain.slots) if slot.format != "builtin" and slot.state)


def _kind(data: bytes) -> object:
    try:
        document = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None  # `decode` says what is wrong with it
    return document.get("kind") if isinstance(document, dict) else None
