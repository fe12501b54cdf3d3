"""From wishes to recipes: what is promised before anything is rendered, and every wrong wish refused in words."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.models.catalog import MODELS, STARTER, find
from engine.plan import MOST_SOUNDS, Ask, plan
from presets.errors import InvalidRequest
from presets.schema import canonical, lineage_id


@given(length=st.floats(0.3, 2.97), count=st.integers(1, MOST_SOUNDS), seed=st.integers(0, 2**53 - MOST_SOUNDS))
@settings(max_examples=100)
def test_every_wish_in_range_becomes_a_recipe_that_holds_it(length, count, seed):
    recipes = plan(Ask("glass bell", length=length, count=count, seed=seed))
    assert [r.seed for r in recipes] == list(range(seed, seed + count))
    for recipe in recipes:
        assert recipe.frames % STARTER.frame_step == 0
        assert STARTER.shortest_frames <= recipe.frames <= STARTER.longest_frames
        assert recipe.frames * STARTER.hop >= round(length * STARTER.rate)
    assert len({lineage_id(r) for r in recipes}) == count
    assert canonical(recipes[0])


def test_a_variation_alone_has_the_same_recipe_as_in_company():
    family = plan(Ask("glass bell", seed=40, count=8))
    assert plan(Ask("glass bell", seed=43))[0] == family[3]


@pytest.mark.parametrize(
    ("prompt", "seconds"),
    [("ui click", 0.5), ("metal hit", 2.0), ("fast whoosh", 1.5), ("rain ambience", STARTER.longest)],
)
def test_auto_length_follows_the_prompt(prompt, seconds):
    frames = plan(Ask(prompt))[0].frames
    assert frames == STARTER.frames_for(seconds + 0.05)


@pytest.mark.parametrize(
    "wrong",
    [
        {"text": ""},
        {"text": " \n\t "},
        {"length": 0.0},
        {"length": -1.0},
        {"length": math.nan},
        {"length": math.inf},
        {"length": 0.29},
        {"length": 10.0},
        {"steps": 0},
        {"steps": -3},
        {"steps": 1000},
        {"count": 0},
        {"count": 10_000},
        {"model": "stable"},
        {"sampler": "determinisitc"},
        {"omega": 0.5},
        {"omega": 60.0},
        {"omega": math.nan},
        {"nu": -1.0},
        {"nu": math.inf},
        {"gamma": 0.0},
        {"gamma": 1.0},
        {"seed": -1},
        {"seed": 2**53},
    ],
)
def test_wrong_wishes_are_refused_in_a_sentence(wrong):
    with pytest.raises(InvalidRequest) as caught:
        plan(Ask(**{"text": "glass bell", **wrong}))
    assert str(caught.value).endswith((".", '"auto".'))
    assert caught.value.exit_status == 2


@pytest.mark.parametrize("text", ["玻璃門", "стук", "boom 💥", "x" * 10_000, "\udcff broken bytes", "line\nbreak"])
def test_any_text_becomes_a_recipe_that_can_be_stored(text):
    assert canonical(plan(Ask(text))[0])


def test_the_catalog_is_found_by_id():
    assert all(find(card.id) is card for card in MODELS)
    assert STARTER.longest == pytest.approx(2.972, abs=1e-3)
    assert STARTER.latent_rate == pytest.approx(43.07, abs=0.01)
