"""Engines of a test's own, and what a client hears from them."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.client import EngineClient
from engine.places import Places, places
from engine.protocol import Embedded, Event, Failed, Ready

PATIENCE = 60.0


class Ears:
    """A client and its events."""

    def __init__(self, folder: Path, **options: object) -> None:
        self.events: queue.Queue[tuple[float, Event]] = queue.Queue()
        self.folder = folder
        self.client = EngineClient(folder, lambda e: self.events.put((time.perf_counter(), e)), "cpu", **options)

    def hear(self, wanted: Callable[[Event], bool]) -> tuple[float, Event]:
        """The next event of that kind and when it came."""
        deadline = time.monotonic() + PATIENCE
        while True:
            when, event = self.events.get(timeout=max(0.01, deadline - time.monotonic()))
            if wanted(event):
                return when, event

    def outcome(self, ticket: str) -> Ready | Failed | Embedded:
        """How a request ended."""
        ends = (Ready, Failed, Embedded)
        return self.hear(lambda e: isinstance(e, ends) and e.ticket == ticket)[1]

    def outcomes(self, tickets: list[str]) -> dict[str, Ready | Failed]:
        """How several ended, in the order in which they did."""
        ended: dict[str, Ready | Failed] = {}
        while set(ended) != set(tickets):
            _, event = self.hear(lambda e: isinstance(e, Ready | Failed) and e.ticket in tickets)
            ended[event.ticket] = event
        return ended


@contextlib.contextmanager
def own_state(folder: Path) -> Iterator[Places]:
    """A state folder for one engine, which is ended afterwards."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ONETAKE_STATE", str(folder))
        here = places()
        yield here
        stop(here)


@pytest.fixture
def state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Places]:
    """A state folder of this test's own."""
    with own_state(tmp_path_factory.mktemp("state")) as here:
        yield here


@pytest.fixture(scope="module")
def module_state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Places]:
    """One state folder for a module whose tests leave the engine as they found it."""
    with own_state(tmp_path_factory.mktemp("state")) as here:
        yield here


@pytest.fixture
def listen(state: Places, tmp_path: Path) -> Iterator[Callable[..., Ears]]:
    """Makes clients of this test's engine; they leave when the test ends."""
    made: list[Ears] = []

    def client(folder: Path = tmp_path, **options: object) -> Ears:
        made.append(Ears(folder, **options))
        return made[-1]

    yield client
    for one in made:
        one.client.close()


@pytest.fixture
def ears(listen: Callable[..., Ears]) -> Ears:
    """One client."""
    return listen()


def stop(here: Places) -> None:
    """End the engine of a state folder."""
    with contextlib.suppress(OSError, ValueError, KeyError):
        os.kill(json.loads(here.address.read_bytes())["pid"], signal.SIGKILL)
