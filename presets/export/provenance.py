"""What a delivery was made from, as a sheet: each file with its model, licence, prompt, seed, date and hash.

Whoever buys, clears or ships sounds asks who made them, with what, and whether it may be used. The sheet stands
beside the files as CSV for people and JSON for programs. It is made of the recipes inside the files alone, and so
says what is really there.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import msgspec

from presets.errors import NoRecipe
from presets.export import flac
from presets.export.metadata import Source
from presets.export.version import read_source
from presets.files import write_atomically
from presets.schema import Assembly, Version, content_id
from presets.unread import unread

NOT_GENERATED = "not generated"

_BLOCK = 1 << 20


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One source of one file: a layered file has several rows.

    file: its name, relative to the delivery. sha256, bytes: of the whole file. generated: whether a model made
    this part. date: "yyyy-mm-dd", "" where nobody said. recipe: content id, which finds the take again. part: the
    stretch of the file that it is, in seconds, "" for all of it.
    """

    file: str
    sha256: str
    bytes: int
    generated: bool
    model: str = ""
    model_hash: str = ""
    licence: str = ""
    prompt: str = ""
    seed: int | None = None
    steps: int | None = None
    effects: str = ""
    date: str = ""
    recipe: str = ""
    part: str = ""
    made_by: str = ""


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """The sheet of a delivery. date: of the delivery."""

    kind: str = "provenance"
    version: int = 1
    name: str
    date: str = ""
    rows: tuple[Row, ...] = ()


def rows(folder: Path, files: Iterable[Path], date: Callable[[Path], str] = lambda _: "") -> tuple[Row, ...]:
    """The rows of files, as their recipes tell.

    Args:
        folder: of the delivery: names are told relative to it.
        files: WAV and FLAC files.
        date: when a file's sound was made, for who knows; recipes do not say.

    Raises:
        UnreadableFile: a file is missing, broken or no sound.
    """
    return tuple(row for file in files for row in _rows_of(folder, file, date(file)))


def write(sheet: Sheet, folder: Path, overwrite: bool = False) -> tuple[Path, Path]:
    """Write a sheet as provenance.csv and provenance.json; each appears whole or not at all.

    Returns:
        Both paths.

    Raises:
        NotWritten: the folder is missing, read-only or full, or a file exists.
    """
    table, document = folder / "provenance.csv", folder / "provenance.json"
    write_atomically(table, as_csv(sheet).encode("utf-8-sig"), overwrite=overwrite)
    write_atomically(
        document, msgspec.json.format(msgspec.json.encode(sheet), indent=2) + b"\n", overwrite=overwrite
    )
    return table, document


def as_csv(sheet: Sheet) -> str:
    """The rows as a table with a head; what a spreadsheet would run as a formula is made plain text."""
    memory = io.StringIO()
    table = csv.writer(memory, lineterminator="\r\n")
    table.writerow(Row.__struct_fields__)
    for row in sheet.rows:
        table.writerow([_cell(value) for value in msgspec.structs.astuple(row)])
    return memory.getvalue()


def _rows_of(folder: Path, file: Path, date: str) -> Sequence[Row]:
    name = file.relative_to(folder).as_posix() if file.is_relative_to(folder) else file.name
    digest, size = _hashed(file)
    whole = Row(file=name, sha256=digest, bytes=size, generated=False, date=date)
    source = _source(file)
    if isinstance(source, Assembly) and source.pieces:
        replace = msgspec.structs.replace
        return [
            replace(_row(whole, piece.source), part=f"{piece.at:.3f}-{piece.at + piece.end - piece.begin:.3f}")
            for piece in source.pieces
        ]
    return [_row(whole, source if isinstance(source, Version) else None)]


def _row(whole: Row, version: Version | None) -> Row:
    if version is None:
        return msgspec.structs.replace(whole, licence=NOT_GENERATED)
    recipe = version.recipe
    chain = version.chain.slots if version.chain else ()
    return msgspec.structs.replace(
        whole,
        generated=True,
        model=recipe.model,
        model_hash=recipe.model_hash,
        licence=version.model_licence,
        prompt=recipe.prompt.text,
        seed=recipe.seed,
        steps=recipe.steps,
        effects=" > ".join(slot.effect for slot in chain if slot.enabled),
        recipe=content_id(recipe),
        made_by=version.made_by,
    )


def _source(file: Path) -> Source:
    try:
        return flac.read_source(file) if file.suffix.lower() == ".flac" else read_source(file)
    except NoRecipe:
        return None


def _hashed(file: Path) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    try:
        with file.open("rb") as opened:
            while block := opened.read(_BLOCK):
                digest.update(block)
                size += len(block)
    except OSError as error:
        raise unread(file, error) from error
    return digest.hexdigest(), size


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text[:1] in {"=", "+", "@", "\t", "\r"} else text
