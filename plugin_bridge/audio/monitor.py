"""The monitor path: what reaches the ears, limited and dimmed, while the DAW gets the sounds as they are.

Runs in the audio thread, under the rules at the top of mixer.py. Every change is a ramp over one block, because a
switch that clicks is not used.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from plugin_bridge.audio.driver import Stereo
from plugin_bridge.audio.limiter import Limiter
from plugin_bridge.audio.protocol import Monitor
from presets.sound import linear

CEILING_DB = -1.0
"""True peak in dBTP that the monitor never exceeds while the limiter is on."""

DIM_DB = -20.0

_Shares = NDArray[np.float32]


class MonitorPath:
    """Auditions and what is heard of the outputs, on their way to the ears.

    Attributes:
        latency: frames that the limiter looks ahead; the outputs have none.
        mix: (most_frames,) where the block is made. now: (4,) the shares, see `_shares`. limited: (1,) whether
            the limiter is on.
    """

    def __init__(self, rate: int, most_frames: int, settings: Monitor | None = None) -> None:
        """rate: Hz. most_frames: the largest block. settings: None is a new session's."""
        self.limiter = Limiter(rate, most_frames, CEILING_DB)
        self.latency = self.limiter.latency
        self.mix = np.zeros(most_frames, np.complex64)
        self._ramp = np.arange(1, most_frames + 1, dtype=np.float32)
        self.now, self._wish = (_shares(settings or Monitor()) for _ in range(2))
        self.limited = np.array([settings is None or settings.limiter], np.int64)

    @property
    def reduction_db(self) -> float:
        """The most that the limiter took in the last block, dB."""
        return self.limiter.reduction_db if self.limited[0] else 0.0

    @property
    def in_daw(self) -> bool:
        """Whether the ears get it by way of the outputs."""
        return bool(self.now[3])

    @property
    def faults(self) -> int:
        """Frames that were no numbers."""
        return self.limiter.faults

    def set(self, settings: Monitor) -> None:
        """Change what is heard, over the next block."""
        self._wish[:], self.limited[0] = _shares(settings), settings.limiter

    def process(self, outputs: Stereo, audition: Stereo) -> Stereo:
        """The monitor's block (frames,), from the pairs in use (n, frames) and the auditions (frames,).

        Changes `outputs` to what the DAW gets: nothing, the kit, or the kit and the auditions.
        """
        frames = audition.size
        mix = self.mix[:frames]
        gain, kit_here, kit_out, mix_out = self._moved(frames)
        np.sum(outputs, axis=0, out=mix)
        _scale(mix, kit_here)
        mix += audition
        _scale(mix, gain)
        if self.limited[0]:
            self.limiter.process(mix)
        _scale(outputs, kit_out)
        out = mix.copy()
        _scale(out, mix_out)
        outputs[0] += out
        _scale(mix, 1 - mix_out)
        return mix

    def _moved(self, frames: int) -> tuple[np.float32 | _Shares, ...]:
        """Every share for this block: a number, or a ramp to what was asked for last."""
        now, wish = self.now, self._wish
        if (now == wish).all():
            return tuple(wish)
        along = self._ramp[:frames] / frames
        moved = tuple(a + (b - a) * along for a, b in zip(now, wish, strict=True))
        now[:] = wish
        return moved


def _scale(samples: Stereo, share: np.float32 | _Shares) -> None:
    """Multiply in place by a number, or by a ramp (frames,)."""
    if isinstance(share, np.ndarray):
        samples *= share
    else:  # side by side: as complex numbers, what is infinite on the left would be no number on the right
        sides = samples.view(np.float32)
        sides *= share


def _shares(settings: Monitor) -> _Shares:
    """Gain of the monitor; share of the kit in it; of the kit, and of the monitor, in the outputs."""
    gain = 0.0 if settings.mute else linear(settings.level_db + (DIM_DB if settings.dim else 0.0))
    here, out = settings.hear != "daw", settings.hear != "here"
    return np.array((gain, here, out, settings.hear == "daw"), np.float32)
