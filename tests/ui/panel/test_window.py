"""What a person does with keys and mouse, and what the window does: the quick engine, the real audio process."""

from __future__ import annotations

import json

import msgspec
import pytest
from msgspec.structs import replace
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QLineEdit, QPushButton

from plugin_bridge.audio.protocol import Learned, MidiSeen
from presets.export.version import read_version
from tests.ui.panel.conftest import recipe
from ui.actions import ACTIONS, BY_ID, table
from ui.flow import SLOTS
from ui.settings import Learnt, SettingsFile
from ui.shelf import edit_of

Key, CTRL, ALT, SHIFT = (
    Qt.Key,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
    Qt.KeyboardModifier.ShiftModifier,
)


@pytest.fixture
def eight(panel):
    """A window with eight drafts, the takes having the focus."""
    panel.write("glass bell")
    panel.settled()
    panel.press(Key.Key_Tab)
    return panel


def states(panel):
    return [tile.told.state for tile in panel.window.grid.tiles]


def test_every_action_is_done_by_someone_and_has_its_own_keys_and_address(panel):
    assert not panel.window.deeds.missing
    assert len({action.osc for action in ACTIONS}) == len(ACTIONS)
    for where in ("grid", "prompt"):
        keys = [key for action in ACTIONS if action.where in (where, "anywhere") for key in action.keys]
        assert len(keys) == len(set(keys))
    told = table()
    for action in ACTIONS:
        assert action.id[-1].isdigit() or (action.osc in told and all(key in told for key in action.keys))


def test_typing_brings_drafts_of_the_last_words_only_and_letters_stay_letters(panel):
    panel.write("rpx 12 glass bell")
    panel.settled()
    assert panel.flow.wishes.text == "rpx 12 glass bell"
    assert not panel.flow.marks
    assert states(panel) == ["draft"] * SLOTS
    per_slot = {slot for slot, _ in panel.engine.asked}
    assert {f"slot-{i}" for i in range(SLOTS)} <= per_slot


def test_old_drafts_stay_audible_until_the_new_ones_are_ready(eight):
    before = eight.studio.sounding.on_keys()
    eight.engine.held = True
    eight.write("x")
    eight.until(lambda: not eight.flow.complete)
    assert eight.studio.sounding.on_keys() == before
    eight.press(Key.Key_3, CTRL)
    eight.until(lambda: eight.studio.sounding.is_playing)
    eight.engine.held = False
    eight.settled()
    assert not set(eight.studio.sounding.on_keys().values()) & set(before.values())


def test_numbers_hear_in_the_grid_and_with_control_while_typing(eight):
    heard = []
    eight.studio.sounding.played.connect(lambda: heard.append(eight.studio.sounding.playing))
    eight.press(Key.Key_6)
    assert eight.flow.selected == 5
    eight.until(lambda: any(heard))
    eight.press(Key.Key_Slash)
    assert eight.window.prompt.hasFocus()
    eight.press(Key.Key_2, CTRL)
    assert eight.flow.selected == 1
    assert eight.window.prompt.hasFocus()
    eight.press(Key.Key_Down)
    assert eight.window.grid.hasFocus()


def test_arrows_move_over_two_rows_and_stop_at_the_edge(eight):
    eight.press(Key.Key_1)
    for key, place in (
        (Key.Key_Right, 1),
        (Key.Key_Down, 5),
        (Key.Key_Down, 5),
        (Key.Key_Left, 4),
        (Key.Key_Left, 4),
    ):
        eight.press(key)
        assert eight.flow.selected == place
    eight.press(Key.Key_Up)
    assert eight.flow.selected == 0


def test_space_plays_and_stops(eight):
    eight.studio.sounding.stop()
    eight.press(Key.Key_Space)
    eight.until(lambda: eight.studio.sounding.is_playing)
    eight.press(Key.Key_Space)
    assert not eight.studio.sounding.is_playing


def test_refining_goes_on_in_the_background_and_can_be_undone(eight):
    eight.studio.settings.change(steps=8)
    eight.press(Key.Key_2)
    eight.press(Key.Key_R)
    eight.until(lambda: states(eight)[1].startswith("refining"))
    eight.until(lambda: states(eight)[1].startswith("refined 8"))
    eight.press(Key.Key_D)
    assert states(eight)[1] == "draft, refined too"
    eight.press(Key.Key_Z, CTRL)
    eight.press(Key.Key_Z, CTRL)
    assert states(eight)[1] == "draft"
    eight.press(Key.Key_Y, CTRL)
    assert states(eight)[1].startswith("refined 8")


def test_a_refinement_that_is_undone_is_taken_back_from_the_engine(eight):
    eight.studio.settings.change(steps=16)
    eight.engine.held = True
    eight.press(Key.Key_R)
    assert eight.studio.making.pending
    eight.press(Key.Key_Z, CTRL)
    assert eight.engine.cancelled
    eight.engine.held = False
    eight.until(lambda: not eight.studio.making.pending)
    assert states(eight)[0] == "draft"


