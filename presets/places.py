"""Where a user's own things lie on this system, for every part of Onetake that keeps something."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def state_folder() -> Path:
    """A folder of the user's own; it may not be there yet. ONETAKE_STATE moves it."""
    chosen = os.environ.get("ONETAKE_STATE")
    if chosen:
        return Path(chosen)
    home = Path.home()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", home / "AppData" / "Local")) / "Onetake"
    if sys.platform == "darwin":
        return home / "Library" / "Application Support" / "Onetake"
    return Path(os.environ.get("XDG_STATE_HOME", home / ".local" / "state")) / "onetake"
