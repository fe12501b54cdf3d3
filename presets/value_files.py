"""Kits, presets and chains as files: written whole and checked, read within a bound.

What comes from elsewhere may be anything: a pipe that would be waited for, a file without an end.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from presets.errors import InvalidRequest, UnreadableFile
from presets.files import write_atomically
from presets.schema import canonical
from presets.unread import unread


def write_value(
    path: Path, value: msgspec.Struct, what: str, overwrite: bool = False, durable: bool = True
) -> None:
    """Write a value as canonical JSON; the file appears whole or not at all.

    Args:
        path: where.
        value: one of presets.schema.
        what: it is, at the beginning of a sentence: "The kit 'doors'".
        overwrite: whether a file of that name is replaced.
        durable: whether to wait until it is on the disk.

    Raises:
        InvalidRequest: it holds what such values do not have.
        NotWritten: the folder is missing, read-only or full, or the file exists.
    """
    try:
        data = canonical(value)
    except (msgspec.ValidationError, UnicodeEncodeError) as error:
        raise InvalidRequest(f"{what} cannot be written: {error}.") from error
    write_atomically(path, data, overwrite=overwrite, durable=durable)


def read_bounded(path: Path, kind: str, largest: int) -> bytes:
    """The bytes of a file that has to be there.

    Args:
        path: where.
        kind: what it should be: "kit".
        largest: bytes of one.

    Raises:
        UnreadableFile: missing, too large, or no file.
    """
    try:
        if path.stat().st_size > largest or not path.is_file():  # a pipe would wait for ever
            raise UnreadableFile(f"{path} cannot be read: it is no {kind}. Choose a file that Onetake wrote.")
        with path.open("rb") as file:
            return file.read(largest)
    except OSError as error:
        raise unread(path, error) from error
