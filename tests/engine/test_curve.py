"""A recipe with an intensity curve: the sound of the recipe without one, under the curve, in every version."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
import torch

from engine import seeds
from engine.errors import EngineError
from engine.local import Ask, plan
from engine.plan import RENDERER
from presets.errors import InvalidRequest
from presets.intensity import read
from presets.intensity_gains import followed, gains
from presets.schema import Prompt, canonical, lineage_id, with_steps

DOOR, RAIN = "huge metal door slam in a cathedral", "rain ambience"
SWELL = read("0:-30,0.5:0,1:-12")


def recipe(text, points=SWELL, **wishes):
    return plan(Ask(text, seed=31, intensity=points, **wishes))[0]


@pytest.mark.parametrize("steps", [1, 4])
@pytest.mark.parametrize("text", [DOOR, RAIN])
def test_the_native_sound_is_that_without_a_curve_under_it(engine, text, steps):
    plain = engine.make(recipe(text, (), steps=steps))
    drawn = engine.make(recipe(text, steps=steps))
    assert np.array_equal(drawn.sound.samples, followed(plain.sound.samples, SWELL))
    assert np.array_equal(drawn.draft.samples, followed(plain.draft.samples, SWELL))
    again = engine.make(recipe(text, steps=steps))
    assert again.version == drawn.version


def test_without_a_curve_recipes_and_renderer_are_what_they_were(engine):
    """A recipe of before curves were followed, as its bytes: the same id, and still rendered."""
    one = recipe(DOOR, ())
    assert RENDERER == 1
    assert b'"prompt":{"intensity":[],"length":null,"loop":false,"reference":"","text":"' in canonical(one)
    assert one.prompt == Prompt(text=DOOR)
    assert lineage_id(one) == lineage_id(plan(Ask(DOOR, seed=31))[0]) != lineage_id(recipe(DOOR))
    steps = []
    engine.make(one, on_step=steps.append)

    def white(samples):
        return torch.from_numpy(seeds.white(one.decode_seed, 0, samples)).to(engine.model.device)

    with torch.inference_mode():
        bare = engine.model.decoder.sound(steps[0].estimate, white, lambda: None).cpu().numpy()
    assert engine.preview(one, steps[0]).samples.tobytes() == bare.tobytes()


@pytest.mark.parametrize("text", [DOOR, "fast whoosh", RAIN])
def test_refining_keeps_curve_cut_level_and_identity(engine, text):
    draft = engine.make(recipe(text))
    refined = engine.make(with_steps(draft.version.recipe, 8))
    assert refined.version.recipe.prompt.intensity == SWELL
    assert refined.version.edit == draft.version.edit
    assert refined.heard.frames == draft.heard.frames
    assert abs(20 * np.log10(refined.heard.rms / draft.heard.rms)) < 0.1
    plain = engine.make(recipe(text, (), steps=8))
    assert refined.version.identity > 0.9 * plain.version.identity


def test_previews_follow_the_curve(engine):
    heard, plain = [], []
    for points, into in ((SWELL, heard), ((), plain)):
        one = recipe(RAIN, points, steps=3)
        engine.make(one, on_step=lambda step, one=one, into=into: into.append(engine.preview(one, step)))
    assert len(heard) == len(plain) == 4 - 1
    for under, without in zip(heard, plain, strict=True):
        assert np.array_equal(under.samples, without.samples * gains(SWELL, without.frames))


def test_the_auto_cut_ends_where_the_curve_lets_nothing_be_heard(engine):
    plain = engine.make(recipe(RAIN, ())).version.edit
    faded = engine.make(recipe(RAIN, read("0.3:0,0.4:-72"))).version.edit
    raised = engine.make(recipe(RAIN, read("0:0,1:6"))).version.edit
    assert faded.length < 0.6 * plain.length
    assert raised.length == pytest.approx(plain.length, abs=0.05)
    exact = engine.make(recipe(RAIN, read("0.3:0,0.4:-72"), length=1.5))
    assert exact.version.edit.length == 1.5
    assert exact.heard.seconds == pytest.approx(1.5, abs=1e-4)


def test_a_quiet_beginning_moves_the_onset_of_a_hit_to_where_it_is_heard(engine):
    plain = engine.make(recipe("small glass bell", ())).version.edit
    late = engine.make(recipe("small glass bell", read("0.2:-72,0.22:0"))).version.edit
    assert late.start + late.onset > plain.start + plain.onset + 0.1
    assert late.onset < 0.05


@pytest.mark.parametrize("points", [((0.5, 0.0), (0.2, 0.0)), ((0.0, 13.0),), ((0.0, -73.0),)])
def test_a_recipe_with_a_wrong_curve_is_refused_wherever_it_comes_from(engine, points):
    with pytest.raises(InvalidRequest, match="intensity curve"):
        recipe(DOOR, points)
    bad = msgspec.structs.replace(recipe(DOOR, ()), prompt=Prompt(text=DOOR, intensity=points))
    with pytest.raises(EngineError, match="intensity curve"):
        engine.make(bad)
