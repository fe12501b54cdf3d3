"""`python -m plugin_bridge.audio`: the audio process, a child of whoever talks to it through its pipes."""

from __future__ import annotations

import sys

from plugin_bridge.pipes import to_parent
from presets.one_thread import numpy_in_one_thread


def main() -> int:
    """Serve until the parent is gone; with --devices, write what there is and end."""
    pipe = to_parent()
    numpy_in_one_thread()
    if sys.argv[1:] == ["--devices"]:
        from plugin_bridge.audio.listing import tell_devices  # noqa: PLC0415 (it costs a third of a second)

        tell_devices(pipe)
        return 0
    from plugin_bridge.audio.server import Server  # noqa: PLC0415 (after the pipes are safe from what is printed)

    return Server(pipe).run()


if __name__ == "__main__":
    raise SystemExit(main())
