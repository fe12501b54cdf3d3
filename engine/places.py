"""Where Onetake keeps what it needs between runs: the engine's address, key, lock and log, and the user's models.

A folder of the user's own, readable by nobody else. ONETAKE_STATE moves it, for tests and for studios that
forbid writing to home folders; ONETAKE_MODELS moves the models alone, for studios that share them.
"""

from __future__ import annotations

import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from presets.places import state_folder

_LONGEST_SOCKET = 100  # bytes; Linux and macOS refuse a little above


@dataclass(frozen=True)
class Places:
    """The files of one user's engine."""

    folder: Path

    @property
    def lock(self) -> Path:
        """Held by the running engine for as long as it lives."""
        return self.folder / "engine.lock"

    @property
    def address(self) -> Path:
        """Pid and address of the running engine."""
        return self.folder / "engine.json"

    @property
    def key(self) -> Path:
        """What a client must know to be heard; mode 600."""
        return self.folder / "engine.key"

    @property
    def log(self) -> Path:
        """The rotating log."""
        return self.folder / "engine.log"

    @property
    def out(self) -> Path:
        """What the process printed, if it ever did: crashes of native libraries."""
        return self.folder / "engine.out"

    @property
    def socket(self) -> str:
        """Where to listen: a pipe on Windows, else a Unix socket, in a private temporary folder if too long."""
        if sys.platform == "win32":
            return rf"\\.\pipe\onetake-{os.getpid()}"
        path = self.folder / f"engine-{os.getpid()}.sock"
        if len(os.fsencode(path)) <= _LONGEST_SOCKET:
            return str(path)
        return str(Path(tempfile.mkdtemp(prefix="onetake-")) / "engine.sock")


def places() -> Places:
    """The places of this user; the folder is there, and nobody else may read it."""
    folder = state_folder()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return Places(folder)


def models_folder() -> Path:
    """Where the user's own models lie, one folder each; it may not be there yet."""
    chosen = os.environ.get("ONETAKE_MODELS")
    return Path(chosen) if chosen else state_folder() / "models"
