"""Stereo in the export dialog: a wish of the format among the others, remembered, and what it writes has it."""

from __future__ import annotations

import pytest
from PyQt6.QtWidgets import QComboBox

from presets import stereo
from presets.export import wav
from presets.export.formats import FORMATS
from presets.export.version import read_source


@pytest.fixture
def dialog(panel):
    panel.write("glass bell")
    panel.settled()
    panel.window.to_grid()
    panel.window.deeds.do("export")
    dialog = panel.window.export
    dialog.form.setCurrentIndex([form.id for form in FORMATS].index("wav"))
    found = [i for i in range(dialog.source.count()) if dialog.source.itemText(i).startswith("The selected")]
    dialog.source.setCurrentIndex(found[0])
    return dialog


def test_a_take_goes_out_in_stereo_of_either_kind(panel, dialog, tmp_path):
    dialog.folder.setText(str(tmp_path))
    takes = {}
    for way in stereo.STEREOS:
        dialog.name.setText(f"bell {way}")
        dialog.editors["stereo"].set(way)
        dialog.export()
        panel.until(lambda: not dialog.is_running and bool(dialog.told.text()))
        assert dialog.told.text().startswith("Written")
        (path,) = (tmp_path / f"bell_{way}".rstrip("_")).glob("*.wav")
        takes[way] = wav.read(path).sound, stereo.take_of(read_source(path))
    mono, take = takes[""]
    assert mono.channels == 1
    for way in ("wide", "siblings"):
        sound, version = takes[way]
        assert sound.channels == 2
        assert version.recipe == take.recipe
        assert version.edit == take.edit
    assert panel.studio.settings().exports["wav"]["stereo"] == "siblings"


def test_the_wish_has_a_name_and_words_for_what_stays(dialog):
    editor = dialog.editors["stereo"]
    assert isinstance(editor.widget, QComboBox)
    assert editor.widget.accessibleName() == "Stereo"
    assert [editor.widget.itemText(n) for n in range(editor.widget.count())] == ["as it is", "wide", "siblings"]
