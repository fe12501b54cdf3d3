"""PortAudio into a real PipeWire and a real JACK: bit for bit, two devices at once, devices that vanish."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from plugin_bridge.audio.portaudio import _interleave
from tests.plugin_bridge.audio.playing import PATIENCE, assert_bit_exact, recorded
from tests.plugin_bridge.audio.ring_player import FRAMES, ring

WINDOW = 2048  # frames

pytest_plugins = ["tests.plugin_bridge.audio.pipewire_fixture"]


def likeness(heard: np.ndarray, expected: np.ndarray) -> float:
    """How well the best 2048 frames of (frames, 2) fit anywhere in the ring: 1 is the same, 0.1 chance.

    White noise between its frames, without what lies above 0.43 of the rate, is like itself by 0.6 to 0.9.
    """
    spectrum = np.fft.rfft(expected.real)
    best = 0.0
    for first in range(0, len(heard) - WINDOW, WINDOW):
        part = heard[first : first + WINDOW, 0]
        fits = np.fft.irfft(spectrum * np.conj(np.fft.rfft(part, FRAMES)), FRAMES).max()
        best = max(best, float(fits / (WINDOW * (np.std(part) + 1e-9) * np.std(expected.real))))
    return best


def test_a_daw_hears_every_bit(pipewire, play):
    server = pipewire()
    playing = play(server.environment, virtual=1, daw="Onetake", block=512)
    assert (playing.about["daw"], playing.about["device"], playing.about["source"]) == (
        "Onetake",
        "",
        "Onetake output",
    )
    assert playing.about["rate"] == 48_000
    assert 512 <= playing.about["latency"] <= 2048
    heard = recorded("onetake_output", FRAMES, server.environment)
    assert_bit_exact(heard, ring(0))
    state = playing.ask()
    assert state["alive"]
    assert (state["faults"], state["events"]) == (0, 1)
    assert playing.stop() == {"stopped": True}
    assert server.sources() == ["auto_null.monitor"]


def test_every_pair_arrives_in_its_place(pipewire, play):
    server = pipewire()
    play(server.environment, virtual=2, daw="Onetake", block=512)
    heard = recorded("onetake_output", FRAMES, server.environment, channels=4)
    for pair in (0, 1):
        assert_bit_exact(heard[:, 2 * pair : 2 * pair + 2], ring(pair))


def test_two_devices_play_at_once(pipewire, play):
    server = pipewire()
    server.null_sink("ears")
    playing = play(server.environment, virtual=1, device="ears", daw="Onetake", block=512)
    assert (playing.about["device"], playing.about["daw"]) == ("ears", "Onetake")
    assert_bit_exact(recorded("ears.monitor", FRAMES, server.environment), ring(-1))
    heard = recorded("onetake_output", FRAMES, server.environment)
    assert likeness(heard, ring(0)) > 0.4
    assert likeness(heard, ring(1)) < 0.2
    assert playing.ask()["faults"] == 0


def test_two_devices_of_different_rates(pipewire, play):
    server = pipewire()
    server.null_sink("ears", rate=44_100)
    playing = play(server.environment, virtual=1, device="ears", daw="Onetake", block=512)
    assert playing.about["rate"] == 44_100
    assert "48000 Hz" in playing.about["remark"]
    state = playing.until(lambda state: state["frames"] > FRAMES)
    assert state["alive"]
    assert state["faults"] == 0


def test_the_way_to_the_daw_may_be_under_another_host_api(pipewire, play):
    server = pipewire()
    server.null_sink("ears")
    server.pactl("set-default-sink", "ears")
    playing = play(server.environment, virtual=1, device="pipewire", host_api="ALSA", daw="Onetake", block=512)
    assert (playing.about["device"], playing.about["daw"]) == ("pipewire", "Onetake")
    assert likeness(recorded("onetake_output", FRAMES, server.environment), ring(0)) > 0.4


def test_one_device_for_both_is_played_to_once(pipewire, play):
    server = pipewire()
    server.null_sink("ears")
    playing = play(server.environment, device="ears", daw="ears", block=512)
    assert (playing.about["device"], playing.about["daw"]) == ("", "ears")
    assert_bit_exact(recorded("ears.monitor", FRAMES, server.environment), ring(0))


@pytest.mark.parametrize("plain_pulse", [False, True])
def test_a_device_that_vanishes_is_noticed(pipewire, play, plain_pulse):
    server = pipewire()
    module = server.null_sink("cable")
    playing = play(server.environment, daw="cable", block=512, plain_pulse=plain_pulse)
    assert playing.until(lambda state: state["beat"] > 10)["alive"]
    server.pactl("unload-module", module)
    playing.until(lambda state: not state["alive"])
    assert playing.stop() == {"stopped": True}


def test_the_end_of_the_sound_server_is_noticed(pipewire, play):
    server = pipewire()
    server.null_sink("cable")
    playing = play(server.environment, daw="cable", block=512)
    assert playing.until(lambda state: state["beat"] > 10)["alive"]
    server.stop()
    playing.until(lambda state: not state["alive"])


def test_a_fault_is_a_silent_block_and_a_number(pipewire, play):
    server = pipewire()
    server.null_sink("cable")
    playing = play(server.environment, daw="cable", block=512, raises=True)
    assert playing.until(lambda state: state["faults"] > 10)["alive"]


def test_what_cannot_be_opened_says_why(pipewire, play):
    server = pipewire()
    server.null_sink("mic", media_class="Audio/Source/Virtual")
    assert "There is no output 'nothing'" in play(server.environment, device="nothing").about["error"]
    lost = "'mic' is an input: what is played into it is lost. Choose an output."
    assert play(server.environment, daw="mic").about == {"error": lost}


def test_an_environment_that_loses_the_sound_is_refused(pipewire, play):
    server = pipewire()
    server.null_sink("mic", media_class="Audio/Source/Virtual")
    playing = play(server.environment | {"PIPEWIRE_NODE": "mic"})
    assert "PIPEWIRE_NODE sends the sound into the input 'mic'" in playing.about["error"]


def test_jack_through_portaudio(jack_server, play):
    jack_server(period=1024)
    playing = play(device="system", host_api="JACK Audio Connection Kit")
    assert (playing.about["rate"], playing.about["device"]) == (48_000, "system")
    assert_bit_exact(heard_by_jack("PortAudio:out_", FRAMES), ring(-1))
    assert playing.ask()["faults"] == 0
    assert playing.stop() == {"stopped": True}


def test_a_rate_that_a_device_does_not_have(jack_server, play):
    jack_server(period=256)
    playing = play(device="system", host_api="JACK Audio Connection Kit", rate=44_100)
    sentence = "system does not run at the rate asked for. Choose its own rate, or another output."
    assert playing.about == {"error": sentence}


def test_a_jack_server_that_dies_stops_the_beat(jack_server, play):
    server = jack_server(period=256)
    playing = play(device="system", host_api="JACK Audio Connection Kit")
    playing.until(lambda state: state["beat"] > 10)
    server.kill()
    beats = [playing.ask()["beat"]]
    playing.until(lambda state: beats.append(state["beat"]) or beats[-1] == beats[-2])


def heard_by_jack(ports: str, frames: int) -> np.ndarray:
    """(frames, 2) of what an independent client hears at another's outputs."""
    import jack

    client = jack.Client("listener", no_start_server=True)
    ears = [client.inports.register(f"in_{side}") for side in (1, 2)]
    heard, full = np.zeros((frames + client.blocksize, 2), np.float32), threading.Event()
    at = 0

    @client.set_process_callback
    def hear(count):
        nonlocal at
        if at < frames:
            for side, ear in enumerate(ears):
                heard[at : at + count, side] = ear.get_array()
            at += count
        else:
            full.set()

    with client:
        for port, ear in zip(client.get_ports(ports, is_output=True), ears, strict=True):
            client.connect(port, ear)
        at = 0
        assert full.wait(PATIENCE)
    return heard


def test_pairs_go_to_channels():
    pairs = [np.array([1 + 2j, 3 + 4j], np.complex64), np.array([5 + 6j, 7 + 8j], np.complex64)]
    for channels, expected in (
        (1, [[1.5], [3.5]]),
        (2, [[1, 2], [3, 4]]),
        (3, [[1, 2, 0], [3, 4, 0]]),
        (5, [[1, 2, 5, 6, 0], [3, 4, 7, 8, 0]]),
    ):
        out = np.full((2, channels), 9, np.float32)
        _interleave(pairs, out)
        np.testing.assert_array_equal(out, np.array(expected, np.float32))
