"""What lies in a folder of plug-ins: bundles and single files, and by what a bundle is known again.

Nothing is loaded here. A folder may hold anything: links that lead in circles, folders that nobody may read, names
that are no text; each costs a remark and never the rest.
"""

from __future__ import annotations

import hashlib
import os
import platform
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from msgspec import Struct

from plugin_bridge.rack.folders import SUFFIXES

_PIECE = 2**20
_LIBRARIES = (
    b"\x7fELF", b"MZ", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"\xca\xfe\xba\xbf",
)  # fmt: skip
_MACHINES = {"amd64": "x86_64", "x86-64": "x86_64", "arm64": "aarch64"}


class Fingerprint(Struct, frozen=True, forbid_unknown_fields=True):
    """What a bundle's program was when it was looked at.

    size: bytes. modified, changed: ns; the newest of its files. digest: SHA-256 of their contents.
    """

    size: int
    modified: int
    changed: int
    digest: str


class Trouble(NamedTuple):
    """A place that could not be looked at, and why."""

    path: Path
    sentence: str


def format_of(path: Path) -> str:
    """The format of a bundle by its name ("vst3", "au"), "" for whatever else."""
    return SUFFIXES.get(path.suffix.lower(), "")


def find(
    folders: Iterable[Path], trouble: Callable[[Trouble], None], stop: Callable[[], bool] = lambda: False
) -> Iterator[Path]:
    """Every bundle in folders and in the folders in them, each once, in the order of their names.

    Args:
        folders: where to look; one that is not there is passed over.
        trouble: takes what could not be read.
        stop: asked at every folder; True ends the search.
    """
    seen: set[tuple[int, int]] = set()
    waiting = [Path(os.path.abspath(folder)) for folder in reversed(list(folders))]  # noqa: PTH100 (links stay)
    while waiting and not stop():
        folder = waiting.pop()
        inner = []
        for path in _entries(folder, seen, trouble):
            if not format_of(path):
                inner.append(path)
            elif _is_new(path, seen, trouble) and _is_text(path, trouble):
                yield path
        waiting.extend(reversed(inner))


def programs(bundle: Path) -> list[Path]:
    """The files that this system would run of a bundle; the bundle itself where it is a single file.

    Raises:
        OSError: it cannot be read.
    """
    if not bundle.is_dir():
        return [bundle]
    here = bundle / "Contents" / _program_folder()
    return sorted(path for path in here.iterdir() if path.is_file()) if here.is_dir() else []


def fingerprint(bundle: Path, known: Fingerprint | None = None) -> Fingerprint:
    """What a bundle's program is now. known: an earlier one; where nothing was touched since, nothing is read.

    Raises:
        OSError: it cannot be read, or is gone.
    """
    files = programs(bundle)
    stats = [path.stat() for path in files or [bundle]]
    size = sum(stat.st_size for stat in stats) if files else 0
    modified, changed = max(stat.st_mtime_ns for stat in stats), max(stat.st_ctime_ns for stat in stats)
    if known is not None and (known.size, known.modified, known.changed) == (size, modified, changed):
        return known
    return Fingerprint(size, modified, changed, _digest(files))


def same_program(one: Fingerprint, other: Fingerprint) -> bool:
    """Whether two fingerprints tell of the same program, whatever its files' dates say."""
    return (one.size, one.digest) == (other.size, other.digest)


def what_is_wrong(bundle: Path) -> str:
    """A sentence about a bundle that no host can load, as far as its files tell."""
    try:
        files = programs(bundle)
        if not files:
            others = sorted(path.name for path in (bundle / "Contents").glob("*-*") if path.is_dir())
            holds = f" (it holds {', '.join(others)})" if others else ""
            return f"There is no program for this system in it{holds}. Install the plug-in again."
        with files[0].open("rb") as file:
            head = file.read(4)
    except OSError as error:
        return f"It cannot be read: {error.strerror or error}."
    if not head.startswith(_LIBRARIES):
        return "Its program is damaged: that is no library. Install the plug-in again."
    return "Its program is no plug-in of this format, or needs a library that is missing here."


def _entries(folder: Path, seen: set[tuple[int, int]], trouble: Callable[[Trouble], None]) -> list[Path]:
    """Folders and bundles in a folder; nothing of one that was seen already, by whatever link."""
    try:
        about = folder.stat()
        if (about.st_dev, about.st_ino) in seen:
            return []
        seen.add((about.st_dev, about.st_ino))
        with os.scandir(folder) as entries:
            paths = [Path(entry.path) for entry in entries if format_of(Path(entry.path)) or entry.is_dir()]
    except FileNotFoundError:
        return []
    except OSError as error:
        trouble(Trouble(folder, f"It cannot be read: {error.strerror or error}."))
        return []
    return sorted(paths)


def _is_new(path: Path, seen: set[tuple[int, int]], trouble: Callable[[Trouble], None]) -> bool:
    try:
        about = path.stat()
    except OSError as error:
        trouble(Trouble(path, f"It cannot be read: {error.strerror or error}."))
        return False
    new = (about.st_dev, about.st_ino) not in seen
    seen.add((about.st_dev, about.st_ino))
    return new


def _is_text(path: Path, trouble: Callable[[Trouble], None]) -> bool:
    try:
        str(path).encode()
    except UnicodeEncodeError:
        trouble(Trouble(path, "Its name holds bytes that are no text. Rename it."))
        return False
    return True


def _program_folder() -> str:
    """The folder below Contents that holds the program for this system (VST 3 bundle format)."""
    if sys.platform == "darwin":
        return "MacOS"
    machine = platform.machine().lower()
    machine = _MACHINES.get(machine, machine)
    if sys.platform == "win32":
        return "arm64-win" if machine == "aarch64" else f"{machine}-win"
    return f"{machine}-linux"


def _digest(files: list[Path]) -> str:
    digest = hashlib.sha256()
    for path in files:
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                digest.update(piece)
    return digest.hexdigest()
