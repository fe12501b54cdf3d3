"""Our own effects: what they promise, to the bit where they promise bits."""

from __future__ import annotations

import numpy as np
import pytest

from tests.plugin_bridge.rack.sounds import RATE, noise
from tests.plugin_bridge.rack.test_builtin import level, through


def test_reversed_twice_is_the_sound():
    sound = noise()
    once = through("reverse", sound)
    assert np.array_equal(once, sound.samples[:, ::-1])
    assert not np.array_equal(once, sound.samples)


def hit():
    """A hit with a long tail, mono."""
    sound = noise(1.0, 1)
    decay = np.exp(-np.arange(sound.frames) / (0.25 * RATE)).astype(np.float32)
    decay[: RATE // 10] = 0
    return type(sound)(sound.samples * decay, RATE)


@pytest.mark.parametrize("gain", [-18.0, 18.0])
def test_attack_moves_the_attack_and_sustain_the_tail(gain):
    sound = hit()
    first, tail = slice(RATE // 10, RATE // 10 + 200), slice(RATE // 2, RATE)
    for knob, moved, still in (("attack", first, tail), ("sustain", tail, first)):
        wet = through("transients", sound, **{knob: gain})
        change = [level(wet[:, part]) - level(sound.samples[:, part]) for part in (moved, still)]
        assert abs(change[0]) > 3
        assert np.sign(change[0]) == np.sign(gain)
        assert abs(change[1]) < abs(change[0]) / 2


def test_width_scales_the_sides_and_leaves_the_middle():
    sound = noise()
    for width, factor in ((0.0, 0.0), (50.0, 0.5), (200.0, 2.0)):
        wet = through("width", sound, width=width)
        left, right = sound.samples
        assert np.allclose(wet[0] + wet[1], left + right, atol=1e-6)
        assert np.allclose(wet[0] - wet[1], factor * (left - right), atol=1e-6)


def test_mono_to_stereo_adds_up_to_the_mono_again():
    sound = noise(channels=1)
    wet = through("stereo", sound, spread=80.0)
    assert wet.shape == (2, sound.frames)
    assert not np.allclose(wet[0], wet[1])
    assert np.allclose(wet.mean(axis=0), sound.samples[0], atol=1e-6)
    assert np.array_equal(through("stereo", sound, spread=0.0), np.repeat(sound.samples, 2, axis=0))


def test_widened_mono_adds_up_to_the_mono_again_and_both_sides_are_equally_loud():
    sound = noise(channels=1)
    wet = through("widen", sound, width=100.0)
    assert wet.shape == (2, sound.frames)
    assert np.allclose(wet.mean(axis=0), sound.samples[0], atol=1e-6)
    assert np.corrcoef(wet)[0, 1] < 0.6
    assert np.mean(wet[0] ** 2) == pytest.approx(np.mean(wet[1] ** 2), rel=0.05)
    assert np.array_equal(through("widen", sound, width=0.0), sound.samples)


@pytest.mark.parametrize(("choice", "gain"), [(0, 0.5), (1, 2**-0.5), (2, 1.0)])
def test_print_mono_sums_at_the_gain_that_it_names(choice, gain):
    sound = noise()
    wet = through("mono", sound, sum=float(choice))
    assert wet.shape == (1, sound.frames)
    assert np.allclose(wet[0], gain * (sound.samples[0] + sound.samples[1]), atol=1e-6)
    mono = noise(channels=1)
    assert np.array_equal(through("mono", mono, sum=float(choice)), mono.samples)


def test_a_tape_that_stops_falls_in_pitch_and_level():
    seconds = np.arange(2 * RATE) / RATE
    tone = type(noise())((0.5 * np.sin(2 * np.pi * 1000 * seconds)).astype(np.float32)[None], RATE)
    wet = through("tape_stop", tone, time=1000.0)[0]
    assert np.array_equal(wet[:RATE], tone.samples[0, :RATE])
    crossings = [np.count_nonzero(np.diff(np.signbit(part))) for part in np.split(wet[RATE:], 4)]
    assert crossings == sorted(crossings, reverse=True)
    assert crossings[0] == pytest.approx(1750 / 4, rel=0.03)  # 2000 a second, slowing down evenly to 1500
    assert abs(wet[-1]) < 0.01
