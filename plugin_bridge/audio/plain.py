"""The door to block.c: a block without news, made from beginning to end without the interpreter.

Nearly every block is one: no MIDI, no order, no switch. A driver whose thread need not be Python's (jack.py) calls
the compiled function itself, so that no thread of this process can make such a block late by holding the
interpreter's lock; the mixer calls it as well, because it is quicker. It is the same block to the last bit, or the
tests fail.
"""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from plugin_bridge.audio import kernel
from plugin_bridge.audio.driver import Stereo

if TYPE_CHECKING:
    from plugin_bridge.audio.heard import Heard
    from plugin_bridge.audio.meters import Meters
    from plugin_bridge.audio.monitor import MonitorPath
    from plugin_bridge.audio.player import Player
    from plugin_bridge.audio.voices import Voices

    Parts = tuple[Voices, Player, MonitorPath, Meters, Heard]

NEWS, MADE, SILENCE = range(3)
"""What a call says: nothing was done because there is news; the block lies in the buses; it is silence."""

_Address = ctypes.c_void_p


class _Block(ctypes.Structure):
    _fields_ = (
        ("voices", _Address),
        ("limiter", _Address),
        *(
            (name, ctypes.c_int64)
            for name in ("rate", "most", "audition", "channels", "load_count", "heard_count")
        ),
        *((name, _Address) for name in ("news", "pairs", "frame", "quiet", "slices", "shares", "limited")),
        *((name, _Address) for name in ("least", "faults", "beat", "clips", "side", "peaks", "load")),
        *((name, _Address) for name in ("buses", "mix", "heard", "written")),
    )


class Plain:
    """The compiled block of one mixer.

    Attributes:
        here: where its structure lies, for a callback that is compiled as well (jack_plain.py).
    """

    def __init__(
        self,
        found: ctypes.PyDLL,
        rate: int,
        parts: Parts,
        buses: Stereo,
        numbers: dict[str, NDArray[np.int64]],
    ) -> None:
        """See `plain`."""
        voices, player, monitor, meters, heard = parts
        assert voices.kernel is not None
        assert monitor.limiter.kernel is not None
        arrays: dict[str, NDArray[Any]] = {
            **numbers,
            "frame": player.frame,
            "slices": voices.rows.slices,
            "shares": monitor.now,
            "limited": monitor.limited,
            "least": monitor.limiter.told.least,
            "faults": monitor.limiter.told.faults,
            "beat": meters.blocks,
            "clips": meters.clips,
            "side": meters.side,
            "peaks": meters.peaks,
            "load": meters.loads,
            "buses": buses,
            "mix": monitor.mix,
            "heard": heard.ring,
            "written": heard.written,
        }
        self._state = _Block(
            voices=voices.kernel.here,
            limiter=monitor.limiter.kernel.here,
            rate=rate,
            most=buses.shape[1],
            audition=buses.shape[0] - 1,
            channels=meters.peaks.shape[1],
            load_count=meters.loads.size,
            heard_count=heard.ring.size,
            **{name: array.ctypes.data for name, array in arrays.items()},
        )
        self._alive = parts, arrays
        self.here, self._block = ctypes.addressof(self._state), found.onetake_block

    def __call__(self, frames: int) -> int:
        """Make the next block: NEWS, MADE or SILENCE."""
        made: int = self._block(self.here, frames)
        return made


def plain(
    rate: int,
    parts: Parts,
    buses: Stereo,
    numbers: dict[str, NDArray[np.int64]],
) -> Plain | None:
    """The compiled block of a mixer's parts; None without a kernel.

    Args:
        rate: Hz.
        parts: whose arrays it reads and writes, never at the same time as they do: in the audio thread.
        buses: (pairs and the auditions' bus, frames of the largest block).
        numbers: (1,) each: `news`, not 0 where something was said; `pairs` in use; `quiet`, frames since something
            sounded.
    """
    found = kernel.library()
    return None if found is None else Plain(found, rate, parts, buses, numbers)
