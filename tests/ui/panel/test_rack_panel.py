"""The rack panel with a real rack process: built-in effects, a real plug-in, killed, undone, kept and compared."""

from __future__ import annotations

import os
import signal

import pytest
from msgspec.structs import replace
from PyQt6.QtCore import Qt

from plugin_bridge.rack import bundles
from plugin_bridge.rack.findings import Plugin, Record
from plugin_bridge.rack.store import Store
from presets.chains import write_chain
from presets.export import wav
from presets.export.version import read_version
from presets.schema import Chain, Slot
from tests.plugin_bridge.rack.hosting import bundle
from ui import chains
from ui.chains import EVERY, chain_id, chain_of
from ui.dialogs.picker import slot_of
from ui.flow import lineage
from ui.shelf import WetHeard

Key = Qt.Key
GATE = Slot(effect="ZamGateX2", format="vst3", maker="ZamAudio")


def know(folder, name):
    """A plug-in as a scan would have found it."""
    record = Record(
        outcome="known",
        fingerprint=bundles.fingerprint(bundle(name)),
        plugins=(Plugin(name=name, maker="ZamAudio"),),
    )
    Store(folder).change(lambda state: replace(state, bundles={**state.bundles, str(bundle(name)): record}))


@pytest.fixture
def racked(panel):
    """Eight drafts, the first selected, and the rack's built-in effects known."""
    panel.write("glass bell")
    panel.settled()
    panel.press(Key.Key_Tab)
    panel.studio.sounding.stop()
    panel.window.deeds.do("hear.1")
    panel.studio.racking.link.start()
    panel.until(lambda: panel.studio.racking.link.built_ins is not None)
    return panel


def until(panel, holds):
    panel.until(lambda: bool(holds()))


def panel_of(panel):
    return panel.window.docks["rack"].widget()


def card_of(panel, effect):
    told = panel.studio.racking.link.built_ins
    return slot_of(next(card for card in told.effects if card.effect == effect))


def add(panel, effect):
    panel.studio.racking.add(card_of(panel, effect), effect)


def heard(panel, index=0):
    return panel.studio.shelf.sound(panel.flow, panel.flow.slots[index].recipe)


def is_wet(panel, index=0):
    made = panel.studio.shelf.shown(panel.flow, panel.flow.slots[index].recipe)
    return made is not None and panel.studio.shelf.is_wet(panel.flow, made)


def wet_on_key(panel, index=0):
    sound = heard(panel, index)
    return is_wet(panel, index) and sound.name in panel.studio.sounding.on_keys().values()


def badges(panel, index=0):
    return [word for word, _ in panel.window.grid.tiles[index].told.badges]


def quiet(panel):
    racking = panel.studio.racking
    return not racking.is_turning and not racking._waiting and not racking.wetting._asked


def turn(panel, index, knob, value):
    card = panel_of(panel).cards[index]
    card.knobs[knob].setSliderDown(True)
    card.knobs[knob].setValue(round(1000 * value))
    card.knobs[knob].setSliderDown(False)


def test_a_take_is_dry_at_once_and_wet_when_it_is_ready(racked):
    dry = heard(racked)
    assert badges(racked)[0] == "DRY"
    add(racked, "reverb")
    assert heard(racked) is dry
    until(racked, lambda: wet_on_key(racked))
    wet = heard(racked)
    assert isinstance(wet, WetHeard)
    assert wet.seconds > dry.seconds
    until(racked, lambda: badges(racked)[0] == "WET")
    assert badges(racked, 1)[0] == "DRY"
    assert wet.path.parent == racked.session.heard


def test_the_sound_follows_a_knob_and_undo_brings_the_first_back_bit_for_bit(racked):
    add(racked, "gain")
    until(racked, lambda: wet_on_key(racked) and quiet(racked) and panel_of(racked).cards[0].knobs)
    before, bits = chain_of(racked.flow, racked.flow.chosen.recipe), wav.read(heard(racked).path).sound
    turn(racked, 0, "gain", 60 / 84 - 6 / 84)
    until(racked, lambda: quiet(racked) and chain_of(racked.flow, racked.flow.chosen.recipe) != before)
    until(racked, lambda: wet_on_key(racked))
    softer = wav.read(heard(racked).path).sound
    assert softer.peak_db == pytest.approx(bits.peak_db - 6, abs=0.1)
    assert racked.studio.undo.undoText() == "Turn Gain of Gain"
    racked.window.deeds.do("undo")
    assert chain_of(racked.flow, racked.flow.chosen.recipe) == before
    until(racked, lambda: wet_on_key(racked))
    assert wav.read(heard(racked).path).sound.checksum() == bits.checksum()
    until(racked, lambda: panel_of(racked).cards[0].knobs["gain"].parameter.text == "0.0")


