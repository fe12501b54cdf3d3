"""Files given to a DAW as they lie on the disk: the WAV, what it shows, and the new version that takes its place.

Replacing has four steps, and a death between any two leaves the old file or the new one: the intent is noted, the
new version is written beside, it takes the place in one step, and what is shown now is noted. `settled` finds out
by checksums how far that came, and goes on from there.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta
from msgspec.structs import replace

from presets.errors import NotWritten, UnreadableFile
from presets.export import wav
from presets.export.wav import Depth
from presets.files import write_atomically
from presets.placing import Given
from presets.schema import Edit, Name, Seconds, Stored, Value, canonical, content_id, decode
from presets.unread import unread

SIDECAR = ".json"
"""What the description of NAME.wav is called: NAME.wav.json."""

_BESIDE = " (update)"
_LARGEST_SIDECAR = 2**16  # bytes
_NEWER_BY = 2.0  # seconds: FAT counts in twos, and REAPER keeps its peaks where time and size hardly differ
_HELD = {errno.EACCES, errno.EPERM, errno.EBUSY, errno.ETXTBSY}
_HELD_ON_WINDOWS = {5, 32, 33}  # access denied, sharing violation, lock violation


class Shown(Value, frozen=True, kw_only=True):
    """What a file plays: content id, edit and chain by hash ("" for none), steps, and the samples' checksum."""

    content: str
    edit: str = ""
    chain: str = ""
    steps: int = 0
    checksum: str


class Handoff(Stored, frozen=True, kw_only=True, tag="handoff"):
    """A file given to a DAW.

    name: the WAV's, in the folder of this description: no path, so that nobody's file can lead elsewhere. take:
    lineage id, or the checksum of a sound without a recipe. linked: whether updates come into it. shown: what it
    plays; coming: what is about to take its place, None when nothing is. rate (Hz), depth, channels, frames and
    onset (seconds) never change.
    """

    version: Literal[1] = 1
    name: Name
    take: Name
    linked: bool = False
    shown: Shown
    coming: Shown | None = None
    rate: Annotated[int, Meta(ge=1, le=768_000)]
    depth: Depth
    channels: Annotated[int, Meta(ge=1, le=64)]
    frames: Annotated[int, Meta(ge=0)]
    onset: Seconds = 0.0


def read(folder: Path, name: str) -> Handoff:
    """The hand-off of a file in a folder of hand-offs.

    Raises:
        UnreadableFile: its description is missing, broken, of another file, or from a newer Onetake.
    """
    path = folder / f"{name}{SIDECAR}"
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST_SIDECAR + 1)
    except OSError as error:
        raise unread(path, error) from error
    handoff = decode(data[: _LARGEST_SIDECAR + 1], Handoff, f"The description {path.name}")
    if handoff.name != name:
        raise UnreadableFile(f"{path.name} describes {handoff.name!a}, another file. Hand the take off anew.")
    return handoff


def settled(folder: Path, handoff: Handoff) -> Handoff:
    """The hand-off with what was on its way arrived, or forgotten where it was never written.

    Still with `coming` where another program holds the file open.

    Raises:
        NotWritten: the folder is read-only or full.
        UnreadableFile: what lies there is no WAV any more.
    """
    if handoff.coming is None:
        return handoff
    target, new = folder / handoff.name, beside(folder, handoff)
    if checksum_of(target) != handoff.coming.checksum:
        if checksum_of(new) != handoff.coming.checksum:  # never written, or overtaken by a later one
            return _arrived(folder, replace(handoff, coming=None))
        if checksum_of(target) != handoff.shown.checksum:  # gone, or altered by another program: it stays
            return handoff
        if not _swapped(new, target):
            return handoff
    return _arrived(folder, replace(handoff, shown=handoff.coming, coming=None))


def _arrived(folder: Path, handoff: Handoff) -> Handoff:
    target = folder / handoff.name
    for peaks in (target.with_name(f"{target.name}.reapeaks"), folder / "peaks" / f"{target.name}.reapeaks"):
        with contextlib.suppress(OSError):  # REAPER's picture of the wave, which it draws anew
            peaks.unlink()
    with contextlib.suppress(OSError):
        beside(folder, handoff).unlink()
    note(folder, handoff)
    return handoff


def _swapped(new: Path, target: Path) -> bool:
    """Let the new version take the place in one step; False where another program holds that open."""
    try:
        before = target.stat()
        new.chmod(before.st_mode & 0o777)
        after = max(new.stat().st_mtime, before.st_mtime + _NEWER_BY)
        os.utime(new, (after, after))
        new.replace(target)
    except OSError as error:
        if error.errno in _HELD or getattr(error, "winerror", None) in _HELD_ON_WINDOWS:
            return False
        raise NotWritten(
            f"{target} could not be replaced: the system says: {error.strerror or error}. It is as it was."
        ) from error
    return True


def shown_by(ready: Given) -> Shown:
    """What a file plays that holds this."""
    version = ready.version
    checksum = ready.sound.checksum()
    if version is None:
        return Shown(content=checksum[:32], checksum=checksum)
    return Shown(
        content=content_id(version.recipe),
        edit=edit_id(version.edit),
        chain=_hash(canonical(version.chain)) if version.chain else "",
        steps=version.recipe.steps,
        checksum=checksum,
    )


def edit_id(edit: Edit) -> str:
    """Identity of an edit: equal ones are equal."""
    return _hash(canonical(edit))


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:32]


def checksum_of(path: Path) -> str | None:
    """Checksum of what a file plays; None where there is none, "" where it plays nothing that can be read."""
    if not path.is_file():
        return None
    try:
        return wav.read(path).sound.checksum()
    except UnreadableFile:
        return ""


def note(folder: Path, handoff: Handoff, overwrite: bool = True) -> None:
    """Write the description of a hand-off.

    Raises:
        NotWritten: the folder is read-only or full.
    """
    write_atomically(folder / f"{handoff.name}{SIDECAR}", canonical(handoff), overwrite=overwrite)


def beside(folder: Path, handoff: Handoff) -> Path:
    """Where the new version of a hand-off lies until it takes the place; no name that is handed off is like it."""
    return folder / f"{Path(handoff.name).stem}{_BESIDE}.wav"
