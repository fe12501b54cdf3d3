"""The door to kernel.c: the compiled inner loops, or None where they could not be compiled.

A plain shared library without a line of Python's interface, so one file serves every Python; found beside this
module, where the installation put it (build/hatch_build.py). It is called with the interpreter's lock held: giving
it back and waiting for it again would take longer than the call itself, and at worst a whole block.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plugin_bridge.audio.driver import Stereo
from plugin_bridge.audio.rows import Rows
from presets.loudness_filters import TAPS

VERSION = 3
"""Of the kernel's functions and structures: a library of another one is left alone."""

FILE = Path(__file__).with_name(
    {"win32": "_kernel.dll", "darwin": "_kernel.dylib"}.get(sys.platform, "_kernel.so")
)

_Address = ctypes.c_void_p


class _Voices(ctypes.Structure):
    _fields_ = (
        ("pool", _Address),
        ("pool_frames", ctypes.c_int64),
        ("rows", ctypes.c_int64),
        *((name, _Address) for name in ("live", "first", "bus", "channel", "length", "loop", "step", "attack")),
        *((name, _Address) for name in ("end", "release", "bend", "place", "age", "gain", "wish", "power")),
    )


class _Limiter(ctypes.Structure):
    _fields_ = (
        *((name, ctypes.c_int64) for name in ("latency", "hold", "mean")),
        *((name, _Address) for name in ("taps", "past", "row", "points", "peaks", "levels", "least", "released")),
        ("delay", _Address),
        ("per_ceiling", ctypes.c_double),
        ("slope", ctypes.c_double),
        ("most", ctypes.c_int64),
        ("fault", ctypes.c_float),
    )


@dataclass(frozen=True)
class Shape:
    """What a limiter is, see limiter.py: frames, linear levels, levels of 2^-24 octaves a frame."""

    latency: int
    hold: int
    mean: int
    most: int
    taps: NDArray[np.float32]
    per_ceiling: float
    slope: float
    fault: float


@cache
def library() -> ctypes.PyDLL | None:
    """The compiled kernel; None where there is none that fits, or `ONETAKE_KERNEL=off` asks for NumPy."""
    if os.environ.get("ONETAKE_KERNEL") == "off":
        return None
    try:
        found = ctypes.PyDLL(str(FILE))
        if ctypes.c_int64.in_dll(found, "onetake_kernel_version").value != VERSION:
            return None
    except (OSError, ValueError):
        return None
    found.onetake_voices.argtypes = (_Address, ctypes.c_int64, ctypes.c_int, _Address, ctypes.c_int64)
    found.onetake_voices.restype = None
    found.onetake_limit.argtypes = (_Address, _Address, ctypes.c_int64)
    found.onetake_limit.restype = ctypes.c_double
    found.onetake_peaks.argtypes = (_Address, ctypes.c_int64, _Address)
    found.onetake_peaks.restype = ctypes.c_int64
    found.onetake_block.argtypes = (_Address, ctypes.c_int64)
    found.onetake_block.restype = ctypes.c_int
    return found


class VoicesKernel:
    """Renders a slice of these rows as slices.render does. here: where its structure lies, for block.c."""

    def __init__(self, found: ctypes.PyDLL, rows: Rows, pool: Stereo) -> None:
        """See `voices`."""
        names = [field[0] for field in _Voices._fields_ if field[1] is _Address and field[0] != "pool"]
        self._state = _Voices(
            pool=pool.ctypes.data,
            pool_frames=pool.size,
            rows=rows.count,
            **{name: getattr(rows, name).ctypes.data for name in names},
        )
        self._alive = rows, pool
        self._render, self.here = found.onetake_voices, ctypes.addressof(self._state)

    def __call__(self, frames: int, listen: bool, buses: Stereo) -> None:
        """Add the next frames, at most SLICE, to the buses (buses, frames)."""
        self._render(self.here, frames, listen, address(buses), buses.strides[0] // 4)


class LimiterKernel:
    """Limits as limiter.py does. here: where its structure lies, for block.c."""

    def __init__(self, found: ctypes.PyDLL, shape: Shape) -> None:
        """See `limiter`."""
        self._memory: dict[str, NDArray[Any]] = {
            "taps": shape.taps,
            "past": np.zeros((2, TAPS), np.float32),
            "row": np.zeros(TAPS + shape.most, np.float32),
            "points": np.zeros((5, TAPS + shape.most), np.float32),
            "peaks": np.zeros(TAPS + shape.most, np.float32),
            "levels": np.zeros(shape.hold - 1 + shape.most),
            "least": np.zeros((2, shape.hold - 1 + shape.most)),
            "released": np.zeros(shape.mean - 1 + shape.most),
            "delay": np.zeros((shape.latency + shape.most, 2), np.float32),
        }
        numbers = {name: getattr(shape, name) for name in ("latency", "hold", "mean", "per_ceiling", "slope")}
        self._state = _Limiter(
            **numbers,
            most=shape.most,
            fault=shape.fault,
            **{name: array.ctypes.data for name, array in self._memory.items()},
        )
        self._limit, self.here = found.onetake_limit, ctypes.addressof(self._state)

    def __call__(self, block: Stereo) -> float:
        """Limit a block in place; its smallest gain, or -1.0, with nothing done, where a frame is a fault."""
        least: float = self._limit(self.here, address(block), block.size)
        return least


def voices(rows: Rows, pool: Stereo) -> VoicesKernel | None:
    """What renders a slice of these rows; None without a kernel."""
    found = library()
    return None if found is None else VoicesKernel(found, rows, pool)


def limiter(shape: Shape) -> LimiterKernel | None:
    """What limits a block; None without a kernel."""
    found = library()
    return None if found is None else LimiterKernel(found, shape)


def peaks() -> Callable[[Stereo, NDArray[np.float32]], int] | None:
    """What raises the peaks (2,) of a bus (frames,) and returns its clipped samples; None without a kernel."""
    found = library()
    if found is None:
        return None
    note = found.onetake_peaks

    def note_(bus: Stereo, held: NDArray[np.float32]) -> int:
        clipped: int = note(address(bus), bus.size, address(held))
        return clipped

    return note_


def address(array: NDArray[np.generic]) -> int:
    """Where an array begins."""
    start: int = array.__array_interface__["data"][0]
    return start
