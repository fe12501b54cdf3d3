"""The real panel, watched and driven from inside; prints the figures of one job of bench_panel.py as JSON.

The way in is the user's: `python -m ui --session FOLDER`. What is put in its way is one call, that which makes the
window, so that somebody can look at it; engine and audio process are real, the audio's driver is the silent one.
"""

from __future__ import annotations

import contextlib
import json
import runpy
import sys
import time
from collections.abc import Callable

import psutil
from PyQt6.QtCore import QEvent, QEventLoop, Qt, QTimer
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import QApplication

from presets.one_thread import numpy_in_one_thread

numpy_in_one_thread()  # as the panel's own way in does, before anything loads it

import ui.app  # noqa: E402
from plugin_bridge.audio.protocol import Loaded  # noqa: E402
from ui.message import Messages  # noqa: E402
from ui.session import Session  # noqa: E402
from ui.settings import SettingsFile  # noqa: E402
from ui.window import Window  # noqa: E402

WORDS = "rain on a tin roof"
KEYS, SETS = 10, 10  # how often words are typed, new seeds asked for
BEAT_MS = 4
PATIENCE = 120.0  # seconds
REST = 2.0  # seconds until what follows of the last drafts is over

_LOOK_MS, _CALM_MS, _CALM_BEATS = 20, 8, 5


def start(window: Window) -> dict[str, object]:
    """Nothing more: that it can be used is what was measured."""
    return {}


def key(window: Window) -> dict[str, object]:
    """Seconds from the last key of new words to the first draft that can be played, and to the eighth."""
    begin(window)
    first, eighth = [], []
    for number in range(KEYS):
        rest(0.5)
        times = typed(window, f"{WORDS} {number}")
        first.append(times[0])
        eighth.append(times[7])
    return {"first": first, "eighth": eighth}


def gaps(window: Window) -> dict[str, object]:
    """Seconds between beats of a timer while sets of eight drafts arrive, and while nothing happens as long."""
    begin(window)
    beats = Beats()
    began = time.perf_counter()
    for _ in range(SETS):
        window.deeds.do("seeds.new")
        until(lambda: settled(window))
    lasted = time.perf_counter() - began
    busy = beats.taken()
    rest(REST)
    beats.taken()
    over = time.perf_counter() + lasted
    until(lambda: settled(window) and time.perf_counter() > over)  # looked at as often as before
    return {"busy": busy, "idle": beats.taken(), "lasted": lasted}


def memory(window: Window) -> dict[str, object]:
    """Bytes of the process with an empty desk, with eight drafts, and after sets of them."""
    own = psutil.Process()
    rest(REST)
    empty = own.memory_info().rss
    begin(window)
    eight = own.memory_info().rss
    for _ in range(SETS):
        window.deeds.do("seeds.new")
        until(lambda: settled(window))
    rest(REST)
    return {"empty": empty, "eight": eight, "sets": own.memory_info().rss}


JOBS: dict[str, Callable[[Window], dict[str, object]]] = {
    "start": start,
    "key": key,
    "gaps": gaps,
    "memory": memory,
}


class Beats:
    """A timer of 4 ms, and how far apart its beats are."""

    def __init__(self) -> None:
        self._seconds: list[float] = []
        self._last = time.perf_counter()
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)
        self._timer.start(BEAT_MS)

    def taken(self) -> list[float]:
        """The gaps since they were taken last, in seconds; a new stretch begins."""
        seconds, self._seconds, self._last = self._seconds, [], time.perf_counter()
        return seconds

    def _beat(self) -> None:
        now = time.perf_counter()
        self._seconds.append(now - self._last)
        self._last = now


class Usable:
    """Calls once when a window stands whole, is painted and answers: the first of some beats that came in time."""

    def __init__(self, window: Window, then: Callable[[float], None]) -> None:
        """then: told time.monotonic() of that moment."""
        self._window, self._then, self._calm = window, then, 0
        self._last = self._first = 0.0
        self._timer = QTimer(window)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)
        self._timer.start(1)

    def _beat(self) -> None:
        now = time.monotonic()
        if not self._stands() or 1000 * (now - self._last) > _CALM_MS:
            self._calm, self._first = 0, now
        self._calm, self._last = self._calm + 1, now
        if self._stands() and self._calm > _CALM_BEATS:
            self._timer.stop()
            self._then(self._first)

    def _stands(self) -> bool:
        handle = self._window.windowHandle()
        return self._window.detail is not None and handle is not None and handle.isExposed()


