"""The library as a person uses it: found while typed, heard, opened again, changed and changed back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QApplication, QLineEdit, QPushButton

from presets import keeping
from presets import session as sessions
from presets.entry import Entry, serialised
from presets.export import version as versions
from presets.export import wav
from presets.export.reading import read_metadata
from presets.export.ucs import categories
from presets.export.version import read_version
from presets.history import moments
from presets.index_search import Query
from presets.library import Library
from presets.schema import Chain, Slot, lineage_id
from presets.sound import Sound
from tests.ui.panel.conftest import recipe, sound_of, version_of
from ui import likeness
from ui.flow import lineage

Key = Qt.Key
CTRL, ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier


def keep_some(folder: Path, words=("glass bell", "metal door slam", "soft rain"), **about) -> list[str]:
    """Takes in a session that no window has open."""
    folder.mkdir(parents=True, exist_ok=True)
    session = sessions.opened(folder)
    names = []
    for number, text in enumerate(words):
        made = recipe(text, seed=100 + number)
        path = folder / "x.wav"
        versions.write(path, versions.heard(sound_of(made), version_of(made), 48000), version_of(made), "24")
        names.append(keeping.keep(session, path, text, Entry(**about)))
        path.unlink()
    return names


@pytest.fixture
def kept(tmp_path, open_panel):
    """A panel with three takes, the library open."""
    keep_some(tmp_path / "session")
    return opened(open_panel())


def opened(panel):
    panel.window.deeds.do("library.find")
    panel.library = panel.window.docks["library"].widget()
    panel.until(lambda: not panel.studio.archive.live.running and panel.library.rows.query is not None)
    return panel


def names(panel):
    rows = panel.library.rows
    return [rows.index(row, 0).data() for row in range(rows.rowCount())]


def choose(panel, name):
    row = names(panel).index(name)
    panel.library.table.setFocus()
    panel.library.table.selectRow(row)
    panel.until(lambda: [hit.name for hit in panel.library.selected()] == [name])


def entry(panel, file):
    return sessions.opened(panel.session.folder).entry(file)


def quiet(panel):
    panel.until(lambda: not panel.studio.archive.live.running and not panel.library._looking.waits)


def test_find_is_typed_and_every_letter_narrows(kept):
    assert isinstance(QApplication.focusWidget(), QLineEdit)
    assert sorted(names(kept)) == ["glass bell", "metal door slam", "soft rain"]
    kept.qtbot.keyClicks(kept.library.filters.words, "slam do")
    kept.until(lambda: names(kept) == ["metal door slam"])
    kept.library.filters.words.clear()
    kept.until(lambda: len(names(kept)) == 3)


def test_enter_keeps_as_the_library_keeps_and_the_list_shows_it(kept):
    kept.write("wooden door")
    kept.settled()
    kept.window.to_grid()
    kept.press(Key.Key_2)
    kept.press(Key.Key_Return)
    kept.until(lambda: len(kept.studio.shelf.kept) == 2)
    kept.until(lambda: names(kept).count("wooden door") == 2)
    with Library(kept.session.folder, kept.folder / "elsewhere") as library:
        hits = library.find(Query(text="wooden"))
    assert {hit.kind for hit in hits} == {"draft", "refined"}
    assert {hit.lineage for hit in hits} == {lineage_id(kept.flow.slots[1].recipe)}
    for hit in hits:
        assert hit.category in categories()
        assert hit.category_automatic
        told = read_metadata(kept.session.takes / hit.wav)
        texts = dict(told.info)
        assert texts[b"INAM"] == "wooden door"
        assert texts[b"ICRD"]
        assert told.ixml.aswg.cat_id == hit.category


def test_every_draft_is_in_the_history(kept):
    kept.write("bell")
    kept.settled()
    drafts = {slot.recipe for slot in kept.flow.slots}
    kept.until(lambda: drafts <= {moment.recipe for moment in moments(kept.session.folder)})


def test_a_take_comes_back_into_a_slot_with_its_cut_and_effects(tmp_path, open_panel):
    made = recipe("glass bell", seed=7)
    edit = version_of(made).edit
    shorter = replace(edit, length=edit.length / 2, gain_db=-3.0)
    chain = Chain(slots=(Slot(effect="gain", parameters={"gain": 0.4}),))
    (file,) = keep_some(tmp_path / "session", ("glass bell",), edit=shorter, chain=chain)
    panel = opened(open_panel())
    choose(panel, "glass bell")
    panel.press(Key.Key_Return)
    panel.until(lambda: panel.flow.slots[0].recipe is not None)
    slot = panel.flow.slots[0]
    assert slot.recipe == read_version(panel.session.takes / f"{file}.wav").recipe
    assert slot.pinned
    assert panel.flow.marks_of(slot.recipe).edit == shorter
    assert panel.flow.chains[lineage(slot.recipe)].slots[0].effect == "gain"
    count = len(list(panel.session.takes.glob("*.wav")))
    panel.studio.undo.undo()
    panel.until(lambda: panel.flow.slots[0].recipe is None)
    assert len(list(panel.session.takes.glob("*.wav"))) == count == 1


def test_stars_tags_trash_and_names_are_written_and_undone(kept):
    choose(kept, "soft rain")
    kept.press(Key.Key_4, ALT)
    kept.until(lambda: (entry(kept, "soft_rain") or Entry()).rating == 4)
    quiet(kept)
    kept.library.words.tags.setText("wet, Weather, wet")
    kept.library.words.tags.editingFinished.emit()
    kept.until(lambda: entry(kept, "soft_rain").tags == ("wet", "Weather"))
    quiet(kept)
    kept.library.filters.words.setText("#weather")
    kept.until(lambda: names(kept) == ["soft rain"])
    kept.library.filters.words.clear()
    kept.until(lambda: len(names(kept)) == 3)
    choose(kept, "soft rain")
    kept.press(Key.Key_Delete)
    kept.until(lambda: "soft rain" not in names(kept) and len(names(kept)) == 2)
    assert entry(kept, "soft_rain").trashed is not None
    for _ in range(3):
        quiet(kept)
        kept.studio.undo.undo()
    kept.until(lambda: "soft rain" in names(kept))
    quiet(kept)
    assert entry(kept, "soft_rain").trashed is None
    assert (entry(kept, "soft_rain").rating, entry(kept, "soft_rain").tags) == (0, ())


def test_a_rename_takes_the_files_along_and_back(kept):
    choose(kept, "soft rain")
    kept.press(Key.Key_F2)
    assert kept.library.words.name.hasFocus()
    kept.library.words.name.setText("heavy rain")
    kept.press(Key.Key_Return)
    kept.until(lambda: (kept.session.takes / "heavy_rain.wav").is_file() and "heavy rain" in names(kept))
    quiet(kept)
    kept.studio.undo.undo()
    kept.until(lambda: (kept.session.takes / "soft_rain.wav").is_file() and "soft rain" in names(kept))


def test_a_selected_take_is_heard_by_the_audio_process(kept):
    choose(kept, "metal door slam")
    kept.until(lambda: bool(kept.studio.audio.heard))
    assert kept.studio.audio.heard[-1] == kept.studio.archive.listening.wanted
    before = len(kept.studio.audio.heard)
    choose(kept, "soft rain")
    kept.until(lambda: len(kept.studio.audio.heard) > before)


def test_keys_of_the_grid_are_not_those_of_the_library(kept):
    kept.write("bell")
    kept.settled()
    slots = kept.flow.slots
    choose(kept, "soft rain")
    for key in (Key.Key_X, Key.Key_P, Key.Key_1, Key.Key_R, Key.Key_Down):
        kept.press(key)
    assert [slot.recipe for slot in kept.flow.slots] == [slot.recipe for slot in slots]
    assert not any(slot.pinned for slot in kept.flow.slots)
    assert not kept.flow.marks


def test_what_sounds_alike_comes_first(tmp_path, open_panel):
    rng = np.random.default_rng(3)
    at = np.arange(48000) / 48000
    sounds = {
        "low thud": np.sin(2 * np.pi * 60 * at) * np.exp(-9 * at),
        "lower thud": np.sin(2 * np.pi * 66 * at) * np.exp(-8 * at),
        "hiss": rng.standard_normal(48000) * 0.2,
        "bell": sum(np.sin(2 * np.pi * 900 * n * at) * np.exp(-3 * n * at) for n in (1, 2, 3)),
    }
    takes = tmp_path / "session" / "takes"
    takes.mkdir(parents=True)
    for name, samples in sounds.items():
        wav.write(takes / f"{name}.wav", Sound((samples[None] * 0.3).astype(np.float32), 48000), depth="24")
    (takes / "low thud.json").write_bytes(serialised(Entry(name="low thud")))
    panel = opened(open_panel())
    panel.window.deeds.do("library.duplicates")  # sums up what came into the folder without Onetake
    quiet(panel)
    panel.library.search()
    panel.until(lambda: len(names(panel)) == 4)
    choose(panel, "low thud")
    panel.window.deeds.do("library.like")
    panel.until(lambda: len(names(panel)) == 4 and names(panel)[0] == "low thud" and "alike" in told(panel, 1))
    panel.until(lambda: names(panel)[1] == "lower thud")
    assert names(panel)[-1] == "hiss"


def told(panel, row):
    return panel.library.rows.index(row, 2).data()


def test_a_vector_is_of_the_sound_and_not_of_its_level_or_rate():
    sound = sound_of(recipe("glass bell", seed=3))
    other = Sound(sound.samples * 0.1, sound.rate)
    one, two, three = (likeness.vector(each) for each in (sound, other, sound.resampled(96000)))
    unit = [each / np.linalg.norm(each) for each in (one, two, three)]
    assert unit[0] @ unit[1] == pytest.approx(1.0, abs=1e-3)
    assert unit[0] @ unit[2] > 0.98
    assert np.isfinite(likeness.vector(Sound(np.zeros((1, 0), np.float32), 48000))).all()


def test_doubles_are_found_and_uses_told(kept):
    (kept.session.takes / "again.wav").write_bytes((kept.session.takes / "glass_bell.wav").read_bytes())
    kept.library.refresh()
    kept.until(lambda: len(names(kept)) == 4)
    kept.window.deeds.do("library.duplicates")
    kept.until(lambda: sorted(names(kept)) == ["again", "glass bell"])
    choose(kept, "glass bell")
    kept.window.deeds.do("library.used")
    kept.until(lambda: any("used nowhere" in sentence for sentence in kept.sentences))


def test_ten_thousand_takes_scroll_without_reading_them_all(tmp_path, open_panel):
    takes = tmp_path / "session" / "takes"
    takes.mkdir(parents=True)
    for number in range(10_000):
        said = Entry(name=f"take {number}", added=float(number + 1))
        (takes / f"take_{number}.json").write_bytes(serialised(said))
    with Library(tmp_path / "session", tmp_path / "settings" / "indexes"):
        pass
    panel = opened(open_panel())
    rows = panel.library.rows
    panel.until(lambda: rows.rowCount() == 10_000)
    assert len(rows._pages) <= 3
    assert rows.index(0, 0).data() == "take 9999"
    panel.library.table.scrollTo(rows.index(5_000, 0))
    panel.until(lambda: rows.index(5_000, 0).data() == "take 4999")
    panel.library.table.scrollToBottom()
    panel.until(lambda: rows.index(9_999, 0).data() == "take 0")
    assert len(rows._pages) < 12
    panel.qtbot.keyClicks(panel.library.filters.words, "take 77")
    panel.until(lambda: 0 < rows.rowCount() < 10_000)


def test_everything_in_the_library_has_a_name(kept):
    for kind in (QPushButton, QLineEdit):
        for widget in kept.library.findChildren(kind):
            assert widget.accessibleName() or (isinstance(widget, QPushButton) and widget.text())
    assert kept.library.table.accessibleName()
