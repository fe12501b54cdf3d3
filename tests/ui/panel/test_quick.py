"""What keeps the window quick: what it loads, what its threads do, and what grows with a session."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace
from PyQt6.QtCore import QSize
from PyQt6.QtGui import QImage

from plugin_bridge.audio.protocol import Output
from presets import handoff
from tests.ui.panel.conftest import recipe, version_of
from ui import flow as flows
from ui.__main__ import of_panel
from ui.fetching import Fetching
from ui.orders import orders
from ui.settings import SettingsFile
from ui.shelf import Made, Shelf
from ui.widgets import waveform
from ui.work import Work


def runs(code):
    """What a process of its own prints."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.split()


@pytest.mark.parametrize(
    ("words", "opens"),
    [
        ([], True),
        (["--session", "a folder"], True),
        (["--session=a folder"], True),
        (["--session"], False),
        (["--session="], False),
        (["--session", "--version"], False),
        (["--version"], False),
        (["a glass bell"], False),
        (["--session", "a folder", "play"], False),
    ],
)
def test_the_panel_alone_is_opened_without_the_command_line(words, opens):
    assert of_panel(words) == opens


def test_numpy_has_no_thread_of_its_own_and_children_do_not_inherit_that():
    code = (
        "import os, psutil\n"
        "os.environ.pop('OPENBLAS_NUM_THREADS', None)\n"
        "from presets.one_thread import numpy_in_one_thread; numpy_in_one_thread()\n"
        "import numpy; numpy.ones((500, 500)) @ numpy.ones((500, 500))\n"
        "print(psutil.Process().num_threads(), 'OPENBLAS_NUM_THREADS' in os.environ)"
    )
    assert runs(code) == ["1", "False"]


def test_a_choice_of_the_users_own_about_threads_stays():
    code = (
        "import os\nos.environ['OPENBLAS_NUM_THREADS'] = '2'\n"
        "from presets.one_thread import numpy_in_one_thread; numpy_in_one_thread()\n"
        "print(os.environ['OPENBLAS_NUM_THREADS'])"
    )
    assert runs(code) == ["2"]


def test_a_window_loads_nothing_that_few_need():
    seldom = ["pythonosc", "asyncio", "typer", "rich", "pyqtgraph", "ui.cli", "ui.dialogs.picker", "torch"]
    code = f"import sys, ui.app; print([name for name in {seldom} if name in sys.modules])"
    assert runs(code) == ["[]"]


def test_a_window_is_taken_apart_before_its_application(tmp_path, module_state):
    """Else one end in ten is a crash inside PyQt, which the system reports though everything was saved."""
    SettingsFile().change(output=Output(driver="none"), greeted=True)
    code = (
        "import pathlib, ui.app\nfrom PyQt6 import sip\nfrom PyQt6.QtCore import QTimer\n"
        "windows, make = [], ui.app.opened\n"
        "def opened(*parts):\n"
        "    windows.append(make(*parts))\n"
        "    QTimer.singleShot(50, windows[0].close)\n"
        "    return windows[0]\n"
        "ui.app.opened = opened\n"
        f"print(ui.app.run(pathlib.Path({str(tmp_path / 'session')!r})), sip.isdeleted(windows[0]))"
    )
    assert runs(code) == ["0", "True"]


def test_what_must_be_asked_for_does_not_grow_with_what_was_made():
    """Thousands of drafts lie on the shelf after a long day; only kept ones are looked at."""
    looked = []

    class Watched(Shelf):
        def of_take(self, take):
            looked.append(take)
            return super().of_take(take)

    shelf, flow = Watched(), flows.begin(iter(range(8)).__next__)
    for seed in range(300):
        shelf.put(Made(version_of(recipe(seed=seed)), Path("x.wav")))
    kept = recipe(seed=7)
    flow = replace(flow, marks={flows.lineage(kept): flows.Marks(kept=True)})
    todo = orders(flow, shelf, {})
    assert [made.recipe for made in todo.keep] == [kept]
    assert set(looked) == {flows.lineage(kept)}


def test_versions_lie_by_their_steps_whatever_came_first():
    shelf = Shelf()
    for steps in (8, 1, 16, 2):
        shelf.put(Made(version_of(recipe(steps=steps)), Path("x.wav")))
    assert [made.recipe.steps for made in shelf.versions(recipe())] == [1, 2, 8, 16]