def begin(window: Window) -> None:
    """Until the processes are there and a first set of drafts can be played."""
    until(lambda: window.studio.engine.pid and window.studio.audio.last.open)
    window.to_prompt()
    typed(window, WORDS)
    rest(REST)


def typed(window: Window, text: str) -> list[float]:
    """Type new words; seconds from the last key until one of the drafts can be played, two, … all eight."""
    studio, there, loaded = window.studio, list[float](), set[str]()
    pressed = 0.0

    def playable() -> int:
        """How many slots hold a draft of these words that the audio process has."""
        new = (slot.recipe for slot in studio.flow.slots if slot.recipe and slot.recipe.prompt.text == text)
        sounds = [studio.shelf.sound(studio.flow, recipe) for recipe in new]
        return sum(sound is not None and sound.name in loaded for sound in sounds)

    def hear(news: object) -> None:
        if isinstance(news, Loaded):
            loaded.add(news.sound)
            there.extend([time.perf_counter() - pressed] * (playable() - len(there)))

    studio.audio.news.connect(hear)
    window.prompt.clear()
    for letter in text:
        pressed = time.perf_counter()
        QApplication.sendEvent(
            window.prompt, QKeyEvent(QEvent.Type.KeyPress, 0, Qt.KeyboardModifier.NoModifier, letter)
        )
    until(lambda: len(there) == len(studio.flow.slots) and settled(window))
    studio.audio.news.disconnect(hear)
    return there


def settled(window: Window) -> bool:
    """Whether every draft that was asked for is there and lies on its key."""
    studio = window.studio
    flow, on_keys = studio.flow, set(studio.sounding.on_keys().values())
    sounds = [studio.shelf.sound(flow, slot.recipe) for slot in flow.slots]
    return flow.complete and all(sound is not None and sound.name in on_keys for sound in sounds)


def rest(seconds: float) -> None:
    """Let the window be for a while."""
    loop = QEventLoop()
    QTimer.singleShot(int(1000 * seconds), loop.quit)
    loop.exec()


def until(holds: Callable[[], object]) -> None:
    """Let the window live until something holds.

    Raises:
        TimeoutError: it does not, for very long.
    """
    loop, look = QEventLoop(), QTimer()
    end = time.monotonic() + PATIENCE
    look.timeout.connect(lambda: loop.quit() if holds() or time.monotonic() > end else None)
    look.start(_LOOK_MS)
    loop.exec()
    look.stop()
    if time.monotonic() > end:
        raise TimeoutError("The panel did not come so far.")


def main(job: str, session: str, began: float) -> dict[str, object]:
    """The figures of a job; "start" is seconds since began (time.monotonic() of any process)."""
    told: dict[str, object] = {}
    windows: list[Window] = []
    watches: list[Usable] = []  # signals hold nobody alive
    restarts: list[float] = []
    make = ui.app.opened

    def usable(when: float) -> None:
        try:
            told.update(JOBS[job](windows[0]), start=when - began, restarts=len(restarts))
        finally:
            windows[0].close()

    def opened(session: Session, settings: SettingsFile, messages: Messages) -> Window:
        windows.append(make(session, settings, messages))
        watches.append(Usable(windows[0], usable))
        for process in (windows[0].studio.audio, windows[0].studio.engine):
            process.restarted.connect(lambda: restarts.append(time.monotonic()))
        return windows[0]

    ui.app.opened = opened
    sys.argv = ["onetake", "--session", session]
    with contextlib.suppress(SystemExit), contextlib.redirect_stdout(sys.stderr):
        runpy.run_module("ui", run_name="__main__")
    return told


if __name__ == "__main__":
    found = main(sys.argv[1], sys.argv[2], float(sys.argv[3]))
    if not found:
        sys.exit(f"{sys.argv[1]}: no figures; see panel.log in the state folder.")
    print(json.dumps(found))
