"""Checkpoints: whole or former, in small shards, and exactly what was put in."""

from __future__ import annotations

import json

import pytest
import torch

from engine.errors import BadWeights
from engine.training import saves
from presets.errors import NotWritten

STATE = {
    "a": {0: torch.arange(6).reshape(2, 3), "b": [1, 2.5, None, True, "x"]},
    "rng": torch.ones(3, dtype=torch.uint8),
}


def test_a_state_comes_back_as_it_was(tmp_path):
    saves.write(tmp_path, 7, STATE)
    found = saves.read(tmp_path)
    assert torch.equal(found["a"][0], STATE["a"][0])
    assert found["a"]["b"] == STATE["a"]["b"]
    assert found["rng"].dtype == torch.uint8
    assert saves.exists(tmp_path)
    assert not saves.exists(tmp_path / "elsewhere")


def test_optimisers_come_back(tmp_path):
    from engine.training.optimisers import muon_and_adamw, radam

    class Network(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.transformer = torch.nn.Module()
            self.transformer.layers = torch.nn.ModuleList([torch.nn.Linear(8, 8)])
            self.last = torch.nn.Linear(8, 2)

        def forward(self, x):
            return self.last(self.transformer.layers[0](x))

    for make in (lambda n: muon_and_adamw(n, 1e-2, fused=False), lambda n: radam(n, 1e-2)):
        torch.manual_seed(1)
        network = Network()
        optimisers = make(network)
        for _ in range(3):
            network.zero_grad()
            network(torch.ones(4, 8)).square().sum().backward()
            for optimiser in optimisers:
                optimiser.step()
        saves.write(tmp_path, 3, {"o": [o.state_dict() for o in optimisers]})
        again = make(network)
        for optimiser, state in zip(again, saves.read(tmp_path)["o"], strict=True):
            optimiser.load_state_dict(state)
        for a, b in zip(optimisers, again, strict=True):
            left, right = (saves.freeze(o.state_dict()) for o in (a, b))
            assert left[0] == right[0]
            assert all(torch.equal(left[1][n], right[1][n]) for n in left[1])


def test_shards_stay_under_15_mb_and_the_former_ones_go(tmp_path):
    saves.write(tmp_path, 1, {"w": torch.zeros(10_000_000)})
    saves.write(tmp_path, 2, {"w": torch.ones(9_000_000)})
    shards = list(tmp_path.glob("*.shard"))
    assert len(shards) == 3
    assert max(shard.stat().st_size for shard in shards) < 15_000_000
    assert all(shard.name.startswith("step-00000002") for shard in shards)
    assert float(saves.read(tmp_path)["w"].sum()) == 9_000_000


@pytest.mark.parametrize("shards_written", [0, 1, 2])
def test_a_save_that_is_killed_keeps_the_former(tmp_path, monkeypatch, shards_written):
    saves.write(tmp_path, 1, {"w": torch.zeros(8_000_000)})
    real, left = saves.write_atomically, [shards_written]

    def killed(path, data, **how):
        if left[0] == 0:
            raise KeyboardInterrupt
        left[0] -= 1
        real(path, data, **how)

    monkeypatch.setattr(saves, "write_atomically", killed)
    with pytest.raises(KeyboardInterrupt):
        saves.write(tmp_path, 2, {"w": torch.ones(8_000_000)})
    assert float(saves.read(tmp_path)["w"].sum()) == 0.0
    monkeypatch.undo()
    saves.write(tmp_path, 3, {"w": torch.ones(8)})
    assert float(saves.read(tmp_path)["w"].sum()) == 8.0
    assert len(list(tmp_path.iterdir())) == 2


def test_saving_the_same_step_again_keeps_it_whole(tmp_path):
    saves.write(tmp_path, 1, {"w": torch.zeros(8)})
    saves.write(tmp_path, 1, {"w": torch.ones(8)})
    assert float(saves.read(tmp_path)["w"].sum()) == 8.0


def test_what_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises((NotWritten, FileExistsError, NotADirectoryError)):
        saves.write(tmp_path / "file", 1, STATE)
    with pytest.raises(TypeError, match="object"):
        saves.write(tmp_path, 1, {"x": object()})


@pytest.mark.parametrize("damage", ["missing", "truncated", "altered", "no manifest", "other version", "soup"])
def test_broken_checkpoints_are_refused(tmp_path, damage):
    saves.write(tmp_path, 1, STATE)
    manifest, shard = tmp_path / saves.MANIFEST, next(tmp_path.glob("*.shard"))
    data = bytearray(shard.read_bytes())
    if damage == "missing":
        shard.unlink()
    elif damage == "truncated":
        shard.write_bytes(data[:-1])
    elif damage == "altered":
        data[-1] ^= 1
        shard.write_bytes(data)
    elif damage == "no manifest":
        manifest.unlink()
    elif damage == "other version":
        manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"version": 2}))
    else:
        manifest.write_bytes(b"\xff{")
    with pytest.raises(BadWeights):
        saves.read(tmp_path)
