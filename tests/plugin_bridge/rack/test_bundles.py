"""What lies in a folder of plug-ins, whatever else lies there, and by what a bundle is known again."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from plugin_bridge.rack import bundles, folders
from plugin_bridge.rack.bundles import find, fingerprint, same_program, what_is_wrong
from tests.plugin_bridge.rack.bundles import program


def found(*places):
    """Bundles below places, and the troubles on the way."""
    troubles = []
    return list(find(places, troubles.append)), troubles


def make(folder, name, content=b"\x7fELF and more"):
    """A bundle of this system with that program."""
    place = program(folder, name)
    place.write_bytes(content)
    return place.parents[2]


def test_bundles_are_found_in_nested_folders_in_the_order_of_their_names(tmp_path):
    wanted = [make(tmp_path, "a"), make(tmp_path, "b"), make(tmp_path / "maker" / "series", "c")]
    (tmp_path / "single.VST3").write_bytes(b"MZ")
    (tmp_path / "notes.txt").write_text("no plug-in")
    paths, troubles = found(tmp_path)
    assert paths == [*wanted[:2], tmp_path / "single.VST3", wanted[2]]
    assert not troubles


def test_what_lies_inside_a_bundle_is_part_of_it(tmp_path):
    outer = make(tmp_path, "outer")
    make(outer / "Contents" / "Resources", "inner")
    assert found(tmp_path) == ([outer], [])


def test_links_in_circles_end_and_everything_is_found_once(tmp_path):
    one = make(tmp_path / "deep", "one")
    (tmp_path / "deep" / "round").symlink_to(tmp_path)
    (tmp_path / "self").symlink_to(tmp_path / "self")
    (tmp_path / "other-name.vst3").symlink_to(one)
    paths, _ = found(tmp_path, tmp_path / "deep", tmp_path)
    assert len(paths) == 1
    assert paths[0].samefile(one)


def test_a_link_to_nothing_is_told(tmp_path):
    good = make(tmp_path, "good")
    (tmp_path / "lost.vst3").symlink_to(tmp_path / "nowhere")
    paths, troubles = found(tmp_path)
    assert paths == [good]
    assert [trouble.path.name for trouble in troubles] == ["lost.vst3"]


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="needs Unix permissions")
def test_an_unreadable_folder_costs_a_remark_and_not_the_rest():
    with tempfile.TemporaryDirectory() as name:  # pytest's own folders are closed to others altogether
        place = Path(name)
        place.chmod(0o755)
        good = make(place, "good")
        make(place / "private", "hidden")
        (place / "private").chmod(0)
        was = os.geteuid()
        try:
            if not was:
                os.seteuid(65534)  # root may read everything
            paths, troubles = found(place)
        finally:
            os.seteuid(was)
            (place / "private").chmod(0o755)
    assert paths == [good]
    assert [trouble.path.name for trouble in troubles] == ["private"]
    assert "Permission denied" in troubles[0].sentence


@pytest.mark.skipif(os.name == "nt", reason="names are bytes on Unix only")
def test_a_name_that_is_no_text_is_told(tmp_path):
    try:
        Path(os.fsdecode(bytes(tmp_path) + b"/\xff\xfe.vst3")).mkdir()
    except OSError:
        pytest.skip("this file system has names of text only")
    paths, troubles = found(tmp_path)
    assert not paths
    assert "Rename" in troubles[0].sentence


def test_a_missing_folder_is_passed_over_and_a_search_can_be_stopped(tmp_path):
    assert found(tmp_path / "nowhere") == ([], [])
    make(tmp_path, "one")
    assert list(find([tmp_path], lambda trouble: None, lambda: True)) == []


def test_a_fingerprint_reads_nothing_where_nothing_was_touched(tmp_path, monkeypatch):
    made = make(tmp_path, "one")
    before = fingerprint(made)
    monkeypatch.setattr(bundles, "_digest", lambda files: pytest.fail("read without need"))
    assert fingerprint(made, before) is before


def test_a_touched_program_is_the_same_and_a_changed_one_is_not_even_with_its_old_date(tmp_path):
    made = make(tmp_path, "one", b"\x7fELF aaaa")
    file = program(tmp_path, "one")
    before, date = fingerprint(made), file.stat().st_mtime_ns
    os.utime(file, ns=(date, date + 10**9))
    touched = fingerprint(made, before)
    assert touched != before
    assert same_program(touched, before)
    file.write_bytes(b"\x7fELF bbbb")
    os.utime(file, ns=(date, date))
    assert not same_program(fingerprint(made, before), before)


def test_a_bundle_without_a_program_has_a_fingerprint_too(tmp_path):
    (tmp_path / "bare.vst3").mkdir()
    assert fingerprint(tmp_path / "bare.vst3").size == 0
    with pytest.raises(FileNotFoundError):
        fingerprint(tmp_path / "nowhere.vst3")


def test_what_is_wrong_says_what_the_files_tell(tmp_path):
    other = tmp_path / "other.vst3"
    (other / "Contents" / "sparc-solaris").mkdir(parents=True)
    assert "sparc-solaris" in what_is_wrong(other)
    assert "damaged" in what_is_wrong(make(tmp_path, "words", b"hello"))
    assert "missing here" in what_is_wrong(make(tmp_path, "library"))
    assert "No such file" in what_is_wrong(tmp_path / "nowhere.vst3")


def test_the_folders_of_every_system():
    home = Path("/home/someone")
    linux = folders.standard("linux", {"VST3_PATH": f"/more{os.pathsep}/usr/lib/vst3"}, home)
    assert linux[0] == home / ".vst3"
    assert {Path("/usr/lib/vst3"), Path("/usr/local/lib/vst3"), Path("/more")} <= set(linux)
    assert len(set(linux)) == len(linux)
    mac = folders.standard("darwin", {}, home)
    assert home / "Library/Audio/Plug-Ins/VST3" in mac
    assert Path("/Library/Audio/Plug-Ins/Components") in mac
    windows = folders.standard("win32", {"COMMONPROGRAMFILES": "C:/Common", "LOCALAPPDATA": "C:/Own"}, home)
    assert windows == (Path("C:/Own/Programs/Common/VST3"), Path("C:/Common/VST3"))
