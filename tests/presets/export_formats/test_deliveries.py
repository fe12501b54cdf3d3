"""Deliveries: UCS names that the metadata repeat, and the sheet of what everything was made from."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest

from presets.errors import InvalidRequest
from presets.export import flac, formats, provenance, ucs, version, wav
from presets.export.formats import Selection
from presets.export.reading import read_metadata
from presets.export.version import About
from presets.schema import Edit, Prompt, Recipe, Version
from presets.sound import Sound


@pytest.fixture
def takes(tmp_path):
    """Two takes of one prompt, one with a category of its own, and a recording."""
    sound = Sound(np.random.default_rng(1).uniform(-0.3, 0.3, (1, 4800)).astype(np.float32), 48_000)
    paths = []
    for number, text in enumerate(["heavy metal door slam", "heavy metal door slam", "something odd xyzzy"]):
        recipe = Recipe(
            model="starter", model_hash="h", prompt=Prompt(text=text), seed=number, frames=64, omega=3.0,
            decode_seed=number, renderer=1,
        )  # fmt: skip
        made = Version(recipe=recipe, edit=Edit(length=0.1), checksum="c", model_licence="CC0-1.0")
        path = tmp_path / f"take_{number}.wav"
        version.write(path, sound, made, "24", about=About(cat_id="AMBMisc") if number == 2 else None)
        paths.append(path)
    wav.write(tmp_path / "rain on roof.wav", sound, depth="16")
    return (*paths, tmp_path / "rain on roof.wav")


def exported(name, takes, into, **asked):
    return formats.export(formats.find(name), Selection("Delivery", takes), into, asked).place


@pytest.mark.parametrize("kind", ["wav", "flac"])
def test_ucs_names_are_numbered_within_a_title_and_told_inside(takes, tmp_path, kind):
    place = exported(kind, takes, tmp_path / "out", ucs=True, creator="ACME", source="Film1")
    names = [ucs.parse(path.stem) for path in sorted(place.iterdir())]
    assert all(names)
    assert {(name.creator_id, name.source_id) for name in names} == {("ACME", "Film1")}
    doors = sorted(name.fx_name for name in names if name.cat_id.startswith("DOOR"))
    assert [door[-2:] for door in doors] == ["01", "02"]
    assert [name.cat_id for name in names].count("AMBMisc") == 1
    if kind == "wav":
        path = next(place.glob("AMBMisc*"))
        told = read_metadata(path)
        assert told.ixml.aswg.cat_id == "AMBMisc"
        assert told.ixml.aswg.creator_id == "ACME"
        assert told.source.recipe.prompt.text == "something odd xyzzy"
    else:
        assert flac.read_source(next(place.glob("AMBMisc*"))).recipe.seed == 2


def test_a_name_without_a_creator_is_refused_and_nothing_is_left(takes, tmp_path):
    with pytest.raises(InvalidRequest, match="CreatorID"):
        exported("wav", takes, tmp_path / "out", ucs=True, source="Film1")
    assert not list((tmp_path / "out").glob("[!.]*"))


@pytest.mark.parametrize("kind", ["wav", "flac", "game"])
def test_the_sheet_tells_of_every_file(takes, tmp_path, kind):
    place = exported(kind, takes, tmp_path / "out", sheet=True)
    rows = list(csv.DictReader(io.StringIO((place / "provenance.csv").read_text("utf-8-sig"))))
    files = {path.relative_to(place).as_posix() for path in place.rglob("*") if path.suffix in (".wav", ".flac")}
    assert {row["file"] for row in rows} == files
    assert sum(row["generated"] == "True" for row in rows) == 3
    assert {row["licence"] for row in rows} == {"CC0-1.0", provenance.NOT_GENERATED}
    assert (place / "provenance.json").exists()


@pytest.mark.parametrize(
    ("at", "fps", "rate", "samples"),
    [
        ("01:00:10:12", "25", 0, 3610 * 48_000 + 12 * 1920),
        ("01:00:10:12", "25", 44_100, 3610 * 44_100 + 12 * 1764),
        ("10:01:00;02", "29.97df", 0, round((600 * 1800 - 6 * 18 * 10 + 1800) * 48_000 * 1001 / 30_000)),
        ("3610.5", "25", 0, 173_304_000),
    ],
)
def test_files_lie_where_the_typed_position_says(takes, tmp_path, at, fps, rate, samples):
    place = exported("wav", takes, tmp_path / "out", at=at, fps=fps, rate=rate)
    for path, source in zip(sorted(place.iterdir()), sorted(takes), strict=True):
        told, before = read_metadata(path), read_metadata(source)
        assert told.bext.time_reference == samples
        assert told.ixml.time_reference == samples
        assert told.source == before.source
        if not rate:
            assert np.array_equal(wav.read(path).sound.samples, wav.read(source).sound.samples)


@pytest.mark.parametrize("at", ["noon", "25:00:00:00", "86400", "-1", "1e3"])
def test_a_position_that_cannot_be_is_told(takes, tmp_path, at):
    with pytest.raises(InvalidRequest):
        exported("wav", takes, tmp_path / "out", at=at)
    assert not list((tmp_path / "out").glob("*"))