@pytest.mark.parametrize(("ratio", "strength"), [(1.0, 1.0), (2.0, 0.45), (1.25, 1.0)])
def test_a_waveform_covers_what_its_peaks_say(qapp, ratio, strength):
    """Against the plain formula: a pixel's share of the wave is its opacity, its column's tint its colour."""
    peaks = np.stack([-np.linspace(1, 0.1, 480), np.linspace(0.3, 1, 480)]).astype(np.float32)
    tint = np.linspace(0, 1, 480, dtype=np.float32)
    drawn = waveform.picture(peaks, tint, QSize(240, 91), ratio, strength)
    image = drawn.toImage().convertToFormat(QImage.Format.Format_RGBA8888)
    width, height = image.width(), image.height()
    held = image.bits()
    held.setsize(image.sizeInBytes())
    pixels = np.frombuffer(held, np.uint8).reshape(height, width, 4).astype(int)
    low, high, _ = waveform._columns(peaks, tint, width)
    rows = (np.arange(height)[:, None] + 0.5 - height / 2) / (height / 2)
    cover = np.clip(np.minimum(high - rows, rows - low) * (height / 2) + 0.5, 0, 1)
    assert np.abs(pixels[..., 3] - cover * 255 * strength).max() <= 1.01
    full = pixels[height // 2]
    wanted = [(c.red(), c.green(), c.blue()) for c in waveform.tints()]
    assert np.abs(full[0, :3] - wanted[0]).max() <= 3  # what a premultiplied pixel can tell of its colour
    assert np.abs(full[-1, :3] - wanted[-1]).max() <= 3


def test_a_file_that_nobody_took_goes_beside_the_window(panel, monkeypatch):
    threads = []
    withdraw = handoff.withdraw

    def seen(session, gone):
        threads.append(threading.current_thread())
        withdraw(session, gone)

    monkeypatch.setattr(handoff, "withdraw", seen)
    panel.write("bell")
    panel.settled()
    carrying = panel.studio.archive.carrying
    panel.window.deeds.do("hear.1")
    panel.until(lambda: carrying.is_ready)
    first = carrying.paths()
    panel.window.deeds.do("hear.2")
    panel.until(lambda: carrying.is_ready and not first[0].exists())
    assert threads
    assert threading.main_thread() not in threads
    panel.window.deeds.do("hear.1")
    panel.until(lambda: carrying.is_ready and not carrying._leaving)
    assert sorted(first[0].parent.glob("*.wav")) == carrying.paths()


def test_a_file_that_is_just_being_taken_back_goes_when_the_window_closes(panel, monkeypatch):
    panel.write("bell")
    panel.settled()
    carrying = panel.studio.archive.carrying
    panel.window.deeds.do("hear.1")
    panel.until(lambda: carrying.is_ready)
    first = carrying.paths()[0]
    monkeypatch.setattr(carrying._work, "do", lambda *_: None)  # the threads never come to it
    panel.window.deeds.do("hear.2")
    panel.until(lambda: bool(carrying._leaving))
    assert first.exists()
    panel.close()
    assert not first.exists()


def test_what_nobody_foresaw_in_a_job_is_told_and_leaves_nobody_waiting(qtbot):
    told = []
    work = Work(told.append)
    with qtbot.capture_exceptions() as raised:
        work.do("job", lambda: {}["not there"], told.append)
        qtbot.waitUntil(lambda: work.running == 0)
    work.close()
    assert [type(error) for _, error, _ in raised] == [KeyError]
    assert told == ["Something went wrong (KeyError)."]


def test_a_fetch_that_breaks_in_an_unforeseen_way_is_over(qtbot):
    told = []
    fetching = Fetching(lambda name, on_part: name.missing)
    fetching.failed.connect(told.append)
    with qtbot.capture_exceptions() as raised:
        fetching.start("a model")
        qtbot.waitUntil(lambda: bool(told))
    assert [type(error) for _, error, _ in raised] == [AttributeError]
    assert "AttributeError" in told[0]
    assert not fetching.is_running
    fetching.close()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux knows a priority of a single thread")
def test_what_works_beside_the_window_runs_behind_it(qtbot):
    told = []
    work = Work(told.append)
    answers = []
    work.do("nice", lambda: os.getpriority(os.PRIO_PROCESS, 0), answers.append)
    qtbot.waitUntil(lambda: bool(answers))
    work.close()
    assert answers[0] > os.getpriority(os.PRIO_PROCESS, 0)
