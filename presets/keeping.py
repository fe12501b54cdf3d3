"""How a sound gets into a session for ever, and how it gets out again.

The sidecar is written first and takes the name, then the WAV appears whole beside it. Who dies in between leaves a
take whose sidecar holds the recipe; who cannot write the WAV takes the sidecar back.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
import soundfile
from msgspec.structs import replace

from presets.contents import Origin, made_of, origin
from presets.entry import Entry, serialised
from presets.errors import InvalidRequest, OnetakeError, UnreadableFile
from presets.export import version as versions
from presets.export import wav
from presets.export.wav import Depth
from presets.files import told, write_atomically
from presets.session import WAV, Cancelled, Progress, Session
from presets.sound import Sound
from presets.unread import unread

_WITH_RECIPE = {WAV, ".flac"}
_BLOCK = 2**20  # bytes
_DEPTHS: dict[str, Depth] = {"PCM_S8": "16", "PCM_U8": "16", "PCM_16": "16", "PCM_24": "24"}


def keep(session: Session, file: Path, name: str = "", about: Entry | None = None) -> str:
    """Keep a sound for ever: a version that Onetake wrote, or any sound file, which becomes a normal take.

    A WAV is copied as it is, with every chunk that it has; another format becomes a WAV. What lies among the takes
    already stays where it is and gets a sidecar.

    Args:
        session: where to.
        file: a WAV, or what soundfile reads (FLAC, Ogg, MP3, AIFF …).
        name: how it is shown; "" is its prompt, else the file's name.
        about: what is known of it already: tags, edit, chain; identities are filled in.

    Returns:
        The name of the take.

    Raises:
        UnreadableFile: no sound, or a recipe that is broken or newer.
        InvalidRequest: `about` holds what entries cannot.
        NotWritten: the session is read-only or full; nothing is left behind.
    """
    if _is_kept(session, file):
        return _noted(session, file.stem, name, about)
    found = origin(file) if file.suffix.lower() in _WITH_RECIPE else Origin()
    if found.problem:
        raise UnreadableFile(found.problem)
    sound, pieces = _read(file)
    entry = _entry(file, name or found.prompt[:200] or file.stem, about or Entry(), found, sound)
    data = serialised(entry)
    session.made(session.takes)
    with session.claim.held():
        own = session.free_name(entry.name)
        write_atomically(session.sidecar(own), data)
        with _taken_back(session.sidecar(own)):
            pieces(session.takes / f"{own}{WAV}")
    return own


def trash(session: Session, names: Iterable[str], progress: Progress | None = None) -> None:
    """Put takes aside; their files stay until the trash is emptied. Errors as in `Session.change`."""
    now = time.time()
    session.change(
        names, lambda entry: entry if entry.trashed is not None else replace(entry, trashed=now), progress
    )


def restore(session: Session, names: Iterable[str], progress: Progress | None = None) -> None:
    """Take takes out of the trash. Errors as in `Session.change`."""
    session.change(names, lambda entry: replace(entry, trashed=None), progress)


def empty_trash(session: Session, names: Iterable[str], progress: Progress | None = None) -> list[str]:
    """Delete the files of takes that are in the trash; returns whose. The others stay.

    Raises:
        NotWritten: a file cannot be deleted; Cancelled where progress said so.
    """
    wanted = list(names)
    gone: list[str] = []
    for number, name in enumerate(wanted):
        if progress is not None and not progress(number, len(wanted)):
            raise Cancelled(f"Stopped: {len(gone)} takes were deleted, the others are in the trash.")
        with session.claim.held():
            entry = session.entry(name)
            if entry is None or entry.trashed is None:
                continue
            # The sidecar last: a sound without one would come out of the trash.
            for path in (session.path(name), session.sidecar(name)):
                with told(path):
                    path.unlink(missing_ok=True)
        gone.append(name)
    return gone


def _is_wav(file: Path) -> bool:
    return file.suffix.lower() == WAV


def _is_kept(session: Session, file: Path) -> bool:
    if not _is_wav(file) or file.is_symlink():
        return False
    with contextlib.suppress(OSError):
        return file.parent.samefile(session.takes)
    return False


def _noted(session: Session, own: str, name: str, about: Entry | None) -> str:
    """A sidecar for a WAV that lies among the takes; one that is there is altered only in what is said now."""
    path = session.path(own)
    found = origin(path)
    sound = wav.read(path).sound

    def alter(entry: Entry) -> Entry:
        known = about or entry
        return _entry(path, name or known.name or entry.name, replace(known, added=entry.added), found, sound)

    session.change([own], alter)
    return own


def _entry(file: Path, name: str, about: Entry, found: Origin, sound: Sound) -> Entry:
    return replace(
        about,
        name=about.name or name,
        lineage=found.lineage,
        content=found.content,
        checksum=sound.checksum(),
        recipe=found.recipe,
        source=file.name[:1000],
        added=about.added or time.time(),
    )


def _read(file: Path) -> tuple[Sound, Callable[[Path], object]]:
    """The sound of a file, and what writes it as a WAV under a name that is free."""
    if _is_wav(file):
        try:
            return wav.read(file).sound, lambda path: write_atomically(path, _copied(file))
        except UnreadableFile:
            if not file.is_file() or origin(file).recipe is not None:
                raise  # only a compressed or odd WAV is worth another reader
    sound, depth = _decoded(file)
    made = made_of(file) if file.suffix.lower() in _WITH_RECIPE else None
    if made is not None:
        return sound, lambda path: versions.write(path, sound, made, depth)
    return sound, lambda path: wav.write(path, sound, depth=depth)


def _copied(file: Path) -> Iterator[bytes]:
    try:
        with file.open("rb") as source:
            while block := source.read(_BLOCK):
                yield block
    except OSError as error:
        raise unread(file, error) from error


def _decoded(file: Path) -> tuple[Sound, Depth]:
    if not file.is_file():
        raise UnreadableFile(f"{file} is not a file. Choose a sound file.")
    try:
        with soundfile.SoundFile(str(file)) as source:
            samples = source.read(dtype="float32", always_2d=True)
            return Sound(np.ascontiguousarray(samples.T), source.samplerate), _DEPTHS.get(source.subtype, "32f")
    except (soundfile.SoundFileError, OSError, ValueError, RuntimeError) as error:
        raise UnreadableFile(f"{file} is no sound that can be read: {error}. Save it as WAV.") from error
    except MemoryError as error:
        raise UnreadableFile(f"{file} is longer than memory holds. Cut it shorter.") from error
    except InvalidRequest as error:
        raise UnreadableFile(f"{file}: {error}") from error


@contextlib.contextmanager
def _taken_back(sidecar: Path) -> Iterator[None]:
    """Where the WAV cannot be written, the sidecar goes as well."""
    try:
        yield
    except (OnetakeError, MemoryError, KeyboardInterrupt):
        with contextlib.suppress(OSError):
            sidecar.unlink()
        raise
