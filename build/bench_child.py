"""A measurement in a process of its own: it prints one line of JSON, and its memory is watched from outside.

The largest resident set is looked up while it runs (psutil): the system's own record of it, ru_maxrss, begins with
that of the process that started it, which here holds torch.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil

_LOOK = 0.05  # seconds
_PATIENCE = 1800.0  # seconds


def run(script: str, *words: str, environment: Mapping[str, str] | None = None) -> tuple[dict[str, Any], float]:
    """What a script of this folder printed last, and the most memory that was seen, MB.

    Args:
        script: its file name.
        words: its arguments.
        environment: None is ours.

    Raises:
        RuntimeError: it failed.
    """
    command = [sys.executable, "-P", str(Path(__file__).with_name(script)), *words]
    with tempfile.TemporaryFile("w+") as complaints:
        child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=complaints, text=True, env=environment)
        try:
            printed, peak = _watched(child)
        finally:
            child.kill()
            child.wait()
        if child.returncode:
            complaints.seek(0)
            raise RuntimeError(f"{script} {' '.join(words)} failed:\n{complaints.read()[-2000:]}")
    told: dict[str, Any] = json.loads(printed.splitlines()[-1])
    return told, round(peak / 1e6, 1)


def _watched(child: subprocess.Popen[str]) -> tuple[str, int]:
    """What it prints until it ends, and its largest resident set in bytes."""
    process, peak, end = psutil.Process(child.pid), 0, time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        try:
            return child.communicate(timeout=_LOOK)[0], peak
        except subprocess.TimeoutExpired:
            with contextlib.suppress(psutil.Error):  # it ended in between
                peak = max(peak, process.memory_info().rss)
    raise RuntimeError(f"{child.args!r} does not end.")
