"""Messages and channels, against mido as an independent reader, and with whatever bytes there are."""

from __future__ import annotations

import random

import mido
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from plugin_bridge.audio.midi import CENTRE, CHANNELS, SUSTAIN, Channels, Kind, Message, Transport, parse

KINDS = {
    "note_on": Kind.NOTE_ON,
    "note_off": Kind.NOTE_OFF,
    "polytouch": Kind.NOTE_PRESSURE,
    "control_change": Kind.CONTROL,
    "program_change": Kind.PROGRAM,
    "aftertouch": Kind.PRESSURE,
    "pitchwheel": Kind.BEND,
    "clock": Kind.CLOCK,
    "start": Kind.START,
    "continue": Kind.CONTINUE,
    "stop": Kind.STOP,
    "songpos": Kind.SONG,
}
MODES = {120: Kind.SOUND_OFF, 121: Kind.RESET, 122: Kind.IGNORED, **dict.fromkeys(range(123, 128), Kind.NOTES_OFF)}

data_byte = st.integers(0, 127)
whole = st.builds(lambda s, a, b: bytes([s, a, b]), st.integers(0x80, 0xEF), data_byte, data_byte)


def shortened(data: bytes) -> bytes:
    return data[:2] if 0xC0 <= data[0] < 0xE0 else data


def expected(told: mido.Message) -> Message:
    """What mido reads, in our words."""
    kind = KINDS.get(told.type, Kind.IGNORED)
    numbers = [told.bytes()[1:], []][kind is Kind.IGNORED]
    a, b = (*numbers, 0, 0)[:2]
    if kind is Kind.BEND:
        a, b = told.pitch + CENTRE, 0
    elif kind is Kind.SONG:
        a, b = told.pos, 0
    elif kind is Kind.CONTROL:
        kind = MODES.get(a, kind)
    elif kind is Kind.NOTE_ON and told.velocity == 0:
        kind, b = Kind.NOTE_OFF, 64
    return Message(kind, getattr(told, "channel", 0), a, b)


@given(whole)
def test_channel_messages_read_as_mido_reads_them(data: bytes) -> None:
    message = parse(shortened(data))
    if message.kind is not Kind.IGNORED:
        assert message == expected(mido.Message.from_bytes(shortened(data)))


@pytest.mark.parametrize("status", [0xF2, 0xF6, 0xF8, 0xFA, 0xFB, 0xFC, 0xFE, 0xFF])
def test_system_messages_read_as_mido_reads_them(status: int) -> None:
    data = bytes([status, 5, 7]) if status == 0xF2 else bytes([status])
    assert parse(data) == expected(mido.Message.from_bytes(data))


@given(st.binary(max_size=6))
@example(b"")
@example(b"\xe0\x00\x00\x00")
def test_any_bytes_are_a_message_or_broken(data: bytes) -> None:
    message = parse(data)
    try:
        told = mido.Message.from_bytes(data)
    except (ValueError, IndexError, KeyError):
        told = None
    if told is None or told.bytes() != list(data):  # mido overlooks bytes that follow a bend
        assert message.kind in (Kind.BROKEN, Kind.IGNORED)
        return
    assert message.kind is not Kind.BROKEN
    assert message.kind is Kind.IGNORED or message == expected(told)


@given(whole)
def test_a_message_that_is_cut_off_or_too_long_is_broken(data: bytes) -> None:
    message = shortened(data)
    assert all(parse(message[:size]).kind is Kind.BROKEN for size in range(len(message)))
    assert parse(message + b"\x00").kind is Kind.BROKEN
    assert parse(message[1:]).kind is Kind.BROKEN


def test_broken_messages_are_counted_and_change_nothing() -> None:
    channels = Channels()
    for data in (b"", b"\x90\x3c", b"\x90\x3c\x80", b"\x3c\x40", b"\xf4"):
        assert channels.feed(parse(data)) == ()
    assert channels.broken == 5
    assert not any(channels.holds(c, n) for c in range(CHANNELS) for n in range(128))


def feed(channels: Channels, *data: int) -> tuple[int, ...]:
    return channels.feed(parse(bytes(data)))