def test_enter_keeps_the_draft_and_what_it_is_refined_to(eight):
    eight.press(Key.Key_4)
    eight.press(Key.Key_Return)
    recipe = eight.flow.slots[3].recipe

    def both():
        marks = eight.flow.marks_of(recipe)
        return marks.kept and not marks.levelling and len(eight.studio.shelf.kept) == 2

    eight.until(both)
    files = sorted(eight.session.takes.glob("*.wav"))
    versions = [read_version(path) for path in files]
    assert {replace(v.recipe, steps=1) for v in versions} == {recipe}
    assert {v.recipe.steps for v in versions} == {1, eight.flow.marks_of(recipe).steps}
    assert len({v.edit for v in versions}) == 1
    assert versions[0].edit.gain_db == pytest.approx(eight.flow.slots[3].gain_db)


def test_pin_discard_and_new_seeds(eight):
    eight.press(Key.Key_1)
    eight.press(Key.Key_P)
    eight.press(Key.Key_2)
    eight.press(Key.Key_X)
    before = [slot.recipe for slot in eight.flow.slots]
    assert before[1] is None
    eight.press(Key.Key_Return, CTRL)
    eight.settled()
    after = [slot.recipe for slot in eight.flow.slots]
    assert after[0] == before[0]
    assert not set(after[1:]) & set(before)
    eight.press(Key.Key_Left, ALT)
    eight.until(lambda: [slot.recipe for slot in eight.flow.slots] == before)
    eight.press(Key.Key_Right, ALT)
    eight.until(lambda: [slot.recipe for slot in eight.flow.slots] == after)


def test_none_of_these_is_told_in_the_history(eight):
    eight.press(Key.Key_X, SHIFT)
    eight.settled()
    assert eight.flow.back[-1].rejected


def test_best_of_24_comes_with_two_pages(eight):
    eight.press(Key.Key_B)
    eight.until(lambda: len(eight.flow.ahead) == 2 and eight.flow.complete)
    assert len({slot.recipe.seed for slot in eight.flow.slots}) == SLOTS


def test_undo_in_the_words_is_the_words_own(eight):
    eight.press(Key.Key_P)
    eight.write("gong")
    eight.until(lambda: not eight.studio._typing.waits)
    eight.press(Key.Key_Z, CTRL)
    assert eight.flow.slots[0].pinned
    assert eight.flow.wishes.text == eight.window.prompt.text() != "gong"


def test_a_button_or_entry_with_the_focus_keeps_its_keys(eight):
    button = eight.window.controls.findChild(QPushButton)
    button.setFocus(Qt.FocusReason.TabFocusReason)
    kept = dict(eight.flow.marks)
    eight.qtbot.keyClick(button, Key.Key_Return)
    assert eight.flow.marks == kept
    entry = eight.window.controls.length
    assert isinstance(entry, QLineEdit)
    entry.setFocus()
    entry.selectAll()
    eight.qtbot.keyClicks(entry, "1.5")
    eight.press(Key.Key_Return)
    eight.settled()
    assert {slot.recipe.prompt.length for slot in eight.flow.slots} == {1.5}
    eight.press(Key.Key_Escape)
    assert eight.window.grid.hasFocus()


def test_a_length_that_no_model_makes_is_told_and_nothing_is_lost(eight):
    eight.studio.wish(length=900.0)
    eight.until(lambda: any("900" in sentence for sentence in eight.sentences))
    assert all(slot.recipe for slot in eight.flow.slots)


def test_a_failure_is_one_line_and_the_old_drafts_stay(eight):
    eight.engine.fails = "There is not enough memory for this sound."
    eight.write("x")
    eight.until(lambda: eight.flow.complete and bool(eight.sentences))
    assert eight.sentences.count(eight.engine.fails) == 1
    assert states(eight) == ["draft"] * SLOTS
    eight.engine.fails = ""
    eight.window.to_grid()
    eight.press(Key.Key_Return, CTRL)
    eight.settled()


# ── editing ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_dragging_the_trim_cuts_every_version_alike_and_undoes(eight):
    detail = eight.window.detail
    eight.press(Key.Key_1)
    recipe = eight.flow.slots[0].recipe
    eight.until(lambda: detail._made is not None and detail._made.recipe == recipe)
    before = edit_of(eight.flow, eight.studio.shelf, recipe)
    region = detail.handles.trim
    start, end = region.getRegion()
    region.setRegion((start, end - 0.05))
    after = edit_of(eight.flow, eight.studio.shelf, recipe)
    assert after.length == pytest.approx(before.length - 0.05, abs=1e-3)
    assert replace(after, length=before.length) == before
    eight.until(lambda: eight.studio.shelf.sound(eight.flow, recipe) is not None)
    assert eight.studio.shelf.sound(eight.flow, recipe).seconds == pytest.approx(after.length, abs=1e-3)
    eight.window.to_grid()
    eight.press(Key.Key_Z, CTRL)
    assert edit_of(eight.flow, eight.studio.shelf, recipe) == before
    assert detail.handles.trim.getRegion() == pytest.approx((start, end))


