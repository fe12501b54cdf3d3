"""Where a take is used: the kits, presets and hand-offs of a session that name it.

A take is named by its lineage or, where it has no recipe, by its file's name; a rename goes into all that hold the
latter. Documents that are broken or foreign name nothing.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from presets.entry import read_bytes
from presets.errors import UnreadableFile
from presets.files import write_atomically
from presets.schema import Kit, Preset, Recipe, canonical, decode, lineage_id

FOLDERS = ("", "kits", "presets", "handoffs")
"""Where in a session such documents lie."""

_JSON = ".json"
_LARGEST = 16 * 2**20  # bytes, as of kits


@dataclass(frozen=True)
class Use:
    """A document that names a take.

    Attributes:
        path: the document.
        kind: "kit", "preset", "handoff".
        name: its own name.
    """

    path: Path
    kind: str
    name: str


def uses(session: Path, identities: frozenset[str]) -> list[Use]:
    """The documents that name one of the identities: a lineage, a content id, a checksum or a file's name."""
    found = []
    for path in documents(session):
        content = document(path)
        if content is not None and not identities.isdisjoint(_names(content)):
            found.append(Use(path, str(content["kind"]), str(content.get("name", path.stem))))
    return found


def renamed(session: Path, old: str, new: str) -> list[Path]:
    """Put a file's new name into every kit that plays it under its old one; returns what was changed.

    Raises:
        NotWritten: a document cannot be written.
    """
    changed = []
    for path in documents(session):
        altered = _altered(path, old, new)
        if altered is not None:
            write_atomically(path, altered, overwrite=True)
            changed.append(path)
    return changed


def documents(session: Path) -> Iterator[Path]:
    """The files that may be kits, presets or hand-offs; links are none."""
    for folder in FOLDERS:
        with contextlib.suppress(OSError):
            for path in sorted((session / folder).iterdir()):
                if path.suffix.lower() == _JSON and not path.name.startswith(".") and not path.is_symlink():
                    yield path


def document(path: Path, largest: int = _LARGEST) -> dict[str, Any] | None:
    """A file that says its kind, decoded; None of any other, and of one with more bytes."""
    try:
        data = read_bytes(path, largest)
        content = None if data is None else msgspec.json.decode(data)
    except (UnreadableFile, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return content if isinstance(content, dict) and isinstance(content.get("kind"), str) else None


def _names(content: dict[str, Any]) -> Iterator[str]:
    """Whatever in a document may name a take: zones and hand-offs do by `take`, presets by their recipe."""
    stack: list[Any] = [content]
    while stack:
        value = stack.pop()
        if isinstance(value, dict):
            if isinstance(value.get("take"), str):
                yield value["take"]
            if value.get("kind") == "recipe":
                yield from _lineage(value)
            stack.extend(value.values())
        elif isinstance(value, list):
            stack.extend(value)


def _lineage(content: dict[str, Any]) -> Iterator[str]:
    with contextlib.suppress(UnreadableFile, msgspec.ValidationError):
        yield lineage_id(decode(msgspec.json.encode(content), Recipe, "A recipe"))


def _altered(path: Path, old: str, new: str) -> bytes | None:
    """The document with the new name; None where it does not hold the old one."""
    content = document(path)
    if content is None or content["kind"] not in ("kit", "preset") or old not in set(_names(content)):
        return None
    kind: type[Kit] | type[Preset] = Kit if content["kind"] == "kit" else Preset
    try:
        value = decode(msgspec.json.encode(content), kind, path.name)
    except UnreadableFile:
        return None
    if isinstance(value, Kit):
        return canonical(_kit(value, old, new))
    return None if value.kit is None else canonical(replace(value, kit=_kit(value.kit, old, new)))


def _kit(kit: Kit, old: str, new: str) -> Kit:
    return replace(kit, zones=tuple(replace(zone, take=new) if zone.take == old else zone for zone in kit.zones))
