"""A way out that leads nowhere: where no device can be opened, time and MIDI go on and nothing is lost.

Its thread renders at the pace of a device and throws the sound away, so that a kit keeps its state, keys still
light up, and the real device can take over at any moment.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from plugin_bridge.audio.driver import Event, Render


class SilentDriver:
    """See driver.Driver."""

    offsets = False
    latency = 0

    def __init__(self, rate: int = 48_000, block: int = 480, midi: Callable[[], list[Event]] = list) -> None:
        """rate: Hz. block: frames. midi: gives what came in since the last block."""
        self.rate, self.block, self._midi = rate or 48_000, block or 480, midi
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, render: Render) -> None:
        """Begin to render."""
        self._thread = threading.Thread(target=self._run, args=(render,), name="silent-device", daemon=True)
        self._thread.start()

    def alive(self) -> bool:
        """It cannot be unplugged."""
        return True

    def underruns(self) -> int:
        """Nobody hears them."""
        return 0

    def stop(self) -> None:
        """End the thread."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self, render: Render) -> None:
        period = self.block / self.rate
        due = time.perf_counter()
        while not self._stopping.wait(max(0.0, due - time.perf_counter())):
            render(self.block, self._midi())
            due = max(due + period, time.perf_counter() - 1.0)
