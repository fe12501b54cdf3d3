"""A part of the take: selected by hand or keys, exact to the sample, heard, handed off, trimmed to, cleared."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile
from hypothesis import given as any_
from hypothesis import strategies as some
from msgspec.structs import replace
from PyQt6.QtCore import QEvent, QPointF, Qt
from PyQt6.QtGui import QMouseEvent
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication

from presets import edit as edits
from presets.contents import made_of
from presets.export import wav
from presets.schema import Edit
from presets.sound import Sound
from ui import flow as flows
from ui import given
from ui.dialogs.picker import slot_of
from ui.listening import name_of
from ui.part import native_at, trimmed
from ui.shelf import edit_of
from ui.sounding import Playing

Key = Qt.Key
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
PLAIN = Qt.KeyboardModifier.NoModifier
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def first(panel):
    """Eight takes, the first selected, with its picture."""
    panel.write("glass bell")
    panel.settled()
    panel.window.to_grid()
    panel.press(Key.Key_1)
    detail, recipe = panel.window.detail, panel.flow.slots[0].recipe
    panel.until(lambda: detail._made is not None and detail._made.recipe == recipe)
    return panel


def part_of(panel):
    return panel.studio.archive.part


def edit(panel):
    return edit_of(panel.flow, panel.studio.shelf, panel.flow.chosen.recipe)


def carried(panel):
    panel.until(lambda: panel.studio.archive.carrying.is_ready)
    (path,) = panel.studio.archive.carrying.paths()
    return path


def samples(path):
    return wav.read(path).sound.samples


# ── exact ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("rate", "depth"), [(44100, "32f"), (48000, "24"), (88200, "32f"), (96000, "16")])
def test_a_part_holds_the_very_samples_of_the_whole_file(first, rate, depth):
    first.studio.settings.change(handoff_rate=rate, handoff_depth=depth)
    whole = samples(carried(first))
    part_of(first).select((0.0311, 0.0942))
    path = carried(first)
    begin, end = round(0.0311 * rate), round(0.0942 * rate)
    assert soundfile.info(str(path)).samplerate == rate
    cut = samples(path)
    if depth == "16":  # its dither is drawn along each file: a step and no more
        assert cut.shape == whole[:, begin:end].shape
        assert np.abs(cut - whole[:, begin:end]).max() <= 3 / 32768
    else:
        np.testing.assert_array_equal(cut, whole[:, begin:end])
    (piece,) = made_of(path).pieces
    assert (round(piece.begin * rate), round(piece.end * rate)) == (begin, end)
    assert piece.source.recipe == first.flow.slots[0].recipe


def test_parts_that_follow_one_another_are_the_whole(first):
    first.studio.settings.change(handoff_depth="32f")
    whole = samples(carried(first))
    seconds = part_of(first).seconds
    pieces = []
    for span in ((0.0, 0.0571), (0.0571, 0.1209), (0.1209, seconds)):
        part_of(first).select(span)
        pieces.append(samples(carried(first)))
    np.testing.assert_array_equal(np.concatenate(pieces, axis=1), whole)


def test_with_effects_the_part_is_of_the_wet_sound_and_reaches_into_its_tail(first):
    studio = first.studio
    studio.settings.change(handoff_depth="32f")
    dry = samples(carried(first))
    studio.racking.link.start()
    first.until(lambda: studio.racking.link.built_ins is not None)
    card = next(one for one in studio.racking.link.built_ins.effects if one.effect == "reverb")
    studio.racking.add(slot_of(card), "reverb")
    made = studio.shelf.shown(first.flow, first.flow.chosen.recipe)
    first.until(lambda: studio.shelf.is_wet(first.flow, made) and not studio.racking.is_turning)
    first.until(lambda: studio.archive.carrying.is_ready)
    whole = samples(carried(first))
    assert whole.shape[1] > dry.shape[1]
    assert part_of(first).seconds == pytest.approx(whole.shape[1] / 48000, abs=1e-3)
    begin = edit(first).length + 0.01
    part_of(first).select((begin, begin + 0.05))
    cut = samples(carried(first))
    at = round(begin * 48000)
    np.testing.assert_array_equal(cut, whole[:, at : at + cut.shape[1]])
    first.window.deeds.do("part.trim")
    assert any("tail of an effect" in sentence for sentence in first.sentences)


# ── by hand ───────────────────────────────────────────────────────────────────────────────────────────────────


def place(panel, seconds, height):
    """Where a moment of the native sound is on the plots. height: -1 is the bottom of the waveform, 1 its top."""
    detail = panel.window.detail
    at = detail._wave.getViewBox().mapViewToScene(QPointF(seconds, height))
    return detail._plots.mapFromScene(at)


def sweep(panel, begin, end, height, modifier=PLAIN):
    view = panel.window.detail._plots.viewport()
    QTest.mouseMove(view, place(panel, begin, height))
    QTest.qWait(20)
    QTest.mousePress(view, LEFT, modifier, place(panel, begin, height))
    for share in (0.3, 0.6, 1.0):
        moved(view, place(panel, begin + share * (end - begin), height), modifier)
    QTest.mouseRelease(view, LEFT, modifier, place(panel, end, height))


def moved(view, at, modifier):
    """QTest's own moves carry no button."""
    QTest.qWait(15)  # the plot leaves out moves that come faster than a picture
    where = QPointF(at)
    QApplication.sendEvent(
        view,
        QMouseEvent(
            QEvent.Type.MouseMove, where, view.mapToGlobal(where), Qt.MouseButton.NoButton, LEFT, modifier
        ),
    )


