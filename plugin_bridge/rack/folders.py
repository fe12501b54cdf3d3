"""Where plug-ins lie on each system: the folders that their makers' installers agreed on.

The VST3 list is Steinberg's ("VST 3 Plug-in Locations"), the Audio Unit list Apple's. VST3_PATH adds to it, as
other hosts on Linux know it; folders of the user's own are the catalogue's (store.py).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

SUFFIXES = {".vst3": "vst3", ".component": "au"}
"""Formats, as a slot of a chain names them, by how a bundle's name ends."""


def standard(
    system: str = sys.platform, environment: Mapping[str, str] = os.environ, home: Path | None = None
) -> tuple[Path, ...]:
    """The folders of a system, the user's own first; whether they are there is not asked.

    Args:
        system: as sys.platform says it.
        environment: variables of the user.
        home: the user's folder, None is the one of whoever runs this.
    """
    house = home or Path.home()
    more = [Path(part) for part in environment.get("VST3_PATH", "").split(os.pathsep) if part]
    if system == "win32":
        found = _windows(environment, house)
    elif system == "darwin":
        roots = (house / "Library", Path("/Library"), Path("/Network/Library"))
        found = [root / "Audio" / "Plug-Ins" / kind for kind in ("VST3", "Components") for root in roots]
    else:
        found = [house / ".vst3", *(Path(root) / "vst3" for root in ("/usr/lib", "/usr/lib64", "/usr/local/lib"))]
    return tuple(dict.fromkeys(found + more))


def _windows(environment: Mapping[str, str], home: Path) -> list[Path]:
    own = Path(environment.get("LOCALAPPDATA", home / "AppData" / "Local"))
    common = Path(environment.get("COMMONPROGRAMFILES", "C:/Program Files/Common Files"))
    return [own / "Programs" / "Common" / "VST3", common / "VST3"]
