"""The 16 kHz U-Net against the reference: student, teacher, features; its official key names at full size."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from engine.networks.unet import UNet, UNetConfig, sinusoids
from engine.soundctm.denoiser import log_level, omega_embedding

CASES = ["h13w7", "h16w8"]
TINY = UNetConfig(
    in_channels=4,
    out_channels=4,
    block_out_channels=(32, 64),
    attention_heads=(2, 0),
    middle_heads=4,
    layers_per_block=1,
    cross_attention_dim=32,
    norm_num_groups=8,
)


@pytest.fixture(scope="module")
def tiny(reference):
    return reference("ctm_unet_tiny")


@pytest.fixture(scope="module")
def student(tiny):
    net = UNet(TINY)
    net.load_state_dict(tiny.under("student/"))
    return net


@pytest.fixture(scope="module")
def teacher(tiny):
    net = UNet(UNetConfig(**{**TINY.__dict__, "jumps": False}))
    weights = {n: t for n, t in tiny.under("student/").items() if n not in tiny.about["missing_in_teacher"]}
    net.load_state_dict(weights)
    return net


def inputs(tiny, net, case):
    return tiny[f"io/{case}/x"], net.context(tiny[f"io/{case}/cond"], tiny[f"io/{case}/mask"])


def test_the_tiny_network_is_the_one_that_the_reference_describes(tiny):
    about = tiny.about["config"]
    assert list(TINY.block_out_channels) == about["block_out_channels"]
    assert (TINY.attention_heads[0], TINY.middle_heads) == tuple(about["attention_head_dim"])
    assert (TINY.norm_eps, TINY.norm_num_groups) == (about["norm_eps"], about["norm_num_groups"])


@pytest.mark.parametrize("case", CASES)
def test_embeddings_equal_the_reference_to_the_last_bit(tiny, case):
    assert torch.equal(sinusoids(tiny["io/t"], 32), tiny[f"io/{case}/time_proj"])
    assert torch.equal(omega_embedding(tiny["io/omega"], 128), tiny["io/omega_emb"])
    assert torch.equal(log_level(tiny["io/sigma_t"]), tiny["io/t"])
    assert torch.equal(log_level(tiny["io/sigma_s"]), tiny["io/s"])


@pytest.mark.parametrize("case", CASES)
def test_student_equals_the_reference(tiny, student, error, case):
    x, context = inputs(tiny, student, case)
    out = student(x, tiny["io/t"], context, tiny["io/s"], tiny["io/omega"])
    assert error(out, tiny[f"io/{case}/student_out"]) < 1e-5
    out = student(x, tiny["io/t"], context)
    assert error(out, tiny[f"io/{case}/student_out_no_s_no_omega"]) < 1e-5


@pytest.mark.parametrize("case", CASES)
def test_teacher_and_its_features_equal_the_reference(tiny, teacher, error, case):
    x, context = inputs(tiny, teacher, case)
    assert error(teacher(x, tiny["io/t"], context), tiny[f"io/{case}/teacher_out"]) < 1e-5
    maps = teacher.features(x, tiny["io/t"], context)
    assert len(maps) == 5
    for i, found in enumerate(maps):
        assert error(found, tiny[f"io/{case}/feat_full{i}"]) < 1e-5


def test_one_token_is_a_constant_and_equals_attention(tiny, student, error):
    x, cond = tiny["io/h16w8/x"], tiny["io/h16w8/cond"][:, :1]
    one = torch.ones(3, 1, dtype=torch.bool)
    short = student.context(cond, one)
    assert all(text.constant is not None for text in short)
    twice = student.context(cond.repeat(1, 2, 1), torch.cat([one, ~one], 1))
    levels = tiny["io/t"], tiny["io/s"], tiny["io/omega"]
    a, b = (student(x, levels[0], context, *levels[1:]) for context in (short, twice))
    assert error(a, b) < 1e-6


def test_masked_tokens_are_not_read(tiny, student):
    x, cond = tiny["io/h16w8/x"], tiny["io/h16w8/cond"]
    mask = torch.ones(cond.shape[:2], dtype=torch.bool)
    mask[:, 2:] = False
    other = cond.clone()
    other[:, 2:] += 1.0
    outs = [
        student(x, tiny["io/t"], student.context(c, mask), tiny["io/s"], tiny["io/omega"]) for c in (cond, other)
    ]
    assert torch.equal(*outs)


def test_it_breathes_before_every_residual_block(tiny, student):
    x, context = inputs(tiny, student, "h16w8")
    breaths = []
    student(x, tiny["io/t"], context, tiny["io/s"], tiny["io/omega"], lambda: breaths.append(1))
    assert len(breaths) == 2 + 2 + 4


def test_the_official_student_has_these_keys_and_shapes():
    keys = json.loads((Path(__file__).parents[2] / "fixtures" / "keys_official.json").read_text())["unet16k"]
    expected = {n.removeprefix("ctm_unet."): shape for n, shape in keys.items() if n.startswith("ctm_unet.")}
    with torch.device("meta"):
        net = UNet(UNetConfig())
    assert {name: list(t.shape) for name, t in net.state_dict().items()} == expected
    assert sum(p.numel() for p in net.parameters()) == 867_984_328
