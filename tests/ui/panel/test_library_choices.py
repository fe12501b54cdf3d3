"""Categories given to many takes at once, takes found by their model, and a trash that is emptied for ever."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from PyQt6.QtCore import Qt

from presets import keeping
from presets import session as sessions
from presets.entry import Entry
from presets.export import version as versions
from presets.export.ucs import proposed
from presets.index_search import Query
from presets.library import Library
from tests.ui.panel.conftest import recipe, sound_of, version_of
from tests.ui.panel.test_library_panel import choose, entry, keep_some, names, opened, quiet
from ui.emptying import emptied
from ui.flow import content, lineage

Key = Qt.Key
SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def kept(tmp_path, open_panel):
    """A panel with three takes, the library open."""
    keep_some(tmp_path / "session", category="AMBMisc", category_automatic=True)
    return opened(open_panel())


def write_category(panel, text):
    row = panel.library.words.category
    panel.press(Key.Key_C)
    assert row.entry.hasFocus()
    panel.qtbot.keyClicks(row.entry, text)
    panel.qtbot.keyClick(row.entry, Key.Key_Return)
    panel.library.table.setFocus()


def categories(panel):
    files = ("glass_bell", "metal_door_slam", "soft_rain")
    return [(one.category, one.category_automatic) for one in (entry(panel, file) for file in files)]


def test_one_category_for_all_that_are_selected_auto_again_and_every_step_undone(kept):
    row = kept.library.words.category
    kept.library.table.setFocus()
    kept.library.table.selectAll()
    kept.until(lambda: row.mark.isVisible() and row.entry.text() == "AMBMisc")
    write_category(kept, "doormetl")
    kept.until(lambda: categories(kept) == [("DOORMetl", False)] * 3)
    quiet(kept)
    kept.until(lambda: row.entry.text() == "DOORMetl" and not row.mark.isVisible())
    write_category(kept, "auto")
    words = ("glass bell", "metal door slam", "soft rain")
    kept.until(lambda: categories(kept) == [(proposed(text).cat_id, True) for text in words])
    quiet(kept)
    kept.until(lambda: row.entry.placeholderText() == "several categories" and row.mark.isVisible())
    for was in ([("DOORMetl", False)] * 3, [("AMBMisc", True)] * 3):
        kept.studio.undo.undo()
        kept.until(lambda was=was: categories(kept) == was)
        quiet(kept)


def test_a_category_that_is_none_is_told_and_what_was_stays(kept):
    choose(kept, "soft rain")
    write_category(kept, "NOSUCHcat")
    assert "NOSUCHcat" in kept.sentences[-1]
    assert kept.library.words.category.entry.text() == "AMBMisc"
    assert categories(kept) == [("AMBMisc", True)] * 3
    completer = kept.library.words.category.entry.completer()
    completer.setCompletionPrefix("doors-metal")
    assert completer.currentCompletion().split() == ["DOORMetl", "DOORS-METAL"]
    write_category(kept, completer.currentCompletion())
    kept.until(lambda: categories(kept)[2] == ("DOORMetl", False))


def keep_of(panel, model, text):
    """A take that another model made, kept from elsewhere."""
    made = replace(recipe(text, seed=50), model=model)
    path = panel.folder / "other.wav"
    version = replace(version_of(made), recipe=made)
    versions.write(path, versions.heard(sound_of(made), version, 48000), version, "24")
    keeping.keep(sessions.opened(panel.session.folder), path, text, Entry())


def test_takes_are_found_by_the_model_that_made_them(kept):
    combo = kept.library.filters.models
    assert [combo.itemText(i) for i in range(combo.count())] == ["Any model", "starter"]
    keep_of(kept, "my-metal", "anvil")
    kept.window.deeds.do("library.renew")
    kept.until(lambda: combo.findText("my-metal") > 0)
    combo.setCurrentText("my-metal")
    kept.until(lambda: names(kept) == ["anvil"])
    combo.setCurrentIndex(0)
    kept.until(lambda: len(names(kept)) == 4)


def question(panel):
    panel.until(lambda: panel.library.emptying.question is not None)
    return panel.library.emptying.question


def test_the_trash_is_emptied_when_it_was_confirmed_and_only_then(kept):
    kept.window.deeds.do("library.empty")
    kept.until(lambda: "The trash is empty." in kept.sentences)
    choose(kept, "soft rain")
    kept.press(Key.Key_Delete)
    kept.until(lambda: len(names(kept)) == 2)
    quiet(kept)
    assert not kept.library.filters.empty.isVisible()
    kept.library.filters.trash.setChecked(True)
    kept.until(lambda: names(kept) == ["soft rain"])
    assert kept.library.filters.empty.isVisible()
    kept.library.table.setFocus()
    kept.press(Key.Key_Delete, SHIFT)
    asked = question(kept)
    assert asked.text() == "Delete 1 take for ever?"
    assert asked.defaultButton().text() == "Keep them"
    asked.defaultButton().click()
    kept.until(lambda: kept.library.emptying.question is None)
    assert (kept.session.takes / "soft_rain.wav").exists()
    kept.library.filters.empty.click()
    delete = next(one for one in question(kept).buttons() if one.text() == "Delete")
    delete.click()
    kept.until(lambda: not (kept.session.takes / "soft_rain.wav").exists())
    kept.until(lambda: not names(kept))
    assert not (kept.session.takes / "soft_rain.json").exists()
    assert sorted(path.stem for path in kept.session.takes.glob("*.wav")) == ["glass_bell", "metal_door_slam"]


def test_what_lies_on_the_desk_can_be_kept_anew_after_its_files_were_deleted(panel):
    panel.write("wooden door")
    panel.settled()
    panel.window.to_grid()
    panel.window.deeds.do("hear.1")
    panel.studio.settings.change(steps=2)
    panel.window.deeds.do("keep")
    one = panel.flow.slots[0].recipe
    panel.until(lambda: len(panel.studio.shelf.kept) >= 2 and not panel.flow.marks_of(one).levelling)
    panel.until(lambda: not panel.studio._writing)
    opened(panel)
    panel.until(lambda: len(names(panel)) == len(panel.studio.shelf.kept))
    panel.library.filing.trash([path.stem for path in panel.session.takes.glob("*.wav")], away=True)
    quiet(panel)
    panel.library.emptying.empty()
    panel.until(lambda: not panel.flow.marks_of(one).kept)
    assert content(one) not in panel.studio.shelf.kept
    assert not list(panel.session.takes.glob("*.wav"))
    panel.window.deeds.do("keep")
    panel.until(lambda: content(one) in panel.studio.shelf.kept)
    assert list(panel.session.takes.glob("*.wav"))


def test_whoever_stops_keeps_the_rest(tmp_path):
    files = keep_some(tmp_path / "session")
    with Library(tmp_path / "session", tmp_path / "index") as library:
        library.trash(files)
        told = emptied(library, lambda done, total: done < 1)
        assert len(told.gone) == 1
        assert told.sentence.startswith("Stopped: 1 take")
        assert library.count(Query(trashed=True)) == 2
        rest = emptied(library, lambda done, total: True)
        assert {hit.file for hit in (*told.gone, *rest.gone)} == set(files)
        assert not rest.left
        assert {hit.lineage for hit in rest.gone} <= {lineage(recipe(t, 100 + n)) for n, t in enumerate(
            ("glass bell", "metal door slam", "soft rain"))}  # fmt: skip
