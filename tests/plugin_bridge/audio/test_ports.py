"""Ports: real rtmidi beside a JACK keyboard of its own process, and Windows as rtmidi shows it there."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_bridge.audio import ports
from plugin_bridge.audio.errors import NoMidi
from plugin_bridge.audio.ports import THRU, Ports, labels

PATIENCE = 20.0  # seconds

KEYBOARD = """
import json, queue, sys, threading
import jack
client = jack.Client("keyboard", no_start_server=True)
ear, outs, to_send, heard = client.midi_inports.register("ear"), {}, queue.SimpleQueue(), queue.SimpleQueue()
@client.set_process_callback
def process(frames):
    for out in list(outs.values()):
        out.clear_buffer()
    offset = 0
    while not to_send.empty():
        name, data = to_send.get()
        outs[name].write_midi_event(offset, data)
        offset += 1
    for _, data in ear.incoming_midi_events():
        heard.put(bytes(data).hex())
ordered = threading.Semaphore(0)
client.set_graph_order_callback(ordered.release)
def unplug(name):
    outs.pop(name).unregister()
def wait(port, connected=True):
    # What is connected is connected from the next cycle on, and what is sent before that is lost.
    while bool(port.number_of_connections) != connected:
        ordered.acquire(timeout=0.05)
def send(name, *datas):
    wait(outs[name])
    for data in datas:
        to_send.put((name, bytes.fromhex(data)))
do = {
    "plug": lambda name: outs.update({name: client.midi_outports.register(name)}),
    "unplug": unplug,
    "send": send,
    "await": lambda connected: wait(ear, connected == "connected"),
    "connect": lambda a, b: client.connect(a, b),
    "hear": lambda count: [heard.get(timeout=20) for _ in range(int(count))],
}
with client:
    print(json.dumps(None), flush=True)
    for line in sys.stdin:
        command, *words = json.loads(line)
        answer = do[command](*words)
        print(json.dumps(answer if command == "hear" else None), flush=True)
"""


class Keyboard:
    """Another program: a JACK client with outputs that come and go, and one input."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", KEYBOARD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._answer()

    def __call__(self, command: str, *words: str) -> Any:
        assert self.process.stdin
        self.process.stdin.write(json.dumps([command, *words]) + "\n")
        self.process.stdin.flush()
        return self._answer()

    def _answer(self) -> Any:
        assert self.process.stdout
        return json.loads(self.process.stdout.readline())

    def close(self) -> None:
        with self.process:
            assert self.process.stdin
            self.process.stdin.close()
            self.process.wait(PATIENCE)


@pytest.fixture
def keyboard(jack_server: Callable[..., object], monkeypatch: pytest.MonkeyPatch) -> Iterator[Keyboard]:
    jack_server(sync=True)
    monkeypatch.setattr(ports, "_SEQUENCER", "/nonexistent")
    keyboard = Keyboard()
    yield keyboard
    keyboard.close()


@pytest.fixture
def ours(keyboard: Keyboard) -> Iterator[Ports]:
    ours = Ports("linux")
    yield ours
    ours.close()


def received(ours: Ports, count: int) -> list[str]:
    """So many messages, as soon as they are there."""
    messages: list[str] = []
    deadline = time.monotonic() + PATIENCE
    while len(messages) < count:
        assert time.monotonic() < deadline, messages
        now = time.perf_counter()
        for when, data in ours.drain():
            assert now <= when <= time.perf_counter()
            messages.append(data.hex())
        time.sleep(0.002)
    return messages


def test_a_program_plays_on_our_virtual_port(ours: Ports, keyboard: Keyboard) -> None:
    assert ours.virtual
    assert ours.advice == ""
    keyboard("plug", "keys")
    assert ours.inputs() == ("keyboard:keys",)
    assert ours.outputs() == (THRU, "keyboard:ear")
    keyboard("connect", "keyboard:keys", "Onetake:Onetake")
    keyboard("send", "keys", "903c64", "f00102f7", "fe", "f8", "e00040", "c005", "803c00")
    assert received(ours, 5) == ["903c64", "f8", "e00040", "c005", "803c00"]
    assert ours.drain() == []


def test_a_drain_takes_no_more_than_it_is_asked_to(ours: Ports, keyboard: Keyboard) -> None:
    keyboard("plug", "keys")
    keyboard("connect", "keyboard:keys", "Onetake:Onetake")
    keyboard("send", "keys", *[f"90{note:02x}64" for note in range(20)])
    assert received(ours, 1)
    assert len(ours.drain(most=3)) <= 3


