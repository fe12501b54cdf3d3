"""How close two sounds are: the correlation of their log-mel spectrograms.

Shown after every refinement, beside what another seed would give, so that a designer sees that the liked
sound is still there.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from presets.sound import Sound

_SIZE, _HOP, _BANDS, _FLOOR_DB = 2048, 512, 64, -80.0


def correlation(a: Sound, b: Sound) -> float:
    """Pearson correlation of two log-mel spectrograms over their common length; 0 where one is constant."""
    x, y = log_mel(a), log_mel(b)
    common = min(x.shape[1], y.shape[1])
    x, y = x[:, :common] - x[:, :common].mean(), y[:, :common] - y[:, :common].mean()
    norm = np.sqrt((x * x).sum() * (y * y).sum())
    return float((x * y).sum() / norm) if norm > 0 else 0.0


def log_mel(sound: Sound) -> NDArray[np.float32]:
    """(64, frames) mel power in dB below the loudest cell, cut at -80; 0 to half the rate, channels averaged."""
    mono = np.pad(sound.samples.mean(axis=0), _SIZE // 2)
    frames = np.lib.stride_tricks.sliding_window_view(mono, _SIZE)[::_HOP]
    power = np.abs(np.fft.rfft(frames * np.hanning(_SIZE).astype(np.float32))) ** 2
    mel = (power.astype(np.float32) @ _mel_matrix(sound.rate).T).T
    decibels = 10 * np.log10(np.maximum(mel / max(float(mel.max()), 1e-12), 1e-12))
    clipped: NDArray[np.float32] = np.maximum(decibels, _FLOOR_DB).astype(np.float32)
    return clipped


@cache
def _mel_matrix(rate: int) -> NDArray[np.float32]:
    """(64, bins) triangles, evenly spaced on O'Shaughnessy's mel scale."""
    top = 2595 * np.log10(1 + rate / 2 / 700)
    edges = 700 * (10 ** (np.linspace(0, top, _BANDS + 2) / 2595) - 1)
    hertz = np.fft.rfftfreq(_SIZE, 1 / rate)
    rise = (hertz - edges[:-2, None]) / np.diff(edges)[:-1, None]
    fall = (edges[2:, None] - hertz) / np.diff(edges)[1:, None]
    matrix: NDArray[np.float32] = np.maximum(0, np.minimum(rise, fall)).astype(np.float32)
    return matrix
