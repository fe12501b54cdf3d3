"""ReaStream: packets as their makers describe them, over the real loopback network, and hostile ones."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugin_bridge.audio.reastream import (
    MOST_BYTES,
    Midi,
    ReaStreamSender,
    Sound,
    decode,
    encode_midi,
    encode_sound,
)

PATIENCE = 10.0
patient = settings(deadline=None, derandomize=True)
names = st.text(st.characters(blacklist_characters="\0", blacklist_categories=["Cs"]), max_size=40)


def noise(frames: int, channels: int = 2, seed: int = 0) -> np.ndarray:
    """(channels, frames) float32."""
    return np.random.default_rng(seed).uniform(-1, 1, (channels, frames)).astype(np.float32)


@pytest.fixture
def receiver() -> Iterator[socket.socket]:
    """An independent program's socket on the loopback network."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2**22)
        one.bind(("127.0.0.1", 0))
        one.settimeout(PATIENCE)
        yield one


def test_a_packet_of_sound_is_laid_out_as_described():
    samples = np.array([[1.0, 2.0], [-1.0, -2.0]], np.float32)
    (packet,) = encode_sound("onetake", 48_000, samples)
    assert packet == (
        b"MRSR" + struct.pack("<i", 4 + 4 + 32 + 1 + 4 + 2 + 16) + b"onetake".ljust(32, b"\0")
        + b"\x02" + struct.pack("<i", 48_000) + struct.pack("<h", 16) + struct.pack("<4f", 1, 2, -1, -2)
    )  # fmt: skip


def test_a_packet_of_midi_is_laid_out_as_described():
    packet = encode_midi("onetake", 17, b"\x90\x24\x7f")
    assert packet == (
        b"mRSR" + struct.pack("<i", 4 + 4 + 32 + 32) + b"onetake".ljust(32, b"\0")
        + struct.pack("<6i", 1, 32, 17, 0, 0, 0) + b"\x90\x24\x7f\x00" + b"\x00\x00\x00\x00"
    )  # fmt: skip
    assert decode(packet) == Midi("onetake", ((17, b"\x90\x24\x7f"),))


def test_events_of_other_programs_are_read():
    head = struct.pack("<4si32s", b"mRSR", 40 + 96, b"default")
    of_libreastream = struct.pack("<6i", 1, 24, 5, 0, 0, 0) + b"\x80\x24\x00" + bytes(5)
    of_another_kind = struct.pack("<6i", 6, 32, 0, 0, 0, 0) + bytes(8)
    of_the_makers = struct.pack("<6i", 1, 32, 9, 0, 0, 0) + b"\xb0\x01\x40" + bytes(5)
    found = decode(head + of_libreastream + of_another_kind + of_the_makers)
    assert found == Midi("default", ((5, b"\x80\x24\x00"), (9, b"\xb0\x01\x40")))


@patient
@given(names, st.integers(1, 64), st.integers(1, 700), st.integers(1, 384_000))
def test_sound_comes_back_bit_for_bit(name, channels, frames, rate):
    samples = noise(frames, channels)
    packets = [*encode_sound(name, rate, samples)]
    assert all(len(packet) <= 47 + MOST_BYTES for packet in packets)
    sounds = [decode(packet) for packet in packets]
    assert all(isinstance(sound, Sound) and sound.rate == rate for sound in sounds)
    assert name.encode().startswith(sounds[0].identifier.encode())
    assert len(sounds[0].identifier.encode()) <= 31
    np.testing.assert_array_equal(np.concatenate([sound.samples for sound in sounds], axis=1), samples)


@patient
@given(st.sampled_from([b"", b"MRSR", b"mRSR"]), st.binary(max_size=1400))
def test_noise_is_no_packet_and_no_error(magic, rest):
    packet = magic + rest
    found = decode(packet)
    assert found is None or packet[4:8] == struct.pack("<i", len(packet))