def test_a_drag_in_the_upper_half_selects_and_moves_no_handle(first):
    before = edit(first)
    low, high = (native_at(before, at) for at in (0.05, 0.12))
    sweep(first, high, low, 0.5)
    assert part_of(first).span == pytest.approx((0.05, 0.12), abs=0.004)
    assert edit(first) == before
    item = first.window.detail.part.selection.item
    assert item.isVisible()
    assert item.getRegion() == pytest.approx((low, high), abs=0.004)


def test_a_drag_in_the_lower_half_moves_the_cut_and_with_shift_selects(first):
    before = edit(first)
    low, high = (native_at(before, at) for at in (0.05, 0.12))
    sweep(first, low, high, -0.5, SHIFT)
    assert part_of(first).span == pytest.approx((0.05, 0.12), abs=0.004)
    assert edit(first) == before
    part_of(first).clear()
    sweep(first, low, low + 0.02, -0.5)
    assert part_of(first).span is None
    assert edit(first).start == pytest.approx(before.start + 0.02, abs=0.004)


def test_a_click_beside_it_clears_and_one_on_it_plays(first):
    part_of(first).select((0.05, 0.12))
    path = carried(first)
    view = first.window.detail._plots.viewport()
    inside = place(first, native_at(edit(first), 0.08), 0.5)
    QTest.mouseMove(view, inside)
    QTest.mouseClick(view, LEFT, PLAIN, inside)
    first.until(lambda: name_of(path) in first.studio.audio.heard)
    beside = place(first, native_at(edit(first), 0.18), 0.5)
    QTest.mouseMove(view, beside)
    QTest.mouseClick(view, LEFT, PLAIN, beside)
    first.until(lambda: part_of(first).span is None)


def test_it_is_dragged_out_of_the_window_as_its_file(first, monkeypatch):
    taken = []
    monkeypatch.setattr("ui.panels.part.dragged", lambda source, mime, picture: taken.append(mime.urls()) or True)
    part_of(first).select((0.05, 0.15))
    path = carried(first)
    begin, end = (native_at(edit(first), at) for at in (0.08, 0.1))
    sweep(first, begin, end, 0.5)
    first.until(lambda: bool(taken))
    assert [url.toLocalFile() for url in taken[0]] == [str(path)]
    assert part_of(first).span == pytest.approx((0.05, 0.15))
    part_of(first).clear()
    carried(first)
    assert path.exists()  # a DAW has it


def test_its_ends_can_be_typed(first):
    line = first.window.detail.part_line
    part_of(first).all()
    for entry, text in ((line.begin, "0,0321"), (line.end, "0.0999")):
        entry.setFocus()
        entry.selectAll()
        first.qtbot.keyClicks(entry, text)
        first.qtbot.keyClick(entry, Key.Key_Return)
    assert part_of(first).span == pytest.approx((0.0321, 0.0999), abs=1e-9)
    line.end.setFocus()
    line.end.selectAll()
    first.qtbot.keyClicks(line.end, "soon")
    first.qtbot.keyClick(line.end, Key.Key_Return)
    assert part_of(first).span == pytest.approx((0.0321, 0.0999), abs=1e-9)
    assert line.end.text() == "0.0999"
    assert all(one.accessibleName() for one in (line.begin, line.end, *line.buttons.values()))


# ── by keys ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_keys_select_all_move_the_ends_and_clear(first):
    whole = part_of(first).seconds
    first.press(Key.Key_A, CTRL)
    assert part_of(first).span == pytest.approx((0.0, whole))
    first.press(Key.Key_Right, CTRL)
    first.press(Key.Key_Right, CTRL)
    first.press(Key.Key_Left, CTRL)
    first.press(Key.Key_Left, SHIFT)
    assert part_of(first).span == pytest.approx((0.01, whole - 0.01))
    first.press(Key.Key_Right, SHIFT)
    first.press(Key.Key_Right, SHIFT)
    assert part_of(first).span == pytest.approx((0.01, whole))
    first.press(Key.Key_A, CTRL | SHIFT)
    assert part_of(first).span is None


