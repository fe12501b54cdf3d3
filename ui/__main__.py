"""Onetake's front door: a bare prompt renders, no words at all say what there is."""

from __future__ import annotations

import sys

from engine.local import sleep_at_barriers
from ui.cli import COMMANDS, run


def main() -> None:
    """Start the command line; `onetake "a glass bell"` is `onetake render "a glass bell"`."""
    sleep_at_barriers()
    words = sys.argv[1:]
    if words and not words[0].startswith("-") and words[0] not in COMMANDS:
        words = ["render", *words]
    sys.exit(run(words))


if __name__ == "__main__":
    main()
