"""The user's own models: found by their folder's name, told when broken, and never trusted."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace

import pytest
import torch

from engine.errors import BadWeights, UnknownModel
from engine.models import adapters, cards, own
from engine.models.adapters import LowRank
from engine.models.catalog import STARTER, find
from engine.models.load import load
from engine.places import models_folder, places

CPU = torch.device("cpu")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder of models."""
    place = tmp_path / "models"
    place.mkdir()
    monkeypatch.setenv("ONETAKE_MODELS", str(place))
    return place


@pytest.fixture
def metal(folder, little_model):
    """A model in it that was taught, as far as one can see without its weights."""
    shutil.copytree(little_model, folder / "my-metal", copy_function=os.link)
    return folder / "my-metal"


def rewrite(path, **changes):
    """A card that says something else, in a file of its own."""
    about = json.loads(path.read_bytes()) | changes
    path.unlink()
    path.write_text(json.dumps(about))


@pytest.mark.parametrize(
    ("name", "id_"),
    [
        ("My metal", "my-metal"),
        ("  4/4 Kicks!! ", "4-4-kicks"),
        ("../../etc/passwd", "etc-passwd"),
        ("Größe", "größe"),
        ("CON", "con-"),
        ("", "sound"),
        ("x" * 300, "x" * 40),
    ],
)
def test_a_name_becomes_a_folder_that_every_system_can_hold(name, id_):
    assert own.id_for(name) == own.id_for(id_) == id_


def test_models_lie_beside_the_state_unless_they_are_moved(monkeypatch, tmp_path):
    monkeypatch.setenv("ONETAKE_STATE", str(tmp_path / "state"))
    assert models_folder() == places().folder / "models"
    assert not models_folder().exists()
    assert own.listed() == ([], [])
    monkeypatch.setenv("ONETAKE_MODELS", str(tmp_path / "shared"))
    assert models_folder() == tmp_path / "shared"


def test_a_folder_is_a_model_of_its_name_and_has_its_own_hash(metal, little_model):
    card = find("my-metal")
    assert (card.id, card.folder) == ("my-metal", metal)
    assert card.model_hash == cards.read(little_model).model_hash
    assert own.listed() == ([card], [])
    assert load(card, CPU).card is card


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../my-metal", "my-metal/", "My-Metal", "/etc", "a\0b", "x" * 9999]
)
def test_no_path_is_made_of_what_a_file_says(metal, name):
    with pytest.raises(UnknownModel, match="There is: starter, my-metal"):
        find(name)


def test_what_is_broken_is_told_and_stops_nothing_else(metal, folder, little_model):
    (folder / "empty").mkdir()
    (folder / "a file").write_text("not a folder")
    (folder / ".onetake-unfinished-1").mkdir()
    for name in ("My Metal", "cut", "starter"):
        shutil.copytree(little_model, folder / name)
    (folder / "cut/transformer.safetensors").write_bytes(b"half")
    good, broken = own.listed({"starter"})
    assert [card.id for card in good] == ["my-metal"]
    told = {one.folder.name: one.trouble for one in broken}
    assert set(told) == {"My Metal", "cut", "empty", "starter"}
    assert "Rename it to my-metal" in told["My Metal"]
    assert "not whole" in told["cut"]
    assert "no such file" in told["empty"]
    assert find("starter") is STARTER
    for name in ("cut", "empty", "My Metal"):
        with pytest.raises(BadWeights):
            find(name)


def test_a_folder_of_models_that_is_none_is_told(folder, monkeypatch):
    monkeypatch.setenv("ONETAKE_MODELS", str(folder / "file"))
    (folder / "file").write_text("in the way")
    good, broken = own.listed()
    assert not good
    assert "cannot be read" in broken[0].trouble
    assert find("starter") is STARTER
    with pytest.raises(UnknownModel):
        find("my-metal")


@pytest.mark.parametrize(
    "contents",
    [
        b"",
        b"[]",
        b"7",
        b'"card"',
        b"{",
        b"\xff\xfe",
        b"[" * 50_000,
        b"{}",
        b'{"format":"onetake-model","version":2}',
    ],
)
def test_a_card_that_is_none_is_refused(metal, contents):
    (metal / "card.json").unlink()
    (metal / "card.json").write_bytes(contents)
    with pytest.raises(BadWeights):
        find("my-metal")


def test_a_card_without_end_is_not_read(metal):
    (metal / "card.json").unlink()
    (metal / "card.json").write_bytes(b" " * (1 << 17))
    with pytest.raises(BadWeights, match="larger than"):
        find("my-metal")


@pytest.mark.skipif(os.name != "posix", reason="makes a pipe")
def test_a_pipe_in_place_of_a_file_is_not_waited_for(metal):
    (metal / "codec.safetensors").unlink()
    os.mkfifo(metal / "codec.safetensors")
    with pytest.raises(BadWeights, match="not whole"):
        find("my-metal")
    (metal / "card.json").unlink()
    os.mkfifo(metal / "card.json")
    with pytest.raises(BadWeights, match="no such file"):
        find("my-metal")


