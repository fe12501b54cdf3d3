"""What a user said about a take: the sidecar takes/NAME.json, which with takes/NAME.wav is the truth of a library.

All else can be made again from the two. The recipe is here as well as in the WAV, so that a take whose WAV was
lost, or never written because the machine died, can be rendered again.
"""

from __future__ import annotations

from pathlib import Path
from stat import S_ISREG
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from presets.errors import InvalidRequest, UnreadableFile
from presets.schema import Chain, Edit, Recipe, Stored, canonical, decode
from presets.unread import unread

SIDECAR = ".json"

LARGEST = 16 * 2**20
"""Bytes of a sidecar: a chain carries the states of its plug-ins."""

MOST_TAGS = 100

Title = Annotated[str, Meta(max_length=10_000)]
Tag = Annotated[str, Meta(min_length=1, max_length=100)]
Stars = Annotated[int, Meta(ge=0, le=5)]
Moment = Annotated[float, Meta(ge=0.0, le=1e12)]


class Entry(Stored, frozen=True, kw_only=True, tag="entry"):
    """All that was entered for a take.

    name: as it is shown; the files have a name that every system allows. category: UCS CatID, "" for none;
    category_automatic: proposed, not chosen. edit, chain: what the user changed, None is what the file says.
    lineage, content: identities of what Onetake made; "" of a sound that was not generated, which `checksum` (of
    the file's samples, Sound.checksum) stands for. recipe: see the module. source: the file it was kept or
    imported from, by name. added, trashed: seconds since 1970; trashed is None while it is not.
    """

    version: Literal[1] = 1
    name: Title = ""
    tags: Annotated[tuple[Tag, ...], Meta(max_length=MOST_TAGS)] = ()
    rating: Stars = 0
    notes: Annotated[str, Meta(max_length=100_000)] = ""
    category: Annotated[str, Meta(max_length=100)] = ""
    category_automatic: bool = True
    edit: Edit | None = None
    chain: Chain | None = None
    lineage: Annotated[str, Meta(max_length=64)] = ""
    content: Annotated[str, Meta(max_length=64)] = ""
    checksum: Annotated[str, Meta(max_length=64)] = ""
    recipe: Recipe | None = None
    source: Annotated[str, Meta(max_length=1000)] = ""
    added: Moment = 0.0
    trashed: Moment | None = None


def read_entry(path: Path) -> Entry | None:
    """A sidecar; None where there is none, which is a take that nothing was said about.

    Raises:
        UnreadableFile: broken, no file, too large, or from a newer Onetake; it stays as it is.
    """
    data = read_bytes(path)
    return None if data is None else decode(data, Entry, f"The description {path.name}")


def read_bytes(path: Path, largest: int = LARGEST) -> bytes | None:
    """A small file that may be hostile: a pipe, a folder, endless; None where there is none. Errors as above."""
    try:
        # One look: between two, another program may have put the file there. A pipe would be waited for, for ever.
        if not S_ISREG(path.stat().st_mode):
            raise UnreadableFile(f"{path} is not a file. Move it out of the session.")
        with path.open("rb") as file:
            data = file.read(largest + 1)
    except (FileNotFoundError, NotADirectoryError):
        if path.is_symlink():
            raise UnreadableFile(
                f"{path} leads to a file that is not there. Move it out of the session."
            ) from None
        return None
    except OSError as error:
        raise unread(path, error) from error
    except ValueError as error:
        raise UnreadableFile(f"{str(path)!a} cannot be read: that is no name of a file.") from error
    if len(data) > largest:
        raise UnreadableFile(f"{path} is larger than {largest} bytes: it is not what Onetake writes.")
    return data


def serialised(entry: Entry) -> bytes:
    """The bytes of a sidecar.

    Raises:
        InvalidRequest: a field holds what it cannot: six stars, an empty tag, too many of them, no text.
    """
    try:
        return canonical(entry)
    except (msgspec.ValidationError, UnicodeEncodeError) as error:
        raise InvalidRequest(f"This cannot be noted for {entry.name[:60]!a}: {error}.") from error


def tags_of(words: tuple[str, ...] | list[str]) -> tuple[str, ...]:
    """Tags as they are stored: without blanks around, each once however it is capitalised, in their order."""
    found: dict[str, str] = {}
    for word in words:
        clean = " ".join(word.split())
        if clean:
            found.setdefault(clean.casefold(), clean)
    return tuple(found.values())
