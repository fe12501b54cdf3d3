"""The table of a batch: rows of a CSV as recipes and the files that they become, everything checked beforehand.

Names and seeds follow from the table alone, so a second run asks for the very same sounds and finds, by the
recipes in the files, what the first one made.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from engine.local import Ask, plan
from presets.errors import InvalidRequest, OnetakeError, UnreadableFile
from presets.export import version as versions
from presets.files import safe_name
from presets.schema import Recipe, Version
from presets.unread import unread

COLUMNS = ("prompt", "count", "length", "steps", "seed", "name", "category")
"""What a table may have; all but the prompt may be missing or empty."""

_LARGEST = 16 * 2**20  # bytes of a table
_SEEDS = 2**32
_MOST_TOLD = 20

_T = TypeVar("_T")


@dataclass(frozen=True)
class Row:
    """A line of the table. number: in the file, its head is 1. paths: where its sounds go, one for each recipe."""

    number: int
    category: str
    recipes: tuple[Recipe, ...]
    paths: tuple[Path, ...]


def read_table(path: Path, folder: Path, model: str) -> list[Row]:
    """The rows of a table, every wish in it checked.

    Raises:
        UnreadableFile: no file, or no text.
        InvalidRequest: a row or column is wrong; all that are wrong are told, with their numbers.
    """
    lines = list(_lines(path))
    if not lines:
        raise InvalidRequest(f"{path.name} holds no rows. Its first line names the columns: {', '.join(COLUMNS)}.")
    rows, wrong, names = [], [], set[str]()
    for number, line in lines:
        try:
            rows.append(row_of(number, line, folder, model, names))
        except OnetakeError as error:
            wrong.append(f"row {number}: {error}")
    if wrong:
        raise InvalidRequest(
            f"Nothing was made: {len(wrong)} of {len(lines)} rows are wrong.\n" + "\n".join(wrong)
        )
    return rows


def check_names(rows: Sequence[Row]) -> None:
    """Whether every file is free or holds the very sound that is asked for.

    Raises:
        InvalidRequest: other sounds lie there; all are told.
    """
    taken = [
        f"row {row.number}: {path.name} is there already and is another sound"
        for row in rows
        for recipe, path in zip(row.recipes, row.paths, strict=True)
        if path.exists() and finished(path, recipe) is None
    ]
    if taken:
        more = "\n".join(taken[:_MOST_TOLD])
        raise InvalidRequest(f"Nothing was made. Choose another folder, or give these rows a name:\n{more}")


def finished(path: Path, recipe: Recipe) -> Version | None:
    """The version in a file that is there and is of that recipe."""
    try:
        version = versions.read_version(path)
    except UnreadableFile:
        return None
    return version if version.recipe == recipe else None


def _lines(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Rows by number, empty ones left out."""
    try:
        if path.stat().st_size > _LARGEST:
            raise UnreadableFile(f"{path} is larger than a table of prompts is. Choose another file.")
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise unread(path, error) from error
    except UnicodeDecodeError as error:
        raise UnreadableFile(f"{path} is no text in UTF-8. Save it again as CSV (UTF-8).") from error
    first = text.split("\n", 1)[0]
    reader = csv.DictReader(
        io.StringIO(text, newline=""), delimiter=";" if ";" in first and "," not in first else ","
    )
    head = [(name or "").strip().lower() for name in reader.fieldnames or []]
    if "prompt" not in head or (unknown := sorted({*head} - {*COLUMNS, ""})):
        told = "no column prompt" if "prompt" not in head else f"a column {unknown[0]!r}"
        raise InvalidRequest(f"{path.name} has {told}. Its first line may name: {', '.join(COLUMNS)}.")
    reader.fieldnames = head
    try:
        for line in reader:
            values = {key: (value or "").strip() for key, value in line.items() if key and isinstance(value, str)}
            if any(values.values()):
                yield reader.line_num, values
    except csv.Error as error:
        raise UnreadableFile(f"{path.name}, line {reader.line_num}, is no CSV: {error}.") from error


def row_of(number: int, line: Mapping[str, str], folder: Path, model: str, names: set[str]) -> Row:
    """A line of a table as recipes and files.

    Args:
        number: in the file.
        line: cells by column.
        folder: where its sounds go.
        model: that makes them.
        names: that are taken, in lower case; its own is added.

    Raises:
        InvalidRequest: a cell is wrong.
    """
    prompt, wanted = line.get("prompt", ""), line.get("length", "")
    seed = line.get("seed", "")
    ask = Ask(
        prompt,
        None if wanted.lower() in ("", "auto") else _number(wanted, float, "length"),
        model,
        steps=_number(line.get("steps") or "1", int, "steps"),
        seed=_number(seed, int, "seed") if seed else _own_seed(prompt),
        count=_number(line.get("count") or "1", int, "count"),
    )
    recipes = tuple(plan(ask))
    stem = _own_name(safe_name(line.get("name") or prompt, 100), names)
    digits = len(str(len(recipes)))
    files = (
        [f"{stem}.wav"]
        if len(recipes) == 1
        else [f"{stem}_{n:0{digits}d}.wav" for n in range(1, len(recipes) + 1)]
    )
    return Row(number, line.get("category", ""), recipes, tuple(folder / file for file in files))


def _own_name(stem: str, names: set[str]) -> str:
    """The name, or where an earlier row has it one with a number; the same in every run."""
    own, number = stem, 2
    while own.casefold() in names:
        own, number = f"{stem}_r{number}", number + 1
    names.add(own.casefold())
    return own


def _own_seed(prompt: str) -> int:
    """The seed of a prompt without one: the same in every run, so that a second run finds what the first made."""
    return int.from_bytes(hashlib.sha256(prompt.encode()).digest()[:8], "big") % _SEEDS


def _number(text: str, kind: Callable[[str], _T], what: str) -> _T:
    try:
        return kind(text)
    except ValueError as error:
        raise InvalidRequest(f"{what} is a number, not {text!r}.") from error
