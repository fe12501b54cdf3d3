"""An export appears whole or not at all: a folder or one zip file, made under a hidden name beside its place.

Whoever looks into the target folder sees the former export, the new one or none, even if the machine dies between
two files. What a killed export leaves is swept away by the next one.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

from presets.errors import NotWritten
from presets.files import told, write_atomically

Told = Callable[[float], bool]
"""Hears the share that is done, 0..1; ends the export by returning False."""

_HIDDEN = ".onetake-export-"
_LEFTOVER_AGE = 3600.0  # seconds
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the same files give the same zip
_BLOCK = 1 << 20
_PACKED = {".wav", ".flac"}  # audio hardly shrinks, and players read it faster as it is


class Stopped(Exception):
    """Whoever asked for an export ended it. Nothing was written."""


class Taken(NotWritten):
    """Something of that name is there already, and replacing it was not asked for. place: where."""

    def __init__(self, place: Path) -> None:
        super().__init__(
            f"{place} is there already and stays as it is. Choose another name or allow replacing it."
        )
        self.place = place


@contextlib.contextmanager
def folder(place: Path, overwrite: bool = False) -> Iterator[Path]:
    """A folder to fill; it gets its name when all went well, and is removed when anything did not.

    Args:
        place: where it will be; the folders above are made.
        overwrite: whether a folder of that name is replaced as a whole.

    Raises:
        NotWritten: the place is taken, read-only or full; what was there before is untouched.
    """
    _check(place, overwrite)
    hidden = _hidden(place)
    try:
        yield hidden
        with told(place):
            _to_disk(hidden)
            _give_name(hidden, place, overwrite)
    except NotWritten as error:  # the hidden name means nothing to whoever reads this
        raise NotWritten(str(error).replace(str(hidden), str(place))) from error
    finally:
        shutil.rmtree(hidden, ignore_errors=True)


@contextlib.contextmanager
def zipped(place: Path, overwrite: bool = False, inside: str = "") -> Iterator[Path]:
    """A folder to fill that becomes one zip file.

    Args:
        place: the file.
        overwrite: whether a file of that name is replaced.
        inside: the folder within the zip that holds everything; "" is none.

    Raises:
        NotWritten: see `folder`.
    """
    _check(place, overwrite)
    hidden = _hidden(place)
    try:
        content, archive = hidden / "content", hidden / "archive"
        with told(place):
            content.mkdir()
        yield content
        with told(place):
            _pack(content, archive, PurePosixPath(inside))
        write_atomically(place, _blocks(archive), overwrite=overwrite)
    except NotWritten as error:  # the hidden name means nothing to whoever reads this
        raise NotWritten(str(error).replace(str(hidden), str(place))) from error
    finally:
        shutil.rmtree(hidden, ignore_errors=True)


def step(hears: Told, share: float) -> None:
    """Tell how far an export is.

    Raises:
        Stopped: whoever hears it wants no more.
    """
    if not hears(share):
        raise Stopped


def _check(place: Path, overwrite: bool) -> None:
    """Refuse before anything is read in vain, and sweep away what killed exports left."""
    with told(place):
        taken = os.path.lexists(place)
    if taken and not overwrite:
        raise Taken(place)
    with told(place):
        place.parent.mkdir(parents=True, exist_ok=True)
        for left in place.parent.glob(f"{_HIDDEN}*"):
            with contextlib.suppress(OSError):
                if time.time() - left.stat().st_mtime > _LEFTOVER_AGE:
                    shutil.rmtree(left, ignore_errors=True)


def _hidden(place: Path) -> Path:
    made = place.parent / f"{_HIDDEN}{secrets.token_hex(4)}"
    with told(place):
        made.mkdir()
    return made


def _to_disk(hidden: Path) -> None:
    """Wait until every file is on the disk: a power cut must not leave a named folder of empty files."""
    for path in hidden.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())


def _give_name(hidden: Path, place: Path, overwrite: bool) -> None:
    """Rename; a folder that is replaced moves aside first, and back if the new one cannot take its place."""
    if not (overwrite and os.path.lexists(place)):
        if os.path.lexists(place):  # it came meanwhile: Unix would replace an empty folder
            raise FileExistsError(place)
        hidden.rename(place)
        return
    aside = place.parent / f"{_HIDDEN}{secrets.token_hex(4)}"
    place.rename(aside)
    try:
        hidden.rename(place)
    except OSError:
        aside.rename(place)
        raise
    if aside.is_dir() and not aside.is_symlink():
        shutil.rmtree(aside, ignore_errors=True)
    else:
        aside.unlink()


def _pack(content: Path, archive: Path, inside: PurePosixPath) -> None:
    with zipfile.ZipFile(archive, "w", allowZip64=True) as out:
        for path in sorted(path for path in content.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(str(inside / path.relative_to(content).as_posix()), _EPOCH)
            packed = path.suffix.lower() in _PACKED
            entry.compress_type = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            with path.open("rb") as source, out.open(entry, "w", force_zip64=path.stat().st_size > 2**31) as to:
                shutil.copyfileobj(source, to, _BLOCK)


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            yield block
