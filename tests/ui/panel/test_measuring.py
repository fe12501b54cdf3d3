"""The figures beside the meters are those of the file that is handed off."""

from __future__ import annotations

import math

import numpy as np
import pytest
from PyQt6.QtCore import Qt

from presets.export import wav
from presets.loudness import Loudness, measure
from presets.sound import Sound
from tests.ui.panel.test_part import carried, first, part_of
from ui.measuring import Figures
from ui.panels.loudness import whose, words

__all__ = ["first"]


def figures(panel):
    """What is told once it is measured."""
    view = panel.window.levels.loudness
    panel.until(lambda: view.measuring.figures is not None and view.measuring.figures.loudness is not None)
    return view.measuring.figures


def close(one: Loudness, other: Loudness) -> bool:
    return all(
        getattr(one, name) == pytest.approx(getattr(other, name), abs=0.02)
        for name in ("momentary_max", "integrated", "true_peak")
    )


def test_they_are_those_of_the_file_and_follow_take_and_part(first):
    first.studio.settings.change(handoff_depth="32f")
    told = figures(first)
    assert close(told.loudness, measure(wav.read(carried(first)).sound))
    assert (told.wet, told.part) == (False, False)
    part_of(first).select((0.1, 0.2))
    panel_part = first.window.levels.loudness.measuring
    first.until(lambda: panel_part.figures.part and panel_part.figures.loudness is not None)
    assert close(panel_part.figures.loudness, measure(wav.read(carried(first)).sound))
    assert panel_part.figures.loudness.true_peak < told.loudness.true_peak
    part_of(first).clear()
    assert figures(first) == told  # it is remembered
    first.press(Qt.Key.Key_2)
    assert figures(first) != told


def test_a_louder_cut_is_louder_by_as_much(first):
    before = figures(first).loudness
    first.window.detail.knobs["gain_db"]._change(-6.0)
    measuring = first.window.levels.loudness.measuring
    first.until(lambda: measuring.figures.loudness not in (None, before))
    change = measuring.figures.loudness.momentary_max - before.momentary_max
    assert change == pytest.approx(-6.0, abs=0.1)


def test_without_a_take_and_for_silence_it_is_said(panel):
    assert panel.window.levels.loudness.accessibleDescription() == "No take is selected."
    silent = measure(Sound(np.zeros((1, 4800), np.float32), 48000))
    assert words(Figures(silent, False, False)) == ("−∞", "−∞", "−∞")
    assert words(Figures(None, True, False)) == ("…", "…", "…")
    assert words(None) == ("–", "–", "–")
    assert whose(Figures(None, True, True)) == "wet part"
    assert math.isinf(silent.integrated)
