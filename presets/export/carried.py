"""What an exported file goes on saying of its sound: the recipe, that it was generated, and what a person said.

An export at another rate, in mono or with a loop printed into it is another file, so what was measured is measured
again; and where the sound begins elsewhere now, its old cues and loops are left out rather than wrong.
"""

from __future__ import annotations

from pathlib import Path

from presets.export import acid, cues, info_list, metadata, sampler_chunk
from presets.export.metadata import About, Chunk, Source
from presets.export.reading import read_metadata
from presets.export.wav_codes import Depth
from presets.sound import Sound

_MOMENTS = frozenset({cues.CHUNK, sampler_chunk.CHUNK, acid.CHUNK})
_TITLE, _TAGS, _DATE, _ARTIST = b"INAM", b"IKEY", b"ICRD", b"IART"


def said(path: Path) -> tuple[Source, About]:
    """What a WAV was made from, and what a person said of it.

    Raises:
        UnreadableFile: no WAV, a broken recipe, or one from a newer Onetake.
    """
    told = read_metadata(path)
    texts = dict(told.info)
    by_person = told.ixml.aswg if told.ixml else None
    about = About(
        name=texts.get(_TITLE, ""),
        creator=texts.get(_ARTIST, ""),
        date=texts.get(_DATE, ""),
        tags=tuple(filter(None, texts.get(_TAGS, "").split("; "))),
        project=told.ixml.project if told.ixml else "",
        session=told.ixml.tape if told.ixml else "",
        notes=by_person.notes if by_person else "",
        cat_id=by_person.cat_id if by_person else "",
        user_category=by_person.user_category if by_person else "",
        vendor_category=by_person.vendor_category if by_person else "",
        fx_name=by_person.fx_name if by_person else "",
        creator_id=by_person.creator_id if by_person else "",
        source_id=by_person.source_id if by_person else "",
        library=by_person.library if by_person else "",
    )
    return told.source, about


def chunks(path: Path, sound: Sound, depth: Depth, moments: bool = True) -> list[Chunk]:
    """The chunks of a file that is made from another one.

    Args:
        path: the WAV that it is made from.
        sound: as it will stand in the file.
        depth: of the file.
        moments: whether the sound still begins where it did: else cues and loops are left out.

    Raises:
        UnreadableFile: see `said`.
    """
    source, about = said(path)
    found = metadata.chunks(sound, source, depth, about)
    return found if moments else [chunk for chunk in found if not _is_moment(*chunk)]


def _is_moment(chunk_id: bytes, body: bytes) -> bool:
    return chunk_id in _MOMENTS or (chunk_id == info_list.CHUNK and body[:4] == cues.FORM)
