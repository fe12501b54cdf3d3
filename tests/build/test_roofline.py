"""The roofline counts what is there: the operations and bytes of products of known size."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "build"))
try:
    import bench_official
finally:
    sys.path.pop(0)

CPU = torch.device("cpu")


def test_traffic_is_what_operations_read_and_write_and_a_view_is_none():
    a, b = torch.ones(3, 5), torch.ones(5, 7)
    with bench_official.Traffic() as traffic:
        (a @ b).T.add_(1.0)
    assert traffic.bytes == 4 * (15 + 35 + 21) + 4 * (21 + 21)


def test_a_part_tells_its_operations_and_stands_over_its_floor(monkeypatch):
    layer = torch.nn.Linear(256, 512, bias=False)
    monkeypatch.setattr(bench_official, "made", lambda *_: layer)
    part = bench_official.Part("layer", "", {}, lambda network, device: network(torch.ones(64, 256)), {}, "one")
    rates, bandwidth = {"float32": 1e15, "bfloat16": 1e15}, 1e15
    found = bench_official._measured(part, CPU, 3, rates, bandwidth)
    assert found["layer_gflop"] == round(2 * 64 * 256 * 512 / 1e9, 2)
    assert found["layer_x_floor"] > 1  # no machine is that fast
    assert found["layer_is"] == "one"
    assert bench_official._measured(part, CPU, 3, rates, 1.0)["layer_bound_by"] == "bytes"


def test_the_parts_are_the_published_ones():
    for part in bench_official.PARTS:
        assert part.kind in bench_official.build.__globals__["KINDS"]
        assert part.short.keys() <= part.config.keys()


@pytest.mark.parametrize("narrow", [False, True])
def test_made_up_weights_are_whole_and_finite(narrow):
    config = {"io_channels": 4, "embed_dim": 256, "depth": 1, "num_heads": 4, "cond_token_dim": 64}
    network = bench_official.made("dit", config, CPU, narrow)
    assert all(torch.isfinite(p).all() for p in network.parameters())
    assert any(p.dtype == torch.bfloat16 for p in network.parameters()) is narrow
