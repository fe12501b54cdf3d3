"""The loudness of what plays stands beside the meters, from the real audio process, and begins anew on a key."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QApplication

from plugin_bridge.audio.protocol import State
from presets.loudness import Loudness
from ui.measuring import Figures


def test_what_plays_is_shown_in_lufs_and_a_key_begins_the_integral_anew(open_panel):
    """The test tone: 1 kHz at -20 dBFS on one side is -23.0 LUFS."""
    panel = open_panel(quick=False)
    view, audio = panel.window.levels.live, panel.studio.audio
    panel.until(lambda: [value.text() for value in view.values] == ["−∞"] * 3)
    audio.say(lambda client: client.test_tone(4.0))
    panel.until(lambda: view.values[0].text() in {"−22.9", "−23.0", "−23.1"})
    panel.until(lambda: view.values[2].text() != "−∞")
    assert "Momentary, the last 400 ms, LUFS: −2" in view.accessibleDescription()
    panel.until(lambda: view.values[0].text() == "−∞")
    assert view.values[2].text() != "−∞"  # what was played is not forgotten with it
    panel.press(Qt.Key.Key_F6, Qt.KeyboardModifier.ShiftModifier)
    panel.until(lambda: view.values[2].text() == "−∞")
    assert any("begins anew" in sentence for sentence in panel.sentences)


def test_its_button_and_its_words_can_be_reached(panel):
    view = panel.window.levels.live
    assert view.reset.accessibleName() == "Reset loudness"
    assert "Shift+F6" in view.reset.toolTip()
    panel.studio.audio.state.emit(State(open=True, beat=2, peaks=(-6.0, -12.0), loudness=(-17.04, -200.0, 0.04)))
    assert [value.text() for value in view.values] == ["−17.0", "−∞", "0.0"]
    assert panel.window.levels.loudness.accessibleDescription() == "No take is selected."


def test_no_figure_pushes_the_takes_aside(panel):
    """Else all of the window is laid out and drawn anew whenever a figure grows by a digit."""
    levels = panel.window.levels
    widths = []
    for level in (-200.0, -0.04, -9.0, -69.9, 0.0, -99.9):
        panel.studio.audio.state.emit(
            State(open=True, beat=2, peaks=(-6.0, -12.0), loudness=(level, level, level))
        )
        for part in (None, True):
            told = Loudness(level, level, level, None, level)
            levels.loudness.measuring.figures = Figures(told, wet=True, part=bool(part)) if part else None
            levels.loudness.refresh()
            panel.window.layout().activate()
            QApplication.processEvents()
            widths.append((levels.width(), levels.sizeHint().width(), panel.window.grid.width()))
    assert len(set(widths)) == 1
