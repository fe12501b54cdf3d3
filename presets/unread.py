"""What the system refuses to let us read, told in one way everywhere: which file, why, and what to do next."""

from __future__ import annotations

import errno
from pathlib import Path

from presets.errors import UnreadableFile

_FORBIDDEN = "you are not allowed to read it, or another program holds it open. Close it there, or change who may"
_GONE = "it does not exist. Look where it was moved to"
_REASONS = {
    errno.ENOENT: _GONE,
    errno.ENOTDIR: _GONE,
    errno.EISDIR: "it is a folder. Choose a file",
    errno.EACCES: _FORBIDDEN,
    errno.EPERM: _FORBIDDEN,
    errno.ENAMETOOLONG: "its name is too long for this system. Look whether it is a name at all",
    errno.ELOOP: "it is a link that leads in a circle. Choose the file itself",
}


def unread(path: Path, error: OSError) -> UnreadableFile:
    """The error to raise for a file that the system did not let us read."""
    reason = _REASONS.get(error.errno or 0, f"the system says: {error.strerror or error}. Try again")
    return UnreadableFile(f"{path} cannot be read: {reason}.")
