"""What the panel feels like: its start, from a key to a sound, gaps in its event loop, memory.

The real window with real processes, on Qt's screen that nobody sees (drawn into memory all the same) and the
audio's silent driver. Every figure comes from a process of its own with a state folder and an engine of its own,
so that neither the bench nor the figure before disturbs it; the work in it is bench_window.py's.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import bench_child
import numpy as np
import psutil

from plugin_bridge.audio.protocol import Output
from ui.settings import SettingsFile

STARTS = 5
STATE = "ONETAKE_STATE"

_BARE = """
import sys, time
from PyQt6.QtCore import QTimer
from PyQt6.QtWidgets import QApplication, QWidget
app = QApplication(sys.argv[:1])
window = QWidget()
window.show()
QTimer.singleShot(0, lambda: (print(time.monotonic() - float(sys.argv[1])), app.quit()))
app.exec()
"""


def measure() -> dict[str, object]:
    """Every figure of the panel, by name."""
    return {**starts(), **keys(), **gaps(), **memory()}


def starts() -> dict[str, object]:
    """Seconds until a window can be used while its engine loads, beside one of Qt with nothing in it."""
    of_panel: list[float] = [panel("start")["start"] for _ in range(STARTS + 1)][1:]
    of_qt = [bare() for _ in range(STARTS + 1)][1:]
    return {
        "panel_start_s": round(median(of_panel), 2),
        "panel_start_s_longest": round(max(of_panel), 2),
        "bare_qt_start_s": round(median(of_qt), 2),
        "panel_start_x_bare_qt": round(median(of_panel) / median(of_qt), 1),
    }


def keys() -> dict[str, object]:
    """From the last key of new words to a draft that can be played, the typing's pause of 80 ms included.

    Restarts of engine or audio process, here and below: anything but 0 spoils the figures beside it.
    """
    told = panel("key")
    return {
        "panel_key_to_first_draft_ms": round(1000 * median(told["first"])),
        "panel_key_to_eight_drafts_ms": round(1000 * median(told["eighth"])),
        "panel_key_restarts": told["restarts"],
    }


def gaps() -> dict[str, object]:
    """Milliseconds between the beats of a 4 ms timer, while drafts arrive and while nothing happens."""
    told = panel("gaps")
    return {
        "panel_gaps_s_of_ten_sets": round(told["lasted"], 1),
        "panel_gaps_restarts": told["restarts"],
        **spread("panel_gap_ms", told["busy"]),
        **spread("panel_idle_gap_ms", told["idle"]),
    }


def memory() -> dict[str, object]:
    """MB of the window's process alone: without drafts, with eight, and after ten sets of them."""
    told = panel("memory")
    return {
        "panel_memory_empty_mb": round(told["empty"] / 1e6, 1),
        "panel_memory_mb": round(told["eight"] / 1e6, 1),
        "panel_memory_after_ten_sets_mb": round(told["sets"] / 1e6, 1),
    }


def panel(job: str) -> dict[str, Any]:
    """What a panel of our own says of a job of bench_window.py."""
    with own_state() as (folder, environment):
        session = str(folder / "Session")
        told, _ = bench_child.run("bench_window.py", job, session, str(time.monotonic()), environment=environment)
        return told


def bare() -> float:
    """Seconds until an empty window of Qt is shown."""
    with own_state() as (_, environment):
        command = [sys.executable, "-P", "-c", _BARE, str(time.monotonic())]
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    return float(done.stdout)


@contextlib.contextmanager
def own_state() -> Iterator[tuple[Path, dict[str, str]]]:
    """A folder for settings, engine and session, and the environment of a process that uses it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        SettingsFile(folder).change(output=Output(driver="none"), greeted=True)
        environment = {**os.environ, STATE: name, "QT_QPA_PLATFORM": "offscreen"}
        try:
            yield folder, environment
        finally:
            end_engines(name)


def end_engines(state: str) -> None:
    """End the engine of a state folder: it outlives its panel, and may not even have told its address yet."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):  # another user's, or gone
            if process.environ().get(STATE) == state:
                process.kill()
                process.wait(10)


def spread(name: str, seconds: list[float]) -> dict[str, object]:
    """Median, 99th and 99.9th percentile and the largest, in milliseconds."""
    p50, p99, p999 = np.percentile(seconds, (50, 99, 99.9)) * 1000
    found = {"p50": p50, "p99": p99, "p999": p999, "max": 1000 * max(seconds)}
    return {f"{name}_{part}": round(float(value), 1) for part, value in found.items()}
