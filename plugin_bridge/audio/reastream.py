"""ReaStream: sound and MIDI into a DAW through the loopback network, where no driver can serve.

A Windows DAW on ASIO opens one driver only, so a virtual cable beside the interface does not reach it. A free
receiver plug-in (ReaStream, of ReaPlugs) runs in every VST host and listens on UDP port 58710.

    audio thread ─► ring ─► sender's thread ─► packets of at most 1200 bytes of sound ─► 127.0.0.1:58710

The layout follows the description by the plug-in's makers (http://www.1014.org/shiz/reastream.txt, kept in
github.com/WolfganP/reastream-wireshark and github.com/niusounds/dart_reastream), compared with what
github.com/niusounds/libReaStream reads and writes. Integers are little-endian:

    sound  "MRSR", int32 size of the packet, 32 bytes identifier (zero-padded, the last one 0), uint8 channels
           1..64, int32 Hz, int16 bytes of sound, then float32, one channel after the other
    MIDI   "mRSR", int32 size of the packet, 32 bytes identifier, then VST events of 32 bytes: int32 type (1),
           size, frames since the last event, flags, note length, offset; 3 bytes MIDI, 0, detune, velocity, 0, 0

The makers' text counts type and size into the event's size; libReaStream does not (24). Both are read; 32 is
written, one event a packet. There is no System Exclusive.
"""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from plugin_bridge.audio.driver import Event, Stereo

PORT = 58710
IDENTIFIER = "onetake"
MOST_BYTES = 1200
"""Of sound in a packet."""

_AUDIO = struct.Struct("<4si32sBih")
_MIDI = struct.Struct("<4si32s")
_EVENT = struct.Struct("<6i3sxBBxx")
_IS_MIDI = 1
_WITHOUT_HEAD = 8  # bytes of type and size, which some leave out of an event's size
_MOST_CHANNELS = 64

_PACE = 0.002  # seconds; the audio thread wakes nobody, so the sender looks
_RING_SECONDS = 0.5
_MOST_EVENTS = 1024


@dataclass(frozen=True)
class Sound:
    """A packet of sound. samples: (channels, frames) float32. rate: Hz."""

    identifier: str
    rate: int
    samples: NDArray[np.float32]


@dataclass(frozen=True)
class Midi:
    """A packet of MIDI. events: frames since the event before, and three bytes."""

    identifier: str
    events: tuple[tuple[int, bytes], ...]


def encode_sound(identifier: str, rate: int, samples: NDArray[np.float32]) -> Iterator[bytes]:
    """Packets of (channels, frames) float32, in order. rate: Hz."""
    channels, frames = samples.shape
    most = MOST_BYTES // (4 * channels)
    for first in range(0, frames, most):
        sound = np.ascontiguousarray(samples[:, first : first + most], "<f4").tobytes()
        size = _AUDIO.size + len(sound)
        yield _AUDIO.pack(b"MRSR", size, _padded(identifier), channels, rate, len(sound)) + sound


def encode_midi(identifier: str, frames: int, data: bytes) -> bytes:
    """A packet of one message. frames: since the start of the block. data: 1..3 bytes."""
    event = _EVENT.pack(_IS_MIDI, _EVENT.size, frames, 0, 0, 0, data.ljust(3, b"\0"), 0, 0)
    return _MIDI.pack(b"mRSR", _MIDI.size + len(event), _padded(identifier)) + event


def decode(packet: bytes) -> Sound | Midi | None:
    """What a packet holds, None for whatever does not keep to the layout."""
    if packet[:4] == b"MRSR" and len(packet) >= _AUDIO.size:
        return _decoded_sound(packet)
    if packet[:4] == b"mRSR" and len(packet) >= _MIDI.size:
        return _decoded_midi(packet)
    return None


