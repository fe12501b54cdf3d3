"""Everything that a WAV says of itself, in one value: for whoever lists, imports or checks files.

What is broken in a foreign file costs only itself: it is told, and the rest is read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from presets.errors import NoRecipe
from presets.export import acid, bext, cues, info_list, ixml, sampler_chunk, wav
from presets.export.acid import Acid
from presets.export.bext import Bext
from presets.export.cues import Marker
from presets.export.ixml import Ixml
from presets.export.metadata import Source
from presets.export.riff import RiffError
from presets.export.sampler_chunk import Sampler
from presets.export.version import read_source
from presets.export.wav import WavFacts

_T = TypeVar("_T")
_READ = frozenset({bext.CHUNK, ixml.CHUNK, info_list.CHUNK, cues.CHUNK, sampler_chunk.CHUNK, acid.CHUNK})


@dataclass(frozen=True)
class Metadata:
    """What a file says.

    Attributes:
        facts: rate, channels, length, depth.
        source: what it was made from, None for a recording.
        bext, ixml, sampler, acid: None where there is no such chunk, or a broken one.
        info: texts of LIST/INFO by their ids.
        markers: cues with their labels.
        broken: a sentence for each chunk that could not be read.
    """

    facts: WavFacts
    source: Source
    bext: Bext | None
    ixml: Ixml | None
    info: tuple[tuple[bytes, str], ...]
    markers: tuple[Marker, ...]
    sampler: Sampler | None
    acid: Acid | None
    broken: tuple[str, ...]


def read_metadata(path: Path) -> Metadata:
    """Everything that a WAV says of itself, without reading its audio.

    Raises:
        UnreadableFile: no WAV, a broken recipe, or one from a newer Onetake.
    """
    facts = wav.facts(path)
    try:
        source: Source = read_source(path)
    except NoRecipe:
        source = None
    bodies: dict[bytes, bytes] = {}
    for chunk_id, body in wav.read_chunks(path, _READ):
        bodies.setdefault(body[:4] if chunk_id == info_list.CHUNK else chunk_id, body)
    broken: list[str] = []
    return Metadata(
        facts=facts,
        source=source,
        bext=_read(bext.from_bytes, bodies.get(bext.CHUNK), broken),
        ixml=_read(ixml.from_bytes, bodies.get(ixml.CHUNK), broken),
        info=_read(info_list.from_bytes, bodies.get(info_list.FORM), broken) or (),
        markers=_markers(bodies.get(cues.CHUNK), bodies.get(cues.FORM, b""), broken),
        sampler=_read(sampler_chunk.from_bytes, bodies.get(sampler_chunk.CHUNK), broken),
        acid=_read(acid.from_bytes, bodies.get(acid.CHUNK), broken),
        broken=tuple(broken),
    )


def _read(read: Callable[[bytes], _T], body: bytes | None, broken: list[str]) -> _T | None:
    if body is None:
        return None
    try:
        return read(body)
    except RiffError as error:
        broken.append(f"{error}.")
        return None


def _markers(points: bytes | None, labels: bytes, broken: list[str]) -> tuple[Marker, ...]:
    return _read(lambda body: cues.from_bytes(body, labels), points, broken) or ()
