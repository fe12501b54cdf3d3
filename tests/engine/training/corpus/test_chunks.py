"""A chunk depends on its seed and number alone; nobody else's randomness is touched or used."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch

from engine.training.corpus import draws
from engine.training.corpus.chunks import Clips, chunk, family
from engine.training.corpus.family import sub_seed
from engine.training.corpus.filters import RATE
from engine.training.corpus.registry import FAMILIES
from presets.errors import InvalidRequest


def _same(a: Clips, b: Clips) -> bool:
    return torch.equal(a.audio, b.audio) and (a.captions, a.families, a.facts) == (b.captions, b.families, b.facts)


def test_a_chunk_alone_equals_the_chunk_after_others():
    alone = chunk(3, 5, 6, 1.0)
    for k in range(2):
        chunk(3, k, 6, 1.0)
    torch.manual_seed(1)
    random.seed(1)
    assert _same(chunk(3, 5, 6, 1.0), alone)


def test_other_seeds_and_numbers_give_other_clips():
    first = chunk(3, 0, 6, 1.0)
    for other in (chunk(4, 0, 6, 1.0), chunk(3, 1, 6, 1.0)):
        assert other.captions != first.captions
        assert not torch.equal(other.audio, first.audio)


def test_global_generators_are_neither_read_nor_moved():
    state = torch.random.get_rng_state(), random.getstate(), np.random.get_state()[1].tolist()
    chunk(9, 2, 8, 1.0)
    assert torch.equal(torch.random.get_rng_state(), state[0])
    assert random.getstate() == state[1]
    assert np.random.get_state()[1].tolist() == state[2]


def test_sounds_hardly_depend_on_the_number_of_threads():
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        one = chunk(3, 5, 6, 1.0)
    finally:
        torch.set_num_threads(threads)
    assert torch.allclose(chunk(3, 5, 6, 1.0).audio, one.audio, atol=1e-4)


def test_a_chunk_is_what_it_says():
    clips = chunk(1, 0, 40, 1.0, compose=0.5)
    assert clips.audio.shape == (40, RATE)
    assert clips.audio.dtype == torch.float32
    assert len(clips.captions) == len(clips.families) == len(clips.facts) == 40
    names = [name.replace(">", "+").split("+") for name in clips.families]
    assert all(part in FAMILIES for parts in names for part in parts)
    assert {len(parts) for parts in names} == {1, 2}
    for parts, facts in zip(names, clips.facts, strict=True):
        assert (len(parts) == 2) == any(name.startswith("second.") for name in facts)
        assert {"reverb", "level", "medium", "cut"} <= set(facts)
    peaks = 20 * clips.audio.abs().amax(1).log10()
    assert torch.allclose(peaks, torch.tensor([f["level"] for f in clips.facts]), atol=0.05)


def test_the_length_asked_for_is_the_length_made():
    for seconds in (0.25, 0.7, 6.0):
        assert chunk(1, 0, 2, seconds).audio.shape == (2, round(seconds * RATE))


@pytest.mark.parametrize("wrong", [{"count": 0}, {"seconds": 0.1}])
def test_nothing_to_make_is_said(wrong):
    with pytest.raises(InvalidRequest, match="at least one clip"):
        chunk(1, 0, **wrong)


def test_an_unknown_family_is_told_with_the_known_ones():
    with pytest.raises(InvalidRequest, match="whoosh"):
        family("whoo", 1)


def test_sub_seeds_have_nothing_to_do_with_one_another():
    seeds = {sub_seed(a, b) for a in range(30) for b in range(30)}
    assert len(seeds) == 900
    assert max(seeds) < 2**62


@pytest.mark.parametrize("name", FAMILIES)
def test_no_voice_mixes_devices_or_waits_for_one(monkeypatch, name):
    """On the device without storage, mixing devices and asking for a number are errors, as they cost on a GPU."""
    monkeypatch.setattr(
        draws, "seeded", lambda seed, device: None if device.type == "meta" else _seeded(seed, device)
    )
    made = FAMILIES[name].make(2, RATE // 2, 1, torch.device("meta"))
    assert made.audio.shape == (2, RATE // 2)
    assert made.audio.device.type == "meta"
    assert all(made.captions)


_seeded = draws.seeded
