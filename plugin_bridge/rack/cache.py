"""Wet sounds on disk, so that what was rendered once is heard at once.

They are found by what determines them: the samples that went in, the edit, the chain with all its states, and the
code that made them. A file appears whole or not at all; one that was damaged counts as missing. What was not
wanted for longest goes when the folder is full: whoever needs a sound for longer copies or loads it.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

import msgspec

from plugin_bridge.rack.effects import REVISION
from presets.errors import NotWritten, UnreadableFile
from presets.export import wet
from presets.export.wet import Printed
from presets.schema import Chain, Edit, canonical
from presets.sound import Sound

MEGABYTES = 1024
"""What the folder may hold."""

_WITHOUT_KEY = "once-"


class Kept(NamedTuple):
    """A wet sound on disk, and what it says of itself."""

    path: Path
    printed: Printed


class Cache:
    """A folder of wet sounds. Several processes may share one."""

    def __init__(self, folder: Path, megabytes: float = MEGABYTES) -> None:
        """folder: made if it is not there. megabytes: what it may hold.

        Raises:
            NotWritten: the folder cannot be made.
        """
        self._folder, self._bytes = folder, int(megabytes * 2**20)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise NotWritten(f"The folder {folder} for sounds with effects cannot be made: {error}.") from error

    def find(self, key: str) -> Kept | None:
        """A sound by its key; None where it is not there or damaged."""
        path = self._folder / f"{key}.wav"
        try:
            _, printed = wet.read(path)  # all of it: a file that was cut off is none
            os.utime(path)
        except (UnreadableFile, OSError):
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
            return None
        return Kept(path, printed)

    def keep(self, key: str | None, sound: Sound, printed: Printed) -> Kept:
        """Write a sound; None for one that must not be found again, because an effect was missing in it.

        Raises:
            NotWritten: the disk is full or read-only.
        """
        path = self._folder / f"{key or _WITHOUT_KEY + secrets.token_hex(8)}.wav"
        wet.write(path, sound, printed)
        self._sweep(path)
        return Kept(path, printed)

    def _sweep(self, newest: Path) -> None:
        """Remove what was not wanted for longest, until the rest fits; the newest stays in any case."""
        files = []
        with contextlib.suppress(OSError):
            for path in self._folder.glob("*.wav"):
                with contextlib.suppress(OSError):
                    found = path.stat()
                    files.append((path == newest, found.st_mtime_ns, found.st_size, path))
        held = sum(size for _, _, size, _ in files)
        for is_newest, _, size, path in sorted(files):
            if held <= self._bytes or is_newest:
                return
            with contextlib.suppress(OSError):
                path.unlink()
            held -= size


def key_of(
    content: str, edit: Edit | None, match_db: float, chain: Chain, tails: Sequence[float] | None = None
) -> str:
    """What a wet sound is found by, 32 hex digits.

    Args:
        content: checksum of the samples that go in (presets.sound.Sound.checksum).
        edit: what is cut out of them, None for nothing.
        match_db: the version's level match.
        chain: as it stands, states and parameters included.
        tails: those that are given; None where they are found.
    """
    made_by = f"{REVISION} {metadata.version('pedalboard')}"
    parts = (
        content.encode(),
        canonical(edit) if edit is not None else b"",
        msgspec.json.encode((match_db, tails, made_by)),
        chain_id(chain).encode(),
    )
    return hashlib.sha256(b"\n".join(parts)).hexdigest()[:32]


def chain_id(chain: Chain) -> str:
    """Identity of a chain: hash of its canonical form."""
    return hashlib.sha256(canonical(chain)).hexdigest()[:32]