def test_a_note_ends_with_its_key_or_with_the_pedal() -> None:
    channels = Channels()
    feed(channels, 0x91, 60, 100)
    assert feed(channels, 0x91, 60, 0) == (60,)
    feed(channels, 0x91, 60, 100)
    feed(channels, 0x91, 64, 100)
    assert feed(channels, 0xB1, SUSTAIN, 127) == ()
    assert feed(channels, 0x81, 60, 0) == ()
    assert channels.pedal(1)
    assert channels.holds(1, 60)
    assert feed(channels, 0xB1, SUSTAIN, 63) == (60,)
    assert not channels.holds(1, 60)
    assert channels.holds(1, 64)
    assert feed(channels, 0x81, 64, 0) == (64,)


def test_a_key_that_is_down_again_outlasts_the_pedal() -> None:
    channels = Channels()
    for message in ((0xB0, SUSTAIN, 127), (0x90, 60, 9), (0x80, 60, 0), (0x90, 60, 9)):
        feed(channels, *message)
    assert feed(channels, 0xB0, SUSTAIN, 0) == ()
    assert feed(channels, 0x80, 60, 0) == (60,)


@pytest.mark.parametrize("controller", [120, 123, 124, 125, 126, 127])
def test_modes_end_every_note_of_their_channel_alone(controller: int) -> None:
    channels = Channels()
    for message in ((0xB0, SUSTAIN, 127), (0x90, 1, 9), (0x90, 2, 9), (0x80, 2, 0), (0x95, 3, 9)):
        feed(channels, *message)
    assert feed(channels, 0xB0, controller, 0) == (1, 2)
    assert not channels.holds(0, 1)
    assert not channels.holds(0, 2)
    assert channels.holds(5, 3)


def test_levels_multiply_and_reset_spares_the_mix() -> None:
    channels = Channels()
    assert channels.gain[3] == 1.0
    feed(channels, 0xB3, 7, 64)
    feed(channels, 0xB3, 11, 127)
    assert channels.gain[3] == pytest.approx((64 / 127) ** 2)
    feed(channels, 0xB3, 11, 0)
    assert channels.gain[3] == 0.0
    feed(channels, 0xB3, 10, 0)
    feed(channels, 0xE3, 127, 127)
    feed(channels, 0xB3, SUSTAIN, 64)
    feed(channels, 0x93, 60, 1)
    feed(channels, 0x83, 60, 1)
    assert feed(channels, 0xB3, 121, 0) == (60,)
    assert (channels.gain[3], channels.pan[3], channels.bend[3]) == (pytest.approx((64 / 127) ** 2), -1.0, 0.0)
    channels.panic()
    assert (channels.gain[3], channels.pan[3]) == (1.0, 0.0)


@given(st.integers(0, 127))
def test_wheel_and_pan_reach_their_ends_and_their_middle(value: int) -> None:
    channels = Channels()
    feed(channels, 0xE0, value, value)
    feed(channels, 0xB0, 10, value)
    assert -1.0 <= channels.bend[0] <= 1.0
    assert -1.0 <= channels.pan[0] <= 1.0
    wheel = {0: -1.0, 127: 1.0}.get(value)
    assert wheel is None or (channels.bend[0], channels.pan[0]) == (wheel, wheel)
    feed(channels, 0xE0, 0, 64)
    feed(channels, 0xB0, 10, 64)
    assert (channels.bend[0], channels.pan[0]) == (0.0, 0.0)


def test_ten_thousand_random_messages_leave_nothing_stuck() -> None:
    dice = random.Random(6)
    channels, transport, frame = Channels(), Transport(48_000), 0
    sounding: set[tuple[int, int]] = set()
    for _ in range(10_000):
        data = bytes([dice.choice((dice.randrange(0x80, 0xF0), dice.randrange(256)))])
        data += bytes(
            dice.randrange(128 if dice.random() < 0.95 else 256) for _ in range(dice.choice((0, 1, 2, 2, 2, 3)))
        )
        message = parse(data)
        frame += dice.randrange(3000)
        transport.feed(message, frame)
        if message.kind is Kind.NOTE_ON:
            sounding.add((message.channel, message.a))
        sounding -= {(message.channel, note) for note in channels.feed(message)}
        assert transport.position(frame) >= 0.0
    assert sounding
    for channel, note in sounding:  # what sounds is what is held: nothing is forgotten
        assert channels.holds(channel, note)
    for channel in range(CHANNELS):
        sounding -= {(channel, note) for note in feed(channels, 0xB0 | channel, 123, 0)}
    assert not sounding
    assert not any(channels.holds(c, n) for c in range(CHANNELS) for n in range(128))
