"""The ways in and out that the device page offers: MIDI thru, ReaStream, exclusive mode, our own device, OSC.

What is chosen is remembered; and with the real audio process it is what other programs get.
"""

from __future__ import annotations

import contextlib
import os
import socket
import time

import jack
import pytest
from pythonosc.udp_client import SimpleUDPClient

from plugin_bridge.audio.protocol import Device, Devices, Failed, Output
from plugin_bridge.audio.reastream import PORT, Midi, Sound, decode
from tests.plugin_bridge.audio.conftest import jack_server
from tests.ui.panel.test_devices_page import CARD, choose, page, tell
from ui.settings import SettingsFile

pytest_plugins = ["tests.plugin_bridge.audio.pipewire_fixture"]

__all__ = ["jack_server", "page"]

SPEAKERS = Device(name="Speakers", host_api="Windows WASAPI", outputs=2, inputs=0, rate=48000, latency=0.01)


def remembered(panel):
    return SettingsFile(panel.folder / "settings")()


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


# ── what the page says ────────────────────────────────────────────────────────────────────────────────────────


def test_what_comes_in_is_passed_on_to_the_chosen_output_and_that_is_remembered(page):
    tell(page.panel, Devices(devices=(), midi_inputs=("Keys",), midi_outputs=("Onetake thru", "Synth")))
    choose(page.midi.thru, "Synth")
    assert page.said.last("midi_ports") == (None, "Synth")
    assert remembered(page.panel).midi_thru == "Synth"
    page.midi.every.click()
    assert page.said.last("midi_ports") == (("Keys",), "Synth")  # the one is chosen without losing the other
    tell(page.panel, Devices(devices=()))
    assert page.midi.thru.currentText() == "Synth (not here now)"
    tell(page.panel, Failed(about="Synth", sentence="Synth cannot be opened. Close it elsewhere."))
    assert page.panel.sentences[-1] == "Synth cannot be opened. Close it elsewhere."
    choose(page.midi.thru, "None")
    assert page.said.last("midi_ports") == (("Keys",), "")


def test_a_new_audio_process_is_told_where_to_pass_events_on(page):
    page.panel.studio.settings.change(midi_thru="Synth", midi_inputs=("Keys",))
    page.panel.studio.audio.fresh.emit()
    assert page.said.last("midi_ports") == (("Keys",), "Synth")


def test_reastream_is_switched_on_by_its_identifier_and_remembered(page):
    field = page.output.reastream
    page.panel.qtbot.keyClicks(field, "onet")
    tell(page.panel, Devices(devices=(CARD,)))  # comes while somebody types
    page.panel.qtbot.keyClicks(field, "ake ")
    field.editingFinished.emit()
    assert page.said.last("open")[0].reastream == "onetake"
    assert remembered(page.panel).output.reastream == "onetake"
    field.clear()
    field.editingFinished.emit()
    assert page.said.last("open")[0].reastream == ""
    assert field.maxLength() == 31


def test_exclusive_mode_is_offered_where_there_is_one(page):
    assert not page.output.exclusive.isVisibleTo(page)
    tell(page.panel, Devices(devices=(SPEAKERS,)))
    assert page.output.exclusive.isVisibleTo(page)
    choose(page.output.device, "Speakers")
    page.output.exclusive.click()
    told = page.said.last("open")[0]
    assert (told.device, told.host_api, told.exclusive) == ("Speakers", "Windows WASAPI", True)
    assert remembered(page.panel).output.exclusive


# ── OSC, over the network of this machine ─────────────────────────────────────────────────────────────────────


def test_osc_is_switched_on_from_the_page_and_may_move_to_another_port(page):
    panel, osc = page.panel, page.midi.osc
    first, second = free_port(), free_port()
    assert osc.told.text().startswith("Off.")
    osc.port.setValue(first)
    osc.on.click()
    assert osc.told.text().startswith(f"Listening at 127.0.0.1, port {first}.")
    send(first, "/onetake/hear/7")
    panel.until(lambda: panel.flow.selected == 6)
    osc.port.setValue(second)
    send(second, "/onetake/hear/2")
    panel.until(lambda: panel.flow.selected == 1)
    assert (remembered(panel).osc, remembered(panel).osc_port) == (True, second)
    osc.on.click()
    assert osc.told.text().startswith("Off.")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", second))  # it is given back


