"""Whether a plug-in's window can be shown here, asked before: on a bare X server, trying ends the process.

JUCE, which makes the windows, reads the desktop's settings from their owner, and where nobody owns them it asks
for the properties of window 0: the X server answers BadWindow and the process is gone (seen under Xvfb).
"""

from __future__ import annotations

import ctypes
import os
import sys

from plugin_bridge.rack.errors import NoDisplay

_ELSEWHERE = "Its knobs can be turned without its window."


def check() -> None:
    """Return where a window can be shown.

    Raises:
        NoDisplay: why not, and what to do.
    """
    if sys.platform in ("darwin", "win32"):
        return
    display = os.environ.get("DISPLAY")
    if not display:
        raise NoDisplay(
            f"There is no screen (DISPLAY is not set), so no plug-in's window can be shown. {_ELSEWHERE}"
        )
    try:
        x11 = ctypes.CDLL("libX11.so.6")
    except OSError as error:
        raise NoDisplay(
            f"Plug-ins' windows need libX11, which is not installed (Debian: libx11-6). {_ELSEWHERE}"
        ) from error
    x11.XOpenDisplay.restype = ctypes.c_void_p
    connection = ctypes.c_void_p(x11.XOpenDisplay(None))
    if not connection:
        raise NoDisplay(f"The screen {display} does not answer, so no plug-in's window can be shown. {_ELSEWHERE}")
    try:
        if not _has_settings(x11, connection):
            raise NoDisplay(
                f"The screen {display} has no desktop settings; without them a plug-in's window ends its process. "
                f"Start xsettingsd there (Debian: apt-get install xsettingsd), then try again. {_ELSEWHERE}"
            )
    finally:
        x11.XCloseDisplay(connection)


def _has_settings(x11: ctypes.CDLL, connection: ctypes.c_void_p) -> bool:
    """Whether somebody owns the desktop's settings (the XSETTINGS protocol's selection of the screen)."""
    x11.XInternAtom.restype = x11.XGetSelectionOwner.restype = ctypes.c_ulong
    selection = f"_XSETTINGS_S{x11.XDefaultScreen(connection)}".encode()
    atom = ctypes.c_ulong(x11.XInternAtom(connection, selection, 0))
    return bool(x11.XGetSelectionOwner(connection, atom))
