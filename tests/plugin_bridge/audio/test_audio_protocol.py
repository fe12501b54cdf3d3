"""What client and process say: whole over the pipe, refused when it is something else, documented."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_bridge.audio import protocol
from plugin_bridge.pipes import Pipe, PipeClosed
from presets.errors import UnreadableFile
from presets.messages import LARGEST_MESSAGE, encode
from presets.schema import Kit, Zone

KIT = Kit(name="k", zones=(Zone(take="a", low=1, high=2, root=1, mode="loop", loop=(0.1, 0.2)),))
REQUESTS = (
    protocol.Open(output=protocol.Output(driver="jack", device="system")),
    protocol.Load(sound="a", path="/a.wav"),
    protocol.UseKit(kit=KIT),
    protocol.Audition(sound="a", gain_db=-3.0),
    protocol.SetMonitor(monitor=protocol.Monitor(hear="daw", dim=True)),
    protocol.Play(data=b"\x90\x24\x7f"),
    protocol.MidiPorts(inputs=("keys",), thru="synth", watch=True),
    protocol.Learn(ticket="t", seconds=3.0),
    protocol.Status(),
)


@pytest.mark.parametrize("message", REQUESTS)
def test_requests_survive_the_way(message):
    assert protocol.request(encode(message)) == message


@given(st.binary(max_size=200))
def test_junk_is_refused_and_nothing_else_happens(data):
    for read in (protocol.request, protocol.event):
        try:
            read(data)
        except UnreadableFile as error:
            assert "audio process" in str(error)


def test_what_is_out_of_bounds_is_refused():
    for wrong in (
        protocol.Learn(ticket="t", seconds=1e9),
        protocol.Play(data=b""),
        protocol.Open(output=protocol.Output(block=-1)),
        protocol.Load(sound="", path="x"),
    ):
        with pytest.raises(UnreadableFile):
            protocol.request(encode(wrong))


@given(st.lists(st.binary(min_size=1, max_size=3000), max_size=20))
def test_a_pipe_keeps_messages_whole_and_in_order(messages):
    wire = io.BytesIO()
    sender = Pipe(io.BytesIO(), wire)
    for message in messages:
        sender.send(message)
    receiver = Pipe(io.BytesIO(wire.getvalue()), io.BytesIO())
    assert [receiver.receive() for _ in messages] == messages
    with pytest.raises(PipeClosed):
        receiver.receive()


@pytest.mark.parametrize(
    "data", [b"", b"\1\0", b"\5\0\0\0abc", (LARGEST_MESSAGE + 1).to_bytes(4, "little") + b"x" * 100]
)
def test_a_pipe_that_is_cut_or_lies_is_closed(data):
    with pytest.raises(PipeClosed):
        Pipe(io.BytesIO(data), io.BytesIO()).receive()


def test_a_pipe_whose_reader_is_gone_is_closed():
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb") as sink, pytest.raises(PipeClosed):
        for _ in range(100):
            Pipe(io.BytesIO(), sink).send(b"x" * 10_000)


def test_the_documentation_has_the_message_table_of_the_code():
    text = (Path(__file__).parents[3] / "ARCHITECTURE.md").read_text()
    assert protocol.message_table() in text
