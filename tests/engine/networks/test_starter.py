"""The starter's weights as they ship, against numbers from the same weights in plain float32."""

from __future__ import annotations

import pytest
import torch

from engine.soundctm import denoiser, sampler


@pytest.fixture(scope="module")
def starter(reference):
    return reference("starter")


def test_text_equals_the_reference(starter, engine, error):
    for i, prompt in enumerate(starter.about["prompts"]):
        text = engine.model.text(prompt)
        count = int(starter["mask"][i].sum())
        assert text.tokens.shape == (1, count, 384)
        assert error(text.tokens[0], starter["hidden"][i, :count]) < 1e-5


@pytest.mark.parametrize("steps", [1, 4])
@pytest.mark.parametrize("index", [0, 1])
def test_latents_equal_the_reference(starter, engine, error, steps, index):
    model = engine.model
    text = model.text(starter.about["prompts"][index])
    context = model.network.context(text.tokens, text.mask)
    omega = starter["omega"][index : index + 1]

    def jump(x, t, s):
        def network(x, t, s, omega):
            return model.network(x, t, context, s, omega)

        return denoiser.jump(network, x, t, s, omega, model.sigma_data)

    latent = sampler.run(sampler.deterministic(jump, starter["x_T"][index : index + 1], steps))
    assert error(latent, starter[f"latent_{steps}"][index : index + 1]) < 1e-5


def test_decoded_maps_equal_the_reference(starter, engine, error):
    maps = engine.model.codec.decode(starter["latent_4"][:1])
    for found, name in zip(maps, ("log_power", "tonality", "log_bands"), strict=True):
        assert error(found, starter[name].float()) < 5e-4  # float16 in the fixture


def test_the_encoder_finds_what_the_decoder_plays(starter, engine):
    """Decoded maps encoded again lead close to the same latent: both halves speak of the same space."""
    codec = engine.model.codec
    latent = starter["latent_4"][:1]
    again = codec.encode(codec.decode(latent))
    assert torch.corrcoef(torch.stack([latent.ravel(), again.ravel()]))[0, 1] > 0.9
