"""The 16 kHz autoencoder and vocoder against the reference; their official key names at full size."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from engine.networks.audioldm import AudioLDM, AudioLDMConfig
from engine.networks.hifigan import HiFiGANConfig

CASES = ["a", "b"]
TINY = AudioLDMConfig(
    ch=32,
    ch_mult=(1, 2),
    num_res_blocks=1,
    z_channels=4,
    embed_dim=4,
    vocoder=HiFiGANConfig(upsample_initial_channel=32),
)


@pytest.fixture(scope="module")
def tiny(reference):
    return reference("audioldm_vae_hifigan_tiny")


@pytest.fixture(scope="module")
def codec(tiny):
    net = AudioLDM(TINY)
    weights = tiny.under("vae/") | {f"vocoder.{name}": t for name, t in tiny.under("vocoder/").items()}
    net.load_state_dict(weights | {"scale_factor": torch.tensor(tiny.about["scale_factor"])})
    return net


@pytest.mark.parametrize("case", CASES)
def test_decoder_equals_the_reference(tiny, codec, error, case):
    assert error(codec.mel(tiny[f"io/{case}/z"]), tiny[f"io/{case}/mel"]) < 1e-5


@pytest.mark.parametrize("case", CASES)
def test_vocoder_equals_the_reference(tiny, codec, error, case):
    for mel in ("mel", "mel_in"):
        found = codec.vocode(tiny[f"io/{case}/{mel}"])
        assert error(found[:, 0], tiny[f"io/{case}/wav_of_{mel}"]) < 1e-5
        assert found.shape[-1] == 160 * tiny[f"io/{case}/{mel}"].shape[2] + 32


@pytest.mark.parametrize("case", CASES)
def test_latents_to_audio_equals_the_reference(tiny, codec, error, case):
    assert error(codec.decode(tiny[f"io/{case}/z"])[:, 0], tiny[f"io/{case}/wav_of_mel"]) < 1e-5


@pytest.mark.parametrize("case", CASES)
def test_encoder_equals_the_reference(tiny, codec, error, case):
    posterior = codec.posterior(tiny[f"io/{case}/mel_in"])
    assert error(posterior.mean, tiny[f"io/{case}/enc_mean"]) < 1e-5
    assert error(posterior.std, tiny[f"io/{case}/enc_std"]) < 1e-5
    assert error(codec.encode(tiny[f"io/{case}/mel_in"]), tiny[f"io/{case}/latent_mode_scaled"]) < 1e-5


def test_the_official_codec_has_these_keys_and_shapes():
    keys = json.loads((Path(__file__).parents[2] / "fixtures" / "keys_official.json").read_text())["audioldm"]
    with torch.device("meta"):
        net = AudioLDM(AudioLDMConfig())
    expected = {name.removeprefix("first_stage_model."): shape for name, shape in keys.items()}
    assert {name: list(t.shape) for name, t in net.state_dict().items()} == expected
    assert sum(p.numel() for p in net.parameters()) == 55_376_873 + 55_264_897
