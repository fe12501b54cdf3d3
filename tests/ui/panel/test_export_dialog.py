"""The export dialog: it is the table of formats, it writes what was chosen, remembers it, and can be stopped."""

from __future__ import annotations

import threading
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest
import soundfile
from PyQt6.QtWidgets import QCheckBox, QComboBox, QDoubleSpinBox, QFileDialog

from presets.export import formats
from presets.export.formats import FORMATS
from presets.export.parcel import step
from presets.export.ucs import identifier
from presets.export.version import read_version
from presets.export.wishes import Option, Wishes
from ui import creator, exports
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


@pytest.mark.parametrize("typed", ["", "a", "out/x", "~nobody-of-that-name/x"])
def test_part_of_a_path_is_told_and_nothing_is_written(eight, dialog, tmp_path, monkeypatch, typed):
    here = tmp_path / "started here"
    here.mkdir()
    monkeypatch.chdir(here)
    formed(sourced(dialog, "The selected take"), "wav")
    dialog.folder.setText(typed)
    dialog.export()
    assert "whole path" in dialog.told.text()
    assert not dialog.is_running
    assert not list(here.iterdir())


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


@pytest.fixture
def spots(eight, tmp_path):
    """A list with two rows that nobody has made a sound for."""
    path = tmp_path / "reel 2.csv"
    path.write_text("timecode,prompt,length\n01:00:01:00,small click,0.4\n01:00:02:00,low thump,0.4\n")
    return path


@pytest.fixture
def made_here(monkeypatch, engine):
    """The shared engine in place of the process."""
    monkeypatch.setattr(exports, "engine", lambda: nullcontext(engine))


def test_a_spotting_list_is_offered_as_the_last_row_and_asks_for_a_file(eight, dialog, spots):
    assert dialog.source.itemText(dialog.source.count() - 1) == "Spotting list…"
    assert dialog.drafts.isHidden()
    dialog.source.setCurrentIndex(dialog.source.count() - 1)
    assert not dialog.go.isEnabled()
    dialog.source.activated.emit(dialog.source.count() - 1)
    (asking,) = dialog.findChildren(QFileDialog)
    asking.reject()
    assert dialog.source.currentIndex() == 0
    assert dialog.go.isEnabled()
    formed(dialog, "sfz").offer_list(spots)
    assert dialog.source.currentText() == "Spotting list reel 2.csv"
    assert (dialog.name.text(), dialog.chosen.id, dialog.drafts.isHidden()) == ("reel 2", "dawproject", False)


def test_a_spotting_list_becomes_a_timeline_with_drafts_in_place(eight, dialog, spots, tmp_path, made_here):
    formed(dialog, "reaper").offer_list(spots)
    dialog.folder.setText(str(tmp_path / "out"))
    dialog.export()
    assert "Written" in finished(eight, dialog)
    takes = sorted(path.name for path in eight.studio.session.takes.glob("*.wav"))
    assert {"low_thump.wav", "small_click.wav"} <= set(takes)
    project = (tmp_path / "out/reel_2/reel_2.RPP").read_text()
    assert project.count("<ITEM") == 2
    dialog.overwrite.setChecked(True)
    dialog.export()
    assert "Written" in finished(eight, dialog)
    assert sorted(path.name for path in eight.studio.session.takes.glob("*.wav")) == takes  # made once


def test_without_drafts_there_are_markers_and_a_warning(eight, dialog, spots, tmp_path):
    formed(dialog, "reaper").offer_list(spots)
    dialog.drafts.setChecked(False)
    dialog.folder.setText(str(tmp_path / "out"))
    dialog.export()
    assert "Written" in finished(eight, dialog)
    assert not list(eight.studio.session.takes.glob("small_click*"))
    project = (tmp_path / "out/reel_2/reel_2.RPP").read_text()
    assert (project.count("<ITEM"), project.count("MARKER")) == (0, 2)


def test_drafts_of_a_list_can_be_stopped(eight, dialog, spots, tmp_path, monkeypatch):
    begun, stopped = threading.Event(), threading.Event()

    class Slow:
        def make(self, recipe, edit, on_step):
            begun.set()
            assert stopped.wait(60)
            on_step(None)

    monkeypatch.setattr(exports, "engine", lambda: nullcontext(Slow()))
    formed(dialog, "reaper").offer_list(spots)
    dialog.folder.setText(str(tmp_path / "out"))
    dialog.export()
    eight.until(begun.is_set)
    dialog.stop.click()
    stopped.set()
    assert finished(eight, dialog) == "Stopped: nothing was written."
    assert not (tmp_path / "out/reel_2").exists()


def test_the_creator_is_one_for_all_formats_and_the_source_is_the_session(eight, dialog, tmp_path):
    formed(sourced(dialog, "The selected take"), "wav")
    assert dialog.editors["source"].widget.placeholderText() == eight.studio.session.folder.name
    dialog.editors["ucs"].set(True)
    dialog.editors["creator"].set("Jane Doe")
    dialog.folder.setText(str(tmp_path / "out"))
    dialog.export()
    assert "Written" in finished(eight, dialog)
    (path,) = (tmp_path / "out").glob("*/*.wav")
    assert path.name.endswith(f"_JaneDoe_{identifier(eight.studio.session.folder.name)}.wav")
    assert creator.known(eight.studio.settings.folder) == "Jane Doe"
    formed(dialog, "flac")
    assert dialog.editors["creator"].value == "Jane Doe"