def test_a_named_input_is_opened_when_it_comes_and_closed_when_it_goes(ours: Ports, keyboard: Keyboard) -> None:
    assert ours.choose(("keyboard:keys",), "") == ports.Changes()
    for _ in range(2):
        keyboard("plug", "keys")
        keyboard("plug", "others")
        assert ours.poll() == ports.Changes(opened=("keyboard:keys",))
        assert ours.listening == ("keyboard:keys",)
        assert ours.poll() == ports.Changes()
        keyboard("send", "keys", "903c64")
        assert received(ours, 1) == ["903c64"]
        keyboard("unplug", "keys")
        keyboard("unplug", "others")
        assert ours.poll() == ports.Changes(closed=("keyboard:keys",))
        assert ours.listening == ()


def test_under_jack_every_one_is_a_matter_of_its_patchbay(ours: Ports, keyboard: Keyboard) -> None:
    keyboard("plug", "keys")
    assert ours.choose(None, "") == ports.Changes()


def test_what_comes_is_passed_on_through_a_port_of_our_own(ours: Ports, keyboard: Keyboard) -> None:
    keyboard("plug", "keys")
    keyboard("connect", "keyboard:keys", "Onetake:Onetake")
    for _ in range(2):
        ours.choose((), THRU)
        keyboard("connect", "Onetake thru:Onetake thru", "keyboard:ear")
        keyboard("await", "connected")
        keyboard("send", "keys", "f00102f7", "903c64")
        assert received(ours, 1) == ["903c64"]
        assert keyboard("hear", "2") == ["f00102f7", "903c64"]
        assert ours.choose((), "") == ports.Changes()
        keyboard("await", "nothing")
    assert ours.lost == 0


def test_what_comes_is_passed_on_to_a_device_once_that_is_there(ours: Ports, keyboard: Keyboard) -> None:
    keyboard("plug", "keys")
    keyboard("connect", "keyboard:keys", "Onetake:Onetake")
    assert ours.choose((), "keyboard:gone") == ports.Changes()
    keyboard("send", "keys", "903c64")
    assert received(ours, 1)
    ours.choose((), "keyboard:ear")
    keyboard("await", "connected")
    keyboard("send", "keys", "903d64")
    assert received(ours, 1)
    assert keyboard("hear", "1") == ["903d64"]


def test_ports_change_while_another_thread_drains(ours: Ports, keyboard: Keyboard) -> None:
    keyboard("plug", "keys")
    keyboard("connect", "keyboard:keys", "Onetake:Onetake")
    done, drained = threading.Event(), 0

    def drain() -> None:
        nonlocal drained
        while not done.is_set():
            drained += len(ours.drain())

    thread = threading.Thread(target=drain)
    thread.start()
    try:
        for _ in range(10):
            keyboard("send", "keys", *["903c64"] * 5)
            assert ours.choose(("keyboard:keys",), "").opened
            assert ours.choose((), "").closed
    finally:
        done.set()
        thread.join()
    assert drained + len(ours.drain()) > 0


def test_without_a_midi_system_there_is_a_sentence_and_a_quiet_terminal(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(ports, "_SEQUENCER", "/nonexistent")
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "there-is-none")
    monkeypatch.setenv("JACK_NO_START_SERVER", "1")
    with pytest.raises(NoMidi, match="try again"):
        Ports("linux")
    assert capfd.readouterr().err == ""


def test_without_the_library_there_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rtmidi", None)
    with pytest.raises(NoMidi, match="Install what is missing"):
        Ports()


# ── Windows, as rtmidi shows it there ─────────────────────────────────────────────────────────────────────────


class FakeError(Exception):
    """What rtmidi raises."""


class Windows:
    """The library with Windows behind it. there: names of ports, both ways; busy: those another program holds."""

    API_LINUX_ALSA, API_UNIX_JACK, API_MACOSX_CORE, API_WINDOWS_MM = range(4)
    RtMidiError = FakeError

    def __init__(self, *there: str) -> None:
        self.there, self.busy, self.tries = list(there), set[str](), 0
        self.open: list[str] = []

    def MidiIn(self, api: int, name: str, queue_size_limit: int = 0) -> FakePort:  # noqa: N802
        assert api == self.API_WINDOWS_MM
        return FakePort(self)

    MidiOut = MidiIn


