"""`iXML`: what recorders, libraries and game studios exchange, and in an element of our own the recipe.

Sources: iXML specification 3 (gallery.co.uk/ixml); for the block ASWG see `presets.export.aswg`. The recipe stands
here a second time, because programs that drop a chunk they do not know often keep this one. The schema that it is
validated against lies in schemas/ixml.xsd.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from presets.export import aswg as aswg_block
from presets.export.aswg import Aswg
from presets.export.riff import RiffError
from presets.export.xml_text import Element, elements, leaf, parsed, serialised

CHUNK = b"iXML"
ROOT = "BWFXML"
VERSION = "3.01"
ELEMENT = "ONETAKE"

LARGEST_DOCUMENT = 1 << 20
"""Bytes of a recipe that is repeated here; larger ones (states of plug-ins) stand in their own chunk alone."""

_MOST_TRACKS = 64


@dataclass(frozen=True)
class Ixml:
    """The chunk as a value.

    Attributes:
        project: for which the sound was made.
        tape: where it comes from: the session.
        note: what it is.
        tracks: a name for each channel.
        time_reference: samples since midnight; None is not told.
        rate: Hz, told with the time reference.
        depth: bits of a sample, told with it.
        aswg: None where there is no such block.
        document: our recipe as JSON in ASCII, "" for none.
    """

    project: str = ""
    tape: str = ""
    note: str = ""
    tracks: tuple[str, ...] = ()
    time_reference: int | None = None
    rate: int = 0
    depth: int = 0
    aswg: Aswg | None = None
    document: str = ""


def to_bytes(ixml: Ixml) -> bytes:
    """The body of the chunk."""
    return serialised(Element(ROOT, children=list(_children(ixml))))


def from_bytes(body: bytes) -> Ixml:
    """The value of a chunk, also of another program; what it does not know is left out.

    Raises:
        RiffError: no iXML, broken, too large, or with a document type.
    """
    root = parsed(body, "its iXML")
    if root.name != ROOT:
        raise RiffError("its iXML is none. Save it again")
    block = root.child(aswg_block.ELEMENT)
    high = _number(root.value("SPEED", "TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_HI"))
    low = _number(root.value("SPEED", "TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_LO"))
    return Ixml(
        project=root.value("PROJECT"),
        tape=root.value("TAPE"),
        note=root.value("NOTE"),
        tracks=_tracks(root),
        time_reference=None if low is None else ((high or 0) << 32) + low,
        rate=_number(root.value("SPEED", "FILE_SAMPLE_RATE")) or 0,
        depth=_number(root.value("SPEED", "AUDIO_BIT_DEPTH")) or 0,
        aswg=aswg_block.from_element(block) if block is not None else None,
        document=root.value(ELEMENT, "DOCUMENT"),
    )


def document(canonical: bytes) -> str:
    """A recipe as the chunk holds it: the same JSON in ASCII, "" where it is too large to be told twice.

    Characters beyond ASCII stand only inside JSON's strings, where an escape means the same; so no character that
    XML cannot hold is left.
    """
    if len(canonical) > LARGEST_DOCUMENT:
        return ""
    return "".join(c if " " <= c <= "~" else _escaped(c) for c in canonical.decode())


def _children(ixml: Ixml) -> Iterator[Element]:
    yield leaf("IXML_VERSION", VERSION)
    yield from elements([("PROJECT", ixml.project), ("TAPE", ixml.tape), ("NOTE", ixml.note)])
    if ixml.time_reference is not None:
        high, low = divmod(ixml.time_reference, 2**32)
        rate = str(ixml.rate)
        speed = [
            ("FILE_SAMPLE_RATE", rate),
            ("AUDIO_BIT_DEPTH", str(ixml.depth)),
            ("DIGITIZER_SAMPLE_RATE", rate),
            ("TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_HI", str(high)),
            ("TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_LO", str(low)),
            ("TIMESTAMP_SAMPLE_RATE", rate),
        ]
        yield Element("SPEED", children=elements(speed))
    if ixml.tracks:
        tracks = [_track(number, name) for number, name in enumerate(ixml.tracks, 1)]
        yield Element("TRACK_LIST", children=[leaf("TRACK_COUNT", len(tracks)), *tracks])
    if ixml.aswg is not None:
        yield aswg_block.to_element(ixml.aswg)
    if ixml.document:
        yield Element(ELEMENT, children=[leaf("FORMAT", 1), leaf("DOCUMENT", ixml.document)])


def _track(number: int, name: str) -> Element:
    fields = [("CHANNEL_INDEX", str(number)), ("INTERLEAVE_INDEX", str(number)), ("NAME", name)]
    return Element("TRACK", children=elements(fields))


def _tracks(root: Element) -> tuple[str, ...]:
    listed = root.child("TRACK_LIST")
    tracks = [one for one in listed.children if one.name == "TRACK"] if listed is not None else []
    return tuple(one.value("NAME") for one in tracks[:_MOST_TRACKS])


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 20 else None


def _escaped(character: str) -> str:
    pairs = character.encode("utf-16-be")
    return "".join(f"\\u{pairs[at]:02x}{pairs[at + 1]:02x}" for at in range(0, len(pairs), 2))
