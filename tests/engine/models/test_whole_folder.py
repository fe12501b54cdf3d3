"""A folder appears whole or not at all."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from engine.models.whole_folder import appearing, check_place
from presets.errors import InvalidRequest, NotWritten


def test_a_folder_appears_when_it_is_whole(tmp_path):
    place = tmp_path / "models/mine"
    check_place(place, 1)
    with appearing(place) as folder:
        (folder / "a").write_text("x")
        assert not place.exists()
        assert folder.name[0] == "."
    assert [p.name for p in (tmp_path / "models").iterdir()] == ["mine"]
    assert (place / "a").read_text() == "x"


@pytest.mark.parametrize("trouble", [KeyboardInterrupt, NotWritten, MemoryError])
def test_nothing_is_left_of_what_did_not_go_well(tmp_path, trouble):
    with pytest.raises(trouble), appearing(tmp_path / "mine") as folder:
        (folder / "a").write_text("x")
        raise trouble
    assert not list(tmp_path.iterdir())


def test_what_stands_there_stays(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/a").write_text("old")
    with pytest.raises(InvalidRequest, match="there already"):
        check_place(tmp_path / "mine", 1)
    with pytest.raises(NotWritten, match="could not be written"), appearing(tmp_path / "mine") as folder:
        (folder / "a").write_text("new")
    assert (tmp_path / "mine/a").read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["mine"]


def test_too_little_room_and_a_file_in_the_way_are_told_before(tmp_path):
    with pytest.raises(NotWritten, match=r"needs 1000000000000000000 MB"):
        check_place(tmp_path / "mine", 10**24)
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(NotWritten, match="ONETAKE_MODELS"):
        check_place(tmp_path / "file/mine", 1)
    with pytest.raises(NotWritten), appearing(tmp_path / "file/mine"):
        pass
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_what_killed_processes_left_is_swept(tmp_path):
    for name, age in (("old", 7200), ("young", 60)):
        left = tmp_path / f".onetake-unfinished-{name}"
        left.mkdir()
        (left / "a").write_text("x")
        os.utime(left, (time.time() - age,) * 2)
    check_place(tmp_path / "mine", 1)
    assert [Path(p).name for p in tmp_path.iterdir()] == [".onetake-unfinished-young"]
