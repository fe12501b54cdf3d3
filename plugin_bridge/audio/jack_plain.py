"""JACK calls the compiled block itself, and Python only for a block with news.

JACK-Client knows callbacks in Python alone, and those wait for the interpreter's lock, block after block; so the
client and its ports are JACK-Client's, and the callback is registered here, by the library's own functions.
"""

from __future__ import annotations

import ctypes
import ctypes.util
from collections.abc import Callable
from functools import partial
from typing import Any

import cffi

from plugin_bridge.audio import kernel
from plugin_bridge.audio.driver import PAIRS
from plugin_bridge.audio.plain import Plain

_PLAYBACK = 1  # JackPlaybackLatency

_ffi = cffi.FFI()


class _Jack(ctypes.Structure):
    _fields_ = (
        *((name, ctypes.c_void_p) for name in ("block", "buffer", "count", "clear", "python")),
        *((name, ctypes.c_void_p) for name in ("midi_in", "midi_thru", "left", "right")),
        ("outputs", ctypes.c_void_p * (2 * PAIRS)),
        ("ports", ctypes.c_int64),
        ("python_only", ctypes.c_int64),
    )


class _Range(ctypes.Structure):
    _fields_ = (("least", ctypes.c_uint32), ("most", ctypes.c_uint32))


class PlainCallback:
    """The compiled callback of one client, before it is activated."""

    def __init__(self, client: Any, plain: Plain, python: Callable[[int], None]) -> None:
        """Register it. python: makes a block with news; never raises.

        Raises:
            OSError: JACK's library is not where the system looks for it, or refuses.
        """
        library, found = _library(), kernel.library()
        assert found is not None
        self._client = _pointer(client)
        self._library = library
        self._python = _ffi.callback("int(uint32_t, void *)", partial(_called, python), error=0)
        self._plain = plain
        self._state = _Jack(
            block=plain.here,
            buffer=_place(library.jack_port_get_buffer),
            count=_place(library.jack_midi_get_event_count),
            clear=_place(library.jack_midi_clear_buffer),
            python=_address(self._python),
            **{
                name: self._port(f"{client.name}:{port}")
                for name, port in (
                    ("midi_in", "midi_in"),
                    ("midi_thru", "midi_thru"),
                    ("left", "monitor_left"),
                    ("right", "monitor_right"),
                )
            },
        )
        here = ctypes.addressof(self._state)
        if library.jack_set_process_callback(self._client, _place(found.onetake_jack), here):
            raise OSError("JACK took no callback.")

    def use(self, outputs: list[tuple[Any, Any]]) -> None:
        """Write to these ports, a pair for every output; may be called while it plays."""
        for number, port in enumerate(port for pair in outputs for port in pair):
            self._state.outputs[number] = self._port(port.name)
        self._state.ports = 2 * len(outputs)  # only now: the callback may be at work

    def leave_to_python(self, everything: bool) -> None:
        """Whether every block is Python's."""
        self._state.python_only = everything

    def _port(self, name: str) -> int:
        place: int | None = self._library.jack_port_by_name(self._client, name.encode())
        if not place:
            raise OSError(f"JACK knows no port {name}.")
        return place


def _called(python: Callable[[int], None], frames: int, _nothing: object) -> int:
    python(frames)
    return 0


def latency(client: Any, port: Any) -> int:
    """Frames from a port to the output of the device that it is connected to; 0 where the server does not know."""
    try:
        library = _library()
    except OSError:
        return 0
    told = _Range()
    place = library.jack_port_by_name(_pointer(client), port.name.encode())
    if place:
        library.jack_port_get_latency_range(place, _PLAYBACK, ctypes.byref(told))
    return int(told.most)


def _library() -> ctypes.CDLL:
    """JACK's own library, which JACK-Client has loaded already.

    Raises:
        OSError: it is not where the system looks for it.
    """
    found = ctypes.CDLL(ctypes.util.find_library("jack") or "libjack.so.0")
    found.jack_port_by_name.argtypes = (ctypes.c_void_p, ctypes.c_char_p)
    found.jack_port_by_name.restype = ctypes.c_void_p
    found.jack_set_process_callback.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)
    found.jack_port_get_latency_range.argtypes = (ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)
    found.jack_port_get_latency_range.restype = None
    return found


def _pointer(client: Any) -> int:
    # JACK-Client tells a client's place to nobody; without it there is no callback but in Python.
    return _address(client._ptr)


def _address(pointer: Any) -> int:
    return int(_ffi.cast("uintptr_t", pointer))


def _place(function: Any) -> int:
    place = ctypes.cast(function, ctypes.c_void_p).value
    assert place is not None
    return place
