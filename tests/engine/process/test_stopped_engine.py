"""An engine that hangs holds nobody: a window asks on and on, and gets it all when the engine goes on."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time

import pytest

from engine.client import HUNG_SECONDS
from engine.local import Ask, plan
from engine.protocol import Metrics, Ready
from tests.plugin_bridge.test_stopped_child import longest, stop, stopped

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a stopped process is known by /proc")

MANY = 4000
"""Requests of about 15 bytes, each of which takes its place in the line's buffer: several times what it holds."""


def test_a_stopped_engine_holds_nobody_and_then_does_what_was_asked(listen):
    ears = listen()
    recipe = plan(Ask("huge metal door slam", seed=1, steps=1, length=0.4))[0]
    assert isinstance(ears.outcome(ears.client.draft("1", recipe)), Ready)
    pid = ears.client.pid
    stop(pid)
    assert longest([ears.client.status] * MANY) < HUNG_SECONDS / 5
    ticket = ears.client.draft("1", recipe)
    assert stopped(pid)
    os.kill(pid, signal.SIGCONT)
    told = 0
    while told < MANY // 2:  # those before the draft are answered before it is done
        told += isinstance(ears.hear(lambda news: isinstance(news, Metrics | Ready))[1], Metrics)
    assert isinstance(ears.outcome(ticket), Ready)
    assert ears.client.pid == pid
    ears.client.close()
    end = time.monotonic() + 30
    while any(one.name == "engine-requests" for one in threading.enumerate()):
        assert time.monotonic() < end
        time.sleep(0.01)