class ReaStreamSender:
    """Sends what the audio thread gives, from a thread of its own, until `close`."""

    def __init__(
        self, rate: int, identifier: str = IDENTIFIER, address: tuple[str, int] = ("127.0.0.1", PORT)
    ) -> None:
        """Begin to send. rate: Hz. identifier: what the receiver is set to; at most 31 bytes count."""
        self._rate, self._identifier, self._address = rate, identifier, address
        self._ring = np.zeros(round(_RING_SECONDS * rate), np.complex64)
        self._written = self._taken = 0  # frames ever; each is set by one thread only
        self._events: deque[Event] = deque()
        self._overflowed = self._unsent = 0
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="reastream", daemon=True)
        self._thread.start()

    def __str__(self) -> str:
        """What a person chooses in the receiver."""
        return f"ReaStream {self._identifier!r}"

    @property
    def dropped(self) -> int:
        """Packets that never left: the ring was full, or the system took no more."""
        return self._overflowed + self._unsent

    def push(self, block: Stereo, events: Sequence[Event] = ()) -> None:
        """Hand over (frames,) of sound and its MIDI. For the audio thread: never waits, never fails."""
        for event in events:
            if len(self._events) < _MOST_EVENTS:
                self._events.append(event)
            else:
                self._overflowed += 1
        frames, room = len(block), len(self._ring)
        if frames > room - (self._written - self._taken):
            self._overflowed += -(-8 * frames // MOST_BYTES)
            return
        start = self._written % room
        early = min(frames, room - start)
        self._ring[start : start + early] = block[:early]
        self._ring[: frames - early] = block[early:]
        self._written += frames

    def close(self) -> None:
        """Send what is left, and end."""
        self._closing = True
        self._thread.join()
        self._socket.close()

    def _run(self) -> None:
        """The sender's thread. time.sleep and not an event's wait, which takes 15 ms on Windows."""
        while not self._closing:
            self._send_all()
            time.sleep(_PACE)
        self._send_all()

    def _send_all(self) -> None:
        """Send what was there at the beginning."""
        for _ in range(len(self._events)):
            at, data = self._events.popleft()
            if 1 <= len(data) <= 3:
                self._send(encode_midi(self._identifier, at, data))
        end, room = self._written, len(self._ring)
        while self._taken < end:
            start = self._taken % room
            block = self._ring[start : start + min(end - self._taken, room - start)]
            samples = block.view(np.float32).reshape(-1, 2).T
            for packet in encode_sound(self._identifier, self._rate, samples):
                self._send(packet)
            self._taken += len(block)

    def _send(self, packet: bytes) -> None:
        try:
            self._socket.sendto(packet, self._address)
        except OSError:
            self._unsent += 1


def _padded(identifier: str) -> bytes:
    """32 bytes, the last one 0; a letter that does not fit goes as a whole."""
    whole = identifier.replace("\0", "").encode(errors="replace")[:31]
    return whole.decode(errors="ignore").encode().ljust(32, b"\0")


def _named(identifier: bytes) -> str | None:
    """The text of an identifier; None where its last byte is not 0."""
    return identifier.split(b"\0")[0].decode(errors="replace") if identifier[-1] == 0 else None


def _decoded_sound(packet: bytes) -> Sound | None:
    _, size, identifier, channels, rate, length = _AUDIO.unpack_from(packet)
    named, sound = _named(identifier), packet[_AUDIO.size :]
    whole = size == len(packet) and length == len(sound) <= MOST_BYTES
    if named is None or not whole or not 1 <= channels <= _MOST_CHANNELS or rate <= 0 or length % (4 * channels):
        return None
    return Sound(named, rate, np.frombuffer(sound, "<f4").reshape(channels, -1))


def _decoded_midi(packet: bytes) -> Midi | None:
    _, size, identifier = _MIDI.unpack_from(packet)
    named = _named(identifier)
    if named is None or size != len(packet):
        return None
    events, at = [], _MIDI.size
    while at < size:
        if size - at < _EVENT.size:
            return None
        kind, length, frames, *_, data, _detune, _velocity = _EVENT.unpack_from(packet, at)
        length = length + _WITHOUT_HEAD if length == _EVENT.size - _WITHOUT_HEAD else length
        if length < _EVENT.size:
            return None
        if kind == _IS_MIDI and frames >= 0:
            events.append((frames, data))
        at += length
    return Midi(named, tuple(events)) if at == size else None
