"""Writing files so that a crash, a full disk or a second writer never costs anything that was there before.

A file is written whole under a temporary name beside its place, brought to the disk, then given its name in
one step. So under the final name lies the old file, the new one or none, never a half one.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import secrets
import socket
import stat
import time
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import count
from pathlib import Path

from presets.errors import InvalidRequest, NotWritten

Bytes = bytes | bytearray | memoryview

_LEFTOVER = re.compile(r"\.onetake-(?P<host>[0-9a-f]{8})-(?P<pid>[0-9]+)-[0-9a-f]{8}\.tmp")
_LEFTOVER_AGE = 3600.0  # seconds

_NO_LINKS = {errno.EPERM, errno.ENOSYS, errno.EINVAL, errno.EMLINK, errno.ENOTSUP, errno.EOPNOTSUPP}

_FULL = "the disk is full or your quota is used up. Free some space, then try again."
_FORBIDDEN = "this is not allowed, or another program holds it open. Close it there or choose another folder."
_TOO_BIG = "it is larger than this disk or account allows. Make it shorter or choose another disk."
_REASONS = {
    errno.ENOENT: "its folder does not exist. Create the folder or choose another one.",
    errno.ENOTDIR: "its folder is a file. Choose another folder.",
    errno.EISDIR: "it is a folder. Choose another name.",
    errno.EEXIST: "a file of this name exists already. Choose another name or allow replacing it.",
    errno.ENAMETOOLONG: "its name is too long. Choose a shorter one.",
    errno.EINVAL: "its name holds characters that this disk does not allow. Choose another name.",
    errno.ELOOP: "its folder is a link that leads in a circle. Choose another folder.",
    errno.EROFS: "the disk is read-only. Choose a folder on another disk.",
    errno.EACCES: _FORBIDDEN,
    errno.EPERM: _FORBIDDEN,
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EFBIG: _TOO_BIG,
}

# Devices of Windows, which no file there can be named after, with or without an extension.
_RESERVED = {"CON", "PRN", "AUX", "NUL", *(f"{port}{n}" for port in ("COM", "LPT") for n in range(10))}
_NAMELESS = "sound"
_JOINERS = "\u200c\u200d"  # between letters of Persian or Hindi, and in emoji made of several
_LONGEST_PROMPT = 10_000  # characters that a name is made from: more cost time and would be cut anyway


def write_atomically(
    path: Path, data: Bytes | Iterable[Bytes], *, overwrite: bool = False, durable: bool = True
) -> None:
    """Write a whole file or nothing, and return when it is on the disk.

    Args:
        path: where; its folder must exist. A link is replaced, what it points to stays.
        data: the bytes, or pieces of them in order; an exception on the way to a piece passes through.
        overwrite: whether an existing file is replaced, keeping its permissions. If not, it stays, even one
            that appears while this one is being written.
        durable: whether to wait for the disk. Without, a power cut may take the file, a dying process cannot.

    Raises:
        NotWritten: what was there before is there still; the message says what to do.
    """
    pieces = [data] if isinstance(data, Bytes) else data
    with told(path):
        permissions = _check_place(path, overwrite)
    temporary = path.parent / f".onetake-{host()}-{os.getpid()}-{secrets.token_hex(4)}.tmp"
    try:
        _fill(temporary, pieces, path, permissions, durable)
        with told(path):
            _give_name(temporary, path, overwrite)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()
    if durable:
        _sync_folder(path.parent)


def give_name(old: Path, new: Path) -> None:
    """Give a file another name in the same folder, where no file has that name; death between costs nothing.

    Raises:
        NotWritten: the name is taken, or the folder is read-only; the old name is there still.
    """
    with told(new):
        if old.name.casefold() == new.name.casefold():
            old.rename(new)  # one file where case does not count: a link would be found taken, by itself
            return
        _give_name(old, new, overwrite=False)
        old.unlink(missing_ok=True)


def sweep(folder: Path) -> list[Path]:
    """Remove what killed processes left in a folder; return what was removed.

    A temporary file is left over when its process on this machine is dead, or when it is older than an hour:
    folders on network drives hold those of other machines.
    """
    removed = []
    with contextlib.suppress(OSError):
        for path in sorted(folder.iterdir()):
            match = _LEFTOVER.fullmatch(path.name)
            if match and _is_left_over(path, match["host"], int(match["pid"])):
                with contextlib.suppress(OSError):
                    path.unlink()
                    removed.append(path)
    return removed


def safe_name(text: str, limit: int = 60) -> str:
    """A file name, without extension, made from any text: "4/4 kick!" gives "4_4_kick".

    Letters of all alphabets (NFC) and digits stay, all else parts words, and words are joined by "_". Whole
    words are kept as long as they fit. A text without letters gives "sound".

    Args:
        text: anything, a prompt of any length.
        limit: the most bytes in UTF-8, at least 5: file systems count bytes, and hold 255 with the extension.

    Raises:
        InvalidRequest: the limit is below 5.
    """
    if limit < len(_NAMELESS):
        raise InvalidRequest(f"A file name needs at least {len(_NAMELESS)} bytes, not {limit}.")
    name = _fitting(_words(text[:_LONGEST_PROMPT]), limit) or _NAMELESS
    return f"{name}_" if name.upper() in _RESERVED else name


def one_line(name: str) -> str:
    """A name as text files and XML can hold it: what cannot be printed, joiners aside, is a blank."""
    return "".join(character if character.isprintable() or character in _JOINERS else " " for character in name)


def unused(path: Path) -> Path:
    """The path itself, or where it is taken the first free one with "_2", "_3" … before its extension."""
    numbered = (path.with_name(f"{path.stem}_{n}{path.suffix}") for n in count(2))
    free = path
    while os.path.lexists(free):
        free = next(numbered)
    return free


@contextlib.contextmanager
def told(path: Path) -> Iterator[None]:
    """What the system refuses about this path, told as NotWritten with what to do."""
    try:
        yield
    except OSError as error:
        reason = _REASONS.get(error.errno or 0, f"the system says: {error.strerror or error}.")
        raise NotWritten(f"{path} could not be written: {reason}") from error
    except ValueError as error:
        # A name with a NUL or a lone surrogate never reaches the system.
        raise NotWritten(f"{str(path)!a} could not be written: {_REASONS[errno.EINVAL]}") from error


def _check_place(path: Path, overwrite: bool) -> int | None:
    """Refuse before anything is rendered in vain; return the permissions of a file that is to be replaced."""
    try:
        there = path.lstat()
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(there.st_mode):
        raise IsADirectoryError(errno.EISDIR, "is a folder")
    if not overwrite:
        raise FileExistsError(errno.EEXIST, "exists")
    return there.st_mode & 0o777 if stat.S_ISREG(there.st_mode) else None


def _fill(temporary: Path, pieces: Iterable[Bytes], path: Path, permissions: int | None, durable: bool) -> None:
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0)
    with told(path):
        # Created with its permissions, so that a private file is at no moment readable for others.
        descriptor = os.open(temporary, flags, 0o666 if permissions is None else permissions)
    try:
        with told(path):
            if permissions is not None:
                temporary.chmod(permissions)  # what the umask took away
        for piece in pieces:
            with told(path):
                _write_all(descriptor, piece)
        if durable:
            with told(path):
                os.fsync(descriptor)
    finally:
        # Network drives may tell only here that the disk was full.
        with told(path):
            os.close(descriptor)


def _write_all(descriptor: int, piece: Bytes) -> None:
    rest = memoryview(piece).cast("B")
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _give_name(temporary: Path, path: Path, overwrite: bool) -> None:
    if overwrite:
        temporary.replace(path)
    elif os.name == "nt":
        temporary.rename(path)  # which Windows refuses where the name is taken
    else:
        try:
            path.hardlink_to(temporary)
        except FileExistsError:
            # NFS repeats a request whose answer was lost, and then finds the name taken by itself.
            if not path.samefile(temporary):
                raise
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            _reserve_and_replace(temporary, path)


def _reserve_and_replace(temporary: Path, path: Path) -> None:
    """For disks without links (FAT, some network drives): take the name by an empty file, then replace that.

    Here alone, death between the two leaves something under the name: the empty file.
    """
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    try:
        temporary.replace(path)
    except BaseException:
        path.unlink()
        raise


def _sync_folder(folder: Path) -> None:
    # Windows opens no folders, and some network drives do not sync them; the file itself is safe already.
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def host() -> str:
    """This machine in eight characters, for names of files that several machines write beside each other."""
    return hashlib.sha256(socket.gethostname().encode()).hexdigest()[:8]


def _is_left_over(path: Path, owner: str, pid: int) -> bool:
    try:
        age = time.time() - path.lstat().st_mtime
    except OSError:
        return False
    return age > _LEFTOVER_AGE or (owner == host() and not is_alive(pid))


def is_alive(pid: int) -> bool:
    """Whether a process of this machine runs; on Windows always, where asking would end it."""
    # os.kill(pid, 0) ends the process on Windows instead of asking after it: there only the age counts.
    if os.name == "nt":
        return True
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True
    return True


def _words(text: str) -> list[str]:
    """Runs of letters, their marks, and digits, in NFC."""
    kept = "".join(_kept(character) for character in text)
    runs = unicodedata.normalize("NFC", kept).split()
    return [word for word in (_without_leading_marks(run) for run in runs) if word]


def _kept(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Cf" or character in "'’":
        return ""
    if category == "Mn" and "VARIATION SELECTOR" in unicodedata.name(character, ""):
        return ""
    return character if category[0] == "L" or category in {"Nd", "Mn", "Mc"} else " "


def _without_leading_marks(run: str) -> str:
    start = next((at for at, character in enumerate(run) if unicodedata.category(character)[0] != "M"), None)
    return "" if start is None else run[start:]


def _fitting(words: list[str], limit: int) -> str:
    """As many whole words as fit; a first word that is too long is cut between two characters."""
    name = ""
    for word in words:
        longer = f"{name}_{word}" if name else word
        if len(longer.encode()) > limit:
            return name or word.encode()[:limit].decode(errors="ignore")
        name = longer
    return name
