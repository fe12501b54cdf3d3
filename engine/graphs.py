"""Calls of a network that repeat are recorded once and replayed: launching kernels takes longer than running them.

A call is known by the shapes of what it takes: its bucket. The first call of a bucket runs plainly, so that no
sound waits for a recording; recordings are made when there is nothing else to do, one at a time, newest first. A
recording is used only where it gives the plain call's bytes. A few are kept; the least recently used one goes.

This file is the policy and knows no device: what records is given to it (cuda.py).
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from engine.memory import ran_out
from engine.networks.dit import LayerContext

log = logging.getLogger("onetake.engine")

MOST = 8
"""Recordings kept: lengths that a person tries in turn; each holds its intermediate results."""

Breathe = Callable[[], None]

Inputs = tuple[Tensor, ...]

Call = Callable[[Inputs, Breathe], Tensor]
"""A network with everything but its tensors bound to it. It breathes where it may be left."""

Replay = Callable[[Inputs], Tensor]

Record = Callable[[Callable[[Inputs], Tensor], Inputs], Replay]
"""Makes a recording of a call with such inputs. Whatever the call raises, it raises."""

Bucket = tuple[tuple[torch.Size, tuple[int, ...], torch.dtype], ...]


def bucket(inputs: Inputs) -> Bucket:
    """What decides which kernels a call runs: shape, layout and type of every tensor."""
    return tuple((t.shape, t.stride(), t.dtype) for t in inputs)


class Graphs:
    """The recordings of one model's network. Asked from one thread."""

    def __init__(self, record: Record, most: int = MOST) -> None:
        self._record, self._most = record, most
        self._ready: OrderedDict[Bucket, Replay] = OrderedDict()
        self._wanted: OrderedDict[Bucket, tuple[Call, Inputs]] = OrderedDict()
        self._refused: set[Bucket] = set()

    def __len__(self) -> int:
        """How many recordings there are."""
        return len(self._ready)

    @torch.inference_mode()
    def run(self, call: Call, inputs: Inputs, breathe: Breathe) -> Tensor:
        """What the call gives: replayed where it is recorded, else run plainly and noted for later."""
        key = bucket(inputs)
        if (replay := self._ready.get(key)) is not None:
            self._ready.move_to_end(key)
            breathe()  # may make another sound, and drop every recording for it
            return replay(inputs)
        if key not in self._refused:
            _put(self._wanted, key, (call, inputs), self._most)
        return call(inputs, breathe)

    @torch.inference_mode()
    def prepare(self, breathe: Breathe) -> bool:
        """Record the newest call that waits for it; False when none does.

        Raises:
            Cancelled: by `breathe`; the call waits on.
        """
        if not self._wanted:
            return False
        key = next(reversed(self._wanted))
        call, inputs = self._wanted[key]
        replay = self._try(call, inputs, breathe)
        self._wanted.pop(key, None)
        if replay is None:
            self._refused.add(key)
        else:
            _put(self._ready, key, replay, self._most)
        return True

    def forget(self) -> None:
        """Drop every recording and what waits for one: its memory is needed."""
        self._ready.clear()
        self._wanted.clear()

    def _try(self, call: Call, inputs: Inputs, breathe: Breathe) -> Replay | None:
        """A recording that gives the plain call's bytes; None where there can be none."""
        try:
            plain = call(inputs, breathe)
            replay = self._record(lambda given: call(given, breathe), inputs)
            if torch.equal(replay(inputs), plain):
                return replay
            log.warning("a recorded call gave other bytes than a plain one and is not used")
        except RuntimeError as error:  # torch has no class of its own for a call that cannot be recorded
            if ran_out(error):
                self.forget()
            log.warning("a call could not be recorded: %s", error)
        return None


class Places:
    """Tensors that stay where they are, because a recording reads their addresses."""

    def __init__(self, inputs: Inputs) -> None:
        self.tensors: Inputs = tuple(t.clone() for t in inputs)
        self._filled = inputs

    def fill(self, inputs: Inputs) -> None:
        """Copy what is not there already: a text is the same tensors for all jumps of a sound."""
        for place, before, now in zip(self.tensors, self._filled, inputs, strict=True):
            if now is not before:
                place.copy_(now)
        self._filled = inputs


def tensors_of(context: Sequence[LayerContext]) -> Inputs:
    """The tensors of a network's context, layer after layer."""
    return tuple(t for layer in context for t in vars(layer).values() if t is not None)


def with_tensors(context: Sequence[LayerContext], tensors: Inputs) -> tuple[LayerContext, ...]:
    """A context of the same form with other tensors, in the order of `tensors_of`."""
    left = iter(tensors)
    return tuple(
        LayerContext(**{name: None if t is None else next(left) for name, t in vars(layer).items()})
        for layer in context
    )


def _put(kept: OrderedDict[Bucket, Any], key: Bucket, value: Any, most: int) -> None:
    """Add as the newest; the oldest goes where there are too many."""
    kept[key] = value
    kept.move_to_end(key)
    while len(kept) > most:
        kept.popitem(last=False)
