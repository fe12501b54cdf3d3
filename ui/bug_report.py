"""A zip to send us: versions, machine and logs. Prompts stay at home unless their files are named."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from engine.client import logs
from presets.export.version import read_version
from presets.files import unused, write_atomically
from presets.schema import canonical
from ui.doctor import facts


def bug_report(files: Sequence[Path]) -> Path:
    """Write the zip into the current folder and return its path.

    Args:
        files: WAVs whose recipes, prompts included, go into it.

    Raises:
        UnreadableFile: a file has no recipe.
        NotWritten: the folder is read-only or full.
    """
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("machine.txt", "".join(f"{name}: {value}\n" for name, value in facts()))
        for log in logs():
            archive.write(log, log.name)
        for number, file in enumerate(files, 1):
            archive.writestr(f"recipe_{number}.json", canonical(read_version(file)))
    path = unused(Path(f"onetake-report-{datetime.now():%Y-%m-%d}.zip"))
    write_atomically(path, data.getvalue())
    return path
