"""A folder that appears whole or not at all, as presets/files.py has it for a file.

It is filled under a hidden name beside its place, and gets its own when it is whole.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from presets.errors import InvalidRequest, NotWritten

_HIDDEN = ".onetake-unfinished-"
_LEFTOVER_AGE = 3600.0  # seconds; filling takes a few


def check_place(folder: Path, needed: int) -> None:
    """Whether a folder of so many bytes can be made there, asked before anything takes its time.

    Raises:
        InvalidRequest: there is something of that name.
        NotWritten: the disk is read-only or full.
    """
    if os.path.lexists(folder):
        raise InvalidRequest(f"{folder} is there already. Choose another name, or delete it first.")
    with _told(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        _sweep(folder.parent)
        _hidden(folder).rmdir()
        free = shutil.disk_usage(folder.parent).free
    if free < needed:
        raise NotWritten(
            f"{folder} could not be written: the disk is full. It needs {needed / 1e6:.0f} MB, and "
            f"{free / 1e6:.0f} MB are free. Free some space, then try again."
        )


@contextlib.contextmanager
def appearing(folder: Path) -> Iterator[Path]:
    """A folder to fill within; it is named when all went well, and removed when anything did not.

    Raises:
        NotWritten: it cannot be made, or named.
    """
    with _told(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        unfinished = _hidden(folder)
        try:
            yield unfinished
            unfinished.rename(folder)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)


def _hidden(folder: Path) -> Path:
    made = folder.parent / f"{_HIDDEN}{secrets.token_hex(4)}"
    made.mkdir()
    return made


def _sweep(place: Path) -> None:
    """Remove what killed processes left."""
    for left in place.glob(f"{_HIDDEN}*"):
        with contextlib.suppress(OSError):
            if time.time() - left.stat().st_mtime > _LEFTOVER_AGE:
                shutil.rmtree(left, ignore_errors=True)


@contextlib.contextmanager
def _told(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise NotWritten(
            f"{folder} could not be written: {error.strerror or error}. Free some space, or set ONETAKE_MODELS to "
            "another folder."
        ) from error