@pytest.mark.parametrize(
    "changes",
    [
        {"rate": 0},
        {"hop": 0},
        {"frame_step": 0},
        {"frame_step": -2},
        {"shortest_frames": 0},
        {"shortest_frames": 65},
        {"longest_frames": 10**9},
        {"longest_frames": 10**400},
        {"latent_channels": -1},
        {"channels": 10**9},
        {"tokens": 0},
        {"omega": float("nan")},
        {"omega": float("inf")},
        {"omega_range": [6.0, 1.0]},
        {"omega_range": [float("-inf"), float("inf")]},
        {"title": "\x1b]0;mine\x07"},
        {"licence": "two\nlines"},
        {"training_data": "x" * 3000},
        {"id": None},
        {"files": []},
        {"surprise": 1, "format": "other"},
    ],
)
def test_a_card_that_says_what_cannot_be_is_refused(metal, changes):
    rewrite(metal / "card.json", **changes)
    with pytest.raises(BadWeights):
        find("my-metal")


@pytest.mark.parametrize(
    "name", ["..", ".", "", "/etc/passwd", "../little/card.json", "a\\b", "C:x", "a\0b", ".hidden", "x" * 200]
)
def test_a_card_names_nothing_outside_its_folder(metal, name):
    files = json.loads((metal / "card.json").read_bytes())["files"]
    rewrite(metal / "card.json", files=[files[0] | {"name": name}, *files[1:]])
    with pytest.raises(BadWeights, match="outside its folder"):
        find("my-metal")


def test_a_card_names_every_part_once(metal):
    files = json.loads((metal / "card.json").read_bytes())["files"]
    for wrong in ([*files, files[0]], [*files, files[0] | {"part": "adapter"}], files[1:]):
        rewrite(metal / "card.json", files=wrong)
        with pytest.raises(BadWeights):
            find("my-metal")


def test_weights_that_were_altered_or_do_not_fit_are_refused_when_they_are_loaded(metal):
    card = find("my-metal")
    for wrong in (replace(card, latent_channels=8), replace(card, frame_step=1), replace(card, hop=512)):
        with pytest.raises(BadWeights, match="do not fit each other"):
            load(wrong, CPU)
    data = bytearray((metal / "tokenizer.json").read_bytes())
    data[:1] = b"["
    (metal / "tokenizer.json").unlink()
    (metal / "tokenizer.json").write_bytes(data)
    with pytest.raises(BadWeights, match="truncated or altered"):
        load(card, CPU)
    described = cards.described("tokenizer", metal / "tokenizer.json")
    told = replace(card, files=tuple(described if f.part == "tokenizer" else f for f in card.files))
    with pytest.raises(BadWeights, match="no tokenizer"):
        load(told, CPU)


@pytest.mark.parametrize("rank", [0, float("nan"), 1e-320, 10**400, "two"])
def test_an_adapter_with_a_wrong_scale_is_refused(tmp_path, rank):
    change = LowRank(torch.zeros(1, 2), torch.zeros(2, 1))
    adapters.write(tmp_path / "a.safetensors", {"x": change}, rank, 1.0, "", "")
    with pytest.raises(BadWeights, match="Teach the model again"):
        adapters.read(tmp_path / "a.safetensors")


def test_equal_weights_are_equal_bytes(tmp_path):
    changes = {
        "x": LowRank(torch.ones(4, 2000), torch.ones(3, 4)),
        "b": LowRank(torch.ones(1, 2), torch.ones(2, 1)),
    }
    files = [tmp_path / f"{i}.safetensors" for i in range(5)]
    for file in files:
        adapters.write(file, changes, 4, 1.0, "CC0-1.0", "größer")
    assert len({file.read_bytes() for file in files}) == 1
    assert torch.equal(adapters.read(files[0])[0]["x"].up, torch.ones(3, 4))


def test_an_adapter_of_numbers_that_are_none_is_refused(tmp_path):
    change = LowRank(torch.zeros(1, 2), torch.full((2, 1), float("nan")))
    adapters.write(tmp_path / "a.safetensors", {"x": change}, 1, 1.0, "", "")
    with pytest.raises(BadWeights, match="numbers that are none"):
        adapters.read(tmp_path / "a.safetensors")


@pytest.mark.parametrize("contents", [b"", b"[]", b"[" * 50_000, b'{"name": 1}', b"\xff"])
def test_a_provenance_that_cannot_be_read_is_none(metal, contents):
    assert own.provenance(find("my-metal")) is None
    (metal / "provenance.json").write_bytes(contents)
    assert own.provenance(find("my-metal")) is None
