"""The bridge between two clocks, over simulated minutes: two clocks, jittery callbacks, no sleeping."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.signal.windows import blackmanharris

from plugin_bridge.audio.drift import DriftBridge

Frames = NDArray[np.complex64]

HERTZ = 1000
short = settings(deadline=None, derandomize=True, max_examples=40)


@dataclass(frozen=True)
class Clocks:
    """Two callbacks. ppm: how much faster than told clock A is. jitter: lateness of a call, parts of its block."""

    rate_in: int
    rate_out: int
    block_in: int
    block_out: int
    ppm: float = 200.0
    jitter: float = 0.3
    target_ms: float = 20.0

    def calls(self, minutes: float) -> NDArray[np.bool_]:
        """True for a write, False for a read, in the order in which they happen."""
        random = np.random.default_rng(1)
        period_in = self.block_in / (self.rate_in * (1 + self.ppm * 1e-6))
        period_out = self.block_out / self.rate_out
        times = []
        for period in (period_in, period_out):
            count = int(minutes * 60 / period)
            times.append((np.arange(count) + random.uniform(0, self.jitter, count)) * period)
        order: NDArray[np.bool_] = np.argsort(np.concatenate(times), kind="stable") < len(times[0])
        return order


@dataclass
class Run:
    """What a simulation saw at each read."""

    bridge: DriftBridge
    sound: Frames
    minutes: float
    fills: list[int] = field(default_factory=list)
    ppm: list[float] = field(default_factory=list)
    troubles: list[int] = field(default_factory=list)

    def settled(self, name: str) -> NDArray[np.float64]:
        """After the first minute, or the first half."""
        values = np.array(getattr(self, name), np.float64)
        return values[int(len(values) / max(self.minutes, 2)) :]


def simulated(clocks: Clocks, minutes: float) -> Run:
    """A sine of 1 kHz from clock A to clock B."""
    order, nominal = clocks.calls(minutes), clocks.rate_in / clocks.rate_out
    bridge = DriftBridge(clocks.rate_in, clocks.rate_out, 1024, clocks.target_ms)
    run = Run(bridge, np.ones((np.count_nonzero(~order), clocks.block_out), np.complex64), minutes)
    period = (
        np.exp(2j * np.pi * HERTZ / clocks.rate_in * np.arange(clocks.rate_in + 1024)).astype(np.complex64) / 2
    )
    given_frames = 0
    for is_write in order:
        if is_write:
            start = given_frames % clocks.rate_in
            bridge.write(period[start : start + clocks.block_in])
            given_frames += clocks.block_in
        else:
            run.fills.append(bridge.fill)
            bridge.read(run.sound[len(run.fills) - 1])
            run.ppm.append((bridge.ratio / nominal - 1) * 1e6)
            run.troubles.append(bridge.underruns + bridge.overruns)
    return run


def spurs(sound: Frames, rate: int, beside: float) -> float:
    """The strongest line more than so many Hz beside the tone, dB below it, in the last two seconds."""
    end = sound[-2 * rate :]
    lines = np.abs(np.fft.fft(end * blackmanharris(len(end))))
    away = np.abs(np.fft.fftfreq(len(end), 1 / rate) - HERTZ) > beside
    return float(20 * np.log10(lines[away].max() / lines.max()))


SMALL_TO_LARGE = Clocks(8000, 8000, 128, 480, target_ms=150)
LARGE_TO_SMALL = Clocks(8000, 8000, 480, 128, ppm=-200, target_ms=150)
"""Ten minutes at a sixth of the usual rate, so that they take seconds; a block lasts six times as long."""


def check(run: Run, clocks: Clocks, within_ppm: float) -> None:
    blocks = clocks.block_in + clocks.block_out
    assert run.troubles[-1] == 0
    assert abs(run.settled("fills").mean() - clocks.target_ms * clocks.rate_in / 1000) < 0.1 * blocks
    assert np.ptp(run.settled("fills")) < 1.5 * blocks
    assert run.settled("ppm").mean() == pytest.approx(clocks.ppm, abs=5)
    assert np.abs(run.settled("ppm") - clocks.ppm).max() < within_ppm
    assert np.abs(run.ppm).max() <= 5000 + 1e-6


@pytest.mark.parametrize("clocks", [SMALL_TO_LARGE, LARGE_TO_SMALL])
def test_ten_minutes_200_ppm_apart(clocks: Clocks) -> None:
    check(simulated(clocks, 10), clocks, within_ppm=250)


@pytest.mark.parametrize(
    "clocks", [Clocks(48000, 48000, 480, 512), Clocks(48000, 44100, 512, 480), Clocks(44100, 48000, 128, 480)]
)
def test_a_sine_stays_a_sine(clocks: Clocks) -> None:
    run = simulated(clocks, 0.2)
    assert run.troubles[-1] == 0
    assert spurs(run.sound.ravel(), clocks.rate_out, beside=5) < -70
    assert spurs(run.sound.ravel(), clocks.rate_out, beside=50) < -90
    assert np.abs(run.sound.ravel()[clocks.rate_out :]) == pytest.approx(0.5, abs=1e-4)


@pytest.mark.long
@pytest.mark.parametrize(
    "clocks",
    [
        Clocks(48000, 48000, 128, 480, target_ms=30),
        Clocks(48000, 48000, 480, 128, ppm=-200, target_ms=30),
        Clocks(44100, 48000, 128, 128),
        Clocks(48000, 44100, 480, 480, jitter=0.9, target_ms=40),
    ],
)
def test_ten_minutes_at_the_usual_rates(clocks: Clocks) -> None:
    run = simulated(clocks, 10)
    check(run, clocks, within_ppm=400)
    assert spurs(run.sound.ravel(), clocks.rate_out, beside=5) < -70


def test_the_same_calls_give_the_same_bits() -> None:
    clocks = Clocks(48000, 44100, 128, 480)
    first, second = simulated(clocks, 0.1), simulated(clocks, 0.1)
    assert np.array_equal(first.sound, second.sound)
    assert first.ppm == second.ppm


def test_a_target_that_cannot_be_held_is_raised_to_one_that_can() -> None:
    run = simulated(Clocks(48000, 48000, 512, 512, target_ms=1.0, jitter=0.1), 0.5)
    assert run.troubles[-1] == 0
    assert run.settled("fills").mean() < 3 * 512


def feed(bridge: DriftBridge, writes: int, reads: int, block: int = 128, value: complex = 1) -> Frames:
    """Constant sound in, so that every click is a step."""
    out = np.full((reads, block), 7, np.complex64)
    for turn in range(max(writes, reads)):
        if turn < writes:
            bridge.write(np.full(block, value, np.complex64))
        if turn < reads:
            bridge.read(out[turn])
    return out.ravel()


def largest_step(sound: Frames) -> float:
    return float(np.abs(np.diff(sound, prepend=0)).max())


FADED = 1.1 * math.pi / 2 / 120  # half a cosine over 2.5 ms


def test_it_begins_with_silence_and_a_fade_which_is_no_underrun() -> None:
    bridge = DriftBridge(48000, 48000, 1024, 20)
    sound = feed(bridge, 60, 60)
    assert (bridge.underruns, bridge.overruns) == (0, 0)
    assert not sound[: 6 * 128].any()
    assert largest_step(sound) < FADED
    assert sound[-1] == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("block", [1, 32, 128, 480, 1024])
def test_an_underrun_fades_is_counted_and_heals(block: int) -> None:
    bridge = DriftBridge(48000, 48000, 1024, 20)
    turns = 9600 // block
    sound = np.concatenate([feed(bridge, turns, turns, block), feed(bridge, 0, turns, block)])
    assert (bridge.underruns, bridge.overruns) == (1, 0)
    assert not sound[-2 * block :].any()
    sound = np.concatenate([sound, feed(bridge, turns, turns, block)])
    assert bridge.underruns == 1
    assert largest_step(sound) < FADED
    assert sound[-1] == pytest.approx(1, abs=1e-6)


def test_an_overrun_fades_is_counted_and_goes_on_with_what_is_new() -> None:
    bridge = DriftBridge(48000, 48000, 1024, 20)
    before = feed(bridge, 60, 60)
    feed(bridge, 24, 0)
    after = feed(bridge, 60, 60)
    assert (bridge.underruns, bridge.overruns) == (0, 1)
    assert largest_step(np.concatenate([before, after])) < FADED
    assert np.abs(after).min() < 1e-3
    assert after[-1] == pytest.approx(1, abs=1e-6)
    assert bridge.fill < 1.5 * 960


def test_a_reader_that_was_left_behind_begins_anew() -> None:
    bridge = DriftBridge(48000, 48000, 1024, 20)
    feed(bridge, 60, 60)
    feed(bridge, 4000, 0, value=0.5)
    after = feed(bridge, 60, 60, value=0.5)
    assert bridge.overruns == 1
    assert largest_step(after) < FADED
    assert after[-1] == pytest.approx(0.5, abs=1e-6)


def test_a_rate_that_is_no_clock_is_not_followed() -> None:
    run = simulated(Clocks(8000, 8000, 128, 128, ppm=30_000, target_ms=60), 1)
    assert run.bridge.overruns > 1
    assert run.bridge.ratio == pytest.approx(1.005)


@given(
    st.lists(st.tuples(st.booleans(), st.integers(0, 1500)), max_size=120),
    st.sampled_from([(48000, 48000), (44100, 48000), (96000, 44100)]),
    st.floats(0, 50),
)
@short
def test_no_order_of_calls_breaks_it(calls: list[tuple[bool, int]], rates: tuple[int, int], target: float) -> None:
    bridge = DriftBridge(*rates, 1024, target)
    for is_write, frames in calls:
        block = np.full(frames, 1, np.complex64)
        if is_write:
            bridge.write(block)
        else:
            bridge.read(block)
            assert np.all(np.abs(block) <= 1 + 1e-5)
        assert bridge.fill >= 0
        assert bridge.ratio == pytest.approx(rates[0] / rates[1], rel=0.005 + 1e-9)


def test_what_is_no_number_is_gone_after_a_window() -> None:
    bridge = DriftBridge(48000, 48000, 1024, 20)
    feed(bridge, 60, 60)
    feed(bridge, 1, 1, value=math.nan)
    assert np.isfinite(feed(bridge, 60, 60)[-128:]).all()
