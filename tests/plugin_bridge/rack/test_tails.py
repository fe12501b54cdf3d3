"""Tails: found to the frame, gaps and endless ones included; inherited, they give the same bytes."""

from __future__ import annotations

import numpy as np
import pytest

from plugin_bridge.rack.tails import LONGEST, SILENT_DB, ring_out
from presets.errors import InvalidRequest
from presets.sound import linear

RATE = 8000


def sound(frames=800):
    return np.random.default_rng(0).uniform(-0.5, 0.5, (2, frames)).astype(np.float32)


def echo(seconds, gain=0.5, times=1):
    """What repeats a sound so often, each time that much later."""

    def process(samples):
        made = samples.copy()
        for number in range(1, times + 1):
            late = round(number * seconds * RATE)
            made[:, late:] += np.float32(gain**number) * samples[:, : max(0, samples.shape[1] - late)]
        return made

    return process


def test_nothing_rings_on_where_nothing_is_said_to():
    made = ring_out(lambda samples: samples, sound(), RATE, 0.0)
    assert np.array_equal(made.samples, sound())
    assert (made.seconds, made.cut) == (0.0, False)


def test_a_tail_ends_where_the_output_is_silent():
    made = ring_out(echo(0.7), sound(), RATE, quiet=1.0)
    assert made.samples.shape[1] == 800 + 5600
    assert made.seconds == 0.7
    assert np.abs(made.samples[:, -1]).max() >= linear(SILENT_DB)


@pytest.mark.parametrize(("gap", "times"), [(0.3, 40), (1.0, 6), (3.9, 2)])
def test_gaps_between_echoes_do_not_end_it(gap, times):
    audible = sum(0.5 * 0.5**number >= linear(SILENT_DB) for number in range(1, times + 1))
    made = ring_out(echo(gap, times=times), sound(), RATE, quiet=gap)
    assert made.seconds == pytest.approx(gap * audible, abs=0.01)


@pytest.mark.parametrize("quiet", [0.1, 2.0])
def test_an_endless_tail_is_faded_out_after_thirty_seconds(quiet):
    made = ring_out(lambda samples: samples + np.float32(0.1), sound(), RATE, quiet)
    assert made.cut
    assert made.samples.shape[1] == 800 + LONGEST * RATE
    assert np.abs(made.samples[:, -1]).max() < linear(SILENT_DB)
    assert made.samples[0, -RATE] == np.float32(0.1)


@pytest.mark.parametrize("process", [echo(0.7), echo(3.9, times=2), lambda samples: samples + np.float32(0.1)])
def test_an_inherited_tail_gives_the_same_bytes(process):
    found = ring_out(process, sound(), RATE, quiet=4.0)
    given = ring_out(process, sound(), RATE, quiet=4.0, seconds=found.seconds)
    assert np.array_equal(found.samples, given.samples)
    assert given.seconds == found.seconds


def test_an_inherited_tail_decides_the_length_whatever_rings_on():
    for seconds in (0.0, 0.25, 5.0):
        made = ring_out(echo(0.7), sound(), RATE, quiet=1.0, seconds=seconds)
        assert made.samples.shape[1] == 800 + round(seconds * RATE)
    bypassed = ring_out(lambda samples: samples, sound(), RATE, quiet=0.0, seconds=2.0)
    assert bypassed.samples.shape[1] == 800 + 2 * RATE


@pytest.mark.parametrize("seconds", [-1.0, 31.0, float("nan")])
def test_a_tail_that_cannot_be_is_refused(seconds):
    with pytest.raises(InvalidRequest):
        ring_out(lambda samples: samples, sound(), RATE, quiet=1.0, seconds=seconds)
