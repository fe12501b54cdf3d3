"""bfloat16 inside, float32 outside: close to float32 alone, the same with and without a processor that has it."""

from __future__ import annotations

import pytest
import torch

from engine import cost, precision
from engine.models.checkpoint import Header, pack, unpack
from engine.networks.dit import DiT, DiTConfig
from engine.networks.unet import UNet, UNetConfig

CPU = torch.device("cpu")
CONFIG = DiTConfig(io_channels=8, embed_dim=256, depth=3, num_heads=4, cond_token_dim=64)


@pytest.fixture(scope="module")
def networks(tmp_path_factory):
    """A network as it was stored, in float32 and with its large matrices in bfloat16."""
    torch.manual_seed(8)
    whole = DiT(CONFIG)
    with torch.no_grad():
        for p in whole.parameters():
            p.add_(0.05 * torch.randn_like(p))
    path = tmp_path_factory.mktemp("w") / "w.safetensors"
    pack(path, whole.state_dict(), Header("dit", {}, "CC0-1.0", "random"))
    both = []
    for dtype in (torch.float32, torch.bfloat16):
        tensors, _ = unpack(path, dtype)
        network = DiT(CONFIG).requires_grad_(requires_grad=False)
        network.load_state_dict(tensors, assign=True)
        both.append(network)
    return both


def run(network, how):
    one, mask = torch.ones(1), torch.ones(1, 1, dtype=torch.bool)
    torch.manual_seed(2)
    x, tokens = torch.randn(1, 8, 40), torch.randn(1, 1, 64)
    with torch.inference_mode(), how:
        return network(x, one, network.context(tokens, mask), 0.5 * one, 3 * one).float()


def test_only_large_matrices_are_narrowed(networks):
    state = networks[1].state_dict()
    narrow = {name for name, t in state.items() if t.dtype == torch.bfloat16}
    assert "transformer.layers.0.self_attn.to_qkv.weight" in narrow
    assert "timestep_features.weight" not in narrow  # a level of noise enters as 2 pi t w
    assert not [name for name in narrow if state[name].ndim < 2]
    assert {t.dtype for t in networks[0].state_dict().values()} == {torch.float32}


def test_both_ways_to_multiply_are_close_to_float32(networks):
    """Of the same rounded weights: what differs is what the processor rounds on the way."""
    right = run(networks[0], precision.inside(CPU, "float32"))
    for how in (torch.autocast("cpu", torch.bfloat16), precision.Widened()):
        found = run(networks[1], how)
        assert (found - right).norm() < 0.03 * right.norm()


def test_the_same_call_gives_the_same_bits(networks):
    first, second = (run(networks[1], precision.inside(CPU, "bfloat16")) for _ in range(2))
    assert torch.equal(first, second)


def test_the_cost_of_a_jump_is_that_of_its_products():
    """Two operations a weight of a layer and a frame, and attention on top."""
    network = DiT(CONFIG)
    weights = sum(p.numel() for name, p in network.named_parameters() if "layers" in name and p.ndim == 2)
    counted = cost.operations_of(network, 100)
    assert 0.8 * 2 * weights * 101 < counted < 1.3 * 2 * weights * 101
    small = UNetConfig(block_out_channels=(32, 64), attention_heads=(1, 0), middle_heads=1, cross_attention_dim=32)
    assert cost.operations_of(UNet(small), 16) < cost.operations_of(UNet(small), 32)
    assert cost.speed(CPU, "float32") > 1e8
