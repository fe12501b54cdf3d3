"""The ring of drafts that nobody kept: 2 GB of untrimmed sounds in the session, the oldest of which go first.

What goes is only the audio: its recipe stays in the history and renders the same sound again.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from presets.export.version import keep_native
from presets.history import remember
from presets.schema import Version, content_id
from presets.session import WAV, Session
from presets.sound import Sound

RING_BYTES = 2 * 10**9


class Drafts:
    """The ring of one session. Several programs may turn it; each measures it anew when it seems to be full."""

    def __init__(self, session: Session, limit: int = RING_BYTES) -> None:
        """limit: bytes that the drafts may have together."""
        self.folder = session.drafts
        self._session = session
        self._limit = limit
        self._size: int | None = None

    def add(self, native: Sound, version: Version) -> Path:
        """Remember the recipe and write the untrimmed native sound under its content id, as float.

        Raises:
            NotWritten: the session is read-only or full.
        """
        remember(self._session.folder, version.recipe)
        path = keep_native(self._session.made(self.folder), native, version)
        self.added(path)
        return path

    def added(self, path: Path) -> list[Path]:
        """A file was written into the ring; returns the files that had to go for it."""
        with contextlib.suppress(OSError):
            size = path.stat().st_size
            self._size = size + self._size if self._size is not None else None
        if self._size is not None and self._size <= self._limit:
            return []
        return self._turn(path)

    def find(self, version: Version) -> Path | None:
        """The sound of a version, where it is in the ring still."""
        path = self.folder / f"{content_id(version.recipe)}{WAV}"
        return path if path.is_file() else None

    def _turn(self, newest: Path) -> list[Path]:
        files = sorted(self._files())
        size, gone = sum(size for _, size, _ in files), []
        for _, bytes_, path in files:
            if size <= self._limit:
                break
            if path.name != newest.name:  # a draft longer than the ring is still heard
                with contextlib.suppress(OSError):  # another program was quicker, or plays it (Windows)
                    path.unlink()
                    gone.append(path)
                    size -= bytes_
        self._size = size
        return gone

    def _files(self) -> list[tuple[int, int, Path]]:
        """Time, bytes and path of every draft."""
        found = []
        with contextlib.suppress(OSError), os.scandir(self.folder) as entries:
            for one in entries:
                if one.name.lower().endswith(WAV) and one.is_file(follow_symlinks=False):
                    stat = one.stat(follow_symlinks=False)
                    found.append((stat.st_mtime_ns, stat.st_size, Path(one.path)))
        return found
