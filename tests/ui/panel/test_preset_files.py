"""A take saved as a preset and opened elsewhere: recipe, steps, cut and effects are there again."""

from __future__ import annotations

import json

import pytest
from msgspec.structs import replace
from PyQt6.QtCore import Qt

from presets import shared
from presets.export.version import read_version
from presets.index_search import Query
from presets.library import Library
from presets.schema import Chain, Slot, canonical, content_id
from presets.used import uses
from ui import flow as flows
from ui.flow import lineage
from ui.shelf import edit_of

EFFECT = Slot(effect="gain", parameters={"gain": 0.4})
CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def eight(panel):
    panel.write("glass bell")
    panel.settled()
    panel.press(Qt.Key.Key_Tab)
    panel.window.deeds.do("hear.3")
    return panel


def saved(panel, name="bell.json"):
    path = panel.folder / name
    panel.window.presets.save(path)
    panel.until(path.exists)
    return path


def test_the_take_comes_back_refined_cut_and_with_its_effects(eight, open_panel, tmp_path):
    slot = eight.flow.chosen
    edit = edit_of(eight.flow, eight.studio.shelf, slot.recipe)
    eight.studio.change(flows.refine(eight.flow, 2, 4))
    eight.until(lambda: eight.studio.shelf.version(slot.recipe, 4) is not None)
    eight.studio.change(flows.edit(eight.flow, 2, replace(edit, length=edit.length / 2, fade_in=0.01)))
    eight.studio.racking.use(Chain(slots=(replace(EFFECT, tail=0.5),)), "Gain")
    preset = shared.read_preset(saved(eight))
    assert preset.recipe == replace(slot.recipe, steps=4)
    assert preset.edit == replace(edit, length=edit.length / 2, fade_in=0.01)
    assert preset.chain == Chain(slots=(EFFECT,))
    assert preset.prompt.text == "glass bell"
    other = open_panel(tmp_path / "other")
    other.window.presets.open(tmp_path / "bell.json")
    other.until(lambda: other.flow.slots[0].recipe is not None)
    recipe = other.flow.slots[0].recipe
    marks = other.flow.marks_of(recipe)
    assert (recipe, marks.steps, marks.edit) == (slot.recipe, 4, preset.edit)
    assert other.flow.chains[lineage(recipe)] == preset.chain


def test_a_dry_take_is_saved_at_the_level_of_its_set(eight):
    slot = eight.flow.chosen
    found = edit_of(eight.flow, eight.studio.shelf, slot.recipe)
    assert slot.gain_db
    assert shared.read_preset(saved(eight)).edit == replace(found, gain_db=found.gain_db + slot.gain_db)


def test_the_dialog_asks_for_a_name_in_the_sessions_folder_and_the_library_knows_it(eight):
    eight.press(Qt.Key.Key_S, CTRL)
    eight.until(lambda: eight.window.presets.dialog is not None)
    dialog = eight.window.presets.dialog
    assert dialog.directory().path() == str(eight.session.folder / "presets")
    dialog.accept()
    path = eight.session.folder / "presets" / "glass_bell.json"
    eight.until(path.exists)
    named = uses(eight.session.folder, frozenset({lineage(eight.flow.chosen.recipe)}))
    assert [use.name for use in named if use.kind == "preset"] == ["glass_bell"]


def test_a_knob_that_moves_is_waited_for(eight):
    eight.studio.racking._turned["every"] = "Gain"
    eight.window.presets.save(eight.folder / "x.json")
    assert "Save the preset again" in eight.sentences[-1]
    assert not (eight.folder / "x.json").exists()
    eight.studio.racking._turned.clear()


def test_what_is_no_preset_is_told_and_nothing_changes(panel):
    before = panel.flow
    odd = (b"", b"{}", b'{"kind":"preset","version":99}', b"[" * 5000, b"\xff\xfe")
    for number, data in enumerate(odd):
        path = panel.folder / f"odd{number}.json"
        path.write_bytes(data)
        panel.window.presets.open(path)
        panel.until(lambda path=path: bool(panel.sentences) and path.name in panel.sentences[-1])
    assert panel.flow == before


def test_a_preset_names_no_place_on_this_machine(eight):
    told = json.loads(saved(eight).read_bytes())
    assert set(told) == {"chain", "edit", "kind", "kit", "name", "prompt", "recipe", "version"}
    assert str(eight.folder) not in json.dumps(told)


def test_the_command_saves_what_the_file_and_its_sidecar_say(eight, tmp_path, monkeypatch, capsys):
    from ui.cli import run

    monkeypatch.chdir(tmp_path)
    eight.studio.settings.change(steps=2)
    eight.window.deeds.do("keep")
    eight.until(lambda: len(eight.studio.shelf.kept) >= 2)
    kept = max(eight.session.takes.glob("*.wav"), key=lambda path: read_version(path).recipe.steps)
    version = read_version(kept)
    shorter = replace(version.edit, length=version.edit.length / 2)
    with Library(eight.session.folder, tmp_path / "index") as library:
        library.shape(kept.stem, shorter, Chain(slots=(EFFECT,)))
        assert library.find(Query(text="glass"))
    assert run(["preset", "save", str(kept), "-o", "mine.json", "--name", "My bell"]) == 0
    preset = shared.read_preset(tmp_path / "mine.json")
    assert (preset.name, preset.edit, preset.chain) == ("My bell", shorter, Chain(slots=(EFFECT,)))
    assert content_id(preset.recipe) == content_id(version.recipe)
    assert run(["preset", "save", str(kept), "-o", "mine.json"]) == 0
    assert (tmp_path / "mine (2).json").exists() or len(list(tmp_path.glob("mine*.json"))) == 2
    assert shared.read_preset(tmp_path / "mine.json") == preset
    assert run(["preset", "save", str(kept), "-o", "mine.wav"]) == 2
    (tmp_path / "no.json").write_bytes(canonical(replace(preset, recipe=None)))
    assert run(["preset", "render", "no.json"]) == 2
    assert "--chain" in capsys.readouterr().err


def test_the_command_renders_a_preset_cut_as_it_says(tmp_path, monkeypatch):
    from tests.ui.panel.conftest import recipe, version_of
    from ui.cli import run

    monkeypatch.chdir(tmp_path)
    made = recipe("short click", seed=5)
    edit = replace(version_of(made).edit, length=0.125)
    shared.write_preset(tmp_path / "click.json", shared.preset_of("Click", made, edit, Chain(slots=(EFFECT,))))
    assert run(["preset", "render", "click.json", "-o", "click.wav", "--local"]) == 0
    version = read_version(tmp_path / "click.wav")
    assert version.recipe == made
    assert version.edit == edit
    assert [slot.effect for slot in version.chain.slots] == ["gain"]
