"""What was asked for, for ever: every prompt as its recipe, so that a draft nobody kept can be made again.

One file a machine, lines only ever added in one write: two programs on one machine do not mix their lines, two
machines on a network drive do not meet, and whoever is killed leaves at most half a last line, which is left out.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec

from presets.entry import Moment as Time
from presets.errors import InvalidRequest, UnreadableFile
from presets.files import host, told
from presets.schema import Recipe, Stored, canonical, content_id, decode

HISTORY = "history"
_LINES = ".jsonl"
_LONGEST = 2**20  # bytes of a line


class Moment(Stored, frozen=True, kw_only=True, tag="moment"):
    """A recipe and when it was asked for, seconds since 1970."""

    version: Literal[1] = 1
    at: Time
    recipe: Recipe


class Asked(NamedTuple):
    """A version that was asked for. content: its id; at: the last time, seconds since 1970."""

    content: str
    at: float
    recipe: Recipe


def remember(session: Path, recipe: Recipe) -> None:
    """Add a recipe to the history; a dying process loses none, only a power cut may take the last ones.

    Raises:
        InvalidRequest: the recipe holds what recipes do not have.
        NotWritten: the session is read-only or full.
    """
    try:
        line = canonical(Moment(at=time.time(), recipe=recipe)) + b"\n"
    except (msgspec.ValidationError, UnicodeEncodeError) as error:
        raise InvalidRequest(f"This recipe cannot be remembered: {error}.") from error
    path = session / HISTORY / f"{host()}{_LINES}"
    with told(path):
        path.parent.mkdir(exist_ok=True)
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0)
        descriptor = os.open(path, flags, 0o666)
        try:
            end = os.lseek(descriptor, 0, os.SEEK_END)
            # What a full disk cut off must not swallow this line too.
            broken = end and os.lseek(descriptor, end - 1, os.SEEK_SET) >= 0 and os.read(descriptor, 1) != b"\n"
            data = b"\n" + line if broken else line
            if os.write(descriptor, data) < len(data):
                raise OSError(28, "the disk is full")
        finally:
            os.close(descriptor)


def moments(session: Path, count: Callable[[int], None] = lambda _: None) -> Iterator[Moment]:
    """All that was asked for, machine by machine, oldest first; lines that cannot be read are left out.

    count: told the bytes of every line that was read.
    """
    for path in _files(session):
        yield from _lines(path, count)


def size(session: Path) -> int:
    """Bytes of the whole history."""
    total = 0
    for path in _files(session):
        with contextlib.suppress(OSError):
            total += path.stat().st_size
    return total


def asked(session: Path, words: str = "") -> list[Asked]:
    """What was asked for, each version once, the newest first.

    words: all of them stand in the prompt, in any order, however they are capitalised.
    """
    wanted = words.casefold().split()
    found: dict[str, Asked] = {}
    for moment in moments(session):
        text = moment.recipe.prompt.text.casefold()
        if all(word in text for word in wanted):
            content = content_id(moment.recipe)
            before = found.get(content)
            if before is None or before.at < moment.at:
                found[content] = Asked(content, moment.at, moment.recipe)
    return sorted(found.values(), key=lambda one: -one.at)


def _files(session: Path) -> list[Path]:
    try:
        return sorted(path for path in (session / HISTORY).iterdir() if path.suffix == _LINES)
    except OSError:
        return []


def _lines(path: Path, count: Callable[[int], None]) -> Iterator[Moment]:
    try:
        file = path.open("rb")
    except OSError:
        return
    with file:
        while line := file.readline(_LONGEST):
            count(len(line))
            try:
                yield decode(line, Moment, f"A line of {path.name}")
            except UnreadableFile:
                continue
