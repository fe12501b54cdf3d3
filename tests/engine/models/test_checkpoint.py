"""Weight files: packed and read back; refused when broken, altered, newer or somebody else's."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file
from torch import nn

from engine.errors import BadWeights
from engine.models import catalog, checkpoint
from engine.models.catalog import STARTER, ModelCard
from engine.models.checkpoint import Header, fill, pack, unpack, verify
from engine.models.load import load

HEADER = Header("dit", {"depth": 2}, "CC0-1.0", "a test")


@given(rows=st.integers(1, 70), columns=st.integers(1, 100), size=st.floats(1e-6, 1e3))
@settings(deadline=None, max_examples=30)
def test_packing_loses_half_a_step_at_most(tmp_path_factory, rows, columns, size):
    path = tmp_path_factory.mktemp("pack") / "w.safetensors"
    weight = size * torch.randn(rows, columns, generator=torch.Generator().manual_seed(rows))
    pack(path, {"w": weight, "b": weight[:, 0]}, HEADER)
    found, header = unpack(path)
    assert header == HEADER
    assert torch.equal(found["b"], weight[:, 0])
    step = weight.abs().amax(1, keepdim=True) / 127
    assert ((found["w"] - weight).abs() <= 0.5001 * step + 1e-8).all()


def test_packing_what_was_packed_changes_nothing(tmp_path):
    first, second = tmp_path / "a.safetensors", tmp_path / "b.safetensors"
    pack(first, {"w": torch.randn(64, 64, generator=torch.Generator().manual_seed(1))}, HEADER)
    tensors, header = unpack(first)
    pack(second, tensors, header)
    assert torch.allclose(unpack(second)[0]["w"], tensors["w"], rtol=1e-6)


@pytest.fixture
def copied(tmp_path):
    """The starter's card with its files in a folder of our own."""
    folder = tmp_path / "starter"
    shutil.copytree(STARTER.folder, folder)
    return replace(STARTER, folder=folder)


def test_every_file_of_the_catalog_is_the_one_it_says():
    for card in catalog.MODELS:
        for file in card.files:
            path = card.folder / file.name
            assert path.stat().st_size == file.bytes
            verify(path, file.sha256)
        assert card.bytes <= 62_000_000


def test_the_catalog_tells_what_the_weights_say(engine):
    model, card = engine.model, engine.card
    assert model.network.config.io_channels == card.latent_channels == model.codec.config.latent_channels
    assert model.network.config.patch_size == card.frame_step
    assert model.text._network.config.tokens == card.tokens


@pytest.mark.parametrize("name", [file.name for file in STARTER.files])
@pytest.mark.parametrize("damage", ["truncated", "altered", "missing"])
def test_damaged_files_are_refused_by_name(copied, name, damage):
    path = copied.folder / name
    data = bytearray(path.read_bytes())
    if damage == "missing":
        path.unlink()
    else:
        data[len(data) // 2] ^= 1
        path.write_bytes(data if damage == "altered" else data[: len(data) // 2])
    with pytest.raises(BadWeights, match=name):
        load(copied, torch.device("cpu"))


def rewritten(card: ModelCard, change) -> ModelCard:
    """The card after its network file was changed by someone who also changed the checksum."""
    import hashlib

    path = card.path("network")
    tensors, metadata = load_file(path), {}
    from safetensors import safe_open

    with safe_open(path, "pt") as file:
        metadata = file.metadata()
    change(tensors, metadata)
    save_file(tensors, path, metadata=metadata)
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    files = tuple(replace(f, sha256=sha256) if f.part == "network" else f for f in card.files)
    return replace(card, files=files)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t, m: t.pop("transformer.project_in.weight"), "project_in"),
        (lambda t, m: t.pop("transformer.project_in.weight:scale"), "project_in.weight:scale"),
        (lambda t, m: t.update(extra=torch.zeros(1)), "unknown extra"),
        (lambda t, m: t.update({"to_timestep_embed.0.bias": torch.zeros(3)}), "reshaped"),
        (lambda t, m: m.update(version="2"), "version 2"),
        (lambda t, m: m.update(format="other"), "no Onetake weights"),
        (lambda t, m: m.update(kind="tone-noise"), "tone-noise"),
        (lambda t, m: m.update(config='{"depth": "many"}'), "cannot be built"),
        (lambda t, m: m.update(config='{"flavour": 1}'), "cannot be built"),
        (lambda t, m: m.update(config="{"), "cannot be read"),
    ],
)
def test_weights_that_do_not_fit_are_refused_with_the_reason(copied, change, words):
    with pytest.raises(BadWeights, match=words):
        load(rewritten(copied, change), torch.device("cpu"))


def test_any_byte_soup_is_refused(tmp_path):
    path = tmp_path / "w.safetensors"
    for data in (b"", b"\x00" * 7, b"\xff" * 100, b"PK\x03\x04", b"\x80\x02}q\x00."):
        path.write_bytes(data)
        with pytest.raises(BadWeights, match=r"w\.safetensors"):
            unpack(path)


def test_filling_names_what_is_missing():
    from pathlib import Path

    with pytest.raises(BadWeights, match="lacks bias"):
        fill(nn.Linear(2, 2), {"weight": torch.zeros(2, 2)}, Path("x.safetensors"))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_file_is_the_same_in_stretches_of_any_length(tmp_path, monkeypatch, dtype):
    dice = torch.Generator().manual_seed(1)
    shapes = [(300, 300), (7,), (64, 5, 64), (), (2, 2)]
    tensors = {f"t{n}": torch.randn(shape, generator=dice) for n, shape in enumerate(shapes)}
    pack(tmp_path / "w.safetensors", tensors, Header("dit", {}, "CC0-1.0", "here"))
    whole, _ = unpack(tmp_path / "w.safetensors", dtype)
    assert whole.keys() == tensors.keys()
    assert whole["t0"].dtype == dtype
    monkeypatch.setattr(checkpoint, "_STRETCH", 1)
    parts, _ = unpack(tmp_path / "w.safetensors", dtype)
    assert all(torch.equal(parts[name], value) for name, value in whole.items())


def test_a_file_that_is_replaced_between_two_stretches_is_told(tmp_path, monkeypatch):
    path = tmp_path / "w.safetensors"
    pack(path, {"a": torch.ones(9), "b": torch.ones(9)}, Header("dit", {}, "CC0-1.0", "here"))
    monkeypatch.setattr(checkpoint, "_STRETCH", 1)
    read = checkpoint._unpacked

    def replaced(*given):
        found = read(*given)
        pack(path, {"a": torch.zeros(9), "b": torch.zeros(9)}, Header("dit", {}, "CC0-1.0", "elsewhere"))
        return found

    monkeypatch.setattr(checkpoint, "_unpacked", replaced)
    with pytest.raises(BadWeights, match="replaced while it was read"):
        unpack(path)
