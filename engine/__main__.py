"""`python -m engine`: the engine as a process of its own, until nobody needs it."""

from __future__ import annotations

import argparse
import logging
import sys
from logging.handlers import RotatingFileHandler

from engine.places import Places, places
from engine.server import Server, lower_priority
from engine.threads import sleep_at_barriers

_ALREADY_RUNNING = 3


def main() -> int:
    """Serve; the exit status is 3 when another engine of this user runs already."""
    sleep_at_barriers()
    options = argparse.ArgumentParser(prog="engine", description=__doc__)
    options.add_argument("--device", default="auto", help="auto, cpu, cuda or mps")
    options.add_argument("--idle", type=float, default=None, help="stop after so many seconds without clients")
    asked = options.parse_args()
    return serve(asked.device, asked.idle)


def serve(device: str = "auto", idle: float | None = None) -> int:
    """Serve in this process; see `main`."""
    here = places()
    write_log(here)
    lower_priority()
    return 0 if Server(here, device, idle).serve() else _ALREADY_RUNNING


def write_log(here: Places) -> None:
    """Send the log to a file that never grows beyond 1 MB, with two older ones kept. Prompts are never logged."""
    handler = RotatingFileHandler(here.log, maxBytes=1_000_000, backupCount=2, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(threadName)s %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])


if __name__ == "__main__":
    sys.exit(main())
