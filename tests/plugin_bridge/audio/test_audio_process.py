"""The audio process as a whole, under a real JACK server: exact, on time, and back within a second."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import time

import numpy as np
import pytest

from plugin_bridge.audio.bounce import bounce
from plugin_bridge.audio.client import AudioClient
from plugin_bridge.audio.protocol import (
    Devices,
    Failed,
    KitReady,
    Learned,
    Loaded,
    Measured,
    MidiSeen,
    Monitor,
    Opened,
    Output,
    State,
    Welcome,
)
from presets.export import wav
from presets.schema import Kit, Zone
from presets.sound import Sound
from tests.plugin_bridge.audio.listener import Listener

RATE = 48_000
NOTE_ON, NOTE_OFF = 0x90, 0x80


class Process:
    """An AudioClient whose events can be waited for."""

    def __init__(self, log=None):
        self.events = queue.SimpleQueue()
        self.state = State(open=False, beat=0)
        self.client = AudioClient(self._hear, log)

    def _hear(self, news):
        if isinstance(news, State):
            self.state = news
        else:
            self.events.put(news)

    def wait(self, kind, seconds=15.0, **fields):
        until = time.monotonic() + seconds
        while True:
            news = self.events.get(timeout=max(0.01, until - time.monotonic()))
            if isinstance(news, kind) and all(getattr(news, name) == value for name, value in fields.items()):
                return news

    def until(self, true, seconds=15.0):
        end = time.monotonic() + seconds
        while not true(self.state):
            assert time.monotonic() < end, self.state
            time.sleep(0.01)


@pytest.fixture
def process(tmp_path):
    """Starts an audio process, and ends it after the test."""
    with contextlib.ExitStack() as stack:

        def start(**output):
            made = Process(tmp_path / "audio.log")
            stack.callback(made.client.close)
            made.client.open(Output(**({"driver": "jack"} | output)))
            made.opened = made.wait(Opened)
            return made

        yield start
    log = tmp_path / "audio.log"
    assert not log.exists() or "Traceback" not in log.read_text()  # sound libraries talk to the terminal


@pytest.fixture
def listener():
    """Makes Listeners, and closes them after the test."""
    with contextlib.ExitStack() as stack:

        def make(seconds):
            one = Listener(seconds)
            stack.callback(one.close)
            return one

        yield make


def noise(seconds, seed=0, channels=2):
    samples = np.random.default_rng(seed).uniform(-0.4, 0.4, (channels, int(seconds * RATE)))
    return Sound(samples.astype(np.float32), RATE)


@pytest.fixture
def sounds(tmp_path):
    """Two WAVs, by take."""
    paths = {}
    for seed, take in enumerate(("a", "b")):
        paths[take] = tmp_path / f"{take}.wav"
        wav.write(paths[take], noise(0.25, seed), depth="32f")
    return paths


KIT = Kit(
    name="two",
    zones=(
        Zone(take="a", low=36, high=36, root=36, touch=0.0),
        Zone(take="b", low=37, high=60, root=48, tracking=True, mode="gate", release=0.05),
    ),
)


def ready(process, sounds, kit=KIT, **monitor):
    """Load a kit and hear it in the DAW alone."""
    for take, path in sounds.items():
        process.client.load(take, path)
        process.wait(Loaded, sound=take)
    process.client.use_kit(kit)
    assert process.wait(KitReady).missing == ()
    process.client.monitor(Monitor(**({"hear": "both"} | monitor)))


def test_what_is_played_is_recorded_bit_for_bit_at_the_frame_of_its_note(jack_server, process, listener, sounds):
    jack_server(512, realtime=True, sync=True)
    player = process()
    ready(player, sounds)
    ear = listener(4)
    ear.connect("Onetake")
    frames = [int(f) for f in np.cumsum(np.random.default_rng(5).integers(13_000, 19_000, 9)) + 5_000]
    heard = ear.heard([(frame, bytes((NOTE_ON, 36, 127))) for frame in frames])
    sound = wav.read(sounds["a"]).sound.samples
    want = np.zeros_like(heard)
    assert len(ear.sent) == len(frames)
    for frame in frames:
        want[:, frame : frame + sound.shape[1]] += sound
    assert np.array_equal(heard, want)
    assert player.state.faults == 0


def test_live_and_bounced_are_the_same_performance(jack_server, process, listener, sounds, tmp_path):
    import mido

    jack_server(512, realtime=True, sync=True)
    player = process()
    ready(player, sounds)
    ear = listener(3)
    ear.connect("Onetake")
    draw = np.random.default_rng(11)
    notes = [(int(f), 36 + int(draw.integers(0, 20)), int(draw.integers(20, 128))) for f in
             np.sort(draw.integers(4_000, 90_000, 24))]  # fmt: skip
    events = [(at, bytes((NOTE_ON, note, velocity))) for at, note, velocity in notes]
    events += [(at + 9_000, bytes((NOTE_OFF, note, 64))) for at, note, _ in notes]
    heard = ear.heard(events)
    file = mido.MidiFile(ticks_per_beat=24_000)  # at 120 a minute a tick is a frame
    track = file.add_track()
    before = 0
    for at, data in sorted(events):
        track.append(mido.Message.from_bytes(data, time=at - before))
        before = at
    file.save(tmp_path / "part.mid")
    (stem,) = bounce(KIT, sounds, tmp_path / "part.mid")
    printed = stem.sound.fitted(heard.shape[1]).samples
    assert np.abs(heard - printed).max() < 2e-6  # a wheel's or level's ramp lies in other blocks, no onset does


def test_auditions_are_matched_and_limited_and_no_daw_hears_them(jack_server, process, listener, tmp_path):
    loud = Sound(np.clip(noise(1.0, 3).samples * 9, -1, 1), RATE)
    wav.write(tmp_path / "loud.wav", loud, depth="32f")
    jack_server(512, realtime=True, sync=True)
    player = process()
    player.client.load("loud", tmp_path / "loud.wav")
    loudness = player.wait(Loaded).loudness
    ear = listener(1.5)
    ear.connect("Onetake", "monitor_left", "monitor_right")
    player.client.monitor(Monitor(match=False))
    ear.start([])
    player.client.audition("loud", gain_db=12.0)
    heard = ear.wait()
    assert 0.3 < np.abs(heard).max() <= 10 ** (-1 / 20) + 1e-6
    player.client.monitor(Monitor(match=True))
    ear.start([])
    player.client.audition("loud")
    matched = ear.wait()
    expected = loud.samples.std() * 10 ** ((-23 - loudness) / 20)
    assert matched[:, matched.any(0)].std() == pytest.approx(expected, rel=0.02)
    ear.client.disconnect("Onetake:monitor_left", "listener:left")
    ear.client.connect("Onetake:out_1", "listener:left")
    ear.start([])
    player.client.audition("loud")
    assert not ear.wait()[0].any()


def test_learn_measure_and_see(jack_server, process, listener, sounds):
    jack_server(512, realtime=True, sync=True)
    player = process()
    ready(player, sounds)
    ear = listener(0.5)
    ear.connect("Onetake")
    player.client.midi_ports(watch=True)
    player.client.learn("knob")
    time.sleep(0.1)
    ear.start([(4_000, bytes((0xB2, 21, 64)))])
    told = player.wait(Learned)
    assert (told.kind, told.channel, told.number) == ("controller", 3, 21)
    assert any(data == bytes((0xB2, 21, 64)) for _, data in player.wait(MidiSeen).events)
    player.client.measure("way")
    assert player.wait(Measured, ticket="way").frames == 0
    player.client.learn("late", seconds=0.2)
    assert "No key" in player.wait(Failed, about="late").sentence


def test_program_changes_choose_kits(jack_server, process, listener, sounds):
    jack_server(512, realtime=True, sync=True)
    player = process()
    ready(player, sounds)
    player.client.use_kit(Kit(name="other", program=5, zones=(Zone(take="b", low=36, high=36, root=36),)))
    player.wait(KitReady, program=5)
    ear = listener(1)
    ear.connect("Onetake")
    heard = ear.heard([(4_000, bytes((0xC0, 5))), (4_001, bytes((NOTE_ON, 36, 127)))])
    sound = wav.read(sounds["b"]).sound.samples
    first = int(np.flatnonzero(heard.any(0))[0])
    assert np.array_equal(heard[:, first : first + sound.shape[1]], sound)
    player.until(lambda state: state.program == 5)


def test_what_comes_in_is_passed_on_where_it_shall_be(jack_server, process, listener):
    import jack

    jack_server(512, realtime=True, sync=True)
    player = process()
    ear = listener(1)
    ear.connect("Onetake")
    synth, got = jack.Client("synth", no_start_server=True), []
    keys = synth.midi_inports.register("keys")
    synth.set_process_callback(lambda _: got.extend(bytes(data) for _, data in keys.incoming_midi_events()))
    with synth:
        player.client.devices()
        assert {"Onetake thru", "synth:keys"} <= set(player.wait(Devices).midi_outputs)
        note = bytes((NOTE_ON, 40, 90))
        player.client.midi_ports(thru="synth:keys")
        until = time.monotonic() + 15
        while not keys.connections:
            assert time.monotonic() < until
            time.sleep(0.01)
        ear.heard([(4_000, note)])
        assert note in got
        player.client.midi_ports(thru="Onetake thru")
        while keys.connections:
            assert time.monotonic() < until
            time.sleep(0.01)
        synth.connect("Onetake:midi_thru", keys)  # as in a patchbay
        got.clear()
        ear.heard([(4_000, note)])
        assert note in got
        player.client.midi_ports(thru="")
        player.client.midi_ports(thru="nobody")
        sentence = player.wait(Failed, about="nobody").sentence
        assert "no MIDI output 'nobody' now" in sentence
        assert "'synth:keys'" in sentence


def test_a_killed_process_is_back_with_everything(jack_server, process, listener, sounds):
    jack_server(256, realtime=True)
    player = process()
    ready(player, sounds)
    took = killed_and_back(player)
    ear = listener(1)
    ear.connect("Onetake")
    sound = wav.read(sounds["a"]).sound.samples
    heard = ear.heard([(4_000, bytes((NOTE_ON, 36, 127)))])
    first = int(np.flatnonzero(heard.any(0))[0])
    assert np.array_equal(heard[:, first : first + sound.shape[1]], sound)
    assert player.client.restarts == 1
    assert took < 10  # the second that is promised is measured by the long form, which has the machine to itself


@pytest.mark.long
def test_a_killed_process_plays_again_within_a_second(jack_server, process, listener, sounds):
    jack_server(256, realtime=True)
    player = process()
    ready(player, sounds)
    took = [killed_and_back(player) for _ in range(3)]
    assert max(took) < 1.0, took
    assert player.client.restarts == len(took)
    ear = listener(1)
    ear.connect("Onetake")
    assert ear.heard([(4_000, bytes((NOTE_ON, 36, 127)))]).any()


def killed_and_back(player):
    """Seconds from a kill until the new process has its device, its sounds and its kit."""
    os.kill(player.client.pid, signal.SIGKILL)
    killed = time.monotonic()
    player.wait(Welcome)
    player.wait(Opened)
    player.wait(KitReady)
    return time.monotonic() - killed


def test_a_hung_process_is_ended_and_started_again(jack_server, process, sounds):
    jack_server(256, realtime=True)
    player = process()
    ready(player, sounds)
    os.kill(player.client.pid, signal.SIGSTOP)
    player.wait(Welcome)
    player.wait(KitReady)
    assert player.client.restarts == 1


def test_a_killed_jack_server_is_waited_for_and_returned_to(jack_server, process, listener, sounds):
    server = jack_server(256, realtime=True)
    player = process()
    ready(player, sounds)
    server.kill()
    substitute = player.wait(Opened)
    assert substitute.driver != "jack"
    assert substitute.remark
    server.start()
    assert player.wait(Opened, seconds=30).driver == "jack"
    ear = listener(1)
    ear.connect("Onetake")
    ear.start([(4_000, bytes((NOTE_ON, 36, 127)))])
    assert ear.wait().any()


def test_what_cannot_be_done_is_told_and_changes_nothing(jack_server, process, sounds, tmp_path):
    jack_server(256, realtime=True)
    player = process()
    ready(player, sounds)
    player.client.load("a", tmp_path / "nowhere.wav")
    assert "nowhere.wav" in player.wait(Failed, about="a").sentence
    player.client.audition("nobody")
    assert "nobody" in player.wait(Failed, about="nobody").sentence
    six = tmp_path / "six.wav"
    wav.write(six, noise(0.1, channels=6), depth="32f")
    player.client.load("six", six)
    assert "6 channels" in player.wait(Failed, about="six").sentence
    player.client.use_kit(Kit(name="empty", program=9, zones=(Zone(take="gone", low=1, high=1, root=1),)))
    assert player.wait(KitReady, program=9).missing == ("gone",)
    player.client.open(Output(driver="jack", device="nobody"))
    assert player.wait(Opened).remark
    assert player.state.faults == 0


def test_the_process_ends_with_its_client(process, jack_server):
    jack_server(128)
    player = process()
    child = player.client._child
    player.client.close()
    assert child.returncode == 0
