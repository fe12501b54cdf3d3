"""Families in a window: built by a key, played as they come, checked, refined, stopped, undone, found again."""

from __future__ import annotations

import pytest
from PyQt6.QtCore import Qt

from plugin_bridge.audio.mapping import Mapping
from presets import edit as edits
from presets.export import wav
from presets.schema import with_steps
from tests.ui.panel.test_window import states
from ui import exports, families, spread
from ui.flow import content, lineage

Key = Qt.Key
SHIFT = Qt.KeyboardModifier.ShiftModifier
NOTE = 44


class Kits(list):
    """The kits that the audio process was told, the newest last; still told."""

    def __init__(self, panel):
        super().__init__()
        audio = panel.studio.audio.client
        told = audio.use_kit
        audio.use_kit = lambda kit: (self.append(kit), told(kit))

    def zones(self, note):
        return [zone for zone in self[-1].zones if zone.low == note] if self else []


@pytest.fixture
def eight(panel):
    """A window with eight drafts, in the grid, and small families."""
    panel.write("glass bell")
    panel.settled()
    panel.window.to_grid()
    panel.studio.settings.change(family_intensities=3, family_turns=2, steps=4)
    return panel


def family(panel, note=NOTE):
    return panel.flow.families.get(note)


def done(panel):
    panel.until(lambda: panel.flow.families and panel.studio.keying.progress is None)


def everything_plays(panel, kits, note=NOTE):
    """Every member's best version lies on the key."""
    studio = panel.studio

    def holds():
        shown = [studio.shelf.sound(panel.flow, one.recipe) for one in family(panel, note).members]
        return {one.name if one else "" for one in shown} == {zone.take for zone in kits.zones(note)}

    panel.until(holds)


