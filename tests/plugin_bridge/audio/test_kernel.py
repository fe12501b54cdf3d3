"""The compiled kernel says what NumPy says, whatever plays."""

from __future__ import annotations

import shutil
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugin_bridge.audio import kernel
from plugin_bridge.audio.limiter import Limiter
from plugin_bridge.audio.meters import Meters
from plugin_bridge.audio.voices import BUSES, SLICE, Start, Voices

RATE = 48_000
POOL = (np.random.default_rng(3).uniform(-0.9, 0.9, (20_000, 2)).astype(np.float32)).view(np.complex64)[:, 0]

pytestmark = pytest.mark.skipif(
    shutil.which("cc") is None and kernel.library() is None, reason="no C compiler here"
)

starts = st.builds(
    Start,
    first=st.integers(-3, 20_010),  # a place outside of the pool reads its ends
    length=st.integers(1, 3000),
    loop=st.just(0),
    step=st.sampled_from([1.0, 0.5, 2.0]) | st.floats(0.05, 8.0),
    attack=st.integers(0, 400),
    release=st.integers(0, 400),
    held=st.booleans(),
    left=st.floats(-1, 1, width=32),
    right=st.floats(-1, 1, width=32),
    bus=st.integers(0, BUSES - 1),
    channel=st.integers(0, 16),
    note=st.integers(0, 3),
    choke=st.integers(0, 2),
).flatmap(lambda start: st.builds(with_loop, st.just(start), st.integers(0, start.length)))
deeds = st.one_of(
    st.tuples(st.just("start"), starts, st.integers(0, SLICE - 1)),
    st.tuples(st.just("note_off"), st.integers(0, 16), st.integers(-1, 3), st.integers(0, SLICE - 1)),
    st.tuples(st.just("choke"), st.integers(1, 2), st.just(10**6), st.integers(0, SLICE - 1)),
    st.tuples(st.just("level"), st.integers(0, 16), st.floats(0, 1, width=32), st.floats(0, 1, width=32)),
    st.tuples(st.just("bend"), st.integers(0, 15), st.floats(0.5, 2.0)),
    st.tuples(st.just("render"), st.integers(1, SLICE)),
)


def with_loop(start: Start, loop: int) -> Start:
    fields = {name: getattr(start, name) for name in Start.__slots__}
    return Start(**{**fields, "loop": loop})


@pytest.fixture(scope="module")
def in_numpy():
    """Makes something as on a machine without a kernel."""

    def make(kind, *arguments):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(kernel, "library", lambda: None)
            return kind(*arguments)

    return make


def test_it_was_compiled_here():
    assert kernel.library() is not None


@given(st.lists(deeds, min_size=5, max_size=60))
@settings(max_examples=150, deadline=None)
def test_voices_are_rendered_alike(in_numpy, what):
    ours, theirs = Voices(POOL, RATE, 8), in_numpy(Voices, POOL, RATE, 8)
    for name, *values in what:
        blocks = [deed(voices, name, values) for voices in (ours, theirs)]
        if name != "render":
            continue
        assert np.abs(blocks[0] - blocks[1]).max() <= 1e-6
        assert (ours.rows.live == theirs.rows.live).all()
        for state in ("place", "age", "gain"):
            assert (getattr(ours.rows, state) == getattr(theirs.rows, state)).all(), state
        # Summed in another order: what is stolen next must not hang on the last bit.
        theirs.rows.power[:] = ours.rows.power


def deed(voices, name, values):
    if name == "bend":
        voices.bend[values[0]] = values[1]
    elif name == "render":
        buses = np.zeros((BUSES, values[0]), np.complex64)
        voices.render(values[0], buses)
        return buses
    else:
        getattr(voices, name)(*values)
    return None


def test_sixty_four_voices_on_one_bus_are_the_same_to_the_bit(in_numpy):
    both = Voices(POOL, RATE), in_numpy(Voices, POOL, RATE)
    draw = np.random.default_rng(1)
    for _ in range(64):
        start = Start(first=int(draw.integers(8, 5000)), length=9000, loop=4000, step=float(draw.uniform(0.3, 3)))
        for voices in both:
            voices.start(start, 0)
    for _ in range(60):
        ours, theirs = (deed(voices, "render", [SLICE]) for voices in both)
        assert (ours == theirs).all()


@given(
    st.lists(st.tuples(st.integers(1, 300), st.floats(0.001, 8.0)), min_size=3, max_size=20),
    st.integers(0, 2**32),
    st.sampled_from([44_100, 48_000, 96_000]),
)
@settings(max_examples=60, deadline=None)
def test_the_limiter_limits_alike(in_numpy, blocks, seed, rate):
    draw = np.random.default_rng(seed)
    ours, theirs = Limiter(rate, 256), in_numpy(Limiter, rate, 256)
    for frames, loud in blocks:
        sides = (loud * draw.uniform(-1, 1, (frames, 2))).astype(np.float32)
        if draw.random() < 0.1:
            sides[draw.integers(frames)] = draw.choice([np.nan, np.inf, 1e9])
        mine, other = sides.copy().view(np.complex64)[:, 0], sides.copy().view(np.complex64)[:, 0]
        ours.process(mine)
        theirs.process(other)
        assert np.abs(mine - other).max() <= 2e-6
        assert ours.least_gain == pytest.approx(theirs.least_gain, abs=1e-6)
        assert ours.faults == theirs.faults


@given(st.integers(0, 2**32), st.integers(1, 300))
@settings(max_examples=40, deadline=None)
def test_meters_read_alike(in_numpy, seed, frames):
    draw = np.random.default_rng(seed)
    ours, theirs = Meters(), in_numpy(Meters)
    for _ in range(3):
        outputs = draw.uniform(-1.2, 1.2, (2, frames, 2)).astype(np.float32).view(np.complex64)[:, :, 0]
        for meters in (ours, theirs):
            meters.block(outputs, outputs[0], 0.1)
    one, other = ours.snapshot(), theirs.snapshot()
    assert (one.peaks == other.peaks).all()
    assert one.clips == other.clips > 0 or frames < 20


def test_without_a_kernel_numpy_plays():
    told = "from plugin_bridge.audio import kernel; print(kernel.library())"
    out = subprocess.run(
        [sys.executable, "-c", told], env={"ONETAKE_KERNEL": "off"}, capture_output=True, text=True, check=True
    )
    assert out.stdout.strip() == "None"
