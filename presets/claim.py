"""One writer at a time in a session, on any disk: a file that only one can create.

Two programs that change one sidecar would each lose what the other wrote. Locks of the system are not to be
trusted on network drives; creating a file that must not exist yet is (NFS since version 3, SMB). What a dead
process left is taken away: on this machine as soon as it is seen to be dead, of another machine when it has not
been touched for as long as we have watched it, by our own clock.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from presets.errors import NotWritten
from presets.files import host, is_alive, told

CLAIM = ".onetake-writing"

_HOLDER = re.compile(r"(?P<host>[0-9a-f]{8})-(?P<pid>[0-9]{1,10})-[0-9a-f]{16}")
_LONGEST = 64  # bytes
_POLL = 0.005  # seconds
_ABANDONED = 20.0  # seconds without a touch; holders touch every second one
_TOUCH = 2.0
_PATIENCE = 60.0
_RELEASE = 1.0


class Claim:
    """The right to write in a folder; taken again by the same thread, it stays one."""

    def __init__(self, folder: Path, patience: float = _PATIENCE) -> None:
        """patience: seconds to wait for another writer."""
        self._path = folder / CLAIM
        self._patience = patience
        self._thread = threading.RLock()
        self._depth = 0
        self._holder = b""
        self._touched = 0.0

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Hold it for a while.

        Raises:
            NotWritten: the folder is read-only or full, or another program writes for longer than our patience.
        """
        with self._thread:
            if not self._depth:
                self._take()
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1
                if not self._depth:
                    self._release()

    def alive(self) -> None:
        """Say that we are still at it; to be called during what lasts longer than a second.

        Raises:
            NotWritten: others took us for dead (the machine slept): stop before anything else is written.
        """
        if time.monotonic() - self._touched < _TOUCH:
            return
        with told(self._path):
            if _read(self._path) != self._holder:
                raise NotWritten(f"Another program began to write in {self._path.parent}: try again.")
            os.utime(self._path)
        self._touched = time.monotonic()

    def _take(self) -> None:
        self._holder = f"{host()}-{os.getpid()}-{secrets.token_hex(8)}".encode()
        watched = _Watched(self._path)
        until = time.monotonic() + self._patience
        while not self._create():
            if watched.is_abandoned():
                watched.remove()
            elif time.monotonic() > until:
                raise NotWritten(f"Another Onetake is writing in {self._path.parent}. Wait, then try again.")
            else:
                time.sleep(_POLL)
        self._touched = time.monotonic()

    def _create(self) -> bool:
        # The name appears with its content, so that nobody finds a holder without a name: a link, where there are.
        place = self._path.with_name(f".onetake-{self._holder.decode()[:-8]}.tmp")
        with told(self._path):
            try:
                _write(place, self._holder)
                try:
                    _give(place, self._path)
                except FileExistsError:
                    return False
                except PermissionError:
                    if os.name != "nt":
                        raise
                    return False  # a name that is being deleted there is taken and forbidden for a moment
                return True
            finally:
                place.unlink(missing_ok=True)

    def _release(self) -> None:
        # Only our own: who slept for long may have lost it to another.
        until = time.monotonic() + _RELEASE
        with contextlib.suppress(OSError):
            while _read(self._path) == self._holder:
                try:
                    self._path.unlink()
                except PermissionError:  # somebody reads it just now (Windows)
                    if time.monotonic() > until:
                        return
                    time.sleep(_POLL)


class _Watched:
    """Somebody else's claim, watched until it is let go or found to be dead."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[bytes, int] = (b"", 0)
        self._since = 0.0

    def is_abandoned(self) -> bool:
        """Whether its holder is dead."""
        try:
            now = (_read(self._path), self._path.stat().st_mtime_ns)
        except OSError:
            return False
        if now != self._seen:
            self._seen, self._since = now, time.monotonic()
        match = _HOLDER.fullmatch(now[0].decode("ascii", "replace"))
        if match and match["host"] == host() and not is_alive(int(match["pid"])):
            return True
        return time.monotonic() - self._since > _ABANDONED

    def remove(self) -> None:
        """Take it away, of several that try this only one, and only the one that was found dead."""
        aside = self._path.with_name(f".onetake-{host()}-{os.getpid()}-{secrets.token_hex(4)}.tmp")
        with contextlib.suppress(OSError):
            self._path.rename(aside)
            if _read(aside) != self._seen[0]:  # somebody was quicker, and a third one holds it now
                with contextlib.suppress(FileExistsError):
                    _give(aside, self._path)
            aside.unlink(missing_ok=True)


def _write(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
    try:
        os.write(descriptor, data)
    finally:
        os.close(descriptor)


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_LONGEST)


def _give(old: Path, new: Path) -> None:
    """Give a file a name that is free, keeping or losing the old one; FileExistsError where it is not."""
    link: Callable[[Path], None] = new.hardlink_to
    try:
        link(old)
    except FileExistsError:
        if not _is_one(old, new):  # NFS repeats a request whose answer was lost
            raise
    except OSError:  # no links on this disk
        _write(new, _read(old))


def _is_one(old: Path, new: Path) -> bool:
    try:
        return new.samefile(old)
    except FileNotFoundError:
        return False  # let go since
