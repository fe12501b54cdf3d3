"""The export dialog: it is the table of formats, it writes what was chosen, remembers it, and can be stopped."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest
import soundfile
from PyQt6.QtWidgets import QCheckBox, QComboBox, QDoubleSpinBox

from presets.export import formats
from presets.export.formats import FORMATS
from presets.export.parcel import step
from presets.export.version import read_version
from presets.export.wishes import Option, Wishes
from ui.dialogs.export import ExportDialog
from ui.dialogs.options import OptionEditor


@pytest.fixture
def eight(panel):
    panel.write("glass bell")
    panel.settled()
    panel.window.to_grid()
    return panel


@pytest.fixture
def dialog(eight):
    eight.window.deeds.do("export")
    return eight.window.export


def formed(dialog, name):
    dialog.form.setCurrentIndex([form.id for form in FORMATS].index(name))
    return dialog


def sourced(dialog, start):
    found = [i for i in range(dialog.source.count()) if dialog.source.itemText(i).startswith(start)]
    dialog.source.setCurrentIndex(found[0])
    return dialog


def finished(panel, dialog):
    panel.until(lambda: not dialog.is_running and bool(dialog.told.text()))
    return dialog.told.text()


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.id)
def test_every_row_of_every_format_has_an_editor_whose_wish_is_accepted(dialog, form):
    formed(dialog, form.id)
    assert list(dialog.editors) == [option.name for option in form.options]
    asked = {name: editor.value for name, editor in dialog.editors.items()}
    assert asked == {option.name: option.default for option in form.options}
    Wishes(form.options, asked, form.name)
    for editor in dialog.editors.values():
        assert editor.widget.accessibleName()
        assert editor.widget.toolTip() == editor.option.help


@pytest.mark.parametrize(
    ("option", "kind", "value"),
    [
        (Option("zip", False, ""), QCheckBox, True),
        (Option("bit_depth", "24", "", ("16", "24")), QComboBox, "16"),
        (Option("rate", 0, ""), QComboBox, 96_000),
        (Option("gap", 1.0, ""), QDoubleSpinBox, 2.5),
    ],
)
def test_an_editor_holds_what_is_set_and_forgets_what_is_no_wish(qapp, option, kind, value):
    editor = OptionEditor(option, value)
    assert isinstance(editor.widget, kind)
    assert editor.value == value
    assert type(editor.value) is type(option.default)
    assert OptionEditor(option, [] if kind is QCheckBox else "nonsense").value == option.default


def test_the_takes_of_the_grid_become_files_with_their_recipes(eight, dialog, tmp_path):
    formed(sourced(dialog, "The 8 takes"), "wav")
    dialog.folder.setText(str(tmp_path / "out"))
    dialog.name.setText("bells")
    dialog.editors["bit_depth"].set("16")
    dialog.export()
    assert finished(eight, dialog).startswith("Written")
    files = sorted((tmp_path / "out" / "bells").glob("*.wav"))
    assert {read_version(path).recipe for path in files} == {slot.recipe for slot in eight.flow.slots}
    assert {soundfile.info(str(path)).subtype for path in files} == {"PCM_16"}


def test_the_kit_on_the_keys_is_a_sampler(eight, dialog, tmp_path):
    formed(sourced(dialog, "The kit on 8"), "sfz")
    dialog.folder.setText(str(tmp_path / "out"))
    dialog.export()
    assert finished(eight, dialog).startswith("Written")
    (text,) = [path.read_text() for path in (tmp_path / "out").rglob("*.sfz")]
    assert text.count("<region>") == 8


def test_the_last_choices_are_there_again_and_a_taken_name_is_told(eight, dialog, tmp_path):
    formed(sourced(dialog, "The selected take"), "dawproject")
    dialog.folder.setText(str(tmp_path / "out"))
    dialog.editors["gap"].set(2.5)
    dialog.export()
    assert finished(eight, dialog).startswith("Written")
    dialog.export()
    assert "is there already" in finished(eight, dialog)
    dialog.overwrite.setChecked(True)
    dialog.export()
    assert finished(eight, dialog).startswith("Written")
    dialog.close()
    again = ExportDialog(eight.studio, [], eight.window)
    assert again.chosen.id == "dawproject"
    assert again.folder.text() == str(tmp_path / "out")
    assert again.editors["gap"].value == 2.5


def test_an_export_can_be_stopped_and_leaves_nothing(eight, dialog, tmp_path, monkeypatch):
    reached, go_on = threading.Event(), threading.Event()
    form = formats.find("wav")

    def slow(folder: Path, selection, wishes, told):
        (folder / "half.wav").write_bytes(b"half")
        reached.set()
        assert go_on.wait(60)
        step(told, 0.5)
        return ()

    slow_form = replace(form, write=slow)
    monkeypatch.setattr("ui.dialogs.export.FORMATS", tuple(slow_form if one is form else one for one in FORMATS))
    formed(dialog, "wav")
    dialog.folder.setText(str(tmp_path / "out"))
    dialog.export()
    eight.until(reached.is_set)
    assert dialog.is_running
    assert dialog.stop.text() == "Stop"
    dialog.stop.click()
    go_on.set()
    assert finished(eight, dialog) == "Stopped: nothing was written."
    assert not [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
