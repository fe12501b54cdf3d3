"""The loudness that the audio process tells while it plays is what is measured of the whole sound."""

from __future__ import annotations

import queue
import time

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from plugin_bridge.audio.client import AudioClient
from plugin_bridge.audio.heard import Heard
from plugin_bridge.audio.mixer import MOST_FRAMES, Mixer
from plugin_bridge.audio.protocol import Loaded, Monitor, Opened, Output, State
from plugin_bridge.audio.voices import AUDITION, Start
from presets import loudness
from presets.export import wav
from presets.sound import Sound

RATE = 48_000
PATIENCE = 60.0


class Process:
    """A real audio process without a device, and what it tells."""

    def __init__(self, folder, rate):
        self.events = queue.SimpleQueue()
        self.client = AudioClient(self.events.put, folder / "audio.log")
        self.client.open(Output(driver="none", rate=rate))
        self.wait(lambda news: isinstance(news, Opened))

    def wait(self, true):
        end = time.monotonic() + PATIENCE
        while True:
            news = self.events.get(timeout=max(0.01, end - time.monotonic()))
            if true(news):
                return news

    def state(self, true=lambda _: True):
        return self.wait(lambda news: isinstance(news, State) and true(news))

    def play(self, folder, samples, rate):
        """Through the monitor, as it is."""
        wav.write(folder / "a.wav", Sound(samples, rate), depth="32f", overwrite=True)
        self.client.monitor(Monitor(match=False, limiter=False))
        self.client.load("a", folder / "a.wav")
        self.wait(lambda news: isinstance(news, Loaded))
        self.client.audition("a")


@pytest.fixture
def process(tmp_path):
    """Starts an audio process at a rate, and ends it after the test."""
    made = []

    def start(rate):
        made.append(Process(tmp_path, rate))
        return made[-1]

    yield start
    for one in made:
        one.client.close()


@pytest.mark.parametrize("rate", [44_100, pytest.param(96_000, marks=pytest.mark.long)])
def test_steady_noise_integrates_to_what_its_file_measures(process, tmp_path, rate):
    samples = (0.1 * np.random.default_rng(3).standard_normal((2, 5 * rate))).astype(np.float32)
    whole = loudness.measure(Sound(samples, rate)).integrated
    player = process(rate)
    player.play(tmp_path, samples, rate)
    player.state(lambda state: abs(state.loudness[0] - whole) < 0.3)
    player.client.reset_loudness()
    player.state(lambda state: state.loudness[2] < -100)
    steady = player.state(lambda state: state.loudness[2] > -100 and abs(state.loudness[1] - whole) < 0.1)
    assert steady.loudness[2] == pytest.approx(whole, abs=0.1)
    silent = player.state(lambda state: state.loudness[0] <= -200)
    assert silent.loudness[2] == pytest.approx(whole, abs=1.5)  # its end is in it too


def test_a_tone_is_told_at_its_momentary_loudness(process, tmp_path):
    """1 kHz at -20 dBFS on both sides is -20 LUFS (EBU Tech 3341); on one side it is 3 LU softer."""
    tone = 0.1 * np.sin(2 * np.pi * 1000 * np.arange(3 * RATE) / RATE)
    player = process(RATE)
    player.play(tmp_path, np.stack([tone, tone]).astype(np.float32), RATE)
    both = [player.state(lambda state: state.loudness[0] > -25).loudness[0] for _ in range(10)]
    assert max(both) == pytest.approx(-20.0, abs=0.1)
    assert sum(abs(level + 20.0) < 0.1 for level in both) >= 4  # and stays there
    player.play(tmp_path, np.stack([tone, 0 * tone]).astype(np.float32), RATE)
    player.state(lambda state: abs(state.loudness[0] + 23.01) < 0.1)


@settings(deadline=None, max_examples=15)
@given(st.sampled_from(["here", "both", "daw"]), st.booleans(), st.integers(64, 3000))
def test_what_the_ears_get_is_measured_whichever_way_it_goes(hear, kit, frames):
    """A sound of the kit, or an audition: through the monitor, or through the DAW."""
    pool = (0.1 * np.random.default_rng(1).standard_normal((RATE, 2)).astype(np.float32)).view(np.complex64)[:, 0]
    mixer = Mixer(RATE, pool, 8, Monitor(hear=hear, limiter=False))
    mixer.say(mixer.voices.start, Start(first=0, length=RATE, bus=0 if kit else AUDITION), 0)
    while mixer.heard.written < RATE:
        mixer(frames, ())
        told = mixer.heard.loudness()
    sides = np.ascontiguousarray(pool.view(np.float32).reshape(-1, 2).T)
    assert told.momentary == pytest.approx(loudness.momentary(Sound(sides, RATE))[-1], abs=0.5)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(1, MOST_FRAMES), min_size=1, max_size=60), st.sets(st.integers(0, 59)))
def test_whoever_listens_too_late_hears_the_newest(blocks, listens):
    """Nothing is heard twice or in another order; what was laid over is left out, and nothing else."""
    heard = Heard(8000, MOST_FRAMES)
    told, number = [], 0
    heard._meter.hear = lambda samples: told.append(samples[0].copy())
    for index, frames in enumerate(blocks):
        heard.block(np.arange(number, number + frames, dtype=np.float32).astype(np.complex64)[None])
        number += frames
        if index in listens:
            heard.loudness()
    heard.loudness()
    came = np.concatenate(told)
    assert (np.diff(came) > 0).all()
    assert came[-1] == number - 1
    late = heard.ring.size - MOST_FRAMES
    if number <= late:
        assert len(came) == number
    assert len(told[-1]) <= late
