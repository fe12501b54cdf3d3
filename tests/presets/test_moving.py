"""Renaming a take and moving a session: all or nothing, and what was begun is finished."""

from __future__ import annotations

import json
import shutil

import pytest
from msgspec.structs import replace

from presets import kits, moving
from presets.claim import CLAIM
from presets.errors import InvalidRequest, NotWritten, UnreadableFile
from presets.export import wav
from presets.history import moments, remember
from presets.keeping import keep
from presets.renaming import JOURNAL, finish, rename
from presets.schema import Kit, Preset, Prompt, Zone, canonical
from presets.session import FILE, Cancelled, Moved, opened
from presets.used import uses
from tests.presets.synthetic import recipe
from tests.presets.test_files_crash import tiny_disk
from tests.presets.test_session import draft, names, recording, session, sound

__all__ = ["draft", "recording", "session", "tiny_disk"]


def test_a_rename_takes_files_and_kits_along(session, recording, draft):
    name, generated = keep(session, recording, "bell"), keep(session, draft)
    zones = tuple(
        Zone(take=take, low=60, high=60, root=60) for take in ("bell.wav", session.entry(generated).lineage)
    )
    kits.write_kit(session.folder / "kit.json", Kit(name="kit", zones=zones))
    preset = Preset(name="p", prompt=Prompt(text="x"), kit=Kit(name="k", zones=zones[:1]))
    (session.folder / "preset.json").write_bytes(canonical(preset))
    session.change([name], lambda entry: replace(entry, tags=("x",)))
    assert rename(session, name, "Great Bell!") == "Great_Bell"
    assert session.entry("Great_Bell").name == "Great Bell!"
    assert session.entry("Great_Bell").tags == ("x",)
    assert sorted(session.files()) == sorted(["Great_Bell", generated])
    kit = kits.read_kit(session.folder / "kit.json")
    assert [zone.take for zone in kit.zones] == ["Great_Bell.wav", session.entry(generated).lineage]
    assert set(kits.find_sounds(kit, session.folder)) == {zone.take for zone in kit.zones}
    used = uses(session.folder, frozenset({"Great_Bell.wav"}))
    assert [(use.kind, use.name) for use in used] == [("kit", "kit"), ("preset", "p")]
    assert not (session.folder / JOURNAL).exists()


def test_a_rename_that_only_changes_the_case_keeps_the_files(session, recording):
    name = keep(session, recording, "bell")
    assert rename(session, name, "BELL") == "bell"
    assert session.entry("bell").name == "BELL"
    with pytest.raises(InvalidRequest):
        rename(session, name, "  ")


@pytest.mark.parametrize("done", range(4))
def test_a_rename_that_was_begun_is_finished(session, recording, done):
    keep(session, recording, "bell")
    (session.folder / JOURNAL).write_text(
        '{"kind":"renaming","version":1,"old":"bell","new":"gong","suffix":".wav"}'
    )
    if done == 1:
        (session.takes / "gong.wav").hardlink_to(session.takes / "bell.wav")
    if done >= 2:
        (session.takes / "bell.wav").rename(session.takes / "gong.wav")
    if done == 3:
        (session.takes / "bell.json").rename(session.takes / "gong.json")
    assert finish(session)
    assert names(session.takes) == ["gong.json", "gong.wav"]
    assert not finish(session)


def test_a_hostile_note_of_a_rename_moves_nothing(session, tmp_path):
    (tmp_path / "secret.wav").write_bytes(b"x")
    note = {"kind": "renaming", "version": 1, "old": "../../secret", "new": "mine"}
    (session.folder / JOURNAL).write_text(json.dumps(note))
    with pytest.raises(UnreadableFile):
        finish(session)
    assert (tmp_path / "secret.wav").exists()


def test_a_session_moves_with_everything_and_says_where(session, recording, draft, tmp_path):
    name = keep(session, recording)
    keep(session, draft)
    remember(session.folder, recipe(1))
    kits.write_kit(session.folder / "kit.json", Kit(name="kit"))
    (session.folder / "notes.txt").write_text("not of the session")
    before = {path.name: path.read_bytes() for path in session.takes.iterdir()}
    told = []
    moved = moving.move(session, tmp_path / "there", lambda done, total: told.append((done, total)) or True)
    assert moved.id == session.id
    assert {path.name: path.read_bytes() for path in moved.takes.iterdir()} == before
    assert moved.entry(name).name == "my recording"
    assert next(moments(moved.folder)).recipe == recipe(1)
    assert (moved.folder / "kit.json").exists()
    assert names(session.folder) == ["notes.txt", FILE]
    assert told[-1][0] == told[-1][1]
    with pytest.raises(Moved, match="there"):
        opened(session.folder)
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_a_move_that_is_stopped_leaves_all_as_it_was(session, recording, tmp_path):
    keep(session, recording)
    with pytest.raises(Cancelled):
        moving.move(session, tmp_path / "there", lambda done, total: done < total)
    assert not (tmp_path / "there").exists()
    assert opened(session.folder).files()
    assert CLAIM not in names(session.folder)


def test_two_whole_copies_are_told(session, recording, tmp_path):
    keep(session, recording)
    shutil.copytree(session.folder, tmp_path / "there")
    with pytest.raises(InvalidRequest, match="whole copy"):
        moving.move(session, tmp_path / "there")
    assert not moving.clear(session.folder)
    assert session.files()


def test_what_a_killed_move_left_is_cleared(session, recording, tmp_path):
    name = keep(session, recording)
    left = tmp_path / f".onetake-moving-{session.id}-elsewhere"
    left.mkdir()
    moved = moving.move(session, tmp_path / "there")
    assert not left.exists()
    # As if the machine had died before the old files were deleted.
    session.made(session.takes)
    shutil.copy(moved.path(name), session.takes)
    (session.takes / "new.wav").touch()
    assert moving.clear(session.folder)
    assert names(session.takes) == ["new.wav"]


def test_a_bad_target_is_told(session, recording, tmp_path):
    keep(session, recording)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").touch()
    for target in (tmp_path / "full", session.folder / "inside", tmp_path / "no" / "parent", recording):
        with pytest.raises(InvalidRequest):
            moving.move(session, target)


def test_a_move_to_a_full_disk_leaves_all_as_it_was(session, tmp_path, tiny_disk):
    wav.write(tmp_path / "long.wav", sound(1, 2, 48_000), depth="24")
    name = keep(session, tmp_path / "long.wav")
    with pytest.raises(NotWritten, match="Free some space"):
        moving.move(session, tiny_disk / "there")
    assert session.path(name).is_file()
    assert names(tiny_disk) == []
