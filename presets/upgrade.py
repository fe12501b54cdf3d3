"""A stored file brought to the newest version on the disk: the old one is copied first, and put back on failure.

Files are read in any version and written anew when someone saves them; this is for whoever wants it now, before a
session goes to a program or a colleague that reads only the newest.
"""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass
from pathlib import Path

import msgspec

from presets import kinds, migrations
from presets.entry import SIDECAR, read_bytes
from presets.errors import NotWritten, OnetakeError, UnreadableFile
from presets.files import told, unused, write_atomically
from presets.handoff import FOLDER as HANDOFFS
from presets.schema import canonical, decode
from presets.session import TAKES, Cancelled, Progress, Session

LARGEST = 64 * 2**20  # bytes
_BACKUP = re.compile(r"(?P<name>.+\.json)\.v[0-9]+\.bak")


@dataclass(frozen=True)
class Upgraded:
    """What became of a session. documents: how many there are. refused: a sentence for each that stayed."""

    documents: int
    backups: tuple[Path, ...]
    refused: tuple[str, ...]


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


def documents(session: Path) -> list[Path]:
    """The JSON documents of a session that can be brought up: its own, and those of takes, kits and hand-offs."""
    found: list[Path] = []
    for folder in _folders(session):
        with contextlib.suppress(OSError):
            found += sorted(path for path in folder.iterdir() if path.suffix == SIDECAR and path.is_file())
    return [path for path in found if not path.name.startswith(".")]


def migrate_session(session: Session, progress: Progress | None = None) -> Upgraded:
    """Bring every document of a session to the newest version, one after the other, each with its backup.

    Args:
        session: an open one.
        progress: see `presets.session.Progress`; what was brought up before stays so.

    Raises:
        NotWritten: a document could not be written; Cancelled where progress said so.
    """
    paths = documents(session.folder)
    backups: list[Path] = []
    refused: list[str] = []
    for number, path in enumerate(paths):
        if progress is not None and not progress(number, len(paths)):
            raise Cancelled(f"Stopped: {len(backups)} documents were brought to the newest version.")
        try:
            with session.claim.held():
                backup = migrate_file(path)
        except UnreadableFile as error:
            refused.append(str(error))
            continue
        backups += [backup] if backup is not None else []
    return Upgraded(len(paths), tuple(backups), tuple(refused))


def roll_back(session: Session) -> list[Path]:
    """Put the last backup of every document back in its place; what stood there is kept as NAME.json.newer.

    Returns:
        The documents that are as they were.

    Raises:
        NotWritten: read-only or full; what was put back before stays so.
    """
    last: dict[Path, Path] = {}
    for folder in _folders(session.folder):
        for backup in sorted(folder.glob("*.bak"), key=lambda path: path.stat().st_mtime):
            if found := _BACKUP.fullmatch(backup.name):
                last[folder / found["name"]] = backup
    for path, backup in last.items():
        with session.claim.held():
            _put_back(path, backup)
    return list(last)


def _folders(session: Path) -> tuple[Path, ...]:
    return session, session / TAKES, session / HANDOFFS


def _put_back(path: Path, backup: Path) -> None:
    now, before = read_bytes(path, LARGEST), read_bytes(backup, LARGEST)
    assert before is not None
    if now is not None:
        write_atomically(unused(path.with_name(f"{path.name}.newer")), now)
    write_atomically(path, before, overwrite=True)
    with told(backup):
        backup.unlink()


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
