"""Names of notes: both ways, in every convention."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from presets import notes
from presets.errors import InvalidRequest
from presets.notes import MiddleC

any_note = st.integers(0, 127)
any_middle = st.sampled_from([3, 4, 5])


@given(any_note, any_middle)
def test_a_name_leads_back_to_its_note(note: int, middle: MiddleC) -> None:
    name = notes.name(note, middle)
    for written in (name, name.lower(), f" {name} ", name.replace("#", "♯"), str(note)):
        assert notes.number(written, middle) == note


@given(any_note)
def test_middle_c_is_where_the_setting_says(note: int) -> None:
    for middle in (3, 4, 5):
        assert notes.name(60, middle) == f"C{middle}"
        assert notes.number(notes.name(note, 3), 3) == notes.number(notes.name(note, middle), middle)


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("C3", 60),
        ("Db3", 61),
        ("c#3", 61),
        ("d♭3", 61),
        ("Cb3", 59),
        ("B#2", 60),
        ("bb2", 58),
        ("b2", 59),
        ("C-2", 0),
    ],
)
def test_sharps_and_flats(text: str, note: int) -> None:
    assert notes.number(text, 3) == note


@pytest.mark.parametrize(
    "text", ["", "H3", "C", "C##3", "C3 4", "c3.5", "-1", "128", "G#8", "Cb-2", "C99", "٣", "C٣"]
)
def test_what_is_no_note_is_told(text: str) -> None:
    with pytest.raises(InvalidRequest, match="note"):
        notes.number(text, 3)


@given(st.text(max_size=8), any_middle)
def test_any_text_is_a_note_or_is_refused(text: str, middle: MiddleC) -> None:
    try:
        note = notes.number(text, middle)
    except InvalidRequest:
        return
    assert 0 <= note <= 127


def test_a_wrong_note_or_convention_is_refused() -> None:
    for wrong in (-1, 128):
        with pytest.raises(InvalidRequest, match="no note"):
            notes.name(wrong)
    with pytest.raises(InvalidRequest, match="Middle C"):
        notes.name(60, 6)  # type: ignore[arg-type]
