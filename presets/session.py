"""A session: the folder of a designer's work, and the only way to change what was said about a take.

`takes/NAME.wav` and `takes/NAME.json` are the truth; everything that is known besides is made again from them. A
change reads the sidecar, alters it and writes it whole, while no other program writes here (presets/claim.py), so
that nothing is lost between two windows, or two machines on a network drive.

    session.json    who it is          takes/     what was kept, for ever      drafts/   the ring of what was not
    history/        every recipe       handoffs/  what DAWs read               *.json    kits and presets
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import time
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISREG
from typing import Annotated, Literal

from msgspec import Meta

from presets.claim import Claim
from presets.entry import SIDECAR, Entry, Moment, read_bytes, read_entry, serialised
from presets.errors import InvalidRequest, NotWritten, UnreadableFile
from presets.files import safe_name, sweep, told, write_atomically
from presets.schema import Stored, canonical, decode

TAKES, DRAFTS = "takes", "drafts"
FILE = "session.json"
WAV = ".wav"

Progress = Callable[[int, int], bool]
"""Told done and total (0: not known yet); False cancels, which leaves everything whole."""

_SOME = 5000  # files
_LONGEST_NAME = 100  # bytes of a take's file name: its path must fit into what Windows allows


class Moved(UnreadableFile):
    """A session that lies somewhere else now.

    Attributes:
        to: where it was moved.
    """

    def __init__(self, folder: Path, to: str) -> None:
        super().__init__(f"The session {folder} was moved to {to}. Open it there.")
        self.to = to


class Cancelled(NotWritten):
    """Stopped when the user wanted it; what was done until then is whole, and what was not is as before."""


class SessionFile(Stored, frozen=True, kw_only=True, tag="session"):
    """Who a session is. made: seconds since 1970. moved: where it lies now, "" is here."""

    version: Literal[1] = 1
    id: Annotated[str, Meta(pattern="^[0-9a-f]{32}$")]
    made: Moment = 0.0
    moved: Annotated[str, Meta(max_length=4096)] = ""


@dataclass(frozen=True)
class Files:
    """The files of one take, and what tells whether they changed.

    Attributes:
        name: of the take: that of its files, without extension.
        wav: the WAV's file name; "" where it is missing.
        seen: sizes, times and numbers of both files, as text.
    """

    name: str
    wav: str
    seen: str


class Session:
    """An open session."""

    def __init__(self, folder: Path, id_: str, is_saved: bool) -> None:
        """See `opened`."""
        self.folder, self.id, self.is_saved = folder, id_, is_saved
        self.takes, self.drafts = folder / TAKES, folder / DRAFTS
        self.claim = Claim(folder)

    def path(self, name: str) -> Path:
        """The WAV of a take, whether it is there or not.

        Raises:
            InvalidRequest: no name of a take.
        """
        plain = self.takes / f"{checked(name)}{WAV}"
        if plain.is_file():
            return plain
        upper = plain.with_suffix(WAV.upper())
        return upper if upper.is_file() else plain

    def sidecar(self, name: str) -> Path:
        """Where what was said about a take is written. Errors as in `path`."""
        return self.takes / f"{checked(name)}{SIDECAR}"

    def entry(self, name: str) -> Entry | None:
        """What was said about a take; None where nothing was.

        Raises:
            InvalidRequest: no name of a take.
            UnreadableFile: the sidecar is broken or from a newer Onetake.
        """
        return read_entry(self.sidecar(name))

    def change(
        self, names: Iterable[str], alter: Callable[[Entry], Entry], progress: Progress | None = None
    ) -> None:
        """Change what was said about takes, one after the other, each on the disk before the next.

        Args:
            names: of takes.
            alter: makes the new entry of the one that is there at that very moment.
            progress: see `Progress`; those that were changed before stay changed.

        Raises:
            InvalidRequest: there is no such take, or the change is one that entries cannot hold.
            UnreadableFile: a sidecar is broken or newer; it stays as it is.
            NotWritten: the session is read-only or full; Cancelled where progress said so.
        """
        wanted = list(dict.fromkeys(names))
        for name in wanted:
            self.check_there(name)
        for number, name in enumerate(wanted):
            if progress is not None and not progress(number, len(wanted)):
                raise Cancelled(
                    f"Stopped: {number} of {len(wanted)} takes were changed, the others are as before."
                )
            with self.claim.held():
                self._change(name, alter)
        if progress is not None:
            progress(len(wanted), len(wanted))

    def check_there(self, name: str) -> None:
        """Raise InvalidRequest where there is no take of that name."""
        if not self.path(name).is_file() and not self.sidecar(name).is_file():
            raise InvalidRequest(f"There is no take {name!a} in {self.takes}. See onetake library list.")

    def files(self, progress: Progress | None = None) -> dict[str, Files]:
        """The files of every take by name; links, folders and hidden files are none.

        Args:
            progress: told how many files were seen, and 0 as their total, which nobody knows.

        Raises:
            UnreadableFile: the folder of takes cannot be read.
            Cancelled: progress said so.
        """
        found: dict[str, list[str]] = {}
        seen: dict[str, str] = {}
        try:
            with os.scandir(self.takes) as entries:
                for number, one in enumerate(entries):
                    if number % _SOME == _SOME - 1 and progress is not None and not progress(number, 0):
                        raise Cancelled("Stopped while looking for takes; nothing was changed.")
                    stem, _, suffix = one.name.rpartition(".")
                    if (
                        f".{suffix.lower()}" in (WAV, SIDECAR)
                        and not stem.startswith(".")
                        and one.is_file(follow_symlinks=False)
                    ):
                        stat = one.stat(follow_symlinks=False)
                        found.setdefault(stem, []).append(one.name)
                        seen[one.name] = _seen(stat)
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise UnreadableFile(f"{self.takes} cannot be read: the system says: {error.strerror}.") from error
        return {stem: _files(stem, names, seen) for stem, names in found.items()}

    def one(self, name: str) -> Files | None:
        """The files of one take; None where there is none of that name."""
        seen = {}
        for suffix in (WAV, WAV.upper(), SIDECAR):
            path = self.takes / f"{checked(name)}{suffix}"
            with contextlib.suppress(OSError):
                stat = path.lstat()
                if S_ISREG(stat.st_mode):
                    seen[path.name] = _seen(stat)
        return _files(name, list(seen), seen) if seen else None

    def free_name(self, text: str) -> str:
        """A name for a take's files that no other one has, on any system: case and accents' spelling set aside."""
        wanted = safe_name(text, _LONGEST_NAME)
        try:
            taken = {_same(path.stem) for path in self.takes.iterdir()}
        except OSError:
            taken = set()
        name, number = wanted, 2
        while _same(name) in taken:
            name, number = f"{wanted}_{number}", number + 1
        return name

    def made(self, folder: Path) -> Path:
        """A folder of the session, made if it is not there.

        Raises:
            NotWritten: it cannot be.
        """
        with told(folder):
            folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _change(self, name: str, alter: Callable[[Entry], Entry]) -> None:
        before = self.entry(name)
        after = alter(fresh(name, self.path(name)) if before is None else before)
        if after != before:
            write_atomically(self.sidecar(name), serialised(after), overwrite=True)


def opened(folder: Path, begins: bool = True) -> Session:
    """Open a session, or begin one in a folder that is there.

    A folder that cannot be written to is opened as well: what lies there can be listed and heard.

    Args:
        folder: of the session.
        begins: whether a folder that is none yet becomes one; for those who only look, it stays as it is.

    Raises:
        UnreadableFile: no folder, a broken or newer session.json; Moved where it lies somewhere else.
    """
    place = folder.expanduser().absolute()
    if not place.is_dir():
        raise UnreadableFile(f"There is no folder {folder}. Create it first, or choose another with --session.")
    identity = _read(place) or (_begun(place) if begins else None)
    if identity is None:
        return Session(place, hashlib.sha256(os.fsencode(place.resolve())).hexdigest()[:32], is_saved=False)
    if identity.moved:
        raise Moved(place, identity.moved)
    for swept in (place, place / TAKES, place / DRAFTS):
        sweep(swept)
    return Session(place, identity.id, is_saved=True)


def session_name(path: Path) -> str:
    """What the session of a take is called, by its folder; "" for a file that does not lie among takes."""
    place = path.absolute()
    return place.parent.parent.name if place.parent.name == TAKES else ""


def fresh(name: str, path: Path) -> Entry:
    """What is known of a take that nothing was said about: its name, and since when it is there."""
    try:
        added = max(0.0, path.stat().st_mtime)
    except OSError:
        added = time.time()
    return Entry(name=name.replace("_", " "), source=path.name[:1000], added=added)


def checked(name: str) -> str:
    """A name of a take that leads nowhere else.

    Raises:
        InvalidRequest: it is none.
    """
    if not name or name.startswith(".") or any(c in "/\\:\0" for c in name) or len(os.fsencode(name[:300])) > 250:
        raise InvalidRequest(f"{name[:80]!a} is not the name of a take.")
    return name


def write_identity(folder: Path, identity: SessionFile, overwrite: bool = True) -> None:
    """Write session.json. Raises NotWritten."""
    write_atomically(folder / FILE, canonical(identity), overwrite=overwrite)


def _read(folder: Path) -> SessionFile | None:
    data = read_bytes(folder / FILE)
    if data is None:
        return None
    try:
        return decode(data, SessionFile, f"{folder / FILE}")
    except UnreadableFile as error:
        raise UnreadableFile(
            f"{error} Move it away, and a new one is made; the takes stay as they are."
        ) from error


def _begun(folder: Path) -> SessionFile | None:
    """A new identity; None where nothing can be written."""
    with contextlib.suppress(NotWritten):  # another program was quicker, or the folder is read-only
        write_identity(folder, SessionFile(id=secrets.token_hex(16), made=time.time()), overwrite=False)
    return _read(folder)


def _files(stem: str, names: list[str], seen: dict[str, str]) -> Files:
    wavs = sorted(
        (name for name in names if name.lower().endswith(WAV)), key=lambda name: (not name.endswith(WAV), name)
    )
    sidecar = [name for name in names if name.endswith(SIDECAR)]
    told_ = [seen[name] for name in (*wavs[:1], *sidecar)]
    return Files(stem, wavs[0] if wavs else "", ";".join([str(len(wavs[:1])), *told_]))


def _seen(stat: os.stat_result) -> str:
    # A sidecar is replaced by a new file, whose number differs even within one tick of the disk's clock.
    return f"{stat.st_size},{stat.st_mtime_ns},{stat.st_ino}"


def _same(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()
