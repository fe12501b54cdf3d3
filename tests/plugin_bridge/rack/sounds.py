"""Sounds that the rack's tests send through effects."""

from __future__ import annotations

import numpy as np

from presets.sound import Sound

RATE = 44_100


def noise(seconds=0.5, channels=2, seed=0, rate=RATE, level=0.4):
    """White noise, (channels, frames)."""
    values = np.random.default_rng(seed).uniform(-level, level, (channels, round(seconds * rate)))
    return Sound(values.astype(np.float32), rate)


def click(seconds=0.5, channels=1, at=0.1, rate=RATE):
    """One full frame in silence."""
    samples = np.zeros((channels, round(seconds * rate)), np.float32)
    samples[:, round(at * rate)] = 1.0
    return Sound(samples, rate)
