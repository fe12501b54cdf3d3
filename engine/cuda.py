"""What only CUDA has: recorded graphs, pinned transfers, a processor that runs ahead. Never run so far.

Written against torch's documentation; the tests marked `gpu` and `build/bench.py --only cuda` are its proof, and
skip where there is no such GPU. On every other device these functions do the plain thing, or nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from engine.graphs import Inputs, Places, Record, Replay

Floats = NDArray[np.float32]


def recorder(device: torch.device) -> Record | None:
    """What records a network's calls on this device; None where nothing is gained by it."""
    return _record if device.type == "cuda" else None


def _record(call: Callable[[Inputs], Tensor], inputs: Inputs) -> Replay:
    """A CUDA graph of the kernels that a plain call runs. Untested.

    The call runs once beside the main stream first: libraries make handles and workspaces when they are first
    used on a stream, which a recording must not contain (torch's notes on CUDA graphs).
    """
    places, side = Places(inputs), torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        call(places.tensors)
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph, stream=side, capture_error_mode="thread_local"):
        made = call(places.tensors)

    def replay(given: Inputs) -> Tensor:
        places.fill(given)
        graph.replay()
        return made.clone()

    return replay


def up(values: Floats, device: torch.device) -> Tensor:
    """An array as a tensor on the device; on CUDA from pinned memory, without waiting."""
    host = torch.from_numpy(values)
    if device.type != "cuda":
        return host.to(device)
    return host.pin_memory().to(device, non_blocking=True)


def down(tensor: Tensor) -> Floats:
    """A tensor as an array, once everything before it is done; on CUDA through pinned memory."""
    if not tensor.is_cuda:
        return tensor.cpu().numpy()
    host = torch.empty(tensor.shape, dtype=tensor.dtype, pin_memory=True)
    host.copy_(tensor, non_blocking=True)
    _event().synchronize()
    return host.numpy().copy()  # pinned memory is scarce, and a sound is kept for long


class Pace:
    """Keeps the processor at most one jump ahead of the device.

    Without it a refinement would be queued whole within milliseconds: a draft that comes meanwhile would wait for
    all of it, and taking it back would change nothing. With one jump queued the device is never idle. Waiting for
    an event of the jump before stops nothing on the device, and the thread sleeps.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._before: torch.cuda.Event | None = None

    def __call__(self) -> None:
        """A jump is queued: wait until the one before it is done."""
        if self._device.type != "cuda":
            return
        queued = _event()
        if self._before is not None:
            self._before.synchronize()
        self._before = queued


class Clock:
    """Seconds between marks, as the device spends them: on CUDA the processor is done long before."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._marks: list[float | torch.cuda.Event] = []
        self.mark()

    def mark(self) -> None:
        """Here one part ends and the next begins."""
        self._marks.append(_event() if self._device.type == "cuda" else time.perf_counter())

    def seconds(self) -> list[float]:
        """The length of each part."""
        return [_between(before, after) for before, after in pairwise(self._marks)]


def even_text(tokens: Tensor, mask: Tensor, most: int) -> tuple[Tensor, Tensor]:
    """A text brought to the same number of tokens as all others on CUDA, so that they share a recording.

    What is added is masked, so it weighs nothing; rounding may differ from the shorter text's, which is why it is
    done in plain runs as well. A text of one token needs no attention and is left alone, as on other devices.

    Args:
        tokens: (1, N, D).
        mask: (1, N) bool.
        most: tokens that the model reads.
    """
    count = tokens.shape[1]
    if not tokens.is_cuda or count == 1:
        return tokens, mask
    return padded(tokens, mask, max(0, most - count))


def padded(tokens: Tensor, mask: Tensor, more: int) -> tuple[Tensor, Tensor]:
    """The text with so many masked tokens behind it: (1, N + more, D) and (1, N + more)."""
    return F.pad(tokens, (0, 0, 0, more)), F.pad(mask, (0, more), value=False)


def give_back() -> None:
    """Return memory that torch keeps for later to the device."""
    if torch.cuda.is_initialized():
        torch.cuda.empty_cache()


def _event() -> torch.cuda.Event:
    """The present end of the queue; waiting for it sleeps, because the machine is shared with a workstation."""
    event = torch.cuda.Event(enable_timing=True, blocking=True)
    event.record()
    return event


def _between(before: float | torch.cuda.Event, after: float | torch.cuda.Event) -> float:
    if isinstance(before, float) and isinstance(after, float):
        return after - before
    assert isinstance(before, torch.cuda.Event)
    assert isinstance(after, torch.cuda.Event)
    after.synchronize()
    return before.elapsed_time(after) / 1000