VALID = (*encode_sound("onetake", 48_000, noise(20)), encode_midi("onetake", 3, b"\x90\x24\x7f"))


@given(
    st.sampled_from(VALID), st.lists(st.tuples(st.integers(0, 200), st.integers(0, 255)), max_size=4), st.data()
)
def test_spoilt_packets_are_ignored_or_still_in_shape(packet, changes, data):
    spoilt = bytearray(packet)
    for place, value in changes:
        spoilt[place % len(spoilt)] = value
    del spoilt[data.draw(st.integers(0, len(spoilt))) :]
    found = decode(bytes(spoilt))
    if isinstance(found, Sound):
        assert 1 <= len(found.samples) <= 64
        assert found.samples.nbytes <= MOST_BYTES
        assert found.rate > 0
    elif found is not None:
        assert all(frames >= 0 and len(message) == 3 for frames, message in found.events)


@pytest.mark.parametrize(
    ("place", "value"),
    [(0, b"N"), (4, b"\0"), (39, b"x"), (40, b"\0"), (40, b"\x41"), (41, bytes(4)), (45, b"\x01")],
)
def test_each_field_is_checked(place, value):
    packet = bytearray(VALID[0])
    packet[place : place + len(value)] = value
    assert decode(bytes(packet)) is None


@pytest.mark.parametrize("block", [64, 128, 480, 1024])
def test_what_is_pushed_arrives_bit_for_bit(receiver, block):
    sender = ReaStreamSender(48_000, "cue", receiver.getsockname())
    samples = noise(48_000 // block * block)
    frames = np.ascontiguousarray(samples.T).view(np.complex64)[:, 0]
    heard: list[np.ndarray] = []
    for first in range(0, len(frames), block):
        sender.push(frames[first : first + block], [(0, b"\x90\x24\x7f")] if first == 0 else ())
        while sum(part.shape[1] for part in heard) < first - 4096:
            heard += sounds_in(receiver)
    sender.close()
    while sum(part.shape[1] for part in heard) < len(frames):
        heard += sounds_in(receiver)
    np.testing.assert_array_equal(np.concatenate(heard, axis=1), samples)
    assert sender.dropped == 0


def sounds_in(receiver: socket.socket) -> list[np.ndarray]:
    """The sound of the next packet; MIDI is checked and left out."""
    found = decode(receiver.recv(2048))
    if isinstance(found, Midi):
        assert found == Midi("cue", ((0, b"\x90\x24\x7f"),))
        return []
    assert isinstance(found, Sound)
    assert (found.identifier, found.rate) == ("cue", 48_000)
    return [found.samples]


def test_notes_are_sent_and_system_exclusive_is_not(receiver):
    sender = ReaStreamSender(48_000, "cue", receiver.getsockname())
    sender.push(np.zeros(0, np.complex64), [(3, b"\xf8"), (5, b"\xf0\x01\x02\xf7"), (9, b"\xc0\x05")])
    sender.close()
    assert decode(receiver.recv(2048)) == Midi("cue", ((3, b"\xf8\0\0"),))
    assert decode(receiver.recv(2048)) == Midi("cue", ((9, b"\xc0\x05\0"),))


def test_a_flood_is_counted_and_never_waits():
    sender = ReaStreamSender(48_000, "cue", ("127.0.0.1", 9))
    began = time.perf_counter()
    sender.push(np.zeros(24_001, np.complex64), [(0, b"\x90\x24\x7f")] * 2000)
    assert time.perf_counter() - began < 1.0
    assert sender.dropped >= 161  # the sound as a whole; of the events what the sender had no time to take
    sender.close()


def test_a_network_that_refuses_is_counted():
    sender = ReaStreamSender(48_000, "cue", ("255.255.255.255", 9))  # a broadcast needs a permission
    sender.push(np.zeros(150, np.complex64))
    sender.close()
    assert sender.dropped == 1
