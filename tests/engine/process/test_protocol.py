"""Messages: round trips, limits, and everything foreign refused."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import protocol
from engine.plan import Ask, plan
from engine.protocol import Draft, Hello, Progress, Refine, Status
from presets.errors import UnreadableFile
from presets.messages import encode
from presets.schema import Edit

RECIPE = plan(Ask("knock", steps=4))[0]

MESSAGES = [
    Hello(protocol=1, folder="/x"),
    Draft(ticket="t", slot="1", recipe=RECIPE),
    Refine(ticket="t", recipe=RECIPE, edit=Edit(length=1.0)),
    Status(),
]


@pytest.mark.parametrize("message", MESSAGES)
def test_requests_survive_the_way(message):
    assert protocol.request(encode(message)) == message


def test_an_event_is_no_request_and_the_other_way_round():
    with pytest.raises(UnreadableFile):
        protocol.request(encode(Progress(ticket="t", done=1, steps=2)))
    with pytest.raises(UnreadableFile):
        protocol.event(encode(Status()))


@given(st.binary(max_size=300))
@settings(max_examples=300, deadline=None)
def test_garbage_is_refused(data):
    for read in (protocol.request, protocol.event):
        with pytest.raises(UnreadableFile):
            read(data)


@pytest.mark.parametrize(
    "data",
    [
        pickle.dumps(Path),
        msgspec.msgpack.encode({"type": "Draft", "ticket": "", "slot": "1"}),
        msgspec.msgpack.encode({"type": "Warm", "model": "x" * 201}),
        msgspec.msgpack.encode({"type": "Status", "run": "rm"}),
        b"\x81" * 100_000,
    ],
)
def test_hostile_messages_are_refused(data):
    with pytest.raises(UnreadableFile):
        protocol.request(data)


def test_the_documentation_has_the_message_table_of_the_code():
    text = (Path(__file__).parents[3] / "ARCHITECTURE.md").read_text()
    assert protocol.message_table() in text


def test_a_client_loads_neither_torch_nor_numpy():
    code = (
        "import sys, engine.client, engine.plan\n"
        "sys.exit(','.join(m for m in ('torch', 'numpy') if m in sys.modules) or 0)"
    )
    assert subprocess.run([sys.executable, "-P", "-c", code], check=False).returncode == 0
