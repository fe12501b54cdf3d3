"""What a driver and the mixer owe each other, so that one mixer serves JACK, PortAudio and a bounce alike.

A driver owns the audio thread. In it, once a block, it calls `Render` with that block's MIDI events and copies
what comes back to its device. Everything else (opening, closing, listing) happens on the control thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

PAIRS = 16
"""Stereo outputs of a kit."""

Stereo = NDArray[np.complex64]
"""Audio as the mixer holds it: (frames,) or (pairs, frames), left in the real part, right in the imaginary one."""

Event = tuple[int, bytes]
"""A MIDI message, and the frame of the block at which it happens."""


@dataclass(frozen=True)
class Buses:
    """One rendered block; the arrays belong to the mixer and hold until its next block.

    outputs: (pairs in use, frames), what goes to the DAW. monitor: (frames,), what goes to the designer's ears.
    """

    outputs: Stereo
    monitor: Stereo


class Render(Protocol):
    """The mixer, as a driver sees it. Called in the audio thread; never raises, never blocks."""

    def __call__(self, frames: int, events: Sequence[Event]) -> Buses:
        """Render the next block. events: by rising offset, each offset below frames."""
        ...


class Driver(Protocol):
    """An open way out. Every method is for the control thread.

    Attributes:
        rate: frames a second, Hz.
        block: frames the device asks for at a time; 0 where it varies.
        offsets: whether MIDI comes with its place inside the block.
    """

    rate: int
    block: int
    offsets: bool

    @property
    def latency(self) -> int:
        """Frames from a rendered sample to the device's output, as far as the driver knows."""
        ...

    def start(self, render: Render) -> None:
        """Begin to call `render`.

        Raises:
            NoDevice: the device is gone or busy; the text says what to do.
        """
        ...

    def alive(self) -> bool:
        """Whether the device has not reported its end."""
        ...

    def underruns(self) -> int:
        """How often the device has reported a late or lost block since the start."""
        ...

    def stop(self) -> None:
        """End the calls and let the device go. May hang where its server died: a supervisor ends the process."""
        ...
