"""Sounds to export: noise without its highest octave, so that players may read between frames as they like."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from presets.export import wav
from presets.sound import Sound

RATE = 48_000


def noise(seed: int, seconds: float = 0.3, channels: int = 1, rate: int = RATE) -> Sound:
    """Noise below 6 kHz that begins and ends at once, peak -6 dBFS."""
    frames = round(seconds * rate)
    spectrum = np.fft.rfft(np.random.default_rng(seed).normal(size=(channels, frames)))
    spectrum[:, np.fft.rfftfreq(frames, 1 / rate) > 6_000] = 0
    sound = np.fft.irfft(spectrum, frames)
    return Sound((0.5 * sound / np.abs(sound).max()).astype(np.float32), rate)


@pytest.fixture
def sounds(tmp_path: Path) -> Callable[..., dict[str, Path]]:
    """Writes a sound under each name."""

    def write(**named: Sound) -> dict[str, Path]:
        (tmp_path / "takes").mkdir(exist_ok=True)
        paths = {name: tmp_path / "takes" / f"{name}.wav" for name in named}
        for name, sound in named.items():
            wav.write(paths[name], sound, depth="32f")
        return paths

    return write
