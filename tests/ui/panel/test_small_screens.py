"""The window on small and on fine screens: it fits, its buttons say less, and nothing is lost."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest
from PyQt6.QtGui import QFont
from PyQt6.QtWidgets import QWidget

from tests.ui.panel.test_drag import screen
from ui.widgets.eliding import Eliding
from ui.widgets.room import fit

SMALL = ((1280, 690), (1366, 738))


def long_worded(panel):
    """A take with many versions and a very long prompt: what used to make the window wide."""
    panel.write("an immense iron gate that slams shut in a flooded underground cathedral at night")
    panel.settled()
    panel.window.to_grid()
    panel.window.deeds.do("hear.1")
    for steps in (2, 4, 8, 16):
        panel.studio.settings.change(steps=steps)
        panel.window.deeds.do("refine")
        recipe = panel.flow.slots[0].recipe
        panel.until(lambda recipe=recipe, steps=steps: panel.studio.shelf.version(recipe, steps) is not None)
    panel.studio.archive.part.all()


@pytest.mark.parametrize("beside", ["rack", "library"])
def test_the_window_fits_small_screens_with_rack_or_library(panel, beside):
    long_worded(panel)
    window = panel.window
    window.docks[beside].show()
    window.docks[beside].raise_()
    for width, height in SMALL:
        window.resize(width, height)
        panel.until(lambda width=width: window.width() == width)
        panel.until(lambda: inside(window, window.controls) and inside(window, window.detail))
        assert window.height() <= height
        assert window.minimumSizeHint().width() <= 1280
        assert window.detail._plots.height() >= 100
    assert window.docks[beside].isVisible()
    texts = [button.text() for button in window.controls.buttons.values()]
    assert "Seeds" in texts
    assert window.controls.buttons["seeds.new"].accessibleName() == "New seeds"


def inside(window: QWidget, part: QWidget) -> bool:
    """Whether all that a part of the window shows lies within it."""
    shown = [one for one in part.findChildren(QWidget) if one.isVisible()]
    return all(one.mapTo(window, one.rect().topRight()).x() < window.width() for one in shown)


def test_on_a_large_screen_the_buttons_say_all(panel):
    panel.window.resize(1900, 1000)
    panel.until(lambda: panel.window.controls.buttons["seeds.new"].text() == "New seeds")
    assert all(label.isVisible() for label in panel.window.controls._labels)


def test_words_give_way_and_the_tip_has_all_of_them(panel):
    label = Eliding()
    label.setFont(QFont())
    label.setText("a very long name of a sound that does not fit")
    assert label.minimumSizeHint().width() == 0
    assert label.toolTip() == label.text()


def test_a_page_is_no_taller_than_its_screen(panel):
    page = QWidget()
    fit(page, 5000, 4000)
    room = page.screen().availableGeometry()
    assert (page.width(), page.height() < room.height()) == (room.width(), True)


@pytest.mark.skipif(not shutil.which("Xvfb"), reason="needs Xvfb")
def test_on_a_fine_screen_everything_is_drawn_with_all_its_pixels(tmp_path):
    script = (
        "import sys; from pathlib import Path; from tests.ui.panel.screens import Photographer;"
        "made = Photographer(Path(sys.argv[1]), Path(sys.argv[1]));"
        "shot = made.window.grab(); size = made.window.size();"
        "print(made.window.devicePixelRatioF(), shot.width() / size.width(), size.width(), size.height());"
        "made.window.close()"
    )
    with screen() as display:
        env = {**os.environ, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb", "QT_SCALE_FACTOR": "2"}
        env["ONETAKE_STATE"] = str(tmp_path)
        command = [sys.executable, "-c", script, str(tmp_path)]
        told = subprocess.run(command, env=env, capture_output=True, text=True, timeout=90, check=True).stdout
    ratio, drawn, width, height = map(float, told.split()[-4:])
    assert (ratio, drawn) == (2.0, 2.0)
    assert width <= 1146 + 200  # the screen of 2200 x 900 pixels has room for half as many points
    assert height <= 900
