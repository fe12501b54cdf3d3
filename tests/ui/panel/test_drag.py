"""Sounds leave as files and come in as files: written on selection, in the session, and as they were."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
import soundfile
from msgspec.structs import replace
from PyQt6.QtCore import QMimeData, QPointF, Qt, QUrl
from PyQt6.QtGui import QDragEnterEvent, QDropEvent
from PyQt6.QtWidgets import QApplication

from presets import edit as edits
from presets import handoff, kits
from presets.contents import made_of
from presets.export import flac, wav
from presets.export import version as versions
from presets.export.version import read_version
from presets.library import Library
from presets.schema import Assembly, lineage_id, with_steps
from presets.sound import Sound
from tests.ui.panel.conftest import recipe, sound_of, version_of
from ui import flow as flows

Key = Qt.Key
CTRL = Qt.KeyboardModifier.ControlModifier
HERE = Path(__file__).parent
PATIENCE = 90.0


@pytest.fixture
def eight(panel):
    panel.write("glass bell")
    panel.settled()
    panel.window.to_grid()
    return panel


def carried(panel):
    panel.until(lambda: panel.studio.archive.carrying.is_ready)
    return panel.studio.archive.carrying.paths()


def handoffs(panel):
    return sorted(path.name for path in (panel.session.folder / handoff.FOLDER).glob("*.wav"))


def drop(panel, *paths):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    held = (Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(panel.window, QDragEnterEvent(QPointF(20, 20).toPoint(), *held))
    event = QDropEvent(QPointF(20, 20), *held)
    QApplication.sendEvent(panel.window, event)
    assert event.isAccepted()
    panel.until(lambda: not panel.studio.archive.live.running)


def written(path, made, depth="24"):
    version = version_of(made)
    versions.write(path, versions.heard(sound_of(made), version, 48000), version, depth)
    return path


# ── out ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_selected_take_lies_ready_as_it_is_heard(eight):
    eight.press(Key.Key_3)
    (path,) = carried(eight)
    slot = eight.flow.slots[2]
    assert path.parent == eight.session.folder / handoff.FOLDER
    assert soundfile.info(str(path)).samplerate == 48000
    assert soundfile.info(str(path)).subtype == "PCM_24"
    assert read_version(path).recipe == slot.recipe
    native = sound_of(slot.recipe)
    expected = edits.apply(native, version_of(slot.recipe).edit).scaled(slot.gain_db).resampled(48000)
    heard = wav.read(path).sound
    count = min(expected.frames, heard.frames)
    assert abs(expected.frames - heard.frames) <= 2
    np.testing.assert_allclose(heard.samples[:, :count], expected.samples[:, :count], atol=2e-4)


def test_what_nobody_took_goes_and_what_was_copied_stays(eight):
    eight.press(Key.Key_1)
    (first,) = carried(eight)
    eight.press(Key.Key_2)
    eight.until(lambda: not first.exists())
    (second,) = carried(eight)
    eight.press(Key.Key_C, CTRL)
    urls = QApplication.clipboard().mimeData().urls()
    assert [Path(url.toLocalFile()) for url in urls] == [second]
    eight.press(Key.Key_3)
    carried(eight)
    assert second.exists()
    eight.press(Key.Key_2)
    assert carried(eight) == [second]
    eight.close()
    assert handoffs(eight) == [second.name]


def test_what_is_being_dragged_stays_though_another_file_is_wanted_meanwhile(eight):
    carrying = eight.studio.archive.carrying
    eight.press(Key.Key_3)
    (dragged,) = carried(eight)
    assert [Path(url.toLocalFile()) for url in carrying.mime().urls()] == [dragged]
    eight.studio.settings.change(handoff_rate=96000)
    (newer,) = carried(eight)
    assert newer != dragged
    assert dragged.exists()
    carrying.taken()
    eight.press(Key.Key_4)
    (other,) = carried(eight)
    eight.until(lambda: not newer.exists())
    carrying.mime()  # this one is let go where nobody takes it
    eight.close()
    assert handoffs(eight) == [dragged.name]
    assert other.name not in handoffs(eight)


def test_the_rate_and_depth_are_those_of_the_daw(eight):
    eight.studio.settings.change(handoff_rate=96000, handoff_depth="32f")
    eight.press(Key.Key_4)
    (path,) = carried(eight)
    info = soundfile.info(str(path))
    assert (info.samplerate, info.subtype) == (96000, "FLOAT")


def test_a_part_of_a_take_says_where_it_lay(eight):
    eight.press(Key.Key_1)
    take = eight.flow.slots[0].recipe
    cut = replace(version_of(take).edit, loop=(0.02, 0.08))
    eight.studio.change(flows.edit(eight.flow, 0, cut))
    eight.press(Key.Key_C, Qt.KeyboardModifier.ShiftModifier)
    eight.until(lambda: eight.studio.archive.span is not None and not eight.studio.archive.carrying._settle.waits)
    (path,) = carried(eight)
    made = made_of(path)
    assert isinstance(made, Assembly)
    (piece,) = made.pieces
    assert (piece.begin, piece.end) == pytest.approx((0.02, 0.08), abs=1e-3)
    assert piece.source.recipe == eight.flow.slots[0].recipe
    assert soundfile.info(str(path)).duration == pytest.approx(0.06, abs=1e-3)


def test_several_takes_of_the_library_are_carried_in_their_order(eight):
    for slot in ("2", "5"):
        eight.window.deeds.do(f"hear.{slot}")
        eight.window.deeds.do("keep")
    eight.until(lambda: len(eight.studio.shelf.kept) == 4)
    eight.window.deeds.do("library.find")
    library = eight.window.docks["library"].widget()
    eight.until(lambda: library.rows.rowCount() == 4)
    library.table.setFocus()
    library.table.selectAll()
    eight.until(lambda: len(library.selected()) == 4)
    paths = carried(eight)
    shown = [read_version(eight.session.takes / hit.wav).recipe for hit in library.selected()]
    assert [read_version(path).recipe for path in paths] == shown


def test_a_linked_file_is_updated_when_its_take_was_refined_and_stays_when_committed(eight):
    eight.press(Key.Key_2)
    carried(eight)
    eight.window.deeds.do("handoff.link")
    eight.until(lambda: any("follows its take" in sentence for sentence in eight.sentences))
    panel = eight.window.docks["library"].widget().handoffs
    panel.refresh()
    eight.until(lambda: [row.state for row in panel.rows.rows] == ["linked"])
    path = panel.rows.rows[0].path
    before, frames = path.read_bytes(), soundfile.info(str(path)).frames
    eight.studio.settings.change(steps=8)
    eight.press(Key.Key_R)
    eight.until(lambda: eight.studio.shelf.shown(eight.flow, eight.flow.slots[1].recipe).recipe.steps == 8)
    panel.refresh()
    eight.until(lambda: [row.state for row in panel.rows.rows] == ["newer version waiting"])
    eight.window.deeds.do("handoff.update")
    eight.until(lambda: any("1 file updated" in sentence for sentence in eight.sentences))
    assert path.read_bytes() != before
    assert soundfile.info(str(path)).frames == frames
    assert read_version(path).recipe.steps == 8
    panel.refresh()
    eight.until(lambda: [row.state for row in panel.rows.rows] == ["linked"])
    eight.window.deeds.do("handoff.commit")
    panel.refresh()
    eight.until(lambda: [row.state for row in panel.rows.rows] == ["frozen"])


# ── in ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".aiff"])
def test_any_sound_becomes_a_take_that_was_not_generated(panel, tmp_path, suffix):
    path = tmp_path / f"door{suffix}"
    noise = np.random.default_rng(1).uniform(-0.3, 0.3, (4800, 2))
    soundfile.write(str(path), noise, 48000, subtype="PCM_24")
    drop(panel, path)
    with Library(panel.session.folder, tmp_path / "elsewhere") as library:
        hit = library.take("door")
    assert (hit.kind, hit.generated, hit.channels) == ("imported", False, 2)
    assert any("not generated" in sentence for sentence in panel.sentences)


def test_one_of_ours_comes_back_as_it_was(panel, tmp_path):
    made = with_steps(recipe("glass bell", seed=9), 4)
    wave = written(tmp_path / "bell.wav", made)
    drop(panel, wave)
    assert panel.flow.slots[0].recipe == with_steps(made, 1)
    assert panel.flow.marks_of(made).steps == 4
    assert panel.flow.marks_of(made).edit == version_of(made).edit
    panel.until(lambda: panel.studio.shelf.has(made))
    drop(panel, wave)
    assert len(list(panel.session.takes.glob("*.wav"))) == 1
    other = recipe("metal door", seed=3)
    version = version_of(other)
    sound = versions.heard(sound_of(other), version, 48000)
    flac.write(tmp_path / "door.flac", sound, version, "24")
    drop(panel, tmp_path / "door.flac")
    assert other in [slot.recipe for slot in panel.flow.slots]


def test_a_kit_comes_back_onto_its_keys(panel, tmp_path):
    folder = tmp_path / "shared"
    folder.mkdir()
    takes = [recipe("kick", seed=1), recipe("snare", seed=2)]
    paths = [written(folder / f"{made.prompt.text}.wav", made) for made in takes]
    kit, _ = kits.kit_of(paths, "drums")
    kits.write_kit(folder / "drums.json", kit)
    drop(panel, folder / "drums.json")
    assert {lineage_id(made) for made in panel.flow.pads.values()} == {lineage_id(made) for made in takes}
    assert set(panel.flow.pads) == {36, 37}


def test_what_cannot_be_read_is_told_and_keeps_nothing_else_out(panel, tmp_path):
    (tmp_path / "broken.wav").write_bytes(b"RIFF nothing")
    (tmp_path / "other.json").write_text('{"kind": "letter"}')
    wav.write(tmp_path / "good.wav", Sound(np.full((1, 480), 0.1, np.float32), 48000), depth="24")
    drop(panel, tmp_path / "broken.wav", tmp_path / "other.json", tmp_path / "good.wav")
    assert [path.name for path in panel.session.takes.glob("*.wav")] == ["good.wav"]
    assert any("broken.wav" in sentence for sentence in panel.sentences)
    assert any("other.json" in sentence for sentence in panel.sentences)


# ── into another program ──────────────────────────────────────────────────────────────────────────────────────


on_a_screen = pytest.mark.skipif(
    not all(map(shutil.which, ("Xvfb", "openbox", "xdotool"))), reason="needs Xvfb, openbox and xdotool"
)


def drag_from(x, y, env):
    """The hand of somebody who drags to the other program."""
    mouse = ["xdotool", "mousemove", str(x), str(y), "sleep", "0.3", "mousedown", "1"]
    steps = [(x + (1950 - x) * n // 10, y + (180 - y) * n // 10) for n in range(1, 11)]
    for to in [*steps, (1952, 182), (1950, 180)]:
        mouse += ["sleep", "0.08", "mousemove", *map(str, to)]
    subprocess.run([*mouse, "sleep", "0.3", "mouseup", "1"], env=env, check=True, timeout=PATIENCE)


@on_a_screen
def test_a_take_is_dragged_into_another_program(tmp_path):
    with dragging(tmp_path, "take") as (env, other, panel):
        drag_from(*line(panel), env)
        (path,) = (Path(text) for text in line(other))
        panel.send_signal(signal.SIGKILL)
    assert path.parent == tmp_path / "session" / handoff.FOLDER
    assert read_version(path).recipe.prompt.text == "glass bell"
    assert wav.read(path).sound.peak_db > -20


@on_a_screen
def test_a_part_is_dragged_off_the_waveform_and_dragged_again(tmp_path):
    with dragging(tmp_path, "part") as (env, other, panel):
        x, y = line(panel)
        paths = []
        for _ in range(2):
            drag_from(x, y, env)
            paths += line(other)
        panel.send_signal(signal.SIGKILL)
    assert paths[0] == paths[1]
    (piece,) = made_of(Path(paths[0])).pieces
    assert (piece.begin, piece.end) == pytest.approx((0.02, 0.2), abs=1e-4)
    assert soundfile.info(paths[0]).frames == round(0.2 * 48000) - round(0.02 * 48000)


@contextlib.contextmanager
def dragging(folder, what):
    """A screen with a panel that lies ready to be dragged from, and another program."""
    with ExitStack() as stack:
        env = {**os.environ, "DISPLAY": stack.enter_context(screen()), "QT_QPA_PLATFORM": "xcb"}
        stack.enter_context(running(env, "openbox"))
        other = stack.enter_context(running(env, sys.executable, str(HERE / "receiver.py")))
        assert line(other) == "ready"
        command = (sys.executable, str(HERE / "dragging_panel.py"), str(folder), what)
        yield env, other, stack.enter_context(running(env, *command))


class screen:  # noqa: N801
    """An X server of our own."""

    def __enter__(self) -> str:
        there, ours = os.pipe()
        self.server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(ours), "-screen", "0", "2200x900x24", "-nolisten", "tcp"],
            pass_fds=(ours,),
            stderr=subprocess.DEVNULL,
        )
        os.close(ours)
        with os.fdopen(there) as told:
            return f":{told.readline().strip()}"

    def __exit__(self, *_: object) -> None:
        self.server.terminate()
        self.server.wait()


class running:  # noqa: N801
    """A program, ended with its block."""

    def __init__(self, env: dict[str, str], *command: str) -> None:
        quiet = subprocess.DEVNULL
        self.process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=quiet, text=True)

    def __enter__(self) -> subprocess.Popen[str]:
        return self.process

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


def line(process: subprocess.Popen[str]) -> object:
    """What a program tells next."""
    assert process.stdout is not None
    patience = threading.Timer(PATIENCE, process.kill)
    patience.start()
    try:
        text = process.stdout.readline()
    finally:
        patience.cancel()
        patience.join()
    assert text, "it told nothing"
    return json.loads(text)
