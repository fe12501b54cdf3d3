"""Takes as plain sound files at one rate and depth, each under its own name or under a UCS name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

from presets.errors import InvalidRequest
from presets.export import carried, flac, ucs, version, wav
from presets.export.metadata import About, Source
from presets.export.parcel import Told, step
from presets.export.samples import Depth, unique
from presets.export.timeline import copied, nearest_depth
from presets.schema import Version

UNKNOWN = "DSGNMisc"
"""The category of a sound whose words tell none: designed, of no kind."""


@dataclass(frozen=True)
class Ucs:
    """Who made a delivery, and where its sounds belong: the CreatorID and SourceID of UCS names."""

    creator: str
    source: str


def write_files(
    folder: Path,
    paths: Sequence[Path],
    kind: Literal["wav", "flac"],
    rate: int,
    depth: Depth | None,
    told: Told,
    naming: Ucs | None = None,
    at: Fraction | None = None,
) -> tuple[Path, ...]:
    """Write every take into a folder that exists.

    Args:
        folder: where.
        paths: WAV files.
        kind: of the files.
        rate: Hz; 0 keeps each sound's own.
        depth: bits of a sample; None keeps a WAV as it is, with all that is in it, and means 24 for FLAC.
        told: hears the share that is done.
        naming: for UCS names, numbered where several sounds would be called the same; None keeps the files' names.
        at: seconds since midnight at which they lie in the film; None keeps what they say. For WAV.

    Raises:
        UnreadableFile: a sound.
        InvalidRequest: no sounds, a depth that FLAC does not have, or a part of a UCS name that cannot be.
        Stopped: `told` returned False.
    """
    if not paths:
        raise InvalidRequest("There are no sounds to export.")
    chosen = list(dict.fromkeys(paths))
    names: set[str] = set()
    written: list[Path] = []
    for path, titled in zip(chosen, _titled(chosen, naming), strict=True):
        if titled is not None:
            to = folder / f"{titled.stem}.{kind}"
        else:
            to = folder / unique(path.stem, f".{kind}", names)
        if titled is None and at is None:
            _as_it_is(path, to, rate, depth)
        else:
            _retold(path, to, rate, depth, _said(path, rate, titled, at))
        written.append(to)
        step(told, len(written) / len(chosen))
    return tuple(written)


def _titled(paths: Sequence[Path], naming: Ucs | None) -> list[ucs.UcsName | None]:
    """A UCS name for each sound: its category, its title, and a number where several have both."""
    if naming is None:
        return [None] * len(paths)
    said = [_category_and_title(path) for path in paths]
    counted: dict[tuple[str, str], int] = {}
    names: list[ucs.UcsName | None] = []
    for one in said:
        counted[one] = counted.get(one, 0) + 1
        number = counted[one] if said.count(one) > 1 else None
        names.append(ucs.named(*one, naming.creator, naming.source, number))
    return names


def _category_and_title(path: Path) -> tuple[str, str]:
    made_from, about = carried.said(path)
    prompt = made_from.recipe.prompt.text if isinstance(made_from, Version) else ""
    title = about.fx_name or about.name or prompt or path.stem.replace("_", " ")
    return about.cat_id or ucs.proposed(prompt or title).cat_id or UNKNOWN, title


def _as_it_is(path: Path, to: Path, rate: int, depth: Depth | None) -> None:
    if to.suffix == ".flac":
        made_from, about = carried.said(path, rate)
        _flac(path, to, rate, depth or "24", made_from, about)
    else:
        copied(path, to, rate, depth)


def _said(path: Path, rate: int, name: ucs.UcsName | None, at: Fraction | None) -> dict[str, Any]:
    """What is said of a file otherwise than before: the parts of its UCS name, and its place in the film."""
    parts = ("cat_id", "fx_name", "creator_id", "source_id") if name is not None else ()
    told: dict[str, Any] = {part: getattr(name, part) for part in parts}
    if at is not None:
        told["time_reference"] = round(at * (rate or wav.facts(path).rate))
    return told


def _retold(path: Path, to: Path, rate: int, depth: Depth | None, told: Mapping[str, Any]) -> None:
    """The sound in a file that says something else of it."""
    made_from, about = carried.said(path, rate)
    about = replace(about, **told)
    if to.suffix == ".flac":
        _flac(path, to, rate, depth or "24", made_from, about)
        return
    content = wav.read(path)
    sound = content.sound.resampled(rate) if rate else content.sound
    kept = depth or nearest_depth(content.depth)
    if sound.rate != content.sound.rate:
        version.write(to, sound, made_from, kept, about=about)
    else:
        wav.write(to, sound, depth=kept, chunks=carried.retold(content, kept, made_from, about))


def _flac(source: Path, to: Path, rate: int, depth: Depth, made_from: Source, about: About) -> None:
    sound = wav.read(source).sound
    flac.write(to, sound.resampled(rate) if rate else sound, made_from, depth, about=about)
