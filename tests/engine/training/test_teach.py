"""Teaching: the base untouched with the adapter off, new sounds learned, provenance told."""

from __future__ import annotations

import copy
import json
from dataclasses import replace

import pytest
import torch

from engine.errors import BadWeights, Cancelled
from engine.models import adapters, cards
from engine.models.load import load
from engine.models.own import PROVENANCE
from engine.networks.dit import DiT
from engine.networks.starter_codec import StarterCodec
from engine.pipeline import render
from engine.plan import RENDERER
from engine.training import lesson as lessons
from engine.training.adapter import Adapter
from engine.training.draws import Dice
from engine.training.lesson import Example, Lesson, Teaching
from engine.training.optimisers import Rates
from engine.training.ship import CODEC, About, pack_codec, ship
from engine.training.sizes import TINY
from engine.training.teach import teach
from presets.errors import InvalidRequest
from presets.schema import Prompt, Recipe

CPU = torch.device("cpu")
ABOUT = About("little", "A little model", "CC0-1.0", "nothing", 32, 64, (1.0, 6.0))


@pytest.fixture(scope="session")
def little(tmp_path_factory):
    """A whole model of tiny size in a folder, with random weights that say something."""
    folder = tmp_path_factory.mktemp("little")
    torch.manual_seed(1)
    network, codec = DiT(TINY.transformer), StarterCodec(TINY.codec)
    with torch.no_grad():
        for p in network.parameters():
            p.add_(0.03 * torch.randn_like(p))
    pack_codec(folder / CODEC, codec, "CC0-1.0", "nothing")
    return ship(folder / "model", network, folder / CODEC, ABOUT)


def recipe(card, frames=32):
    prompt = Prompt(text="a metal scrape")
    return Recipe(
        model=card.id, model_hash=card.model_hash, prompt=prompt, seed=1, frames=frames, steps=2, omega=3.0,
        decode_seed=1, renderer=RENDERER,
    )  # fmt: skip


