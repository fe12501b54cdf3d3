"""The user's own impulse responses: found by what is in them, in one folder, never by a path that a file names.

So a chain that a stranger sent plays with a response only if the user has the very same one.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile

from plugin_bridge.rack.errors import PluginMissing
from presets.errors import OnetakeError, UnreadableFile
from presets.export import wav
from presets.sound import Sound

_SUFFIXES = {".wav", ".flac", ".aif", ".aiff"}
_LARGEST = 256 * 2**20  # bytes of a file
_BLOCK = 2**20


class Impulse(NamedTuple):
    """One response. hash: of the file's bytes, what a slot holds; name: what a person reads."""

    hash: str
    name: str
    path: Path


class Impulses:
    """The responses of one folder and those in it."""

    def __init__(self, folder: Path | None) -> None:
        """folder: where they lie; it may come later. None holds none."""
        self._folder = folder
        self._known: dict[tuple[Path, int, int], str] = {}

    def all(self) -> tuple[Impulse, ...]:
        """What there is, by name; files are read again only when they have changed."""
        folder = self._folder
        if folder is None or not folder.is_dir():
            return ()
        paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in _SUFFIXES and path.is_file())
        found = [Impulse(self._hash(path), str(path.relative_to(folder).with_suffix("")), path) for path in paths]
        return tuple(one for one in found if one.hash)

    def find(self, content: str) -> Sound:
        """The response with that content.

        Raises:
            PluginMissing: none is chosen, or it is not in the folder.
        """
        place = self._folder or "the folder for impulse responses"
        if not content:
            raise PluginMissing(f"No impulse response is chosen. Put sounds into {place} and choose one.")
        for one in self.all():
            if one.hash == content:
                return read(one.path)
        raise PluginMissing(
            f"The impulse response {content[:8]}… is not in {place}. Put it there, or choose another."
        )

    def _hash(self, path: Path) -> str:
        """Of the file's bytes; "" for what cannot be read."""
        try:
            found = path.stat()
            key = (path, found.st_size, found.st_mtime_ns)
            if key not in self._known:
                self._known[key] = content_hash(path) if found.st_size <= _LARGEST else ""
            return self._known[key]
        except OSError:
            return ""


def content_hash(path: Path) -> str:
    """Hash of a file's bytes, 32 hex digits.

    Raises:
        OSError: it cannot be read.
    """
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()[:32]


def read(path: Path) -> Sound:
    """A response from its file.

    Raises:
        PluginMissing: it cannot be read.
    """
    try:
        if path.suffix.lower() == ".wav":
            return wav.read(path).sound
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
        return Sound(np.ascontiguousarray(samples.T), rate)
    except (OnetakeError, OSError, RuntimeError) as error:
        reason = str(error) if isinstance(error, UnreadableFile) else f"{path.name} cannot be read: {error}."
        raise PluginMissing(f"The impulse response cannot be used. {reason}") from error
