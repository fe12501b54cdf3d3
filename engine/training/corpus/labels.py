"""Captions for the sounds of a folder: from a table, a text beside the file, the file itself, or its name.

A table or a text beside the file was written for this and stands alone. Without them, all that the file and its
name say are captions of it, and training hears one or another.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

from engine.training.corpus import wav_labels
from engine.training.corpus.file_names import words_of
from presets.errors import InvalidRequest

TABLES = ("captions.csv", "metadata.csv")
_LARGEST_TEXT = 1 << 16


def table(folder: Path) -> Mapping[Path, tuple[str, ...]]:
    """Captions by file from captions.csv or metadata.csv, columns file and caption; empty without a table.

    Raises:
        InvalidRequest: the table cannot be read, or a row of it is wrong: which one, and why.
    """
    captions: dict[Path, tuple[str, ...]] = {}
    for name in TABLES:
        path = folder / name
        if path.is_file():
            for file, caption in _rows(path):
                captions[file] = (*captions.get(file, ()), caption)
    return captions


def captions_of(path: Path, listed: Mapping[Path, tuple[str, ...]]) -> tuple[str, ...]:
    """What one file is called, in order of trust; empty if nothing is known of it."""
    if path.resolve() in listed:
        return listed[path.resolve()]
    if beside := _beside(path):
        return beside
    inside = wav_labels.labels(path) if path.suffix.lower() == ".wav" else []
    named = words_of(path.stem)
    words = [*inside, named.caption]
    if named.category and named.category not in named.caption:
        words.append(f"{named.category}, {named.caption}")
    return tuple(dict.fromkeys(filter(None, words)))


def _rows(path: Path) -> list[tuple[Path, str]]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, strict=True)
            columns = {(name or "").strip().lower(): name for name in reader.fieldnames or ()}
            if not {"file", "caption"} <= set(columns):
                raise InvalidRequest(f"{path}: the first line must name the columns file and caption.")
            return [
                _row(path, reader.line_num, row.get(columns["file"]), row.get(columns["caption"]))
                for row in reader
            ]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InvalidRequest(f"{path} cannot be read as a table: {error}. Save it as CSV in UTF-8.") from error


def _row(table_path: Path, line: int, file: str | None, caption: str | None) -> tuple[Path, str]:
    where = f"{table_path}, line {line}"
    folder = table_path.parent.resolve()
    if not (file and file.strip() and caption and caption.strip()):
        raise InvalidRequest(f"{where}: a row needs a file and a caption.")
    try:
        path = (folder / file.strip()).resolve()
        there = path.is_file()
    except (OSError, ValueError) as error:
        raise InvalidRequest(f"{where}: {file!r} is no file name.") from error
    if not path.is_relative_to(folder):
        raise InvalidRequest(f"{where}: {file!r} lies outside the folder. Only files in it can be named.")
    if not there:
        raise InvalidRequest(f"{where}: there is no file {file!r}. Correct its name or take the row out.")
    return path, " ".join(caption.split())


def _beside(path: Path) -> tuple[str, ...]:
    """The lines of a .txt of the same name, a caption each."""
    text = path.with_suffix(".txt")
    try:
        if not text.is_file() or text.stat().st_size > _LARGEST_TEXT:
            return ()
        lines = text.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    except OSError:
        return ()
    return tuple(" ".join(line.split()) for line in lines if line.strip())
