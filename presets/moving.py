"""A session to another folder or disk: copied, compared byte for byte by checksum, and only then switched.

Until the copy is whole and compared the old session is as it was, and the copy lies under a name that nothing
opens. Then the copy gets its name, the old session.json says where it went, and the old files are deleted. Who
dies in between finds one whole session that opens, and moves again.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from msgspec.structs import replace

from presets import used
from presets.entry import read_bytes
from presets.errors import InvalidRequest, NotWritten
from presets.files import told, write_atomically
from presets.history import HISTORY
from presets.renaming import finish
from presets.schema import decode
from presets.session import DRAFTS, FILE, TAKES, Cancelled, Progress, Session, SessionFile, opened, write_identity
from presets.unread import unread

FOLDERS = tuple(dict.fromkeys([TAKES, DRAFTS, "heard", HISTORY, *filter(None, used.FOLDERS)]))
"""What belongs to a session, besides the JSON files in its folder; all else stays where it is."""

_PARTIAL = ".onetake-moving"
_PANEL = {"panel.json"}
_BLOCK = 2**20  # bytes


def move(session: Session, target: Path, progress: Progress | None = None) -> Session:
    """Move a session; returns it, opened at its new place.

    Args:
        session: one that can be written.
        target: a folder that is empty or not there; its parent is.
        progress: told bytes done and total (copied, then compared); False cancels.

    Raises:
        InvalidRequest: the target is not empty, or lies in the session.
        NotWritten: a disk is full or read-only, or a copy is not equal: the old session is as it was.
        Cancelled: likewise.
    """
    place = target.expanduser().absolute()
    _check_target(session, place)
    with session.claim.held():
        finish(session)
        identity = _identity(session)
        files = list(_own(session.folder))
        partial = place.with_name(f"{_PARTIAL}-{session.id}-{place.name}"[:200])
        try:
            _copy_all(session, files, partial, progress)
            write_identity(partial, identity)
            _switch(partial, place)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise
        write_identity(session.folder, replace(identity, moved=str(place)))
        _delete(session.folder, files)
    return opened(place)


def clear(folder: Path) -> bool:
    """Delete what a move left behind in a folder whose session lies elsewhere by now; False where none does.

    Raises:
        UnreadableFile: session.json is broken.
    """
    data = read_bytes(folder / FILE)
    if data is None:
        return False
    old = decode(data, SessionFile, f"{folder / FILE}")
    there = None if not old.moved else read_bytes(Path(old.moved) / FILE)
    if there is None or decode(there, SessionFile, old.moved).id != old.id:
        return False
    _delete(folder, [path for path in _own(folder) if (Path(old.moved) / path).is_file()])
    return True


def _check_target(session: Session, place: Path) -> None:
    there = read_bytes(place / FILE)
    if there is not None and decode(there, SessionFile, f"{place / FILE}").id == session.id:
        raise InvalidRequest(
            f"{place} holds a whole copy of this session already: a move was stopped at its very end. "
            f"Go on with the copy and delete {session.folder}, or delete the copy and move again."
        )
    with told(place):
        if place.resolve().is_relative_to(session.folder.resolve()):
            raise InvalidRequest(f"{place} lies in the session itself. Choose another folder.")
        if place.exists() and (not place.is_dir() or any(place.iterdir())):
            raise InvalidRequest(f"{place} is not empty. Choose a folder that is empty or not there yet.")
        if not place.parent.is_dir():
            raise InvalidRequest(f"There is no folder {place.parent}. Create it first.")


def _identity(session: Session) -> SessionFile:
    data = read_bytes(session.folder / FILE)
    if data is None:
        raise NotWritten(f"{session.folder} is read-only, so it cannot be moved. Copy it with your file manager.")
    return decode(data, SessionFile, f"{session.folder / FILE}")


def _own(folder: Path) -> Iterator[Path]:
    """Every file of a session but session.json, relative to its folder; links are left where they are."""
    for path in sorted(folder.iterdir()):
        name = path.name
        if path.is_symlink():
            continue
        if name in FOLDERS and path.is_dir():
            for root, _, names in os.walk(path):
                inner = (Path(root) / each for each in sorted(names))
                yield from (each.relative_to(folder) for each in inner if each.is_file() and not each.is_symlink())
        elif name in _PANEL or (name != FILE and path.suffix.lower() == ".json" and used.document(path)):
            yield Path(name)


def _copy_all(session: Session, files: list[Path], partial: Path, progress: Progress | None) -> None:
    """Copy, then read the copies again: what the disk holds counts, not what was sent to it."""
    for left in partial.parent.glob(f"{_PARTIAL}-{session.id}-*"):  # of a move that died
        shutil.rmtree(left, ignore_errors=True)
    with told(partial):
        total = 2 * sum((session.folder / path).stat().st_size for path in files)
        partial.mkdir()
    meter = _Meter(session, total, progress)
    sums = {}
    for path in files:
        copy = partial / path
        with told(copy):
            copy.parent.mkdir(parents=True, exist_ok=True)
        digest = hashlib.sha256()
        write_atomically(copy, _told_pieces(session.folder / path, digest, meter))
        stat = (session.folder / path).stat()
        with contextlib.suppress(OSError):
            os.utime(copy, ns=(stat.st_atime_ns, stat.st_mtime_ns))
        sums[path] = digest.digest()
    for path, expected in sums.items():
        digest = hashlib.sha256()
        for _ in _told_pieces(partial / path, digest, meter):
            pass
        if digest.digest() != expected:
            raise NotWritten(
                f"The copy of {path} is not equal to it: {partial.parent} is a disk not to be trusted."
            )


class _Meter:
    """How far it is; says so to the user and to other writers."""

    def __init__(self, session: Session, total: int, progress: Progress | None) -> None:
        self._session, self._total, self._progress, self._done = session, total, progress, 0

    def more(self, size: int) -> None:
        self._done += size
        self._session.claim.alive()
        if self._progress is not None and not self._progress(self._done, self._total):
            raise Cancelled(f"Stopped: the session lies in {self._session.folder} as before.")


def _told_pieces(path: Path, digest: hashlib._Hash, meter: _Meter) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
                meter.more(len(block))
                yield block
    except OSError as error:
        raise unread(path, error) from error


def _switch(partial: Path, place: Path) -> None:
    with told(place):
        if place.exists():
            place.rmdir()  # it is empty
        partial.rename(place)


def _delete(folder: Path, files: list[Path]) -> None:
    """What cannot be deleted stays: the session lies elsewhere by now, whole."""
    for path in files:
        with contextlib.suppress(OSError):
            (folder / path).unlink()
    for name in FOLDERS:
        for root, _, _ in os.walk(folder / name, topdown=False):
            with contextlib.suppress(OSError):
                Path(root).rmdir()