def test_the_knobs_of_a_take_change_its_edit(eight):
    detail = eight.window.detail
    recipe = eight.flow.chosen.recipe
    eight.until(lambda: detail._made is not None and detail._made.recipe == recipe)
    detail.knobs["pitch"]._change(-12.0)
    detail.knobs["fade_out"]._change(20.0)
    edit = edit_of(eight.flow, eight.studio.shelf, recipe)
    assert (edit.pitch, edit.fade_out) == pytest.approx((-12.0, 0.02), abs=0.05)
    eight.until(lambda: eight.studio.shelf.sound(eight.flow, recipe) is not None)


# ── what is remembered ────────────────────────────────────────────────────────────────────────────────────────


def test_closing_and_opening_again_brings_everything_back(open_panel, tmp_path):
    first = open_panel(tmp_path)
    first.write("glass bell")
    first.settled()
    first.window.to_grid()
    first.press(Key.Key_2)
    first.press(Key.Key_P)
    first.studio.settings.change(steps=4)
    first.press(Key.Key_R)
    first.until(lambda: states(first)[1].startswith("refined 4"))
    first.close()
    second = open_panel(tmp_path)
    assert second.flow == first.flow
    second.settled()
    assert states(second)[1].startswith("refined 4")
    assert not second.engine.asked
    assert second.window.prompt.text() == "glass bell"


def test_a_broken_session_is_set_aside_and_told(open_panel, tmp_path):
    (tmp_path / "session").mkdir()
    (tmp_path / "session" / "panel.json").write_text('{"version":1,"flow":')
    panel = open_panel(tmp_path)
    assert any("panel.broken.json" in sentence for sentence in panel.sentences)
    assert (tmp_path / "session" / "panel.broken.json").read_text() == '{"version":1,"flow":'


def test_broken_settings_are_set_aside_and_told(tmp_path):
    settings = SettingsFile(tmp_path)
    settings.change(steps=4)
    path = tmp_path / "panel-settings.json"
    told = json.loads(path.read_text())
    path.write_text(json.dumps({**told, "version": 99}))
    again = SettingsFile(tmp_path)
    assert again().steps == 8
    assert "broken" in again.remark
    with pytest.raises(msgspec.ValidationError):
        again.change(steps=3)


def test_the_strip_stands_above_all_and_back(eight):
    size = eight.window.size()
    eight.press(Key.Key_F9)
    flags = eight.window.windowFlags()
    assert flags & Qt.WindowType.WindowStaysOnTopHint
    eight.until(lambda: eight.window.height() < size.height() / 3)
    assert not eight.window.detail.isVisible()
    assert len({tile.y() for tile in eight.window.grid.tiles}) == 1
    eight.press(Key.Key_F9)
    assert not eight.window.windowFlags() & Qt.WindowType.WindowStaysOnTopHint
    assert eight.window.detail.isVisible()
    assert eight.window.size() == size


# ── from elsewhere ────────────────────────────────────────────────────────────────────────────────────────────


def test_osc_is_off_until_switched_on_and_then_does_what_keys_do(eight):
    from pythonosc.udp_client import SimpleUDPClient

    assert eight.window._osc is None
    eight.studio.settings.change(osc=True, osc_port=free_port())
    client = SimpleUDPClient("127.0.0.1", eight.window._osc.port)
    client.send_message("/onetake/hear/7", 1)
    eight.until(lambda: eight.flow.selected == 6)
    client.send_message("/onetake/hear/1", 0)
    client.send_message("/somewhere/else", 1)
    client.send_message(BY_ID["pin"].osc, [])
    eight.until(lambda: eight.flow.slots[6].pinned)
    client._sock.close()
    assert eight.flow.selected == 6
    eight.studio.settings.change(osc=False)
    assert eight.window._osc is None


def free_port():
    import socket

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.bind(("127.0.0.1", 0))
        return line.getsockname()[1]


def test_midi_learns_and_then_does_an_action(eight):
    learning = eight.window.learning
    learning._hear(Learned(ticket="learn-pin", kind="controller", channel=1, number=20, value=127))
    assert (Learnt("controller", 1, 20), "pin") in eight.studio.settings().learnt
    for value in (127, 127, 0, 30):  # one press, whatever else the fader says
        learning._hear(MidiSeen(events=((0.0, bytes((0xB0, 20, value))),)))
    assert eight.flow.slots[0].pinned
    learning.clear("pin")
    assert not eight.studio.settings().learnt


def test_the_help_sheet_shows_every_key(eight):
    eight.window.deeds.do("help")
    sheet = eight.window.help
    assert sheet.table.rowCount() == len(ACTIONS) - 19
    sheet._search.setText("pinned")
    assert sum(not sheet.table.isRowHidden(row) for row in range(sheet.table.rowCount())) == 1


def test_everything_that_can_be_touched_has_a_name(eight):
    for kind in (QPushButton, QLineEdit):
        for widget in eight.window.findChildren(kind):
            named = widget.accessibleName() or (isinstance(widget, QPushButton) and widget.text())
            assert named, widget
    assert all(tile.accessibleDescription() for tile in eight.window.grid.tiles)


def test_recipes_of_the_window_are_those_of_the_command_line(eight):
    slot = eight.flow.slots[0]
    assert slot.recipe == recipe("glass bell", seed=slot.seed)
