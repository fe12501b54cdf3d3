"""Every family: a sound that is a sound, and captions that are English."""

from __future__ import annotations

import re
from collections import Counter

import pytest
import torch

from engine.training.corpus.draws import Draws
from engine.training.corpus.kit import Kit
from engine.training.corpus.params import Params
from engine.training.corpus.registry import FAMILIES

_UNTIDY = re.compile(r"\s{2,}|^[\s,]|[\s,]$|[{}@|/]|,\s*,|\s,|\b(\w+) \1 \1\b|\ba [aeio]\w|\ban [bcdfgjkpqtvwz]\w")


def test_all_families_of_all_groups_are_there():
    assert len(FAMILIES) >= 102
    assert len({f.voice for f in FAMILIES.values()}) == len(FAMILIES)
    assert {f.kind for f in FAMILIES.values()} == {"shot", "loop", "seq"}
    assert all(f.weight > 0 and f.category == f.category.lower() for f in FAMILIES.values())


@pytest.mark.parametrize("name", FAMILIES)
def test_every_sound_is_finite_heard_and_not_clipped(few, name):
    audio = few[name].audio
    assert torch.isfinite(audio).all()
    assert torch.allclose(audio.abs().amax(1), torch.full((8,), 10 ** (-3 / 20)), atol=1e-3)
    assert (audio.square().mean(1).sqrt() > 1e-3).all()
    assert audio.mean(1).abs().max() < 0.01
    assert (audio.abs() > 0.7).float().mean() < 0.1


@pytest.mark.parametrize("name", FAMILIES)
def test_members_of_a_family_differ(few, name):
    clips = few[name]
    assert len({row.sum().item() for row in clips.audio}) == 8
    assert len(set(clips.captions)) > 1
    assert all(fact.keys() == clips.facts[0].keys() for fact in clips.facts)


@pytest.mark.parametrize("name", FAMILIES)
def test_every_caption_is_tidy(name):
    for caption in _captions(name, 80):
        assert caption
        assert not _UNTIDY.search(caption), caption
        assert len(caption) < 120, caption


@pytest.mark.parametrize("name", FAMILIES)
def test_captions_come_in_many_forms_and_short_ones(name):
    captions = _captions(name, 200)
    assert len(set(captions)) >= 40
    assert min(len(c.split()) for c in captions) <= 2
    assert Counter(captions).most_common(1)[0][1] < 50


def _captions(name: str, count: int) -> list[str]:
    """What a voice says, without waiting for what it plays."""
    p = _Said(count)
    with pytest.raises(_Enough):
        FAMILIES[name].voice(p, Kit(1, 64, 0, torch.device("cpu")))
    return p.captions


class _Enough(Exception):
    pass


class _Said(Params):
    """Parameters that stop the voice as soon as it has told all."""

    def __init__(self, count: int) -> None:
        super().__init__(count, 4.0, 11)

    def tell(self, **facts: torch.Tensor) -> None:
        super().tell(**facts)
        raise _Enough


def test_draws_are_what_they_are_called():
    draws = Draws(4000, 1, torch.device("cpu"))
    assert draws.uniform(2, 3).min() >= 2
    octaves = draws.log(100, 400).log2()
    assert octaves.mean() == pytest.approx(6.64 + 1, abs=0.05)
    shares = torch.bincount(draws.pick(1, 2, 1)[:, 0].long()) / 4000
    assert torch.allclose(shares, torch.tensor([0.25, 0.5, 0.25]), atol=0.03)
    assert draws.table(torch.tensor([[1.0], [0.0]]), ((1, 2), (3, 4))).tolist() == [[3, 4], [1, 2]]
