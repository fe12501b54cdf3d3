"""Real plug-ins and sounds for the rack's tests, and what waits for other processes.

The plug-ins are Debian's zam-plugins, whose bundles lie in /usr/lib/vst3, and odd_plugins.py's.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from presets.sound import Samples

INSTALL = "apt-get install -y --no-install-recommends zam-plugins"
FOLDER = Path("/usr/lib/vst3")
PATIENCE = 40.0  # seconds; the machine may be busy


def bundle(name: str) -> Path:
    """A zam-plugin's bundle."""
    path = FOLDER / f"{name}.vst3"
    if not path.exists():
        pytest.skip(f"{name} is not installed: {INSTALL}")
    return path


def noise(channels: int, frames: int, seed: int = 1) -> Samples:
    """Noise at about -14 dBFS, another on every channel, the same for the same seed."""
    made = np.random.default_rng([seed, channels]).standard_normal((channels, frames)) * 0.2
    return made.astype(np.float32)


def until(true: Callable[[], object], what: str) -> None:
    """Wait for something that another process does."""
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, f"still not: {what}"
        time.sleep(0.01)


def running(pid: int) -> bool:
    """Whether a process runs: neither gone nor a zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


def children() -> set[int]:
    """The processes that this one has started and that run."""
    me = os.getpid()
    return {
        int(pid) for task in Path(f"/proc/{me}/task").iterdir() for pid in (task / "children").read_text().split()
    }
