"""How late a recording is: a click goes out, comes back, and the frames between are counted.

The click is looked for in what is rendered and in what returns, by the same counter, so nothing needs to be known
of when either began.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plugin_bridge.audio import devices, pa
from plugin_bridge.audio.driver import Stereo
from plugin_bridge.audio.errors import NoDevice
from plugin_bridge.audio.protocol import Output

CLICK_LEVEL = 0.5
PATIENCE_SECONDS = 2.0
_FOUND = CLICK_LEVEL / 4  # what came back may have become quieter on its way


class ClickWatch:
    """Looks for the click on both ways; `block` is called in the audio thread."""

    def __init__(self) -> None:
        self._frame = 0
        self._sent: int | None = None
        self._back: int | None = None

    def block(self, sent: Stereo, returned: NDArray[np.float32]) -> None:
        """A block that went out, and the one that came in at the same time."""
        if self._sent is None:
            self._sent = self._first(sent.real)
        if self._sent is not None and self._back is None:
            self._back = self._first(returned)
        self._frame += sent.size

    def wait(self, seconds: float = PATIENCE_SECONDS) -> int:
        """Frames from out to in, for the control thread.

        Raises:
            NoDevice: nothing came back.
        """
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self._sent is not None and self._back is not None:
                return self._back - self._sent
            time.sleep(0.005)
        raise NoDevice(
            "The click did not come back. Connect what records Onetake's output to its input 'return', "
            "then try again."
        )

    def _first(self, block: NDArray[np.float32]) -> int | None:
        loud = np.abs(block) > _FOUND
        return self._frame + int(loud.argmax()) if loud.any() else None


def click() -> NDArray[np.float32]:
    """(1, frames): one frame at CLICK_LEVEL, and silence for what must settle."""
    sound = np.zeros((1, 64), np.float32)
    sound[0, 0] = CLICK_LEVEL
    return sound


def round_trip(output: Output, source: str, rate: int) -> int:
    """Frames from an output of PortAudio's to an input that records it, by a stream of its own over both.

    Args:
        output: what plays the click: the DAW's device, else the designer's.
        source: name of the input, the whole of it.
        rate: Hz.

    Raises:
        NoDevice: no such device, the two cannot be opened together, or nothing came back.
    """
    library = pa.load()
    way = devices.choose(output.daw or output.device, output.host_api)
    lead = rate // 2
    played = np.zeros((lead + round(PATIENCE_SECONDS * rate), 1), np.float32)
    played[lead] = CLICK_LEVEL
    with pa.told("The pair of devices", library):
        ears = _input(library, source)
        recorded = library.playrec(played, rate, channels=1, device=(ears, way.index), blocking=True)
    loud = np.flatnonzero(np.abs(recorded[:, 0]) > _FOUND)
    if not loud.size:
        raise NoDevice("The click did not come back. Let the input record what the output plays, then try again.")
    return int(loud[0]) - lead


def _input(library: Any, name: str) -> int:
    """PortAudio's number of an input."""
    rows = [row for row in library.query_devices() if row["max_input_channels"] > 0]
    for row in rows:
        if row["name"] == name:
            return int(row["index"])
    there = " or ".join(repr(row["name"]) for row in rows) or "one when there is one"
    raise NoDevice(f"There is no input {name!r}. Choose {there}.")
