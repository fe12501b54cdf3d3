"""A block without news, made without the interpreter, is the block that Python makes: to the last bit."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugin_bridge.audio import kernel
from plugin_bridge.audio.mixer import Mixer
from plugin_bridge.audio.plain import MADE, NEWS, SILENCE
from plugin_bridge.audio.protocol import Monitor
from plugin_bridge.audio.voices import AUDITION, Start

RATE = 8_000
POOL = (np.random.default_rng(5).uniform(-0.9, 0.9, (9000, 2)).astype(np.float32)).view(np.complex64)[:, 0]

pytestmark = pytest.mark.skipif(
    shutil.which("cc") is None and kernel.library() is None, reason="no C compiler here"
)

starts = st.builds(
    Start,
    first=st.integers(1, 3000),
    length=st.integers(400, 5000),
    loop=st.sampled_from([0, 0, 300]),
    step=st.sampled_from([1.0, 0.7, 2.1]),
    attack=st.integers(0, 90),
    release=st.integers(0, 90),
    left=st.floats(-2, 2, width=32),
    right=st.floats(-2, 2, width=32),
    bus=st.sampled_from([0, 0, 1, 2, AUDITION]),
)
monitors = st.builds(
    Monitor,
    hear=st.sampled_from(["here", "daw", "both"]),
    level_db=st.sampled_from([0.0, -6.0, 12.0]),
    dim=st.booleans(),
    mute=st.booleans(),
    limiter=st.booleans(),
)
deeds = st.one_of(
    st.tuples(st.just("start"), starts, st.integers(0, 60)),
    st.tuples(st.just("set"), monitors),
    st.tuples(st.just("pairs"), st.integers(1, 4)),
    st.tuples(st.just("stop")),
    st.tuples(st.just("fault"), st.sampled_from([np.nan, np.inf, 1e9])),
    st.tuples(st.just("blocks"), st.integers(1, 400), st.integers(1, 8)),
    st.tuples(st.just("blocks"), st.just(128), st.just(80)),  # longer than the second after which it rests
)


class Pair:
    """A mixer that makes its plain blocks compiled, and one that makes them all in Python."""

    def __init__(self):
        self.pools = POOL.copy(), POOL.copy()
        self.mixers = tuple(Mixer(RATE, pool, 8) for pool in self.pools)
        self.mixers[1].plain = None

    def do(self, name, *values):
        for mixer, pool in zip(self.mixers, self.pools, strict=True):
            if name == "start":
                mixer.say(mixer.voices.start, *values)
            elif name == "set":
                mixer.say(mixer.monitor.set, *values)
            elif name == "pairs":
                mixer.use_pairs(*values)
            elif name == "fault":
                pool[1500] = values[0]
            else:
                mixer.say(mixer.player.stop, "notes")

    def block(self, frames):
        """Both make a block; what they made."""
        return [tuple(np.array(part) for part in (made.outputs, made.monitor)) for made in self._made(frames)]

    def _made(self, frames):
        return [mixer(frames, ()) for mixer in self.mixers]

    def told(self):
        """What each tells of itself, but for its load."""
        return [
            (
                mixer.meters.beat,
                mixer.meters.faults,
                mixer.monitor.faults,
                mixer.monitor.reduction_db,
                int(mixer.player.frame[0]),
                mixer.voices.playing(),
                mixer.meters.snapshot().clips,
            )
            for mixer in self.mixers
        ]


@given(st.lists(deeds, min_size=4, max_size=25))
@settings(max_examples=120, deadline=None)
def test_plain_blocks_are_pythons_blocks(what):
    pair = Pair()
    with np.errstate(all="ignore"):  # what is no number is multiplied before it is found
        for name, *values in what:
            if name != "blocks":
                pair.do(name, *values)
                continue
            for _ in range(values[1]):
                ours, theirs = pair.block(values[0])
                for one, other in zip(ours, theirs, strict=True):
                    np.testing.assert_array_equal(one, other)
            ours, theirs = pair.told()
            assert ours == theirs
            ours, theirs = (mixer.heard for mixer in pair.mixers)
            assert ours.written == theirs.written
            np.testing.assert_array_equal(ours.ring, theirs.ring)


@given(st.lists(st.floats(0.01, 3.0), min_size=1, max_size=6))
@settings(max_examples=30, deadline=None)
def test_peaks_are_pythons_peaks(levels):
    pair = Pair()
    for level in levels:
        pair.do("start", Start(first=10, length=4000, left=level, right=level / 2), 0)
        for _ in range(3):
            pair.block(128)
        ours, theirs = (mixer.meters.snapshot() for mixer in pair.mixers)
        assert (ours.peaks == theirs.peaks).all()
        assert ours.clips == theirs.clips
        assert 0 < ours.load[2] < 1


def test_news_is_pythons_and_silence_is_told():
    mixer = Mixer(RATE, POOL, 8)
    assert mixer.plain(128) == MADE
    mixer.say(mixer.player.stop, "notes")
    beat = mixer.meters.beat
    assert mixer.plain(128) == NEWS
    assert mixer.meters.beat == beat
    mixer(128, ())
    assert mixer.heard_all()
    made = [mixer.plain(128) for _ in range(RATE // 128 + 2)]
    assert made[0] == MADE
    assert made[-1] == SILENCE
    mixer.say(mixer.voices.start, Start(first=10, length=4000), 0)
    assert np.any(mixer(128, ()).outputs)
    assert mixer.plain(128) == MADE


def test_a_block_too_large_is_left_alone():
    mixer = Mixer(RATE, POOL, 8)
    assert mixer.plain(8193) == NEWS
