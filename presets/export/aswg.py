"""ASWG: what game studios write into iXML, from the category of a sound to whether it was generated.

Source: Sony Interactive Entertainment, ASWG-G006, iXML Extension Specification 1.1 and its schema, which fixes the
order of the fields. Numbers and truth values are written as XML Schema has them. presets/export/schemas/ixml.xsd
says the same to validators, and a test holds both against each other.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from presets.export.xml_text import Element, leaf
from presets.sound import decibels

VERSION = "1.1"
ELEMENT = "ASWG"

_GENERAL = (
    "contentType project originator originatorStudio notes session state editor mixer fxChainName isGenerated "
    "masteringEngineer originationDate channelConfig ambisonicFormat ambisonicChnOrder ambisonicNorm micType "
    "micConfig micDistance recordingLoc isDesigned recEngineer recStudio impulseLocation"
)
_EFFECTS = (
    "category subCategory catId userCategory userData vendorCategory fxName library creatorId sourceId rmsPower "
    "loudness loudnessRange maxPeak specDensity zeroCrossRate papr"
)
_DIALOGUE = (
    "text efforts effortType projection language timingRestriction characterName characterGender characterAge "
    "characterRole actorName actorGender director direction fxUsed usageRights isUnion accent emotion "
    "addresseeGender isFormal devLanguage"
)
_MUSIC = (
    "billingCode composer artist songTitle genre subGenre producer musicSup instrument musicPublisher rightsOwner "
    "isSource isLoop intensity isFinal orderRef isOst isCinematic isLicensed isDiegetic musicVersion isrcId tempo "
    "timeSig inKey"
)

ORDER = tuple(f"{_GENERAL} {_EFFECTS} {_DIALOGUE} {_MUSIC}".split())
"""Every field of the schema in its order; schemaVersion stands behind them."""

_WITHOUT_MARKS = frozenset(
    ("category", "subCategory", "catId", "userCategory", "userData", "vendorCategory", "fxName", "creatorId")
)


@dataclass(frozen=True)
class Aswg:
    """The fields that Onetake fills, in the order of the schema; "" or None is not written.

    Attributes:
        content_type: sfx, music, dialogue, haptic, impulse or mixed.
        project: for which the sound was made.
        originator: the designer.
        notes: what else is to be said.
        session: name of the session.
        fx_chain_name: the effects that are printed into the sound.
        is_generated: whether any of it was generated.
        origination_date: "yyyy-mm-dd".
        channel_config: Mono, Stereo or Unknown.
        is_designed: designed, not a raw recording.
        category: UCS; so sub_category, cat_id, user_category, user_data, vendor_category, fx_name, creator_id: no
            `-` and no `_` survives in them.
        library: name of the library.
        source_id: UCS.
        rms_power: dBFS.
        loudness: LUFS.
        loudness_range: LU.
        max_peak: dBFS.
        is_loop: whether it can be looped.
        tempo: beats a minute, whole as the schema has it.
        in_key: musical key.
        others: further fields of the schema, by its names, as they were read.
    """

    content_type: str = ""
    project: str = ""
    originator: str = ""
    notes: str = ""
    session: str = ""
    fx_chain_name: str = ""
    is_generated: bool | None = None
    origination_date: str = ""
    channel_config: str = ""
    is_designed: bool | None = None
    category: str = ""
    sub_category: str = ""
    cat_id: str = ""
    user_category: str = ""
    user_data: str = ""
    vendor_category: str = ""
    fx_name: str = ""
    library: str = ""
    creator_id: str = ""
    source_id: str = ""
    rms_power: float | None = None
    loudness: float | None = None
    loudness_range: float | None = None
    max_peak: float | None = None
    is_loop: bool | None = None
    tempo: int | None = None
    in_key: str = ""
    others: tuple[tuple[str, str], ...] = ()


def to_element(aswg: Aswg) -> Element:
    """The element of iXML, its fields in the schema's order."""
    texts = {xml: _text(xml, getattr(aswg, name)) for name, xml in _NAMES.items()}
    texts.update((name, text) for name, text in aswg.others if name in ORDER and not texts.get(name))
    children = [leaf(name, texts[name]) for name in ORDER if texts.get(name)]
    return Element(ELEMENT, children=[*children, leaf("schemaVersion", VERSION)])


def from_element(element: Element) -> Aswg:
    """The value of an element; what a field cannot mean, and fields nobody knows, are left out."""
    known = {xml: name for name, xml in _NAMES.items()}
    values: dict[str, object] = {}
    others: list[tuple[str, str]] = []
    for child in element.children:
        text = child.text.strip()
        if child.name in known:
            values.setdefault(known[child.name], _value(_KINDS[known[child.name]], text))
        elif child.name in ORDER and text and child.name not in dict(others):
            others.append((child.name, text))
    return Aswg(**values, others=tuple(others))  # type: ignore[arg-type]  # _value makes what the field's type says


def level(amplitude: float) -> float | None:
    """A level in dBFS as the fields hold it; None for silence."""
    return decibels(amplitude) if amplitude else None


def _xml_name(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.title() for word in rest)


_NAMES = {field.name: _xml_name(field.name) for field in fields(Aswg) if field.name != "others"}
_KINDS = {field.name: str(field.type).removesuffix(" | None") for field in fields(Aswg)}


def _text(name: str, value: object) -> str:
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.2f}"
    text = str(value)
    return text.replace("-", " ").replace("_", " ") if name in _WITHOUT_MARKS else text


def _value(kind: str, text: str) -> object:
    if kind == "str":
        return text
    if kind == "bool":
        return {"true": True, "1": True, "false": False, "0": False}.get(text.lower())
    try:
        number = float(text)
    except ValueError:
        return None
    if not math.isfinite(number):
        return None
    return round(number) if kind == "int" else number
