"""Voices: exact where nothing is asked of them, smooth where something is, and never more than their number."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugin_bridge.audio.interpolate import GUARD
from plugin_bridge.audio.voices import AUDITION, BUSES, SLICE, Start, Voices

RATE = 48_000


def pool_of(*sounds):
    """A pool with silence between the sounds, and where each begins."""
    parts, firsts, at = [], [], 0
    for sound in sounds:
        parts += [np.zeros(GUARD, np.complex64), sound.astype(np.complex64), np.zeros(GUARD, np.complex64)]
        firsts.append(at + GUARD)
        at += sound.size + 2 * GUARD
    return np.concatenate(parts), firsts


def noise(frames, seed=0):
    sides = np.random.default_rng(seed).uniform(-0.9, 0.9, (frames, 2)).astype(np.float32)
    return sides.view(np.complex64)[:, 0]


def tone(hertz, seconds=1.0):
    return (0.5 * np.exp(2j * np.pi * hertz * np.arange(int(seconds * RATE)) / RATE)).real * (1 + 1j)


def heard(voices, frames, bus=0, sizes=(SLICE,), between=()):
    """What a bus plays. between: (frame, function) done when that frame's slice begins."""
    done, out, due = 0, [], sorted(between, key=lambda item: item[0])
    number = 0
    while done < frames:
        size = min(sizes[number % len(sizes)], frames - done)
        while due and due[0][0] < done + size:
            at, do = due.pop(0)
            do(at - done)
        buses = np.zeros((BUSES, size), np.complex64)
        voices.render(size, buses)
        out.append(buses[bus])
        done, number = done + size, number + 1
    return np.concatenate(out)


@given(st.integers(0, 500), st.integers(1, 900), st.lists(st.integers(1, SLICE), min_size=1, max_size=5))
@settings(max_examples=60, deadline=None)
def test_a_sound_at_its_own_pitch_is_what_was_loaded_from_its_own_frame_on(at, length, sizes):
    sound = noise(length)
    pool, (first,) = pool_of(sound)
    voices = Voices(pool, RATE)
    start = Start(first=first, length=length)
    out = heard(voices, 1600, sizes=sizes, between=[(at, lambda offset: voices.start(start, offset))])
    want = np.zeros(1600, np.complex64)
    want[at : at + length] = sound
    assert np.array_equal(out, want)
    assert voices.silent()


def test_block_sizes_do_not_change_a_note():
    pool, (first,) = pool_of(noise(4000))
    start = Start(first=first, length=4000, step=1.371, attack=300, release=700, held=True, left=0.7, right=0.2)

    def played(sizes):
        voices = Voices(pool, RATE)
        told = [(37, lambda o: voices.start(start, o)), (1511, lambda o: voices.note_off(16, -1, o))]
        return heard(voices, 3000, sizes=sizes, between=told)

    assert np.allclose(played((128,)), played((7, 64, 128, 1)), atol=1e-7)


