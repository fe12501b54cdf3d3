"""The real engine and the real audio process behind the window: the whole way, and both killed on it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from PyQt6.QtCore import Qt

from engine.local import Engine
from presets.export import wav
from presets.export.version import read_version
from presets.schema import with_steps
from tests.ui.panel.test_window import states
from ui.shelf import edit_of

Key = Qt.Key


@pytest.fixture
def real(module_state, open_panel):
    """A window with real processes, and eight drafts."""
    panel = open_panel(quick=False)
    panel.until(lambda: panel.studio.engine.pid > 0)
    panel.studio.wish(length=0.5)
    panel.write("glass bell")
    panel.settled()
    panel.window.to_grid()
    return panel


def test_type_hear_refine_and_keep(real, engine: Engine):
    """What was kept is what the command line makes of the recipe in it, bit for bit."""
    real.press(Key.Key_2)
    real.until(lambda: real.studio.sounding.is_playing and max(real.studio.audio.last.peaks) > -60)
    real.studio.settings.change(steps=4)
    real.press(Key.Key_R)
    real.until(lambda: states(real)[1].startswith("refined 4"))
    recipe = real.flow.slots[1].recipe
    refined = real.studio.shelf.version(recipe, 4)
    assert refined.version.checksum == engine.make(with_steps(recipe, 4)).version.checksum
    assert refined.version.edit == real.studio.shelf.version(recipe).version.edit
    real.press(Key.Key_Return)
    real.until(lambda: len(real.studio.shelf.kept) == 2)
    kept = {read_version(path).recipe.steps: path for path in real.session.takes.glob("*.wav")}
    assert set(kept) == {1, 4}
    edit = edit_of(real.flow, real.studio.shelf, recipe)
    assert wav.read(kept[4]).sound.seconds == pytest.approx(edit.length, abs=1e-4)
    real.until(lambda: real.studio.timing.ledger.total > 0)
    assert real.studio.timing.ledger.network > 0


def test_a_killed_engine_is_one_calm_line_and_comes_back(real):
    os.kill(real.studio.engine.pid, signal.SIGKILL)
    real.write(" big")
    real.settled()
    real.until(lambda: any("engine stopped" in sentence for sentence in real.sentences))
    assert states(real) == ["draft"] * 8


def test_an_engine_that_cannot_be_started_for_a_while_costs_nothing_that_was_asked_for(real, monkeypatch):
    """A machine that is too busy, or a disk that is full: told in a line, tried again, and nothing is refused."""
    with monkeypatch.context() as broken:
        broken.setattr("engine.client.START_SECONDS", 0.5)
        broken.setattr("engine.client._start", lambda *_: subprocess.Popen([sys.executable, "-c", ""]))
        os.kill(real.studio.engine.pid, signal.SIGKILL)
        real.write(" big")
        real.until(lambda: real.studio.engine.client is None)
        assert not real.studio.shelf.refused
        assert not real.flow.complete
        assert any("another one is being started" in sentence for sentence in real.sentences)
    real.settled()
    assert states(real) == ["draft"] * 8


def test_a_killed_audio_process_is_one_calm_line_and_plays_on(real):
    os.kill(real.studio.audio.client.pid, signal.SIGKILL)
    real.until(lambda: any("audio process stopped" in sentence for sentence in real.sentences))
    real.until(lambda: real.studio.audio.last.open)
    pressed = 0.0

    def sounds() -> bool:
        """A person presses again when a sound is not loaded yet."""
        nonlocal pressed
        if time.monotonic() - pressed > 1.0:
            pressed = time.monotonic()
            real.press(Key.Key_5)
        return max(real.studio.audio.last.peaks, default=-200.0) > -60

    real.until(sounds)
    real.until(lambda: real.studio.audio.last.voices == 0)
    real.studio.sounding.note(36, 100)
    real.until(lambda: real.studio.audio.last.voices > 0)


def test_a_panel_that_is_killed_loses_nothing(module_state, open_panel, tmp_path):
    """A process of its own: types, pins, keeps, and is killed without a word."""
    script = Path(__file__).with_name("killed_panel.py")
    child = subprocess.Popen(
        [sys.executable, "-P", str(script), str(tmp_path)], stdout=subprocess.PIPE, text=True, env=os.environ
    )
    with child:
        told = json.loads(child.stdout.readline())
        child.kill()
    panel = open_panel(tmp_path, quick=False)
    panel.settled()
    assert panel.flow.wishes.text == "glass bell"
    assert [slot.recipe.seed for slot in panel.flow.slots] == told["seeds"]
    assert panel.flow.slots[2].pinned
    assert panel.flow.marks_of(panel.flow.slots[1].recipe).kept
    panel.until(lambda: len(panel.studio.shelf.kept) >= 2)
    names = sorted(path.name for path in panel.session.takes.glob("*.wav"))
    assert len(names) == len(set(names)) == len(panel.studio.shelf.kept)


def test_the_panel_opens_from_the_command_line_and_leaves_nothing_when_it_is_ended(module_state, tmp_path):
    code = "import sys; from pathlib import Path; from ui.opening import open_panel; "
    code += "sys.exit(open_panel(Path(sys.argv[1])))"
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    child = subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "new" / "session")], env=environment)
    try:
        process = psutil.Process(child.pid)
        deadline = time.monotonic() + 60
        while not (tmp_path / "new" / "session" / "panel.json").exists() or not process.children():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        audio = [one for one in process.children() if "plugin_bridge.audio" in one.cmdline()]
        child.send_signal(signal.SIGTERM)
        assert child.wait(60) == 0
        assert not psutil.wait_procs(audio, timeout=10)[1]
    finally:
        child.kill()
        child.wait()