def test_typing_a_value_finds_the_place_that_the_effect_calls_so(racked):
    add(racked, "gain")
    until(racked, lambda: panel_of(racked).cards and panel_of(racked).cards[0].knobs)
    panel_of(racked).cards[0].knobs["gain"].look_for("-12,5 dB")
    until(racked, lambda: panel_of(racked).cards[0].knobs["gain"].parameter.text == "-12.5")
    add(racked, "filter")
    until(racked, lambda: len(panel_of(racked).cards) == 2 and panel_of(racked).cards[1].knobs)
    mode = panel_of(racked).cards[1].knobs["mode"]
    wanted = {"text": ""}
    mode.look_for(wanted["text"])  # nothing typed is nothing done
    cutoff = panel_of(racked).cards[1].knobs["cutoff"]
    cutoff.look_for("3 k")
    until(racked, lambda: quiet(racked))
    until(racked, lambda: abs(float(cutoff.parameter.text) - 3000) < 30)


def test_effects_are_switched_moved_and_taken_out_and_every_step_can_be_undone(racked):
    for effect in ("gain", "reverse", "delay"):
        add(racked, effect)
    flow = racked.flow
    until(racked, lambda: wet_on_key(racked))
    cards = panel_of(racked).cards
    assert [card.name for card in cards] == ["Gain", "Reverse", "Delay"]
    cards[1].setFocus()
    racked.qtbot.keyClick(cards[1], Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    racked.qtbot.mouseClick(panel_of(racked).cards[2].power, Qt.MouseButton.LeftButton)
    racked.qtbot.keyClick(panel_of(racked).cards[1], Key.Key_Delete)
    assert [slot.effect for slot in racked.studio.racking.chain.slots] == ["reverse", "delay"]
    assert not racked.studio.racking.chain.slots[1].enabled
    for _ in range(3):
        racked.window.deeds.do("undo")
    assert racked.flow.chains == flow.chains
    until(racked, lambda: wet_on_key(racked))


def test_everything_off_is_dry_bit_for_bit(racked):
    dry = heard(racked)
    add(racked, "reverb")
    until(racked, lambda: wet_on_key(racked))
    racked.qtbot.mouseClick(panel_of(racked).cards[0].power, Qt.MouseButton.LeftButton)
    assert heard(racked) is dry
    assert badges(racked)[0] == "DRY"


def test_dry_for_comparison_is_heard_at_once_and_held_for_as_long_as_it_is_down(racked):
    add(racked, "reverb")
    until(racked, lambda: wet_on_key(racked))
    wet = heard(racked)
    racked.press(Key.Key_Y)
    assert heard(racked).name in wet.name
    until(racked, lambda: set(racked.studio.sounding.on_keys().values()) >= {heard(racked).name})
    racked.press(Key.Key_Y)
    assert heard(racked) is wet
    button = panel_of(racked).buttons["chain.dry"]
    racked.qtbot.mousePress(button, Qt.MouseButton.LeftButton)
    assert racked.studio.shelf.as_dry
    panel_of(racked)._pressed -= 10.0
    racked.qtbot.mouseRelease(button, Qt.MouseButton.LeftButton)
    assert not racked.studio.shelf.as_dry


def test_a_plug_in_renders_at_the_rate_that_its_card_says(racked):
    know(racked.studio.settings.folder, "ZamGateX2")
    racked.studio.racking.add(GATE, "ZamGateX2")
    until(racked, lambda: wet_on_key(racked) and quiet(racked))
    pid, own = racked.studio.racking.link.client.pid, heard(racked)
    card = panel_of(racked).cards[0]
    choice = {action.text(): action for action in card.rate.menu().actions()}
    assert choice["Render at the sound's rate"].isChecked()
    choice["Render at 96 kHz"].trigger()
    until(racked, lambda: racked.studio.racking.chain.slots[0].rate == 96_000)
    until(racked, lambda: wet_on_key(racked) and quiet(racked) and heard(racked) is not own)
    assert panel_of(racked).cards[0].rate.text() == "96 kHz"
    assert "96 kHz" in panel_of(racked).cards[0].rate.accessibleName()
    sound, before = (wav.read(one.path).sound for one in (heard(racked), own))
    assert (sound.rate, sound.frames) == (before.rate, before.frames)
    assert heard(racked).printed.slots[0].rate == 96_000
    assert racked.studio.racking.link.client.pid == pid
    racked.window.deeds.do("undo")
    assert racked.studio.racking.chain.slots[0].rate is None


def test_effects_for_all_takes_and_back_to_this_one(racked):
    add(racked, "gain")
    racked.press(Key.Key_E)
    assert racked.studio.racking.rack == EVERY
    until(racked, lambda: all(wet_on_key(racked, i) for i in range(8)))
    racked.press(Key.Key_E)
    assert racked.studio.racking.rack == lineage(racked.flow.chosen.recipe)
    add(racked, "reverse")
    assert len(chain_of(racked.flow, racked.flow.slots[0].recipe).slots) == 2
    assert len(chain_of(racked.flow, racked.flow.slots[5].recipe).slots) == 1
    for _ in range(3):
        racked.window.deeds.do("undo")
    assert racked.flow.every == Chain()
    assert heard(racked, 5) is racked.studio.shelf.heard[heard(racked, 5).name]


def test_a_refined_version_takes_over_the_tails_and_both_are_kept_wet(racked):
    add(racked, "reverb")
    until(racked, lambda: wet_on_key(racked))
    tails = heard(racked).tails
    racked.studio.settings.change(steps=4)
    racked.press(Key.Key_R)
    made = lambda: racked.studio.shelf.shown(racked.flow, racked.flow.chosen.recipe)  # noqa: E731
    until(racked, lambda: made().recipe.steps == 4 and wet_on_key(racked))
    assert heard(racked).tails == tails
    racked.press(Key.Key_Return)
    until(racked, lambda: len(racked.studio.shelf.kept) == 2)
    for path in racked.session.takes.glob("*.wav"):
        version, sound = read_version(path), wav.read(path).sound
        assert version.chain.slots[0].effect == "reverb"
        assert sound.seconds == pytest.approx(version.edit.length + sum(tails), abs=1e-4)
        assert sound.peak_db <= 0.0


def test_what_is_heard_dry_is_kept_dry(racked):
    add(racked, "reverb")
    until(racked, lambda: wet_on_key(racked))
    racked.press(Key.Key_Y)
    racked.press(Key.Key_Return)
    until(racked, lambda: len(racked.studio.shelf.kept) == 2)
    assert all(read_version(path).chain is None for path in racked.session.takes.glob("*.wav"))


def test_a_real_plug_in_behind_a_built_in_one_killed_and_brought_back_as_it_was(racked):
    know(racked.studio.settings.folder, "ZamGateX2")
    add(racked, "gain")
    racked.studio.racking.add(GATE, "ZamGateX2")
    until(racked, lambda: len(panel_of(racked).cards) == 2 and panel_of(racked).cards[1].knobs)
    until(racked, lambda: wet_on_key(racked) and quiet(racked))
    assert racked.studio.racking.chain.slots[1].state
    names = list(panel_of(racked).cards[1].knobs)
    threshold = next(
        name for name in names if "thresh" in panel_of(racked).cards[1].knobs[name].parameter.name.lower()
    )
    turn(racked, 1, threshold, 0.9)
    until(racked, lambda: "ZamGateX2" in racked.studio.undo.undoText() and "Turn" in racked.studio.undo.undoText())
    until(racked, lambda: wet_on_key(racked) and quiet(racked))
    stands, bits = racked.studio.racking.chain, wav.read(heard(racked).path).sound.checksum()
    os.kill(racked.studio.racking.link.client.pid, signal.SIGKILL)
    until(racked, lambda: any("rack stopped" in sentence for sentence in racked.sentences))
    racked.window.deeds.do("hear.1")
    turn(racked, 0, "gain", 0.5)
    until(racked, lambda: racked.studio.undo.undoText() == "Turn Gain of Gain" and quiet(racked))
    racked.window.deeds.do("undo")
    assert racked.studio.racking.chain.slots[1].parameters == stands.slots[1].parameters
    until(racked, lambda: wet_on_key(racked) and quiet(racked))
    assert wav.read(heard(racked).path).sound.checksum() == bits


def test_a_missing_plug_in_is_bypassed_with_its_reason_and_keeps_its_state(racked):
    lost = Slot(effect="Nobody Has This", format="vst3", maker="Nobody", state=b"kept", parameters={"a": 0.5})
    racked.studio.racking.edit(
        lambda chain: chains.added(chains.added(chain, lost), card_of(racked, "gain")), "Add"
    )
    until(racked, lambda: len(panel_of(racked).cards) == 2 and panel_of(racked).cards[1].knobs)
    state = racked.studio.racking.states()[0]
    assert "not on this machine" in state.problem
    until(racked, lambda: wet_on_key(racked))
    turn(racked, 1, "gain", 0.5)
    until(racked, lambda: racked.studio.undo.undoText() == "Turn Gain of Gain")
    assert racked.studio.racking.chain.slots[0].state == b"kept"


def test_a_chain_is_saved_and_used_again_and_a_state_from_elsewhere_waits_for_consent(racked, tmp_path):
    know(racked.studio.settings.folder, "ZamGateX2")
    racked.studio.racking.add(GATE, "ZamGateX2")
    until(racked, lambda: racked.studio.racking.chain.slots[0].state and quiet(racked))
    presets = panel_of(racked).presets
    presets.save("My gate")
    until(racked, lambda: presets.names)
    own = racked.studio.racking.chain
    racked.window.deeds.do("hear.2")
    presets.open(presets.folder / f"{presets.names[0]}.json")
    until(racked, lambda: racked.studio.racking.chain.slots)
    assert racked.studio.racking.consent.foreign(racked.studio.racking.chain) == ()
    strange = Chain(slots=(chains.changed(own, 0, state=own.slots[0].state + b" ").slots[0],))
    write_chain(tmp_path / "strange.json", strange)
    presets.open(tmp_path / "strange.json")
    until(
        racked, lambda: racked.studio.racking.states()[0] is not None and racked.studio.racking.states()[0].foreign
    )
    assert any("was not made here" in sentence for sentence in racked.sentences)
    racked.studio.racking.allow(0)
    until(racked, lambda: not racked.studio.racking.states()[0].foreign)
    assert racked.studio.racking.consent.foreign(racked.studio.racking.chain) == ()


def test_the_picker_finds_built_in_effects_first_and_looks_at_a_file_without_a_scan(racked):
    panel_of(racked).pick()
    picker = panel_of(racked).picker
    until(racked, lambda: picker.list.topLevelItemCount() > 10)
    assert picker.list.topLevelItem(0).text(2) == "built in"
    picker.search.setText("reve rb")
    picker.search.setText("reverb")
    picker.add.click()
    assert racked.studio.racking.chain.slots[0].effect == "reverb"
    picker.load_file(bundle("ZamGateX2"))
    assert not picker.working.isHidden()
    until(racked, lambda: not picker.scanning.is_running)
    until(racked, lambda: any(one.name == "ZamGateX2" for one in picker._known))
    picker.search.setText("zamgate")
    picker.like.click()
    until(racked, lambda: picker._known[0].favourite)
    picker.load_file(racked.folder / "none.vst3")
    until(racked, lambda: not picker.scanning.is_running)
    assert any("none.vst3" in sentence for sentence in racked.sentences)
    picker.scan_folder(racked.folder)
    until(racked, lambda: not picker.scanning.is_running)
    picker.close()


def test_a_session_finds_its_wet_sounds_again(racked, open_panel):
    add(racked, "reverb")
    until(racked, lambda: wet_on_key(racked))
    name = heard(racked).name
    stamp = heard(racked).path.stat().st_mtime_ns
    racked.close()
    again = open_panel(racked.folder)
    until(again, lambda: wet_on_key(again))
    assert heard(again).name == name
    assert heard(again).path.stat().st_mtime_ns == stamp


def test_who_a_chain_is_does_not_depend_on_its_tails():
    chain = Chain(slots=(Slot(effect="gain", tail=1.0),))
    assert chain_id(chain) == chain_id(chains.changed(chain, 0, tail=None))
    assert chain_id(chain) != chain_id(chains.changed(chain, 0, mix=0.5))
