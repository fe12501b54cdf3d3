"""`python -m plugin_bridge.rack`: the rack process, a child of whoever talks to it through its pipes."""

from __future__ import annotations

from plugin_bridge.pipes import to_parent
from presets.one_thread import numpy_in_one_thread


def main() -> int:
    """Serve until the parent is gone."""
    pipe = to_parent()
    numpy_in_one_thread()
    # After the pipes are safe from what is printed.
    from plugin_bridge.rack.load import known_to  # noqa: PLC0415
    from plugin_bridge.rack.server import Server  # noqa: PLC0415

    return Server(pipe, known_to).run()


if __name__ == "__main__":
    raise SystemExit(main())
