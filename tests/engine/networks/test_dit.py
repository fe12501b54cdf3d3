"""The transformer against the reference: student, teacher, features; and its official key names at full size."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from engine.networks.dit import DiT, DiTConfig
from engine.soundctm.denoiser import log_level, omega_embedding

CASES = ["tok1_len13", "tok1_len32", "tok4_len13", "tok4_len32"]


def network(fixture, whose):
    net = DiT(DiTConfig(**fixture.about["config"]))
    net.load_state_dict(fixture.under(f"{whose}/"))
    return net


def inputs(fixture, case):
    return [fixture[f"io/{case}/{name}"] for name in ("x", "cond", "mask")]


@pytest.fixture(scope="module", params=["a", "b", "c"])
def tiny(request, reference):
    return reference(f"ctm_dit_tiny_{request.param}")


@pytest.fixture(scope="module")
def tiny_c(reference):
    return reference("ctm_dit_tiny_c")


def test_embeddings_equal_the_reference_to_the_last_bit(tiny):
    width = tiny.about["config"]["embed_dim"]
    assert torch.equal(omega_embedding(tiny["io/omega"], width), tiny["io/omega_emb"])
    assert torch.equal(log_level(tiny["io/sigma_t"]), tiny["io/t"])
    assert torch.equal(log_level(tiny["io/sigma_s"]), tiny["io/s"])


@pytest.mark.parametrize("case", CASES)
def test_student_equals_the_reference(tiny, error, case):
    net = network(tiny, "student")
    x, cond, mask = inputs(tiny, case)
    out = net(x, tiny["io/t"], net.context(cond, mask), tiny["io/s"], tiny["io/omega"])
    assert error(out, tiny[f"io/{case}/student_out"]) < 1e-5


@pytest.mark.parametrize("case", CASES)
def test_student_layers_equal_the_reference(tiny_c, error, case):
    net = network(tiny_c, "student")
    x, cond, mask = inputs(tiny_c, case)
    maps = net.features(x, tiny_c["io/t"], net.context(cond, mask), tiny_c["io/s"], tiny_c["io/omega"])
    for i, found in enumerate(maps):
        assert error(found, tiny_c[f"io/{case}/student_hidden{i}"]) < 1e-5


@pytest.mark.parametrize("case", CASES)
def test_teacher_equals_the_reference_quirk_included(tiny_c, error, case):
    net = network(tiny_c, "teacher")
    x, cond, mask = inputs(tiny_c, case)
    context = net.context(cond, mask)
    assert error(net(x, tiny_c["io/t"], context), tiny_c[f"io/{case}/teacher_out"]) < 1e-5
    for quirk, name in ((False, "teacher_hidden_seq"), (True, "teacher_feat")):
        maps = net.features(x, tiny_c["io/t"], context, official_quirks=quirk)
        for i, found in enumerate(maps):
            assert error(found, tiny_c[f"io/{case}/{name}{i}"]) < 1e-5


def test_one_token_is_a_constant_per_layer_and_equals_attention(tiny_c, error):
    """The shortcut for one token against the general path: the same token twice, the second one masked."""
    net = network(tiny_c, "student")
    x, cond, mask = inputs(tiny_c, "tok1_len13")
    short = net.context(cond, mask)
    assert all(layer.constant is not None for layer in short)
    twice = net.context(cond.repeat(1, 2, 1), torch.cat([mask, torch.zeros_like(mask)], 1))
    levels = tiny_c["io/t"], tiny_c["io/s"], tiny_c["io/omega"]
    a, b = (net(x, levels[0], context, *levels[1:]) for context in (short, twice))
    assert error(a, b) < 1e-6


def test_masked_tokens_are_not_read(tiny_c):
    net = network(tiny_c, "student")
    x, cond, mask = inputs(tiny_c, "tok4_len13")
    mask = mask.clone()
    mask[:, 2:] = False
    other = cond.clone()
    other[:, 2:] += 1.0
    outs = [
        net(x, tiny_c["io/t"], net.context(c, mask), tiny_c["io/s"], tiny_c["io/omega"]) for c in (cond, other)
    ]
    assert torch.equal(*outs)


def test_the_official_1b_student_has_these_keys_and_shapes():
    official = json.loads((Path(__file__).parents[2] / "fixtures" / "keys_dit_v2.json").read_text())
    with torch.device("meta"):
        net = DiT(DiTConfig(**official["config"]))
    expected = {**official["top"]}
    for i in range(official["config"]["depth"]):
        expected |= {f"transformer.layers.{i}.{name}": shape for name, shape in official["layer"].items()}
    assert {name: list(t.shape) for name, t in net.state_dict().items()} == expected
    assert sum(p.numel() for p in net.parameters()) == official["parameters"]


def test_patches_hold_neighbouring_frames():
    config = DiTConfig(io_channels=4, embed_dim=64, depth=2, num_heads=2, cond_token_dim=32, patch_size=2)
    net = DiT(config)
    x = torch.randn(2, 4, 12, generator=torch.Generator().manual_seed(1))
    context = net.context(torch.zeros(2, 1, 32), torch.ones(2, 1, dtype=torch.bool))
    assert net(x, torch.zeros(2), context, torch.zeros(2), torch.ones(2)).shape == x.shape
    assert net.features(x, torch.zeros(2), context)[0].shape == (2, 7, 64)


def test_a_width_that_switches_the_text_off_is_refused():
    with pytest.raises(ValueError, match="heads"):
        DiT(DiTConfig(embed_dim=256, num_heads=4, cond_token_dim=384))
    with pytest.raises(ValueError, match="heads"):
        DiT(DiTConfig(embed_dim=384, num_heads=6, cond_token_dim=32))
