"""What is known of plug-ins as one JSON file of the user: read whole, changed under a lock, written whole.

Two scans at once change it in turns, each adding what it found to what is there; a scan that is killed has added
all but the bundles it was looking at. A file that is broken, or newer than this version, is set aside and told.
"""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from plugin_bridge.rack.findings import State
from presets.errors import NotWritten
from presets.files import told, unused, write_atomically

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

NAME = "effects.json"

_LOCK = "effects.lock"
_LARGEST = 64 * 2**20  # bytes; a thousand bundles take one
_AGAIN_SECONDS = 0.05  # Windows has no lock that waits without end


class Store:
    """The file. All threads of a process may share one."""

    def __init__(self, folder: Path) -> None:
        """folder: of the user's own; made when something is written. `remark` tells of what was set aside."""
        self._folder, self._path = folder, folder / NAME
        self._turn = threading.Lock()
        self.remark = ""

    def read(self) -> State:
        """What is known now; nothing, where the file is missing. One that is broken is looked at, not touched."""
        try:
            return self._decoded()
        except FileNotFoundError:
            return State()
        except _UNREADABLE:
            return self.change(lambda state: state)

    def change(self, how: Callable[[State], State]) -> State:
        """Read, change and write, while nobody else does.

        Raises:
            NotWritten: the folder is read-only or full; the file is as it was.
        """
        with told(self._path):
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._turn, self._locked():
            before = self._read_or_set_aside()
            after = how(before)
            if after != before:
                data = msgspec.json.format(msgspec.json.encode(after), indent=1)
                write_atomically(self._path, data, overwrite=True, durable=False)
            return after

    def _decoded(self) -> State:
        if self._path.stat().st_size > _LARGEST:
            raise msgspec.DecodeError("it is too large")
        return msgspec.json.decode(self._path.read_bytes(), type=State)

    def _read_or_set_aside(self) -> State:
        try:
            return self._decoded()
        except FileNotFoundError:
            return State()
        except OSError as error:
            raise NotWritten(f"{self._path} could not be read: {error.strerror or error}.") from error
        except _INVALID as error:
            aside = unused(self._path.with_name(f"{self._path.stem}.broken.json"))
            with told(aside):
                self._path.rename(aside)
            self.remark = (
                f"{NAME} could not be read ({error}). It is kept as {aside.name}; scan again to know the plug-ins."
            )
            return State()

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """A lock that the system lets go when its holder dies, however it dies."""
        with told(self._folder / _LOCK), (self._folder / _LOCK).open("a+") as file:
            _wait_for(file.fileno())
            yield


def _wait_for(descriptor: int) -> None:
    if sys.platform == "win32":
        while True:
            with contextlib.suppress(OSError):
                msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
                return
            time.sleep(_AGAIN_SECONDS)
    else:
        fcntl.flock(descriptor, fcntl.LOCK_EX)


_INVALID = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_UNREADABLE = (*_INVALID, OSError)