class FakePort:
    """MidiIn and MidiOut at once."""

    def __init__(self, windows: Windows) -> None:
        self.windows, self.name = windows, ""

    def get_ports(self) -> list[str]:
        return [f"{name} {number}" for number, name in enumerate(self.windows.there)]

    def open_port(self, port: int, name: str) -> None:
        self.windows.tries += 1
        if self.windows.there[port] in self.windows.busy:
            raise FakeError("MidiInWinMM::openPort: error creating Windows MM MIDI input port.")
        self.name = self.windows.there[port]
        self.windows.open.append(self.name)

    def close_port(self) -> None:
        if self.name:
            self.windows.open.remove(self.name)
        self.name = ""

    def open_virtual_port(self, name: str) -> None:
        raise NotImplementedError("Virtual ports are not supported by the Windows MultiMedia API.")

    def ignore_types(self, sysex: bool, timing: bool) -> None: ...

    def get_message(self) -> None: ...

    def delete(self) -> None: ...


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> Windows:
    windows = Windows("pads")
    monkeypatch.setattr(ports, "_library", lambda: windows)
    return windows


def test_windows_gets_advice_until_it_has_a_cable(windows: Windows) -> None:
    ours = Ports("win32")
    assert not ours.virtual
    assert ours.outputs() == ("pads",)
    assert "loopMIDI" in ours.advice
    windows.there.append("Onetake")
    assert ours.advice == ""
    assert ours.inputs() == ("pads", "Onetake")
    windows.there[1] = "loopMIDI Port"
    assert ours.advice == ""


def test_every_input_is_opened_also_those_that_come_later(windows: Windows) -> None:
    ours = Ports("win32")
    assert ours.choose(None, "").opened == ("pads",)
    windows.there.insert(0, "keys")  # which gives the pads another number
    assert ours.poll() == ports.Changes(opened=("keys",))
    windows.there.remove("pads")
    assert ours.poll() == ports.Changes(closed=("pads",))
    assert windows.open == ["keys"]
    ours.close()
    assert windows.open == []
    assert ours.drain() == []


def test_a_cable_that_is_passed_on_to_is_not_listened_to(windows: Windows) -> None:
    windows.there.append("loopMIDI Port")
    ours = Ports("win32")
    assert ours.choose(None, "loopMIDI Port").opened == ("pads",)
    assert windows.open == ["pads", "loopMIDI Port"]
    assert ours.choose(("loopMIDI Port",), "loopMIDI Port").opened == ("loopMIDI Port",)  # who names it means it
    ours.close()


def test_a_port_that_is_busy_is_told_once_and_tried_again_when_asked(windows: Windows) -> None:
    windows.busy = {"pads"}
    ours = Ports("win32")
    ((name, sentence),) = ours.choose(None, "").failed
    assert name == "pads"
    assert "another program" in sentence
    assert ours.poll() == ports.Changes()
    assert windows.tries == 1
    windows.busy.clear()
    assert ours.choose(None, "").opened == ("pads",)


def test_a_way_on_that_is_busy_is_told_once(windows: Windows) -> None:
    windows.busy = {"pads"}
    ours = Ports("win32")
    assert [name for name, _ in ours.choose((), "pads").failed] == ["pads"]
    assert ours.poll() == ports.Changes()


def test_a_refused_port_is_tried_again_when_it_was_away(windows: Windows) -> None:
    windows.busy = {"pads"}
    ours = Ports("win32")
    assert ours.choose(None, "").failed
    windows.there.clear()
    assert ours.poll() == ports.Changes()
    windows.there.append("pads")
    windows.busy.clear()
    assert ours.poll().opened == ("pads",)


# ── names ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_names_lose_the_numbers_that_change() -> None:
    assert labels(["nanoKEY:nanoKEY MIDI 1 24:0", "Midi Through 14:0"], "linux") == [
        "nanoKEY:nanoKEY MIDI 1",
        "Midi Through",
    ]
    assert labels(["pads 0", "keys 1", "pads 2"], "win32") == ["pads", "keys", "pads (2)"]
    assert labels(["Bus 1", "Bus 2"], "darwin") == ["Bus 1", "Bus 2"]


@given(st.lists(st.text("ab 1:", max_size=6)), st.sampled_from(["linux", "win32", "darwin"]))
def test_every_port_has_a_name_of_its_own_that_its_number_does_not_change(names: list[str], system: str) -> None:
    told = labels(names, system)
    assert len(set(told)) == len(names)
    numbered = {"win32": " {}", "linux": " {0}:0"}.get(system)
    if numbered:
        first, second = (
            labels([n + numbered.format(k + at) for at, n in enumerate(names)], system) for k in (1, 7)
        )
        assert first == second


def test_a_jack_server_has_our_name_back_once_the_ports_are_closed(keyboard: Keyboard) -> None:
    import jack

    Ports("linux").close()
    taken = Ports("linux")
    first = jack.Client("Onetake", no_start_server=True)
    taken.close()
    second = jack.Client("Onetake", no_start_server=True)
    assert first.name != "Onetake"  # or this test could not fail
    assert second.name == "Onetake"
    for client in (first, second):
        client.close()
