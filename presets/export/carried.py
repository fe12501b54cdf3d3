"""What an exported file goes on saying of its sound: the recipe, that it was generated, and what a person said.

An export at another rate, in mono or with a loop printed into it is another file, so what was measured is measured
again; and where the sound begins elsewhere now, its old cues, loops and timecode are left out rather than wrong.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from presets.export import acid, bext, cues, entered, info_list, metadata, sampler_chunk
from presets.export.metadata import About, Chunk, Source
from presets.export.reading import Metadata, read_metadata
from presets.export.sampler_chunk import Sampler
from presets.export.wav import WavFile
from presets.export.wav_codes import Depth
from presets.schema import Version
from presets.sound import Sound

_MOMENTS = frozenset({cues.CHUNK, sampler_chunk.CHUNK, acid.CHUNK})
_TITLE, _TAGS, _DATE, _ARTIST = b"INAM", b"IKEY", b"ICRD", b"IART"


def said(path: Path, rate: int = 0) -> tuple[Source, About]:
    """What a WAV was made from, and what a person said of it: in the file, and since then in their library.

    Args:
        path: the WAV.
        rate: Hz of the file that will say it; 0 is the same.

    Raises:
        UnreadableFile: no WAV, a broken recipe or sidecar, or one from a newer Onetake.
    """
    told = read_metadata(path)
    return told.source, entered.over(_in_file(told, rate), path, _prompt(told.source))


def is_said_in_file(path: Path) -> bool:
    """Whether the file itself says all that is said of it. Errors as in `said`."""
    told = read_metadata(path)
    about = _in_file(told, 0)
    return entered.over(about, path, _prompt(told.source)) == about


def chunks(path: Path, sound: Sound, depth: Depth, moments: bool = True) -> list[Chunk]:
    """The chunks of a file that is made from another one.

    Args:
        path: the WAV that it is made from.
        sound: as it will stand in the file.
        depth: of the file.
        moments: whether the sound still begins where it did: else cues, loops and timecode are left out.

    Raises:
        UnreadableFile: see `said`.
    """
    source, about = said(path, sound.rate)
    if moments:
        return metadata.chunks(sound, source, depth, about)
    found = metadata.chunks(sound, source, depth, replace(about, time_reference=None))
    return [chunk for chunk in found if not _is_moment(*chunk)]


def retold(
    content: WavFile, depth: Depth, source: Source, about: About, renewed: frozenset[bytes] = frozenset()
) -> list[Chunk]:
    """The chunks of a file with the very samples of another, of which something else is said.

    Its cues, loops and tempo stay as they are, and so does all that is not ours; the rest is written anew.

    Args:
        content: the other file.
        depth: of the new one.
        source: what the sound was made from.
        about: what is said of it.
        renewed: ids of chunks with loop or tempo that are written anew too.
    """
    ours = metadata.chunks(content.sound, source, depth, about)
    fresh = [chunk for chunk in ours if not _is_moment(*chunk) or chunk[0] in renewed]
    kept = [chunk for chunk in content.all_chunks if _is_moment(*chunk) and chunk[0] not in renewed]
    return metadata.merged([*fresh, *kept], content.all_chunks)


def _in_file(told: Metadata, rate: int) -> About:
    texts = dict(told.info)
    by_person = told.ixml.aswg if told.ixml else None
    return About(
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
        in_key=by_person.in_key if by_person else "",
        time_reference=_time_reference(told.bext, told.facts.rate, rate),
        tempo=(told.acid.tempo or None) if told.acid and not told.acid.one_shot else None,
        unity_note=_unity_note(told),
        loop=_loop(told),
    )


def _time_reference(broadcast: bext.Bext | None, own: int, rate: int) -> int | None:
    """Samples since midnight at the new rate; None where the file tells of no time."""
    if broadcast is None or not broadcast.time_reference:
        return None
    return round(broadcast.time_reference * (rate or own) / own)


def _unity_note(told: Metadata) -> int | None:
    """The note of its own pitch, where one was chosen: beside a loop, middle C stands where none was."""
    if told.acid and told.acid.root is not None:
        return told.acid.root
    sampler = told.sampler
    if sampler is None or (sampler.loops and sampler.unity_note == Sampler.unity_note):
        return None
    return sampler.unity_note


def _loop(told: Metadata) -> tuple[float, float] | None:
    """Seconds of the loop of a sound that has no recipe of its own to tell it."""
    if isinstance(told.source, Version) or told.sampler is None or not told.sampler.loops:
        return None
    loop = told.sampler.loops[0]
    return loop.begin / told.facts.rate, loop.end / told.facts.rate


def _prompt(source: Source) -> str:
    return source.recipe.prompt.text if isinstance(source, Version) else ""


def _is_moment(chunk_id: bytes, body: bytes) -> bool:
    return chunk_id in _MOMENTS or (chunk_id == info_list.CHUNK and body[:4] == cues.FORM)
