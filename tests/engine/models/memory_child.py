"""Loads a model, renders one draft with it, and prints as JSON what that took; in a process of its own.

Memory is the largest resident set since the process began (VmHWM), mapped files included, in bytes. Seconds of a
step are those of the network alone.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from engine.local import Ask, Engine, plan
from engine.threads import sleep_at_barriers


def main(model: str) -> None:
    """Load, tell the estimate, render, print."""
    sleep_at_barriers()  # as the product does, before anything imports torch
    engine = Engine(model, "cpu")
    (recipe,) = plan(Ask("rain", length=9.5, model=model, seed=1))
    import torch

    found: dict[str, float] = {"alone": largest(), "threads": torch.get_num_threads()}
    estimate = engine.estimate(recipe)
    found |= {"estimate": estimate.a_step, "decoding": estimate.decoding}
    began = time.perf_counter()
    network = engine.model.network
    found |= {"load": time.perf_counter() - began, "loaded": largest()}
    made = engine.make(recipe)
    found |= {"rendered": largest(), "network": made.timing.network, "codec": made.timing.codec}
    found |= {"text": made.timing.text, "frames": recipe.frames, "samples": made.sound.frames}
    parts = network, engine.model.codec, engine.model.text._network  # type: ignore[attr-defined]
    weights = [t for part in parts for t in part.state_dict().values()]  # type: ignore[attr-defined]
    found["weights"] = sum(t.nbytes for t in weights)
    found["narrow"] = sum(p.dtype == torch.bfloat16 for p in network.parameters())  # type: ignore[attr-defined]
    sys.stdout.write(json.dumps(found) + "\n")


def largest() -> int:
    """Bytes; Linux alone tells them."""
    status = Path("/proc/self/status").read_text()
    return 1024 * int(status.split("VmHWM:")[1].split()[0])


if __name__ == "__main__":
    main(sys.argv[1])
