"""Older documents: brought up with a copy beside, rolled back on failure; and their published schemas."""

from __future__ import annotations

import msgspec
import pytest

from presets import kinds, migrations, upgrade
from presets.errors import NotWritten, UnreadableFile
from presets.migrations import NEWEST
from presets.schema import Kit, Preset, Prompt, canonical, decode
from presets.schemas import FOLDER, schemas
from presets.upgrade import migrate_file
from tests.presets.synthetic import recipe
from tests.presets.test_files_crash import tiny_disk

__all__ = ["tiny_disk"]

PRESET = Preset(name="p", prompt=Prompt(text="boom"), recipe=recipe(1), kit=Kit(name="k"))
OLD = msgspec.json.encode(msgspec.json.decode(canonical(PRESET)) | {"version": 1})


@pytest.fixture
def path(tmp_path):
    """A preset as an older Onetake wrote it."""
    place = tmp_path / "old.json"
    place.write_bytes(OLD)
    return place


def test_a_file_is_brought_up_with_a_copy_beside(path):
    backup = migrate_file(path)
    assert backup == path.with_name("old.json.v1.bak")
    assert backup.read_bytes() == OLD
    assert path.read_bytes() == canonical(PRESET)
    assert migrate_file(path) is None


def test_an_older_part_inside_is_brought_up(tmp_path, monkeypatch):
    monkeypatch.setitem(migrations.NEWEST, "kit", 2)
    monkeypatch.setitem(migrations.STEPS, ("kit", 1), lambda document: document)
    document = migrations.upgraded(msgspec.json.decode(canonical(PRESET)))
    assert document["kit"]["version"] == 2


def test_a_copy_of_something_else_is_not_written_over(path):
    other = path.with_name("old.json.v1.bak")
    other.write_bytes(b"someone's")
    assert migrate_file(path).read_bytes() == OLD
    assert other.read_bytes() == b"someone's"


def test_a_run_that_died_after_the_copy_goes_on(path):
    path.with_name("old.json.v1.bak").write_bytes(OLD)
    assert migrate_file(path) == path.with_name("old.json.v1.bak")
    assert len(list(path.parent.iterdir())) == 2


def test_what_comes_out_wrong_is_rolled_back(path, monkeypatch):
    real = upgrade.write_atomically

    def spoiled(place, data, overwrite=False):
        real(place, data[:-1] if overwrite and data != OLD else data, overwrite=overwrite)

    monkeypatch.setattr(upgrade, "write_atomically", spoiled)
    with pytest.raises(NotWritten, match="is as it was"):
        migrate_file(path)
    assert path.read_bytes() == OLD


def test_a_full_disk_costs_nothing(tiny_disk):
    place = tiny_disk / "old.json"
    place.write_bytes(OLD)
    (tiny_disk / "filler").write_bytes(bytes(64 * 1024 - 4096))
    with pytest.raises(NotWritten, match="Free some space"):
        migrate_file(place)
    assert place.read_bytes() == OLD


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"[]", b'{"kind":"virus","version":1}', b'{"kind":"kit"}', b'{"kind":"kit","version":99}',
     b'{"kind":["kit"],"version":1}', b'{"kind":"kit","version":0}', b"[" * 100_000],
)  # fmt: skip
def test_what_is_no_document_stays(path, data):
    path.write_bytes(data)
    with pytest.raises(UnreadableFile):
        migrate_file(path)
    assert path.read_bytes() == data
    assert [one.name for one in path.parent.iterdir()] == ["old.json"]


def test_every_step_leads_to_the_newest():
    for kind, version in migrations.STEPS:
        assert version < NEWEST[kind]
        assert all((kind, between) in migrations.STEPS for between in range(version, NEWEST[kind]))


def test_the_published_schemas_are_those_of_the_types():
    assert {path.name: path.read_bytes() for path in FOLDER.glob("*.json")} == schemas(), (
        "run: python -m presets.schemas"
    )


def test_a_schema_describes_what_is_written():
    for kind in kinds.STORED:
        document = msgspec.json.decode(schemas()[f"{kinds.tag(kind)}.json"])
        assert document["$ref"].rsplit("/", 1)[-1] in document["$defs"]
    preset = msgspec.json.decode(schemas()["preset.json"])["$defs"]["Preset"]
    assert set(msgspec.json.decode(canonical(PRESET))) == set(preset["properties"])
    assert decode(canonical(PRESET), Preset, "it") == PRESET