@pytest.mark.parametrize(
    ("hertz", "step", "floor"), [(1000, 1.5, -70), (3000, 2 ** (1 / 12), -50), (500, 0.5, -80)]
)
def test_what_a_pitch_adds_lies_far_below(hertz, step, floor):
    pool, (first,) = pool_of(tone(hertz, 2.0))
    voices = Voices(pool, RATE)
    voices.start(Start(first=first, length=2 * RATE, step=step), 0)
    out = heard(voices, RATE // 2).real.astype(np.float64)
    spectrum = np.abs(np.fft.rfft(out * np.blackman(out.size)))
    peak = int(spectrum.argmax())
    assert peak * RATE / out.size == pytest.approx(hertz * step, rel=1e-3)
    spectrum[max(0, peak - 12) : peak + 13] = 0
    assert 20 * np.log10(spectrum.max() / np.abs(np.fft.rfft(out * np.blackman(out.size))).max()) < floor


@pytest.mark.parametrize("ending", ["release", "choke", "steal", "stop", "audition"])
def test_no_ending_clicks(ending):
    """Energy above 8 kHz where a 200 Hz tone ends stays 60 dB under the tone: a cut would leave about -40."""
    pool, (first,) = pool_of(tone(200, 2.0))
    voices = Voices(pool, RATE, most=1)
    start = Start(first=first, length=2 * RATE, held=True, release=480, choke=1, channel=0, note=60)
    silent = Start(first=first, length=2 * RATE, left=0, right=0, bus=1)
    ends = {
        "release": lambda o: voices.note_off(0, 60, o),
        "choke": lambda o: voices.choke(1, voices.serial, o),
        "steal": lambda o: voices.start(silent, o),
        "stop": voices.end,
        "audition": lambda o: voices.end(o, bus=0, frames=240),
    }
    out = heard(voices, RATE // 2, between=[(0, lambda o: voices.start(start, o)), (10_037, ends[ending])]).real
    assert not out[10_037 + 500 :].any()
    around = out[10_037 - 2048 : 10_037 + 2048] * np.blackman(4096)
    spectrum = np.abs(np.fft.rfft(around))
    high = spectrum[int(8000 / RATE * 4096) :].max()
    assert 20 * np.log10(high / spectrum.max()) < -60


def test_a_fade_that_was_begun_is_not_begun_again():
    pool, (first,) = pool_of(np.full(RATE, 0.5))
    voices = Voices(pool, RATE)
    start = Start(first=first, length=RATE, held=True, release=2000, channel=0, note=1)
    told = [
        (0, lambda o: voices.start(start, o)),
        (500, lambda o: voices.note_off(0, 1, o)),
        (1500, voices.end),
        (1550, voices.end),
    ]
    out = heard(voices, 4000, between=told).real
    assert np.abs(np.diff(out)).max() < 0.5 * 3 / (2 * 144)  # the steepest that a 3 ms fade from half way down is
    assert not out[1500 + 145 :].any()


def test_a_loop_turns_without_a_seam_and_ends_with_its_note():
    period = 480  # 100 Hz: a loop of whole periods
    pool, (first,) = pool_of(tone(100, 0.2)[: 20 * period])
    voices = Voices(pool, RATE)
    start = Start(first=first, length=15 * period, loop=10 * period, held=True, release=480, channel=3, note=40)
    told = [(0, lambda o: voices.start(start, o)), (60_000, lambda o: voices.note_off(3, 40, o))]
    out = heard(voices, 62_000, between=told).real
    want = 0.5 * np.cos(2 * np.pi * 100 * np.arange(60_000) / RATE)
    assert np.abs(out[:60_000] - want).max() < 1e-4
    assert voices.silent()


def test_the_quietest_goes_then_the_oldest():
    pool, (first,) = pool_of(noise(RATE))
    voices = Voices(pool, RATE, most=3)
    gains = (0.5, 0.1, 0.5)
    for number, gain in enumerate(gains):
        voices.start(Start(first=first, length=RATE, left=gain, right=gain, bus=number), 0)
    heard(voices, 256)
    voices.start(Start(first=first, length=RATE, left=0.5, right=0.5, bus=3), 0)
    assert (voices.playing(), voices.stolen) == (3, 1)
    heard_buses(voices, 1024)
    assert not heard_buses(voices, 128)[1].any()
    voices.start(Start(first=first, length=RATE, bus=4), 0)
    heard_buses(voices, 1024)
    last = heard_buses(voices, 128)
    assert [bool(last[bus].any()) for bus in range(5)] == [False, False, True, True, True]


def heard_buses(voices, frames):
    out = np.zeros((BUSES, frames), np.complex64)
    for first in range(0, frames, SLICE):
        voices.render(min(SLICE, frames - first), out[:, first : first + SLICE])
    return out


def test_an_avalanche_of_notes_never_exceeds_its_number_and_ends():
    pool, (first,) = pool_of(noise(RATE))
    voices = Voices(pool, RATE, most=8)
    draw = np.random.default_rng(3)
    for _ in range(300):
        for _ in range(int(draw.integers(0, 30))):
            voices.start(
                Start(first=first, length=RATE, step=float(draw.uniform(0.2, 4))), int(draw.integers(128))
            )
            assert voices.playing() <= 8
        heard_buses(voices, 128)
    voices.end(0)
    heard_buses(voices, 256)
    assert voices.silent()


def test_levels_and_wheels_move_without_a_step():
    pool, (first,) = pool_of(np.full(RATE, 0.5 + 0.5j))
    voices = Voices(pool, RATE)
    voices.start(Start(first=first, length=RATE, channel=5), 0)
    out = heard(voices, 1280, between=[(640, lambda _o: voices.level(5, 0.0, 1.0))])
    assert np.abs(np.diff(out.real)).max() <= 0.5 / 128 + 1e-6
    assert not out.real[-128:].any()
    assert (out.imag == 0.5).all()
    voices.bend[5] = 2.0
    heard(voices, 128)
    assert voices.plays(first)


def test_auditions_have_a_bus_of_their_own():
    pool, (first,) = pool_of(noise(256))
    voices = Voices(pool, RATE)
    voices.start(Start(first=first, length=256, bus=AUDITION), 0)
    out = heard_buses(voices, 128)
    assert out[AUDITION].any()
    assert not out[:AUDITION].any()