def drafted(network):
    context = network.context(torch.ones(1, 3, 384), torch.ones(1, 3, dtype=torch.bool))
    x = torch.randn(1, 16, 32, generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        return network(x, torch.ones(1), context, torch.zeros(1), torch.full((1,), 3.0))


def trained(network, seed=3):
    """An adapter that has changed something."""
    adapter = Adapter(network, rank=2, alpha=4.0)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for up in adapter.up.parameters():
            up.add_(0.1 * torch.randn(up.shape, generator=generator))
    return adapter


def test_an_adapter_changes_nothing_until_it_has_learned_and_nothing_when_off():
    network = DiT(TINY.transformer)
    torch.nn.init.normal_(network.postprocess_conv.weight)
    base = drafted(network)
    weights = copy.deepcopy(network.state_dict())
    fresh = Adapter(network, rank=4, alpha=4.0)
    fresh.on()
    assert torch.equal(drafted(network), base)  # B is zero
    fresh.off()
    adapter = trained(network)
    assert torch.equal(drafted(network), base)
    adapter.on()
    assert not torch.equal(drafted(network), base)
    with adapter.without():
        assert torch.equal(drafted(network), base)
    adapter.off()
    assert torch.equal(drafted(network), base)
    assert all(torch.equal(t, weights[n]) for n, t in network.state_dict().items())


def test_a_merged_adapter_is_the_same_network(error):
    network = DiT(TINY.transformer)
    adapter = trained(network)
    adapter.on()
    with_adapter = drafted(network)
    adapter.merge(network)
    assert error(drafted(network), with_adapter) < 1e-5


def test_every_linear_layer_of_the_transformer_is_adapted():
    adapter = Adapter(DiT(TINY.transformer), 2, 2.0)
    names = set(adapter.changes())
    assert len(names) == 2 * 7 + 2
    assert "transformer.layers.1.cross_attn.to_kv" in names
    with pytest.raises(ValueError, match="rank"):
        Adapter(DiT(TINY.transformer), 0, 1.0)


def test_an_adapters_file_fits_its_base_only(tmp_path, error):
    network = DiT(TINY.transformer)
    adapter = trained(network)
    path = tmp_path / "a.safetensors"
    adapter.write(path, "CC0-1.0", "a test")
    merged = copy.deepcopy(network)
    adapters.add(merged, *adapters.read(path), path)
    adapter.on()
    assert error(drafted(merged), drafted(network)) < 1e-2  # packed in 8 bits where it is large
    adapter.off()
    other = DiT(replace(TINY.transformer, depth=1))
    with pytest.raises(BadWeights, match="does not fit"):
        adapters.add(other, *adapters.read(path), path)


@pytest.mark.parametrize("damage", ["other kind", "half", "no rank"])
def test_broken_adapters_are_refused(tmp_path, damage):
    from engine.models.checkpoint import Header, pack

    path = tmp_path / "a.safetensors"
    tensors = {"x:down": torch.zeros(1, 2)} | ({} if damage == "half" else {"x:up": torch.zeros(2, 1)})
    config = {} if damage == "no rank" else {"rank": 1, "alpha": 1.0}
    pack(path, tensors, Header("dit" if damage == "other kind" else "lora", config, "", ""))
    with pytest.raises(BadWeights, match="Teach the model again"):
        adapters.read(path)


@pytest.fixture
def sounds():
    """Three short sounds unlike anything in the corpus."""
    time = torch.arange(30_000) / 44100
    return [
        Example(
            0.3 * torch.sin(2 * torch.pi * f * time) * torch.exp(-6 * time), f"my metal {f}", f"{f}.wav", "0" * 64
        )
        for f in (211, 1733, 3001)
    ]


QUICK = Teaching(rank=4, rates=Rates(3e-3, 2, 0.6), frames=96, replayed=128)


def unlearned(lesson):
    """The denoising loss of the folder's sounds with always the same noise."""
    own, lesson.dice = lesson.dice, Dice(7, CPU)
    lesson.adapter.on()
    shelf = lesson.shelves[0]
    found = sum(
        float(lesson.denoising(shelf, torch.full((len(shelf.sounds),), s)).detach()) for s in (2.0, 20.0, 80.0)
    )
    lesson.dice = own
    return found


def test_teaching_learns_the_folder_and_keeps_the_rest(little, sounds):
    model = load(little, CPU)
    before = {n: t.clone() for n, t in model.network.state_dict().items()}
    lesson = Lesson(model, sounds, QUICK, seed=1)
    first = unlearned(lesson)
    losses = [lesson.step(i, i / 20) for i in range(20)]
    assert unlearned(lesson) < 0.95 * first
    lesson.close()
    assert all(step["replay"] < 1.0 for step in losses)
    assert all(torch.equal(t, before[n]) for n, t in model.network.state_dict().items())


def test_a_taught_model_is_a_model_with_its_provenance(little, sounds, tmp_path):
    told = []
    card = teach(
        sounds, little, "My metal", tmp_path / "mine", 5.0, "mine alone", told.append, steps=3, teaching=QUICK
    )
    assert [p.step for p in told] == [1, 2, 3]
    assert told[-1].share == 1.0
    assert cards.read(tmp_path / "mine") == card
    assert card.id == "mine"
    assert "mine alone" in card.licence
    about = json.loads((tmp_path / "mine" / PROVENANCE).read_text())
    assert about["base_hash"] == little.model_hash
    assert about["files"][0] == {"name": "211.wav", "sha256": "0" * 64, "captions": ["my metal 211"]}
    assert (about["count"], about["steps"], about["licence"]) == (3, 3, "mine alone")
    base, taught = (render(load(c, CPU), recipe(c)).sound for c in (little, card))
    assert base.checksum() != taught.checksum()
    again = render(load(little, CPU), recipe(little)).sound
    assert again.checksum() == base.checksum()
    with pytest.raises(InvalidRequest, match="taught already"):
        teach(sounds, card, "Twice", tmp_path / "twice", 1.0, "mine")


def test_cancelled_teaching_writes_nothing(little, sounds, tmp_path):
    with pytest.raises(Cancelled):
        teach(sounds, little, "x", tmp_path / "mine", 5.0, "mine", cancel=lambda: True, teaching=QUICK)
    assert not (tmp_path / "mine").exists()


@pytest.mark.parametrize(
    ("change", "words"),
    [({"sounds": []}, "nothing to learn"), ({"name": " "}, "name"), ({"minutes": 0.0}, "takes time")],
)
def test_wrong_wishes_are_refused_at_once(little, sounds, tmp_path, change, words):
    wishes = {"sounds": sounds, "base": little, "name": "x", "out": tmp_path, "minutes": 1.0, "licence": "mine"}
    with pytest.raises(InvalidRequest, match=words):
        teach(**{**wishes, **change})


def test_sounds_lie_on_the_shortest_shelf_that_holds_them(little):
    card = replace(little, shortest_frames=32, longest_frames=256)
    lengths = [lessons._frames(card, seconds * 1024) for seconds in (1, 32, 33, 46, 200, 10_000)]
    assert lengths == [32, 32, 46, 46, 256, 256]
