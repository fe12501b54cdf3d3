"""How the engine's threads wait for each other: asleep, because it shares the machine with a workstation.

OpenMP's threads spin at every barrier, which is best on an idle machine and ruinous on a busy one: measured on
two cores beside two busy processes, a draft of 3 s took 743 ms spinning and 87 ms sleeping.
"""

from __future__ import annotations

import os

_SLEEP = {"OMP_WAIT_POLICY": "PASSIVE", "KMP_BLOCKTIME": "0"}


def sleep_at_barriers() -> None:
    """Set what OpenMP reads when torch is first imported; what the user has set is left alone."""
    for name, value in _SLEEP.items():
        os.environ.setdefault(name, value)