def test_one_key_builds_a_family_that_is_played_refined_and_undone(eight):
    kits = Kits(eight)
    eight.press(Key.Key_3)
    eight.press(Key.Key_F)
    assert eight.flow.pads[NOTE] == eight.flow.slots[2].recipe
    done(eight)
    built = family(eight)
    assert (built.size, built.checked, built.steps) == ("3×2", True, 4)
    everything_plays(eight, kits)
    zones = kits.zones(NOTE)
    assert len(zones) == 6
    assert {(zone.softest, zone.loudest) for zone in zones} == {(1, 42), (43, 84), (85, 127)}
    assert sorted(zone.round_robin for zone in zones) == [1, 1, 1, 2, 2, 2]
    for zone in zones:
        assert zone.gain_db in built.gains.values()
    assert all(eight.studio.shelf.has(with_steps(one.recipe, 4)) for one in built.members)
    assert any("plays 6 takes in 3 intensities" in sentence for sentence in eight.sentences)
    eight.press(Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert not eight.flow.families
    assert NOTE not in eight.flow.pads
    eight.until(lambda: not kits.zones(NOTE))
    eight.press(Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
    done(eight)
    everything_plays(eight, kits)


def test_drafts_play_before_any_is_refined_and_the_designers_own_are_not_kept_waiting(eight):
    kits = Kits(eight)
    eight.engine.asked.clear()
    eight.press(Key.Key_F)
    assert [slot for slot, _ in eight.engine.asked] == [""] * families.AT_ONCE  # no drafts: those go before them
    eight.until(lambda: len(kits.zones(NOTE)) > 1)
    done(eight)
    asked = [made for _, made in eight.engine.asked]
    assert [made.steps > 1 for made in asked] == sorted(made.steps > 1 for made in asked)


def test_the_round_robin_and_the_layers_of_a_key_add_up(eight):
    eight.studio.settings.change(steps=1)
    eight.press(Key.Key_N)
    done(eight)
    assert family(eight).size == "1×2"
    eight.press(Key.Key_V)
    done(eight)
    assert family(eight).size == "3×2"
    eight.press(Key.Key_K, SHIFT)
    assert not eight.flow.families
    assert not eight.flow.pads
    eight.press(Key.Key_V)
    done(eight)
    assert family(eight).size == "3×1"


def test_twins_are_made_again_in_another_noise_and_it_is_told(eight, monkeypatch):
    first = {}

    def likeness(one, other):
        pair = (one.samples.tobytes(), other.samples.tobytes())
        first.setdefault("twins", pair)
        return 1.0 if pair == first["twins"] else 0.9

    monkeypatch.setattr("ui.keying.correlation", likeness)
    eight.press(Key.Key_F)
    done(eight)
    assert family(eight).replaced == (1, 0)
    assert len(family(eight).members) == 6
    assert any("1 replaced (1 too alike, 0 off)" in sentence for sentence in eight.sentences)


def test_a_family_is_stopped_and_what_was_there_plays(eight):
    kits = Kits(eight)
    eight.studio.settings.change(steps=16)
    eight.press(Key.Key_F)
    eight.until(lambda: (eight.studio.keying.progress or 0) and eight.studio.keying.progress.stage == "refining")
    assert "refining" in eight.window.docks["keys"].widget().families.told.text()
    eight.press(Key.Key_F, SHIFT)
    assert eight.studio.keying.progress is None or eight.studio.keying.progress.stage == "checking"
    done(eight)
    everything_plays(eight, kits)
    assert all(zone.take[:32] in {content(m.recipe) for m in family(eight).members} for zone in kits.zones(NOTE))
    eight.until(lambda: not eight.studio.making.pending)
    eight.press(Key.Key_Z, Qt.KeyboardModifier.ControlModifier)  # and goes on
    done(eight)
    assert all(eight.studio.shelf.has(with_steps(m.recipe, 16)) for m in family(eight).members)


def test_a_family_is_found_again_at_the_next_start(eight, open_panel):
    eight.press(Key.Key_F)
    done(eight)
    before = family(eight)
    eight.close()
    again = open_panel(eight.folder)
    kits = Kits(again)
    again.settled()
    assert family(again) == before
    again.studio.sounding.follow(again.flow)
    everything_plays(again, kits)
    assert not [
        made for _, made in again.engine.asked if lineage(made) in {lineage(m.recipe) for m in before.members}
    ]


def test_a_family_that_was_cut_off_goes_on_at_the_next_start(eight, open_panel):
    eight.engine.held = True
    eight.press(Key.Key_F)
    eight.close()
    again = open_panel(eight.folder)
    done(again)
    assert family(again).checked
    assert all(again.studio.shelf.has(with_steps(m.recipe, 4)) for m in family(again).members)


def test_what_cannot_be_made_is_left_out_and_never_stops_the_rest(eight):
    eight.engine.fails = "There is not enough memory for this sound."
    eight.press(Key.Key_F)
    eight.until(lambda: family(eight).checked)
    assert [member.recipe for member in family(eight).members] == [family(eight).parent]
    eight.engine.fails = ""


def test_without_a_take_nothing_is_built_and_it_is_told(panel):
    panel.window.to_grid()
    for action in ("keys.family", "keys.robin", "keys.layers", "keys.stop", "keys.clear", "softer", "harder"):
        panel.window.deeds.do(action)
    assert not panel.flow.families
    assert any("Choose a take first" in sentence for sentence in panel.sentences)


def test_the_key_is_chosen_by_hand_and_by_name(eight):
    keys = eight.window.docks["keys"].widget()
    keys.pads.pressed.emit(47, 100)
    assert keys.families.key.text().endswith("(47)")
    box = keys.families.key
    box.setFocus()
    box.selectAll()
    eight.qtbot.keyClicks(box, "C3")
    box.interpretText()
    assert eight.studio.keying.chosen == 60
    eight.window.to_grid()
    keys.families.buttons["keys.robin"].click()
    assert set(eight.flow.families) == {60}
    done(eight)


def test_the_kit_is_exported_with_its_family(eight, tmp_path):
    eight.press(Key.Key_F)
    done(eight)
    kits = Kits(eight)
    eight.studio.sounding.follow(eight.flow)
    everything_plays(eight, kits)
    found = exports.sources(eight.flow, eight.studio.shelf, tmp_path, [])
    (source,) = [one for one in found if one.words == "The kit on 9 keys"]
    made = source.make(tmp_path)
    zones = [zone for zone in made.kit.zones if zone.low == NOTE]
    assert [zone.round_robin for zone in zones] == [1, 2, 1, 2, 1, 2]
    assert all(made.sounds[zone.take].is_file() for zone in zones)
    mapping = Mapping(made.kit, lambda zone: zone.take, 48_000)
    turns = mapping.turns()
    assert len({mapping.choose(0, NOTE, 100, turns)[0].sound for _ in range(2)}) == 2


def test_the_knob_asks_for_the_take_softer_in_its_own_noise(eight):
    knob = eight.window.detail.intensity
    before = eight.flow.chosen.recipe
    knob.setValue(0)
    eight.until(lambda: eight.flow.chosen.recipe.prompt.text == "soft glass bell")
    assert eight.flow.chosen.recipe.seed == before.seed
    eight.until(lambda: states(eight)[0] == "draft")
    eight.press(Key.Key_I)
    assert eight.flow.chosen.recipe == before
    assert knob.number == 0.0
    eight.press(Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert knob.number == -1.0


def test_the_real_engine_builds_a_family_that_plays_and_comes_back(module_state, open_panel):
    """Short sounds: on its key, round robin, linked, undone and redone, stopped, and there after a restart."""
    panel = open_panel(quick=False)
    panel.until(lambda: panel.studio.engine.pid > 0)
    kits = Kits(panel)
    panel.studio.wish(length=0.3)
    panel.write("glass bell")
    panel.settled()
    panel.window.to_grid()
    panel.studio.settings.change(family_intensities=2, family_turns=2, steps=2, auto_audition=False)
    panel.press(Key.Key_F)
    done(panel)
    everything_plays(panel, kits)
    built = family(panel)
    assert {zone.round_robin for zone in kits.zones(NOTE)} == {1, 2}
    assert all(panel.studio.shelf.has(with_steps(m.recipe, 2)) for m in built.members)
    assert built.gains[-1] != 0.0
    drafts = [panel.studio.shelf.version(m.recipe) for m in built.members]
    sounds = [edits.apply(wav.read(made.path).sound, made.version.edit) for made in drafts]
    for step, layer in enumerate(reversed(built.intensities)):  # linked on the drafts, a step apart
        mine = [one for one, m in zip(sounds, built.members, strict=True) if m.intensity == layer]
        gain = min(edits.own_gain(one) for one in mine) - spread.STEP_DB * step
        assert built.gains[layer] == pytest.approx(gain, abs=1e-6)
    panel.studio.sounding.note(NOTE, 100)
    panel.until(lambda: max(panel.studio.audio.last.peaks, default=-200.0) > -60)
    panel.studio.undo.undo()
    panel.until(lambda: not kits.zones(NOTE))
    panel.studio.undo.redo()
    done(panel)
    everything_plays(panel, kits)
    panel.studio.settings.change(steps=16)
    panel.studio.keying.choose(60)
    panel.press(Key.Key_F)
    panel.until(lambda: len(kits.zones(60)) > 1)
    panel.press(Key.Key_F, SHIFT)
    done(panel)
    everything_plays(panel, kits, 60)
    panel.until(lambda: not panel.studio.making.pending)
    assert not any(panel.studio.shelf.has(with_steps(m.recipe, 16)) for m in family(panel, 60).members[1:])
    panel.close()
    again = open_panel(panel.folder, quick=False)
    again.until(lambda: again.studio.engine.pid > 0 and len(again.studio.sounding.on_keys()) == 10)
    assert again.flow.families == panel.flow.families
    kits = Kits(again)
    again.studio.sounding.follow(again.flow)
    everything_plays(again, kits)
