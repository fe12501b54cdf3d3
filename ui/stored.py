"""What the panel remembers, as JSON files: written whole, versioned, and never lost in silence.

A file that cannot be read is set aside under another name and told, so that a bad disk or a newer Onetake costs
the defaults for now and nothing for ever.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TypeVar

import msgspec

from presets import migrations
from presets.files import unused, write_atomically

_T = TypeVar("_T", bound=msgspec.Struct)

LARGEST = 64 * 2**20
"""Bytes; nothing that we write is nearly as long."""


def load(path: Path, default: _T) -> tuple[_T, str]:
    """What a file holds, and a sentence for the person; the default where there is none or it is broken."""
    try:
        if not path.is_file():
            return default, ""
        if path.stat().st_size > LARGEST:
            raise msgspec.DecodeError("it is too large")
        return _decoded(path.read_bytes(), type(default)), ""
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return default, f"{path.name} could not be read ({error}). {_set_aside(path)}"


def save(path: Path, value: msgspec.Struct) -> None:
    """Write a value; what a process that dies meanwhile leaves is the old file or the new one.

    Raises:
        NotWritten: the folder is missing, read-only or full.
    """
    write_atomically(path, msgspec.json.encode(value), overwrite=True, durable=False)


def _decoded(data: bytes, kind: type[_T]) -> _T:
    """A value from JSON; what is in it of an older version (chains of effects) is brought up.

    Raises:
        msgspec.DecodeError: broken, something else, or from a newer Onetake.
    """
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.ValidationError as error:
        try:
            document = migrations.upgraded(msgspec.json.decode(data))
        except migrations.Newer:
            raise error from None
        return msgspec.convert(document, type=kind, str_keys=True)


def _set_aside(path: Path) -> str:
    aside = unused(path.with_name(f"{path.stem}.broken{path.suffix}"))
    with contextlib.suppress(OSError):
        path.rename(aside)
        return f"It is kept as {aside.name}; Onetake starts with what is usual."
    return "Onetake starts with what is usual."
