"""The sheet of a delivery says what the files say, and nothing else."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from pathlib import Path

import msgspec
import numpy as np
import pytest

from presets.errors import NotWritten, UnreadableFile
from presets.export import flac, provenance, wav
from presets.export import version as versions
from presets.schema import Assembly, Chain, Edit, Piece, Prompt, Recipe, Slot, Version, content_id
from presets.sound import Sound

SOUND = Sound(np.zeros((1, 100), np.float32), 48000)
PROMPT = Prompt(text='=door, "big"')
RECIPE = Recipe(
    model="starter", model_hash="ab", prompt=PROMPT, seed=7, frames=9, steps=4, omega=1, decode_seed=3, renderer=1
)
CHAIN = Chain(slots=(Slot(effect="Gate"), Slot(effect="Hall")))
VERSION = Version(recipe=RECIPE, edit=Edit(length=1.0), checksum="c", model_licence="MIT", chain=CHAIN)


def test_every_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    made = tmp_path / "sub/made.wav", tmp_path / "made.flac", tmp_path / "layered.wav", tmp_path / "own.wav"
    versions.write(made[0], SOUND, VERSION, "24")
    flac.write(made[1], SOUND, VERSION, "24")
    layers = Assembly(pieces=(Piece(source=VERSION, end=0.5, at=0.25), Piece(name="rain", end=1.0)))
    versions.write(made[2], SOUND, layers, "24")
    wav.write(made[3], SOUND, depth="24")
    rows = provenance.rows(tmp_path, made, lambda file: "2026-11-21" if file.name == "own.wav" else "")
    assert [row.file for row in rows] == ["sub/made.wav", "made.flac", "layered.wav", "layered.wav", "own.wav"]
    assert [row.generated for row in rows] == [True, True, True, False, False]
    first = rows[0]
    told = (first.model, first.licence, first.prompt, first.seed, first.steps)
    assert told == ("starter", "MIT", '=door, "big"', 7, 4)
    assert (first.effects, first.recipe) == ("Gate > Hall", content_id(RECIPE))
    assert (rows[2].part, rows[3].licence, rows[4].date) == ("0.250-0.750", "not generated", "2026-11-21")
    for row in rows:
        assert row.sha256 == hashlib.sha256((tmp_path / row.file).read_bytes()).hexdigest()
        assert row.bytes == (tmp_path / row.file).stat().st_size

    sheet = provenance.Sheet(name="Delivery", date="2026-11-21", rows=rows)
    table, document = provenance.write(sheet, tmp_path)
    cells = list(csv.DictReader(io.StringIO(table.read_text("utf-8-sig"))))
    assert [row["file"] for row in cells] == [row.file for row in rows]
    assert cells[0]["prompt"] == '\'=door, "big"'  # no spreadsheet takes it for a formula
    assert msgspec.json.decode(document.read_bytes(), type=provenance.Sheet) == sheet
    assert json.loads(document.read_bytes())["kind"] == "provenance"
    with pytest.raises(NotWritten):
        provenance.write(sheet, tmp_path)


def test_files_that_are_missing_or_broken_are_told(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile):
        provenance.rows(tmp_path, [tmp_path / "none.wav"])
    (tmp_path / "x.wav").write_bytes(b"RIFF")
    with pytest.raises(UnreadableFile):
        provenance.rows(tmp_path, [tmp_path / "x.wav"])
