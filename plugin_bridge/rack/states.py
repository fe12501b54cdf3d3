"""A plug-in's state on its way between a child and its parent: in the message where it is short, else a file."""

from __future__ import annotations

import secrets
from pathlib import Path

from plugin_bridge.rack.host_protocol import SHORT_STATE, Kept
from presets.errors import UnreadableFile


def packed(state: bytes, folder: Path) -> Kept:
    """A state for a message. folder: the one that the child and its parent share."""
    if len(state) <= SHORT_STATE:
        return Kept(short=state)
    path = folder / f"state-{secrets.token_hex(8)}"
    path.write_bytes(state)
    return Kept(path=str(path))


def unpacked(state: Kept, folder: Path) -> bytes:
    """A state out of a message; its file is taken away.

    Raises:
        UnreadableFile: the message names a file that is not in the folder, or that is not there.
    """
    if not state.path:
        return state.short
    path = Path(state.path)
    if path.parent != folder:
        raise UnreadableFile("A plug-in's process named a file that is not its own.")
    try:
        data = path.read_bytes()
        path.unlink()
    except OSError as error:
        raise UnreadableFile(f"A plug-in's state was lost on its way: {error}.") from error
    return data