def test_a_port_that_another_program_has_is_told_once(page):
    panel, osc = page.panel, page.midi.osc
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        taken = other.getsockname()[1]
        panel.studio.settings.change(osc_port=taken, osc=True)
        panel.studio.settings.change(steps=16)
        assert [sentence for sentence in panel.sentences if f"port {taken}" in sentence] == [
            f"OSC cannot use port {taken}: Address already in use. Choose another."
        ]
        assert osc.told.text().startswith(f"Not listening: another program has port {taken}.")
    osc.port.setValue(free_port())
    assert osc.told.text().startswith("Listening")


def send(port, address):
    client = SimpleUDPClient("127.0.0.1", port)
    client.send_message(address, 1)
    client._sock.close()


# ── with the real audio process ───────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def devices(open_panel):
    """Opens a panel with real processes and its device page, as soon as the devices are known."""

    def start():
        panel = open_panel(quick=False)
        panel.window.deeds.do("devices")
        made = panel.window.pages["devices"]
        panel.until(lambda: made.output.refresh.isEnabled() and made.output.device.count() > 1)
        made.panel = panel
        return made

    return start


def test_our_own_virtual_device_is_made_when_it_is_chosen(pipewire, devices, monkeypatch):
    server = pipewire()
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    page = devices()
    audio = page.panel.studio.audio
    page.panel.until(lambda: page.output.daw.count() > 1)
    choose(page.output.device, "default")
    choose(page.output.daw, "Onetake")
    assert "made while it is open" in page.output.daw.currentText()
    page.panel.until(lambda: audio.opened is not None and audio.opened.daw == "Onetake output")
    assert "onetake_output" in server.sources()
    assert "to the DAW: Onetake output" in page.open_label.text()
    assert remembered(page.panel).output.daw == "Onetake"
    choose(page.output.daw, "None")
    page.panel.until(lambda: audio.opened.daw == "")
    page.panel.until(lambda: not any("onetake" in name for name in server.sinks() + server.sources()))


def test_reastream_reaches_a_receiver_of_this_machine(devices):
    page = devices()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2**22)
        receiver.bind(("127.0.0.1", PORT))
        receiver.settimeout(10.0)
        name = f"onetake{os.getpid()}"
        page.panel.qtbot.keyClicks(page.output.reastream, name)
        page.output.reastream.editingFinished.emit()
        opened = page.panel.studio.audio
        page.panel.until(lambda: opened.opened is not None and name in opened.opened.daw)
        packets = [packet for packet in heard(receiver) if packet is not None and packet.identifier == name]
        assert any(isinstance(packet, Sound) and packet.samples.shape[0] == 2 for packet in packets)
        assert not any(isinstance(packet, Midi) for packet in packets)
    assert page.panel.studio.settings().output == Output(driver="none", reastream=name)


def heard(receiver, count=50):
    until = time.monotonic() + 20
    packets = []
    while len(packets) < count:
        assert time.monotonic() < until
        packets.append(decode(receiver.recv(65_536)))
    return packets


def test_midi_is_passed_on_under_jack(jack_server, devices):
    jack_server(512, realtime=True)
    page = devices()
    choose(page.output.device, "default")
    page.panel.until(lambda: page.panel.studio.audio.opened.driver == "jack")
    page.output.refresh.click()
    page.panel.until(lambda: page.midi.thru.findText("Onetake thru") >= 0)
    choose(page.midi.thru, "Onetake thru")
    synth, got = jack.Client("synth", no_start_server=True), []
    keys, sends = synth.midi_inports.register("keys"), synth.midi_outports.register("sends")
    note = bytes((0x90, 60, 100))

    def process(_frames):
        got.extend(bytes(data) for _, data in keys.incoming_midi_events())
        sends.clear_buffer()
        sends.write_midi_event(0, note)

    synth.set_process_callback(process)
    with synth:
        page.panel.until(
            lambda: joined(synth, "Onetake:midi_thru", keys) and joined(synth, sends, "Onetake:midi_in")
        )
        page.panel.until(lambda: note in got)


def joined(client, source, target):
    """Connect two ports; JACK refuses those of a client that is not active yet."""
    with contextlib.suppress(jack.JackError):
        client.connect(source, target)
    own = target if isinstance(source, str) else source
    return bool(client.get_all_connections(own))
