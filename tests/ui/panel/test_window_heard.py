"""What the window lets be heard, and when: auditions, keys and pads, and the monitor."""

from __future__ import annotations

from PyQt6.QtCore import QPointF, Qt

from plugin_bridge.audio.protocol import State
from tests.ui.panel.test_window import CTRL, Key, eight
from ui.settings import SettingsFile

__all__ = ["eight"]


def auditions(panel):
    heard = []
    play = panel.studio.sounding._play
    panel.studio.sounding._play = lambda index: heard.append(index) or play(index)
    return heard


def test_new_words_are_auditioned_once_in_the_selected_slot(eight):
    heard = auditions(eight)
    eight.press(Key.Key_3)
    heard.clear()
    eight.write("s")
    eight.settled()
    eight.until(lambda: heard == [2])
    eight.window.to_grid()
    eight.press(Key.Key_P)
    assert heard == [2]


def test_auto_audition_can_be_switched_off_and_is_silent_while_midi_plays(eight):
    heard = auditions(eight)
    eight.press(Key.Key_U)
    eight.write("s")
    eight.settled()
    assert not heard
    eight.window.to_grid()
    eight.press(Key.Key_U)
    eight.studio.sounding._state(State(open=True, beat=1, midi_active=True))
    eight.write("t")
    eight.settled()
    assert not heard


def test_a_hit_is_not_cut_while_the_words_are_unchanged(eight):
    heard = auditions(eight)
    eight.press(Key.Key_1)
    eight.until(lambda: eight.studio.sounding.is_playing)
    playing = eight.studio.sounding.playing
    eight.studio.sounding.playing = replace_seconds(playing, 60.0)
    heard.clear()
    eight.press(Key.Key_Return, CTRL)
    eight.settled()
    assert not heard


def replace_seconds(playing, seconds):
    from dataclasses import replace as changed

    return changed(playing, seconds=seconds)


def test_the_eight_lie_on_notes_36_to_43_and_a_dropped_one_on_its_own(eight):
    assert sorted(eight.studio.sounding.on_keys()) == list(range(36, 44))
    keys = eight.window.docks["keys"].widget()
    keys.pads.dropped.emit(47, 2)
    eight.until(lambda: 47 in eight.studio.sounding.on_keys())
    eight.write("gong")
    eight.settled()
    assert eight.studio.sounding.on_keys()[47] not in [eight.studio.sounding.on_keys()[n] for n in range(36, 44)]
    keys.pads.cleared.emit(47)
    eight.until(lambda: 47 not in eight.studio.sounding.on_keys())


def test_a_key_sounds_the_louder_the_lower_it_is_pressed(eight):
    keyboard = eight.window.docks["keys"].widget().keyboard
    notes = []
    keyboard.pressed.connect(lambda *note: notes.append(note))
    spot = keyboard._box(36).center()
    for y in (4, keyboard.height() - 4):
        eight.qtbot.mouseClick(keyboard, Qt.MouseButton.LeftButton, pos=QPointF(spot.x(), y).toPoint())
    (soft, off), (loud, _) = notes[:2], notes[2:]
    assert (soft[0], loud[0], off) == (36, 36, (36, 0))
    assert 0 < soft[1] < 40
    assert 100 < loud[1] <= 127


def test_dim_mute_and_match_are_kept(eight):
    for key, field in ((Key.Key_F7, "dim"), (Key.Key_F8, "mute"), (Key.Key_F6, "match")):
        before = getattr(eight.studio.settings(), field)
        eight.press(key)
        assert getattr(eight.studio.settings(), field) is not before
    assert SettingsFile(eight.folder / "settings")() == eight.studio.settings()
