"""What the engine's process adds: from a keystroke to Ready, beside a refinement, at rest, and after a death."""

from __future__ import annotations

import os
import queue
import signal
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from unittest import mock

import psutil
from bench_engine import PROMPT, quantiles, times

from engine.client import EngineClient
from engine.local import Ask, Engine, plan
from engine.protocol import Embedded, Event, Failed, Progress, Ready


class Ears:
    """A client and what it hears."""

    def __init__(self, folder: Path) -> None:
        self.events: queue.Queue[Event] = queue.Queue()
        self.client = EngineClient(folder, self.events.put, "cpu")

    def wait(self, *tickets: str) -> float:
        """Until all of these are ready; returns when that was."""
        missing = set(tickets)
        while missing:
            event = self.events.get(timeout=120)
            if isinstance(event, Failed) and event.kind == "failed":
                raise RuntimeError(event.sentence)
            if isinstance(event, Ready | Embedded | Failed):
                missing.discard(event.ticket)
        return time.perf_counter()


def measure(runs: int) -> dict[str, object]:
    """Every figure of the process, by name. An engine of its own is started and ended."""
    with tempfile.TemporaryDirectory() as folder, mock.patch.dict(os.environ, ONETAKE_STATE=folder):
        ears = Ears(Path(folder))
        try:
            return figures(ears, runs)
        finally:
            ears.client.close()
            os.kill(ears.client.pid, signal.SIGTERM)


def figures(ears: Ears, runs: int) -> dict[str, object]:
    """The measurements, one after the other."""
    client = ears.client
    words = iter(range(10**9))

    def typed(slot: int = 0) -> str:
        """A draft of words that the engine has not read yet, the noise held."""
        return client.draft(str(slot), plan(Ask(f"{PROMPT} {next(words)}", length=2.9))[0])

    ears.wait(typed())
    ones = times(lambda: ears.wait(typed()), runs)
    eights = times(lambda: ears.wait(*(typed(slot) for slot in range(8))), max(1, runs // 5))
    engine = Engine("starter", "cpu")
    alone = times(lambda: engine.make(plan(Ask(f"{PROMPT} {next(words)}", length=2.9))[0]), runs)
    beside = drafts_beside_a_refinement(ears, typed, max(5, runs // 5))
    return {
        **quantiles("typed_draft_ms", ones),
        **quantiles("typed_eight_ms", eights),
        "process_adds_ms": round(1000 * (median(ones) - median(alone)), 1),
        "refinement_adds_ms": round(1000 * (median(beside) - median(ones)), 1),
        "drafts_a_second": round(8 / median(eights), 1),
        **at_rest(client.pid),
        "restart_to_draft_s": round(restart(ears, typed), 2),
    }


def drafts_beside_a_refinement(ears: Ears, typed: Callable[[], str], runs: int) -> list[float]:
    """Seconds of drafts that are asked for while 64 steps run."""
    seconds: list[float] = []
    while len(seconds) < runs:
        refinement = ears.client.refine(plan(Ask(PROMPT, seed=len(seconds), steps=64))[0])
        while not isinstance(ears.events.get(), Progress):
            pass
        for _ in range(5):
            started = time.perf_counter()
            seconds.append(ears.wait(typed()) - started)
        ears.client.cancel(refinement)
        ears.wait(refinement)
    return seconds


def at_rest(pid: int, seconds: float = 5.0) -> dict[str, float]:
    """Memory, and how much of a core an idle engine takes, heartbeats included."""
    process = psutil.Process(pid)
    before = sum(process.cpu_times()[:2])
    time.sleep(seconds)
    used = (sum(process.cpu_times()[:2]) - before) / seconds
    return {
        "idle_core_percent": round(100 * used, 2),
        "engine_memory_mb": round(process.memory_info().rss / 1e6, 1),
    }


def restart(ears: Ears, typed: Callable[[], str]) -> float:
    """Seconds from a kill to the draft that was asked for at once."""
    os.kill(ears.client.pid, signal.SIGTERM if os.name == "nt" else signal.SIGKILL)
    started = time.perf_counter()
    return ears.wait(typed()) - started
