"""The 44.1 kHz autoencoder against the reference: 1e-5 for a call, folded weights to the last bit."""

from __future__ import annotations

import pytest
import torch

from engine.networks.gaussian_dac import GaussianDAC, GaussianDACConfig, fold_all

CASES = ["a", "b"]


@pytest.fixture(scope="module")
def tiny(reference):
    return reference("gaussian_dac_tiny")


@pytest.fixture(scope="module")
def codec(tiny):
    about = {name: value for name, value in tiny.about["config"].items() if name != "double_z"}
    net = GaussianDAC(GaussianDACConfig(**about))
    missing, unexpected = net.load_state_dict(fold_all(tiny.under("weights/wn/")), strict=False)
    assert (missing, unexpected) == (["latent_mean", "latent_std"], [])
    return net


def test_folded_weights_equal_the_reference_to_the_last_bit(tiny):
    folded, plain = fold_all(tiny.under("weights/wn/")), tiny.under("weights/plain/")
    assert folded.keys() == plain.keys()
    assert all(torch.equal(folded[name], plain[name]) for name in plain)


@pytest.mark.parametrize("case", CASES)
def test_encoder_equals_the_reference(tiny, codec, error, case):
    posterior = codec.posterior(tiny[f"io/{case}/audio"])
    assert error(codec.encoder(tiny[f"io/{case}/padded"]), tiny[f"io/{case}/encoder_out"]) < 1e-5
    assert error(posterior.mean, tiny[f"io/{case}/mode"]) < 1e-5
    assert error(posterior.logvar, tiny[f"io/{case}/logvar"]) < 1e-5
    assert error(posterior.std, tiny[f"io/{case}/std"]) < 1e-5
    assert error(posterior.sample(tiny[f"io/{case}/eps"]), tiny[f"io/{case}/sample"]) < 1e-5


@pytest.mark.parametrize("case", CASES)
def test_decoder_equals_the_reference(tiny, codec, error, case):
    assert error(codec.decode_raw(tiny[f"io/{case}/z_in"]), tiny[f"io/{case}/decoded"]) < 1e-5
    mean = codec.posterior(tiny[f"io/{case}/audio"]).mean
    assert error(codec.decode_raw(mean), tiny[f"io/{case}/recon_of_mode"]) < 1e-5


def test_normalised_latents_are_decoded_as_the_reference_does(tiny, codec):
    """The reference: 2 z_std latent + z_mean, to the last bit."""
    latent, dice = tiny["io/a/z_in"], torch.Generator().manual_seed(1)
    mean, std = torch.randn(8, generator=dice), torch.rand(8, generator=dice) + 0.5
    other = GaussianDAC(codec.config)
    other.load_state_dict(codec.state_dict() | {"latent_mean": mean, "latent_std": std})
    raw = 2 * std[:, None] * latent + mean[:, None]
    assert torch.equal(other.decode(latent), codec.decode_raw(raw))


def test_encoding_is_normalised(tiny, codec, error):
    audio = tiny["io/a/audio"]
    assert error(codec.encode(audio), tiny["io/a/mode"] * 0.5) < 1e-5


@pytest.mark.parametrize(("samples", "frames"), [(1, 1), (64, 1), (65, 2), (1000, 16)])
def test_lengths_are_whole_frames(codec, samples, frames):
    latent = codec.encode(torch.zeros(1, 1, samples))
    assert latent.shape == (1, 8, frames)
    assert codec.decode(latent).shape == (1, 1, frames * codec.config.hop)


def test_odd_rates_lose_samples_as_in_the_reference():
    net = GaussianDAC(GaussianDACConfig(4, (2, 5), 3, 8, (5, 2)))
    assert net.decode_raw(torch.zeros(1, 3, 20)).shape == (1, 1, 198)
