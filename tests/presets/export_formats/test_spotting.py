"""Spotting lists: timecodes to the frame, and every wrong row told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from presets.errors import InvalidRequest, OnetakeError, UnreadableFile
from presets.export import spotting, timecode
from presets.export.spotting import parse, read

HEAD = "timecode,prompt,length,sync,category\n"


@pytest.mark.parametrize(
    ("fps", "written", "seconds"),
    [
        ("25", "01:00:10:12", 3610.48),
        ("24", "00:00:01:00", 1.0),
        ("23.976", "00:00:01:00", 24 * 1001 / 24000),
        ("29.97", "01:00:00:00", 3600 * 1.001),
        ("29.97df", "01:00:00;00", 107_892 * 1001 / 30000),
        ("29.97df", "00:01:00;02", 1800 * 1001 / 30000),
        ("29.97df", "00:10:00;00", 17_982 * 1001 / 30000),
        ("59.94df", "00:01:00;04", 3600 * 1001 / 60000),
        ("60", "00:00:00:59", 59 / 60),
    ],
)
def test_a_timecode_is_seconds_to_the_frame(fps, written, seconds):
    (spot,) = parse(f"{HEAD}{written},x\n", fps)
    assert spot.at == pytest.approx(seconds, abs=1e-9)


def test_a_row_is_read_as_it_was_meant():
    rows = parse(
        "\ufeffTC In;Sound;Duration;Sync;Cat;File\n01:00:00:00;big door;2,5;onset;FX;\n\n"
        "01:00:01:00;;00:00:01:05;0,25;;a.wav\n".removeprefix("\ufeff"),
        "25",
    )
    assert [(spot.row, spot.prompt, spot.length, spot.sync, spot.category, spot.file) for spot in rows] == [
        (2, "big door", 2.5, "onset", "FX", ""),
        (4, "", 1.2, 0.25, "", "a.wav"),
    ]


def test_every_wrong_row_is_told_with_its_number():
    text = HEAD + (
        "01:00:00:25,a\n01:00:00:00,b\nlater,c\n01:00:00:00,\n01:00:00:00,d,long\n01:00:00:00,e,1,soon\n,f\n"
    )
    with pytest.raises(InvalidRequest) as told:
        parse(text, "25", "spots.csv")
    for row in (2, 4, 5, 6, 7, 8):
        assert f"row {row}:" in str(told.value)
    assert "row 3" not in str(told.value)
    assert told.value.exit_status == 2


def test_a_number_that_drop_frame_leaves_out_is_told():
    with pytest.raises(InvalidRequest, match="row 2"):
        parse(f"{HEAD}00:01:00;00,x\n", "29.97df")
    assert parse(f"{HEAD}00:01:00:00,x\n", "29.97")


@pytest.mark.parametrize("text", ["", "\n", HEAD, "prompt\nx\n", "timecode\n01:00:00:00\n", 'timecode,prompt\n"a'])
def test_a_list_without_what_it_needs_is_told(text):
    with pytest.raises(InvalidRequest):
        parse(text, "25")


def test_files_that_are_no_lists_are_told(tmp_path):
    path = tmp_path / "x.csv"
    with pytest.raises(UnreadableFile):
        read(path, "25")
    path.write_bytes(b"\xff\xfe\x00x")
    with pytest.raises(UnreadableFile, match="UTF-8"):
        read(path, "25")
    path.write_text(f"{HEAD}01:00:00:00,ünï\n", encoding="utf-8-sig")
    assert read(path, "25")[0].prompt == "ünï"
    with pytest.raises(InvalidRequest, match="Frame rates"):
        read(path, "26")


@given(st.text(max_size=200), st.sampled_from(list(timecode.RATES)))
def test_whatever_a_file_holds_it_is_rows_or_one_sentence(text, fps):
    try:
        rows = parse(text, fps)
    except OnetakeError as error:
        assert str(error)
    else:
        assert all(isinstance(row, spotting.Spot) for row in rows)


@given(st.text(alphabet="0123456789:;,\n\t\"' ax", max_size=120))
def test_rows_of_almost_timecodes_are_rows_or_one_sentence(body):
    try:
        parse(HEAD + body, "29.97df")
    except OnetakeError as error:
        assert str(error)
