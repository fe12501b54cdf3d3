"""How late a recording is: a click goes out, comes back, and the frames between are counted.

The click is looked for in what is rendered and in what returns, by the same counter, so nothing needs to be known
of when either began.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plugin_bridge.audio.driver import Stereo
from plugin_bridge.audio.errors import NoDevice

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


def round_trip(output: Any, source: Any, rate: int) -> int:
    """Frames from a PortAudio output to a PortAudio input, by a stream of its own over both.

    Args:
        output: sounddevice's index of the device that plays.
        source: sounddevice's index of the device that records it.
        rate: Hz.

    Raises:
        NoDevice: the two cannot be opened together, or nothing came back.
    """
    import sounddevice  # noqa: PLC0415 (it costs a third of a second)

    lead = rate // 2
    played = np.zeros((lead + round(PATIENCE_SECONDS * rate), 1), np.float32)
    played[lead] = CLICK_LEVEL
    try:
        recorded = sounddevice.playrec(played, rate, channels=1, device=(source, output), blocking=True)
    except sounddevice.PortAudioError as error:
        raise NoDevice(f"The two devices cannot be opened together: {error}.") from error
    loud = np.flatnonzero(np.abs(recorded[:, 0]) > _FOUND)
    if not loud.size:
        raise NoDevice("The click did not come back. Let the input record what the output plays, then try again.")
    return int(loud[0]) - lead
