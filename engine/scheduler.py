"""What the engine works on next: always what the designer wants now.

The newest draft of a slot replaces the one that waits; drafts go first, then what is to be judged, which takes
a tenth of a second, then everything that takes longer; the rest goes in order. Bounded: a flood of requests
replaces itself and never fills the memory. No threads of its own: one lock and one condition, so that readers may
add while the worker takes.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

from engine.protocol import Draft, Embed, Judge, Refine, Warm

Job = Draft | Refine | Embed | Judge | Warm
Owner = TypeVar("Owner", bound=Hashable)

MOST_SLOTS = 256
MOST_REFINEMENTS = 256
MOST_JUDGEMENTS = 256


@dataclass(frozen=True)
class Order(Generic[Owner]):
    """A job and who asked for it."""

    owner: Owner
    job: Job

    @property
    def ticket(self) -> str:
        """What the asker calls it."""
        return "" if isinstance(self.job, Warm) else self.job.ticket


class Scheduler(Generic[Owner]):
    """Orders that wait."""

    def __init__(self) -> None:
        self._urgent: OrderedDict[Hashable, Order[Owner]] = OrderedDict()
        self._judge: OrderedDict[Hashable, Order[Owner]] = OrderedDict()
        self._long: OrderedDict[Hashable, Order[Owner]] = OrderedDict()
        self._queues = (self._urgent, self._judge, self._long)
        self._changed = threading.Condition()
        self._closed = False
        self._cancelled: set[tuple[Owner, str]] = set()
        self._running: list[Order[Owner]] = []

    def add(self, order: Order[Owner]) -> Order[Owner] | None:
        """Let an order wait; returns the one that it replaces, or itself when there is no room."""
        with self._changed:
            queue, place, most = self._place(order)
            replaced = queue.get(place)
            if replaced is None and len(queue) >= most:
                return order
            queue[place] = order
            self._changed.notify()
            return replaced

    def take(self) -> Order[Owner] | None:
        """The next order, urgent ones first; waits for one, None when closed. Call `done` after it."""
        with self._changed:
            while not self._closed and not any(self._queues):
                self._changed.wait()
            return None if self._closed else self._pop(self._urgent or self._judge or self._long)

    def take_urgent(self) -> Order[Owner] | None:
        """The next order that need not wait for a refinement, None when there is none; never waits."""
        if not (self._urgent or self._judge):
            return None  # read without the lock: asked between any two layers, and a late yes is asked again
        with self._changed:
            queue = self._urgent or self._judge
            return self._pop(queue) if queue and not self._closed else None

    def done(self, order: Order[Owner]) -> None:
        """The order is finished, one way or another."""
        with self._changed:
            self._running.remove(order)
            self._cancelled.discard((order.owner, order.ticket))

    def cancel(self, owner: Owner, ticket: str) -> Order[Owner] | None:
        """Take back an order: returned when it still waited; a running one is marked (`is_cancelled`)."""
        with self._changed:
            for queue in self._queues:
                for place, order in queue.items():
                    if (order.owner, order.ticket) == (owner, ticket):
                        return queue.pop(place)
            if any((o.owner, o.ticket) == (owner, ticket) for o in self._running):
                self._cancelled.add((owner, ticket))
            return None

    def forget(self, owner: Owner) -> None:
        """Take back everything of someone who is gone."""
        with self._changed:
            for queue in self._queues:
                for place in [p for p, order in queue.items() if order.owner == owner]:
                    del queue[place]
            self._cancelled |= {(o.owner, o.ticket) for o in self._running if o.owner == owner}

    def is_cancelled(self, order: Order[Owner]) -> bool:
        """Whether a running order is no longer wanted: taken back, its asker gone, or everything is ending."""
        return self._closed or (bool(self._cancelled) and (order.owner, order.ticket) in self._cancelled)

    @property
    def idle(self) -> bool:
        """Whether nothing waits and nothing is ending; read without the lock, between any two layers."""
        return not self._closed and not any(self._queues)

    def waiting(self) -> tuple[int, int]:
        """How many urgent and how many long orders wait."""
        return len(self._urgent), len(self._long)

    def unjudged(self) -> int:
        """How many sounds wait to be judged."""
        return len(self._judge)

    def close(self) -> None:
        """Wake the worker for the last time."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _pop(self, queue: OrderedDict[Hashable, Order[Owner]]) -> Order[Owner]:
        _, order = queue.popitem(last=False)
        self._running.append(order)
        return order

    def _place(self, order: Order[Owner]) -> tuple[OrderedDict[Hashable, Order[Owner]], Hashable, int]:
        """The queue, the place in it that a newer order would replace, and how many it holds."""
        job = order.job
        if isinstance(job, Draft):
            return self._urgent, (order.owner, "draft", job.slot), MOST_SLOTS
        if isinstance(job, Embed):
            return self._urgent, (order.owner, "embed"), MOST_SLOTS
        if isinstance(job, Judge):
            return self._judge, (order.owner, "judge", job.ticket), MOST_JUDGEMENTS
        if isinstance(job, Warm):
            return self._long, (order.owner, "warm", job.model), MOST_REFINEMENTS
        return self._long, (order.owner, "refine", job.ticket), MOST_REFINEMENTS
