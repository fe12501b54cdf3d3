"""A client that the system does not let run for a while ends no audio process: that one was well all the time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

HOST = """
import sys, threading
from plugin_bridge.audio.client import AudioClient
from plugin_bridge.audio.protocol import Output, State

plays = threading.Event()

def hear(news):
    if isinstance(news, State) and news.open and news.beat:
        plays.set()

client = AudioClient(hear, None)
client.open(Output(driver="none"))
plays.wait(30)
for _ in sys.stdin:
    print(client.restarts, client.pid, flush=True)
client.close()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signal that stops a process")
def test_who_was_stopped_for_a_while_ends_nobody():
    with subprocess.Popen(
        [sys.executable, "-c", HOST], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as host:

        def asked():
            host.stdin.write("?\n")
            host.stdin.flush()
            return tuple(map(int, host.stdout.readline().split()))

        before = asked()
        for _ in range(3):
            os.kill(host.pid, signal.SIGSTOP)
            time.sleep(1.6)  # longer than it waits for a silent process, or for one that stands still
            os.kill(host.pid, signal.SIGCONT)
            time.sleep(0.7)
            assert asked() == before
        os.kill(before[1], signal.SIGSTOP)  # and that one is really ended, or this test could not fail
        until = time.monotonic() + 30
        while asked()[0] == before[0]:
            assert time.monotonic() < until
            time.sleep(0.1)
        host.stdin.close()
        assert host.wait(30) == 0