def test_borders_are_set_where_the_take_plays(first, monkeypatch):
    first.window.deeds.do("part.begin")
    first.studio.sounding.stop()
    first.window.deeds.do("part.begin")
    assert any("where it plays" in sentence for sentence in first.sentences)
    part_of(first).clear()
    take = flows.lineage(first.flow.chosen.recipe)
    at = 0.0
    monkeypatch.setattr("ui.sounding.time.monotonic", lambda: 100.0 + at)
    first.studio.sounding.playing = Playing(take, 100.0, 0.24)
    at = 0.05
    first.press(Key.Key_BracketLeft)
    at = 0.11
    first.press(Key.Key_BracketRight)
    assert part_of(first).span == pytest.approx((0.05, 0.11))


def test_the_part_is_heard_and_anew_when_it_is_another(first):
    first.press(Key.Key_Space, SHIFT)
    assert any("Select a part first" in sentence for sentence in first.sentences)
    part_of(first).select((0.02, 0.1))
    heard = first.studio.audio.heard
    for _ in range(2):
        before = len(heard)
        first.press(Key.Key_Space, SHIFT)
        first.until(lambda before=before: len(heard) > before)
        assert heard[-1] == name_of(carried(first))
    loads = []
    first.studio.audio.load = lambda sound, path: loads.append((sound, samples(path).shape[1]))
    part_of(first).select((0.02, 0.05))
    first.press(Key.Key_Space, SHIFT)
    first.until(lambda: bool(loads))
    assert loads[-1] == (name_of(carried(first)), round(0.05 * 48000) - round(0.02 * 48000))


# ── what becomes of it ────────────────────────────────────────────────────────────────────────────────────────


def test_another_take_clears_it_and_refining_does_not(first):
    part_of(first).select((0.03, 0.1))
    first.studio.settings.change(steps=4)
    first.press(Key.Key_R)
    shown = first.studio.shelf.shown
    first.until(lambda: shown(first.flow, first.flow.slots[0].recipe).recipe.steps == 4)
    assert part_of(first).span == pytest.approx((0.03, 0.1))
    first.until(lambda: first.studio.archive.carrying.is_ready)
    (piece,) = made_of(carried(first)).pieces
    assert piece.source.recipe.steps == 4
    first.press(Key.Key_2)
    assert part_of(first).span is None
    assert not first.window.detail.part.selection.item.isVisible()


def test_it_stays_on_the_same_piece_of_the_sound_when_the_cut_moves(first):
    before = edit(first)
    part_of(first).select((0.05, 0.1))
    first.studio.change(flows.edit(first.flow, 0, replace(before, start=before.start + 0.03)), "Cut")
    assert part_of(first).span == pytest.approx((0.02, 0.07))
    first.studio.change(flows.edit(first.flow, 0, replace(before, pitch=12.0)), "Pitch")
    assert part_of(first).span == pytest.approx((0.025, 0.05))
    first.studio.change(flows.edit(first.flow, 0, replace(before, start=before.start, length=0.02)), "Cut")
    assert part_of(first).span is None


def test_trimming_to_it_leaves_nothing_else_and_undoes(first):
    before = edit(first)
    whole = edits.apply(Sound(np.ones((1, 44100), np.float32), 44100), before).frames
    part_of(first).select((0.04, 0.12))
    first.press(Key.Key_T, CTRL)
    after = edit(first)
    assert part_of(first).span is None
    assert (after.start, after.length) == pytest.approx((before.start + 0.04, 0.08))
    first.until(lambda: first.studio.shelf.sound(first.flow, first.flow.slots[0].recipe) is not None)
    first.press(Key.Key_Z, CTRL)
    assert edit(first) == before
    assert whole > 0


spans = some.tuples(some.floats(0, 5), some.floats(0.01, 5)).map(lambda one: (one[0], one[0] + one[1]))


@any_(
    spans,
    some.floats(0.05, 6),
    some.floats(-24, 24),
    some.floats(0, 1),
    some.one_of(some.none(), some.floats(0, 1)),
    some.floats(0, 1),
)
def test_a_trimmed_edit_is_one_and_lets_the_same_sound_be_heard(span, length, pitch, start, loop, sync):
    before = Edit(
        start=start,
        length=length,
        onset=sync * length,
        sync=sync * length,
        fade_in=0.01,
        fade_out=0.02,
        pitch=pitch,
        loop=None if loop is None else (loop * length * 0.5, length * (0.5 + loop * 0.5)),
    )
    after = trimmed(before, span)
    if after is None:
        assert min(span[1], length) - span[0] < given.SHORTEST
        return
    assert 0 < after.length <= length + 1e-9
    assert native_at(after, 0.0) == pytest.approx(native_at(before, span[0]))
    assert native_at(after, after.length) == pytest.approx(native_at(before, min(span[1], length)))
    assert 0 <= after.onset <= after.length
    assert 0 <= after.sync <= after.length
    assert max(after.fade_in, after.fade_out) <= after.length
    if after.loop is not None:
        assert 0 <= after.loop[0] < after.loop[1] <= after.length + 1e-9
