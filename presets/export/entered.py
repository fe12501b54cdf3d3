"""What a library says of a take, over what its file says: the name, tags, notes and category in the sidecar.

A take's WAV is never changed (presets/session.py), so what was said about it since lies beside it, and every file
that is made from it must say the newer of the two.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import msgspec

from presets.entry import LARGEST, SIDECAR, Entry, read_bytes, read_entry, tags_of
from presets.export.metadata import About


def entry_beside(path: Path) -> Entry | None:
    """The sidecar of a WAV; None where there is none, or a document of another kind, such as a kit of its name.

    Raises:
        UnreadableFile: it is broken or from a newer Onetake.
    """
    sidecar = path.with_suffix(SIDECAR)
    data = read_bytes(sidecar, LARGEST)
    if data is None or _is_other(data):
        return None
    return read_entry(sidecar)


def over(about: About, path: Path, prompt: str) -> About:
    """What a person says of a sound now.

    Args:
        about: what its file says.
        path: the WAV.
        prompt: it was made from, "" for a recording.

    Raises:
        UnreadableFile: see `entry_beside`.
    """
    entry = entry_beside(path)
    if entry is None:
        return about
    said = replace(
        about,
        tags=tags_of([*about.tags, *entry.tags]),
        notes=entry.notes or about.notes,
        cat_id=entry.category or about.cat_id,
    )
    name = " ".join(entry.name.split())
    if not name or name == about.name or _is_given(entry, prompt):
        return said
    return replace(said, name=name, fx_name="")  # a title that was made of the old name is made again


def _is_given(entry: Entry, prompt: str) -> bool:
    """Whether nobody chose the name: it is the prompt's, or that of the file which became the take."""
    plain = entry.name.replace("_", " ")
    return entry.name == prompt[:200] or plain == Path(entry.source).stem.replace("_", " ")


def _is_other(data: bytes) -> bool:
    try:
        document = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return not isinstance(document, dict) or document.get("kind") != Entry.__struct_config__.tag
