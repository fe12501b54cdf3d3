"""Waveforms from peaks, drawn once into a picture: eight of them must cost nothing while drafts arrive.

Each column is tinted by its brightness, so that a thud and a hiss of one shape look as different as they sound.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QSize
from PyQt6.QtGui import QColor, QImage, QPixmap

from ui import theme

_TINTS, _OPAQUE = 9, 255
CURVE = 0.6
"""Peaks are drawn to this power, so that tails can be seen beside attacks."""


def tints() -> list[QColor]:
    """From deep to bright."""
    stops = [theme.colour(name) for name in (theme.DEEP, theme.MIDDLE, theme.BRIGHT)]
    made = []
    for i in range(_TINTS):
        at = i / (_TINTS - 1) * 2
        low, share = stops[min(int(at), 1)], at - min(int(at), 1)
        high = stops[min(int(at), 1) + 1]
        parts = [round(a + (b - a) * share) for a, b in zip(_rgb(low), _rgb(high), strict=True)]
        made.append(QColor(*parts))
    return made


def picture(
    peaks: NDArray[np.float32], tint: NDArray[np.float32], size: QSize, ratio: float, strength: float = 1.0
) -> QPixmap:
    """A waveform as wide as the picture, as high as its loudest peak allows.

    Args:
        peaks: (2, columns) lowest and highest sample.
        tint: (columns,) 0 deep .. 1 bright.
        size: of the picture, in the screen's own units.
        ratio: device pixels a unit.
        strength: 0 invisible .. 1.
    """
    width, height = max(1, round(size.width() * ratio)), max(1, round(size.height() * ratio))
    low, high, tone = _columns(peaks, tint, width)
    # How much of a pixel the wave covers, so that its edge is smooth: at most one row above and below. In opacity.
    high, low = (edge * (height / 2 * _OPAQUE) for edge in (high, low))
    rows = (np.arange(height, dtype=np.float32)[:, None] + 0.5 - height / 2) * _OPAQUE
    cover = np.minimum(high + _OPAQUE / 2 - rows, rows - (low - _OPAQUE / 2))
    shade = (np.clip(cover, 0, _OPAQUE, out=cover) * np.float32(strength)).astype(np.int32)
    shade += np.minimum((tone * _TINTS).astype(np.int32), _TINTS - 1) * (_OPAQUE + 1)
    pixels = _shades().take(shade).tobytes()
    made = QImage(pixels, width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied)
    drawn = QPixmap.fromImage(made.copy())  # of pixels that are its own
    drawn.setDevicePixelRatio(ratio)
    return drawn


@cache
def _shades() -> NDArray[np.uint32]:
    """(tints * 256,) every tint at every opacity, as a screen's pixels: alpha, and colours times alpha."""
    opacity = np.arange(_OPAQUE + 1)
    parts = np.array([(_OPAQUE, *_rgb(colour)) for colour in tints()])[:, :, None] * opacity // _OPAQUE
    alpha, red, green, blue = parts.transpose(1, 0, 2)
    return (alpha << 24 | red << 16 | green << 8 | blue).astype(np.uint32).reshape(-1)


def _columns(
    peaks: NDArray[np.float32], tint: NDArray[np.float32], width: int
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Lowest, highest (-1 .. 1) and tint for each column of the picture, never thinner than a line."""
    columns = peaks.shape[1]
    left = np.minimum(np.arange(width) * columns // width, columns - 1)
    loudest = max(float(np.abs(peaks).max()), 1e-4)
    if columns > width:
        low, high = np.minimum.reduceat(peaks[0], left), np.maximum.reduceat(peaks[1], left)
    else:
        low, high = peaks[0, left], peaks[1, left]
    low, high = low / loudest, high / loudest
    low, high = (np.sign(v) * np.abs(v) ** CURVE * 0.96 for v in (low, high))
    return np.minimum(low, -0.012), np.maximum(high, 0.012), tint[left]


def _rgb(colour: QColor) -> tuple[int, int, int]:
    return colour.red(), colour.green(), colour.blue()
