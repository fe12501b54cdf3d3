"""The intensity curve in the window: drawn by mouse and keys, asked for in the same noise, undone, found again."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from msgspec.structs import replace
from PyQt6.QtCore import QPoint, QPointF, Qt
from PyQt6.QtTest import QTest

from presets.export import wav
from presets.intensity_gains import followed
from presets.schema import Edit, with_steps
from tests.ui.panel.test_part import PLAIN, moved
from ui import flow as flows
from ui import intensity
from ui.flow import lineage
from ui.shelf import edit_of

Key = Qt.Key
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
LEFT = Qt.MouseButton.LeftButton


class Drawing:
    """A window with eight drafts, the curve shown over the first."""

    def __init__(self, panel):
        self.panel = panel
        panel.write("glass bell")
        panel.settled()
        panel.window.to_grid()
        panel.press(Key.Key_1)
        self.before = panel.flow.slots[0].recipe
        panel.until(lambda: panel.window.detail._made is not None)
        panel.until(lambda: panel.window.detail._made.recipe == self.before)
        panel.press(Key.Key_G)

    @property
    def view(self):
        return self.panel.window.detail.curve

    @property
    def pad(self):
        return self.view.pad

    @property
    def recipe(self):
        return self.panel.flow.slots[0].recipe

    @property
    def wanted(self):
        return intensity.curve(self.panel.flow, 0)

    def come(self):
        self.panel.until(lambda: not self.view._rest.waits and self.panel.flow.complete)
        self.panel.settled()

    def press(self, *keys, modifier=None):
        for key in keys:
            self.panel.press(key, modifier)

    def double_click(self, at, db):
        place = self.pad.place_of(at, db).toPoint()
        QTest.mouseDClick(self.pad, LEFT, pos=place)
        QTest.mouseRelease(self.pad, LEFT, pos=place)

    def drag(self, index, at, db, steps=6):
        here, there = self.pad.place_of(*self.pad.points[index]), self.pad.place_of(at, db)
        QTest.mousePress(self.pad, LEFT, pos=here.toPoint())
        for n in range(1, steps + 1):
            moved(self.pad, (here + (there - here) * n / steps).toPoint(), PLAIN)
        QTest.mouseRelease(self.pad, LEFT, pos=there.toPoint())

    def names(self):
        stack = self.panel.studio.undo
        return [stack.text(i) for i in range(stack.index())]


@pytest.fixture
def drawing(panel):
    return Drawing(panel)


def test_a_key_shows_it_with_the_focus_and_takes_it_away_again(drawing):
    assert drawing.pad.isVisible()
    assert drawing.pad.hasFocus()
    assert drawing.panel.studio.settings().curve
    drawing.press(Key.Key_G)
    assert not drawing.pad.isVisible()
    assert drawing.panel.window.grid.hasFocus()
    drawing.press(Key.Key_G, Key.Key_Escape)
    assert drawing.pad.isVisible()
    assert drawing.panel.window.grid.hasFocus()


def test_it_lies_over_the_waveform_from_its_first_sample_to_its_last(drawing):
    detail = drawing.panel.window.detail
    box = detail._wave.getViewBox()
    for at, seconds in ((0.0, 0.0), (1.0, detail._seconds)):
        on_plots = detail._plots.mapFromScene(box.mapViewToScene(QPointF(seconds, 0.0)))
        on_pad = drawing.pad.mapTo(detail._plots.viewport(), drawing.pad.place_of(at, 0.0).toPoint())
        assert abs(on_plots.x() - on_pad.x()) <= 1
    drawing.panel.window.resize(1500, 900)
    drawing.panel.until(lambda: drawing.pad.width() > 0)


def test_a_double_click_draws_and_the_take_is_asked_for_in_the_same_noise_and_steps(drawing):
    panel = drawing.panel
    panel.studio.change(flows.refine(panel.flow, 0, 4), "Refine")
    panel.until(lambda: panel.studio.shelf.has(with_steps(drawing.before, 4)))
    others = [slot.recipe for slot in panel.flow.slots[1:]]
    drawing.double_click(0.5, -20.0)
    drawing.come()
    (first, point, last) = drawing.recipe.prompt.intensity
    assert (first, last) == ((0.0, 0.0), (1.0, 0.0))
    assert point[0] == pytest.approx(0.5, abs=0.01)
    assert point[1] == pytest.approx(-20.0, abs=3.0)
    plain = replace(drawing.recipe, prompt=replace(drawing.recipe.prompt, intensity=()))
    assert plain == drawing.before
    assert [slot.recipe for slot in panel.flow.slots[1:]] == others
    panel.until(lambda: panel.studio.shelf.has(with_steps(drawing.recipe, 4)))
    assert panel.studio.shelf.shown(panel.flow, drawing.recipe).recipe.steps == 4
    panel.until(lambda: "intensity drawn" in panel.window.detail._facts.text())


def test_a_drag_is_one_step_and_undone_it_is_the_take_before(drawing):
    drawing.double_click(0.5, -20.0)
    drawing.come()
    first = drawing.recipe
    drawing.drag(1, 0.3, -40.0)
    drawing.come()
    assert drawing.names() == ["Intensity curve"] * 2
    at, db = drawing.recipe.prompt.intensity[1]
    assert at == pytest.approx(0.3, abs=0.01)
    assert db == pytest.approx(-40.0, abs=3.0)
    drawing.press(Key.Key_Z, modifier=CTRL)
    drawing.come()
    assert drawing.recipe == first
    assert drawing.pad.points == first.prompt.intensity
    drawing.press(Key.Key_Z, modifier=CTRL)
    drawing.come()
    assert drawing.recipe == drawing.before
    drawing.press(Key.Key_Y, modifier=CTRL)
    drawing.press(Key.Key_Y, modifier=CTRL)
    drawing.come()
    assert drawing.recipe.prompt.intensity[1] == (at, db)


def test_all_of_it_goes_by_keys_and_a_burst_of_them_is_one_step(drawing):
    drawing.press(Key.Key_Return)
    assert drawing.pad.points == ((0.0, 0.0), (0.5, 0.0), (1.0, 0.0))
    assert drawing.pad.chosen == 1
    drawing.press(Key.Key_Down, Key.Key_Down, Key.Key_Right)
    drawing.press(Key.Key_Down, Key.Key_Left, modifier=SHIFT)
    assert drawing.pad.points[1] == (0.509, -2.1)
    assert "Point 2 of 3" in drawing.pad.accessibleDescription()
    assert "-2.1 dB" in drawing.pad.accessibleDescription()
    drawing.come()
    assert drawing.names() == ["Intensity curve"] * 2
    drawing.press(Key.Key_Right, modifier=CTRL)
    assert drawing.pad.chosen == 2
    drawing.press(Key.Key_Home)
    assert drawing.pad.chosen == 0
    drawing.press(Key.Key_Delete)
    drawing.come()
    assert drawing.recipe.prompt.intensity == ((0.509, -2.1), (1.0, 0.0))
    assert drawing.panel.flow.slots[0].recipe is not None  # Delete threw no take out
    assert drawing.panel.flow.selected == 0  # and arrows led nowhere
    drawing.press(Key.Key_End, Key.Key_Backspace, Key.Key_Backspace)
    drawing.come()
    assert drawing.recipe == drawing.before


def test_undo_right_after_a_key_takes_that_key_back(drawing):
    drawing.press(Key.Key_Return)
    drawing.come()
    first = drawing.recipe
    drawing.press(Key.Key_Up)
    drawing.press(Key.Key_Z, modifier=CTRL)
    drawing.come()
    assert drawing.recipe == first
    assert drawing.names() == ["Intensity curve"]


def test_another_take_chosen_right_after_a_key_leaves_the_curve_with_its_own(drawing):
    drawing.press(Key.Key_Return, Key.Key_Up)
    drawing.press(Key.Key_2)
    assert drawing.pad.points == ()
    drawing.come()
    assert [len(intensity.curve(drawing.panel.flow, i)) for i in range(3)] == [3, 0, 0]
    drawing.press(Key.Key_1)
    assert drawing.pad.points[1] == (0.5, 1.0)


def test_no_curve_brings_the_take_back_as_it_was(drawing):
    drawing.double_click(0.5, -20.0)
    drawing.come()
    assert drawing.panel.window.detail._straight.isEnabled()
    drawing.press(Key.Key_G, modifier=SHIFT)
    drawing.come()
    assert drawing.recipe == drawing.before
    assert drawing.names()[-1] == "No intensity curve"
    drawing.press(Key.Key_Z, modifier=CTRL)
    drawing.come()
    assert len(drawing.recipe.prompt.intensity) == 3


def test_cut_and_effects_go_with_it(drawing):
    panel = drawing.panel
    cut = Edit(start=0.01, length=0.1)
    panel.studio.change(flows.edit(panel.flow, 0, cut), "Cut")
    drawing.press(Key.Key_Return, Key.Key_Down)
    drawing.come()
    assert drawing.recipe != drawing.before
    assert edit_of(panel.flow, panel.studio.shelf, drawing.recipe) == cut
    assert panel.flow.marks[lineage(drawing.before)].edit == cut


def test_handles_beneath_it_can_still_be_dragged(drawing):
    panel, detail = drawing.panel, drawing.panel.window.detail
    drawing.press(Key.Key_Return)
    drawing.come()
    panel.until(lambda: detail._made.recipe == drawing.recipe)
    before = edit_of(panel.flow, panel.studio.shelf, drawing.recipe)
    box = detail._wave.getViewBox()
    viewport = detail._plots.viewport()
    end = before.start + before.length
    here, there = (
        drawing.pad.mapFrom(viewport, detail._plots.mapFromScene(box.mapViewToScene(QPointF(at, -0.7))))
        for at in (end, end * 0.7)
    )
    QTest.mouseMove(drawing.pad, here)
    QTest.qWait(20)
    QTest.mousePress(drawing.pad, LEFT, pos=here)
    for n in range(1, 7):
        moved(drawing.pad, here + QPoint((there.x() - here.x()) * n // 6, 0), PLAIN)
    QTest.mouseRelease(drawing.pad, LEFT, pos=there)
    after = edit_of(panel.flow, panel.studio.shelf, drawing.recipe)
    assert after.length == pytest.approx(before.length - 0.3 * end, abs=0.02)
    assert drawing.wanted == ((0.0, 0.0), (0.5, 0.0), (1.0, 0.0))


def test_a_full_curve_says_so(drawing):
    for _ in range(40):
        drawing.press(Key.Key_Return)
    assert len(drawing.pad.points) == 32
    assert any("32" in sentence for sentence in drawing.panel.sentences)
    drawing.come()


def test_a_curve_that_came_with_a_file_and_is_none_is_told(drawing):
    panel = drawing.panel
    prompt = replace(drawing.before.prompt, intensity=tuple((n / 40, 0.0) for n in range(40)))
    slots = (replace(panel.flow.slots[0], recipe=replace(drawing.before, prompt=prompt)), *panel.flow.slots[1:])
    panel.studio.change(replace(panel.flow, slots=slots), "Drop")
    panel.until(lambda: panel.studio.shelf.has(replace(drawing.before, prompt=prompt)) and drawing.pad.isVisible())
    drawing.pad.setFocus()
    assert len(drawing.pad.points) == 40
    drawing.press(Key.Key_Home, Key.Key_Down)
    panel.until(lambda: any("No curve (Shift+G)" in sentence for sentence in panel.sentences))
    assert drawing.recipe.prompt == prompt
    drawing.press(Key.Key_G, modifier=SHIFT)
    drawing.come()
    assert drawing.recipe == drawing.before


def test_it_is_found_again_at_the_next_start(drawing, open_panel):
    drawing.double_click(0.5, -20.0)
    drawing.come()
    points, folder = drawing.recipe.prompt.intensity, drawing.panel.folder
    drawing.panel.close()
    again = open_panel(folder)
    again.settled()
    again.window.to_grid()
    again.press(Key.Key_1)
    pad = again.window.detail.curve.pad
    again.until(lambda: pad.isVisible() and pad.points == points)
    assert again.window.grid.hasFocus()  # shown at the start it takes the focus from nobody


def test_the_drawn_take_goes_with_more_like_this_and_harder(drawing):
    panel = drawing.panel
    drawing.press(Key.Key_Return, Key.Key_Down)
    drawing.come()
    points = drawing.recipe.prompt.intensity
    drawing.press(Key.Key_I)
    panel.until(lambda: panel.flow.complete)
    assert drawing.recipe.prompt.text == "hard glass bell"
    assert drawing.recipe.prompt.intensity == points
    panel.studio.undo.undo()
    panel.until(lambda: panel.flow.complete)
    panel.window.deeds.do("more")
    panel.until(lambda: panel.flow.complete)
    assert {slot.recipe.prompt.intensity for slot in panel.flow.slots} == {points}


def test_every_recipe_of_it_can_be_stored(drawing):
    drawing.double_click(0.25, 6.0)
    drawing.come()
    assert msgspec.json.decode(msgspec.json.encode(drawing.recipe), type=type(drawing.recipe)) == drawing.recipe


def test_the_real_engine_plays_the_take_under_the_curve_that_is_drawn(module_state, open_panel):
    """What is on disk, drafted and refined, is to the last bit the take before under the curve."""
    panel = open_panel(quick=False)
    panel.until(lambda: panel.studio.engine.pid > 0)
    panel.studio.wish(length=0.5)
    drawing = Drawing(panel)
    panel.studio.change(flows.refine(panel.flow, 0, 2), "Refine")
    panel.until(lambda: panel.studio.shelf.has(with_steps(drawing.before, 2)))
    drawing.double_click(0.4, -30.0)
    drawing.come()
    for steps in (1, 2):
        panel.until(lambda steps=steps: panel.studio.shelf.has(with_steps(drawing.recipe, steps)))
        plain, drawn = (
            wav.read(panel.studio.shelf.version(one, steps).path).sound for one in (drawing.before, drawing.recipe)
        )
        assert np.array_equal(drawn.samples, followed(plain.samples, drawing.recipe.prompt.intensity))
        assert not np.array_equal(drawn.samples, plain.samples)
