"""Inference on every core, as the engine's process does it: low priority, draft after draft, until ended."""

from __future__ import annotations

import os

from engine.local import Ask, Engine, plan, sleep_at_barriers


def main() -> None:
    """Draft for ever."""
    sleep_at_barriers()
    os.nice(19)
    engine = Engine("starter", "cpu")
    seed = 0
    while True:
        engine.make(plan(Ask("deep cinematic boom", length=2.9, seed=seed))[0])
        seed += 1


if __name__ == "__main__":
    main()
