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

_TINTS = 9
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
    rows = (np.arange(height, dtype=np.float32)[:, None] + 0.5 - height / 2) / (height / 2)
    # How much of a pixel the wave covers, so that its edge is smooth: at most one row above and below.
    cover = np.clip((np.minimum(high - rows, rows - low)) * (height / 2) + 0.5, 0, 1)
    colours = _colours()[np.minimum((tone * _TINTS).astype(np.intp), _TINTS - 1)]
    pixels = np.empty((height, width, 4), np.uint8)
    pixels[..., :3] = colours
    pixels[..., 3] = cover * (255 * strength)
    made = QImage(pixels.tobytes(), width, height, 4 * width, QImage.Format.Format_RGBA8888)
    drawn = QPixmap.fromImage(made)
    drawn.setDevicePixelRatio(ratio)
    return drawn


@cache
def _colours() -> NDArray[np.uint8]:
    """(tints, 3) red, green, blue."""
    return np.array([_rgb(colour) for colour in tints()], np.uint8)


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
