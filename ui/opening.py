"""From the command line to the panel: says in a sentence what is missing, and loads Qt only where it is used."""

from __future__ import annotations

import importlib
import os
import re
import socket
import sys
from pathlib import Path

from presets.errors import InvalidRequest

_OFFSCREEN = {"offscreen", "minimal", "vnc"}
_LOCAL = re.compile(r"(?:unix)?:(\d+)(?:\.\d+)?")


def open_panel(session: Path | None = None) -> int:
    """Open the panel on a session folder; returns the exit status.

    Raises:
        InvalidRequest: there is no screen, or Qt is not installed.
        NotWritten: the session cannot be used.
    """
    if not has_screen():
        raise InvalidRequest(
            'There is no screen here for the panel. Sounds are made without one: onetake "glass bell" -o bell.wav.'
        )
    try:
        app = importlib.import_module("ui.app")
    except ImportError as error:
        raise InvalidRequest(f"The panel needs PyQt6 and pyqtgraph ({error}). Run build/run.py once.") from error
    status: int = app.run(session)
    return status


def has_screen() -> bool:
    """Whether a window can be shown; asked before Qt, which ends the process where it cannot."""
    if os.environ.get("QT_QPA_PLATFORM", "").split(":")[0] in _OFFSCREEN or sys.platform in ("win32", "darwin"):
        return True
    if os.environ.get("WAYLAND_DISPLAY"):
        return True
    return _x_answers(os.environ.get("DISPLAY", ""))


def _x_answers(display: str) -> bool:
    """Whether an X server of that name is there; one on another machine is believed."""
    local = _LOCAL.fullmatch(display)
    if not local:
        return bool(display)
    for address in (f"/tmp/.X11-unix/X{local[1]}", f"\0/tmp/.X11-unix/X{local[1]}"):  # noqa: S108 (X's own place)
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            if line.connect_ex(address) == 0:
                return True
    return False
