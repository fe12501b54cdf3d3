"""A stored file brought to the newest version on the disk: the old one is copied first, and put back on failure.

Files are read in any version and written anew when someone saves them; this is for whoever wants it now, before a
session goes to a program or a colleague that reads only the newest.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from presets import kinds, migrations
from presets.entry import read_bytes
from presets.errors import NotWritten, OnetakeError, UnreadableFile
from presets.files import unused, write_atomically
from presets.schema import canonical, decode

LARGEST = 64 * 2**20  # bytes


def migrate_file(path: Path) -> Path | None:
    """Bring a JSON document to the newest version of its kind.

    Returns:
        The copy of what it was: NAME.vN.bak, beside it; None where it was the newest already.

    Raises:
        UnreadableFile: no document of Onetake, broken, or from a newer Onetake; it stays as it is.
        NotWritten: read-only or full; it is as it was.
    """
    data = read_bytes(path, LARGEST)
    if data is None:
        raise UnreadableFile(f"There is no file {path}.")
    kind, document = _kind(path, data)
    value = decode(data, kind, path.name)
    if migrations.upgraded(document) == document:
        return None
    version = document["version"]
    backup = _backed_up(path, data, version)
    write_atomically(path, canonical(value), overwrite=True)
    try:
        written = read_bytes(path, LARGEST)
        if written is None or canonical(decode(written, kind, path.name)) != canonical(value):
            raise NotWritten(f"{path} is not what was written.")
    except OnetakeError as error:
        write_atomically(path, data, overwrite=True)
        raise NotWritten(f"{path} could not be brought to the newest version and is as it was: {error}") from error
    return backup


def _kind(path: Path, data: bytes) -> tuple[type[msgspec.Struct], migrations.Document]:
    try:
        document = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UnreadableFile(f"{path.name} cannot be read: {error}.") from error
    found = document if isinstance(document, dict) else {}
    kind = next((kind for kind in kinds.STORED if kinds.tag(kind) == found.get("kind")), None)
    if kind is None or not isinstance(found.get("version"), int):
        raise UnreadableFile(f"{path.name} is no document of Onetake.")
    return kind, found


def _backed_up(path: Path, data: bytes, version: int) -> Path:
    backup = path.with_name(f"{path.name}.v{version}.bak")
    if read_bytes(backup, LARGEST) == data:
        return backup  # of a run that died
    backup = unused(backup)
    write_atomically(backup, data)
    return backup
