"""Models with the official models' parts render like any other: of tiny size, with random weights, end to end."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers

from engine import cost
from engine.errors import BadWeights, EngineError
from engine.local import Ask, Engine, plan
from engine.models import cards
from engine.models.cards import ModelCard, described
from engine.models.checkpoint import Header, pack
from engine.models.decoding import Mel, ToneNoise, Wave, decoder_of
from engine.networks.audioldm import AudioLDM, AudioLDMConfig
from engine.networks.dit import DiT, DiTConfig
from engine.networks.gaussian_dac import GaussianDAC, GaussianDACConfig
from engine.networks.hifigan import HiFiGANConfig
from engine.networks.unet import UNet, UNetConfig
from engine.pipeline import render
from engine.protocol import Draft, Progress, Ready, Refine
from engine.scheduler import Order, Scheduler
from engine.soundctm.denoiser import jump
from engine.text.clap import Clap, ClapConfig
from engine.text.flan_t5 import FlanT5, FlanT5Config
from engine.worker import Worker
from presets.schema import with_steps

_WORDS = ["<s>", "<pad>", "</s>", "<unk>", "boom", "bell", "rain"]

DIT = DiTConfig(io_channels=4, embed_dim=64, depth=2, num_heads=2, cond_token_dim=64)
DAC = GaussianDACConfig(encoder_dim=4, encoder_rates=(4, 8), latent_dim=4, decoder_dim=16, decoder_rates=(8, 4))
CLAP = ClapConfig(False, 16, 64, 2, 2, 64, len(_WORDS), 80)
UNET = UNetConfig(block_out_channels=(32, 64), attention_heads=(1, 0), middle_heads=1, cross_attention_dim=32)
LDM = AudioLDMConfig(
    ch=32,
    ch_mult=(1, 1, 1),
    num_res_blocks=1,
    vocoder=HiFiGANConfig(
        upsample_initial_channel=32, resblock_kernel_sizes=(3,), resblock_dilation_sizes=((1, 3, 5),)
    ),
)
T5 = FlanT5Config(d_model=32, d_kv=8, d_ff=32, num_layers=2, num_heads=2, vocab_size=len(_WORDS), tokens=64)
KINDS = {
    "wave": (("dit", DiT, DIT), ("gaussian-dac", GaussianDAC, DAC), ("clap", Clap, CLAP)),
    "mel": (("unet", UNet, UNET), ("audioldm", AudioLDM, LDM), ("flan-t5", FlanT5, T5)),
}
SHAPES = {"wave": (44100, 32, 4, 64, 1400), "mel": (16_000, 640, 128, 8, 40)}


def model_folder(folder: Path, name: str, kinds: str) -> Path:
    """A model's folder among the user's own."""
    place = folder / name
    place.mkdir(parents=True)
    for part, (kind, network, config) in zip(("network", "codec", "text"), KINDS[kinds], strict=True):
        torch.manual_seed(4)
        made = network(config)
        tensors = {
            n: t + 0.05 * torch.randn_like(t) if t.is_floating_point() else t for n, t in made.state_dict().items()
        }
        pack(place / f"{part}.safetensors", tensors, Header(kind, asdict(config), "CC0-1.0", "random"))
    tokenizer = Tokenizer(models.WordLevel({word: n for n, word in enumerate(_WORDS)}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.save(str(place / "tokenizer.json"))
    rate, hop, channels, shortest, longest = SHAPES[kinds]
    files = [described(part, place / f"{part}.safetensors") for part in ("network", "codec", "text")]
    files.append(described("tokenizer", place / "tokenizer.json"))
    card = ModelCard(
        name, "A tiny one", place, tuple(files), "CC0-1.0", "nothing",
        rate, 1, hop, channels, shortest, longest, 2, 77, 3.0, (1.0, 6.0),
    )  # fmt: skip
    cards.write(card)
    return place


@pytest.fixture
def own(tmp_path, monkeypatch):
    """Where the user's own models lie."""
    monkeypatch.setenv("ONETAKE_STATE", str(tmp_path))
    from engine.places import models_folder

    return models_folder()


@pytest.mark.parametrize("kinds", KINDS)
def test_a_model_of_official_parts_renders_and_refines_its_own_draft(own, kinds):
    model_folder(own, "tiny", kinds)
    engine = Engine("tiny", "cpu")
    assert isinstance(engine.model.decoder, {"wave": Wave, "mel": Mel}[kinds])
    (recipe,) = plan(Ask("boom", length=0.5, model="tiny", seed=3))
    draft, again, refined = (engine.make(r) for r in (recipe, recipe, with_steps(recipe, 4)))
    assert draft.version.checksum == again.version.checksum != refined.version.checksum
    assert draft.sound.rate == engine.card.rate
    assert draft.sound.frames == recipe.frames * engine.card.hop
    assert refined.version.edit == draft.version.edit
    assert refined.version.identity is not None


@pytest.mark.parametrize("kinds", KINDS)
def test_the_pipeline_is_the_method_called_by_hand(own, kinds):
    """One jump from sigma 80 to 0.002 of the network, decoded: nothing is lost between."""
    model_folder(own, "tiny", kinds)
    model = Engine("tiny", "cpu").model
    (recipe,) = plan(Ask("bell", length=0.4, model="tiny", seed=5))
    from engine import seeds
    from engine.soundctm.schedule import SIGMA_MAX, SIGMA_MIN

    with torch.inference_mode():
        noise = torch.from_numpy(seeds.initial(5, model.card.latent_channels, recipe.frames, 0, 0.0))
        text = model.text("bell")
        context = model.network.context(text.tokens, text.mask)

        def network(x, t, s, omega):
            return model.network(x, t, context, s, omega, lambda: None)

        t, s = torch.tensor([SIGMA_MAX]), torch.tensor([SIGMA_MIN])
        latent = jump(
            network, model.decoder.latent(noise) * SIGMA_MAX, t, s, torch.tensor([3.0]), model.sigma_data
        )
        sound = model.codec.decode(latent)[0, :, : recipe.frames * model.card.hop]
    assert np.abs(render(model, recipe).sound.samples - sound.numpy()).max() < 1e-6


def test_the_mel_models_noise_is_frame_after_frame():
    """So that a longer take begins with the shorter one's noise, as everywhere."""
    decoder = Mel(AudioLDM(LDM))
    noise = torch.arange(128 * 6, dtype=torch.float32).reshape(128, 6)
    whole = decoder.latent(noise)
    assert whole.shape == (1, 8, 6, 16)
    assert torch.equal(whole[:, :, :4], decoder.latent(noise[:, :4]))
    assert whole[0, 2, 5, 3] == noise[2 * 16 + 3, 5]


def test_parts_that_do_not_belong_together_are_refused(own):
    place = model_folder(own, "tiny", "wave")
    other = model_folder(own, "other", "mel")
    for part in ("network", "codec", "text"):
        mixed = place.with_name(f"mixed-{part}")
        mixed.mkdir()
        for file in place.iterdir():
            (mixed / file.name).write_bytes(file.read_bytes())
        (mixed / f"{part}.safetensors").write_bytes((other / f"{part}.safetensors").read_bytes())
        card = cards.read(place)
        files = tuple(described(file.part, mixed / file.name) for file in card.files)
        from dataclasses import replace

        cards.write(replace(card, id=mixed.name, folder=mixed, files=files))
        with pytest.raises(BadWeights, match="do not fit each other"):
            _ = Engine(mixed.name, "cpu").model


def test_only_models_of_the_starters_kind_can_be_taught(own, engine):
    model_folder(own, "tiny", "wave")
    with pytest.raises(EngineError, match="starter's kind"):
        Engine("tiny", "cpu").model.of_the_starter()
    assert isinstance(decoder_of(engine.model.codec), ToneNoise)


@pytest.mark.parametrize("kinds", KINDS)
def test_what_a_slow_model_takes_is_counted_from_its_networks(own, monkeypatch, kinds):
    """Twice the length costs twice the decoding; a small network is not worth counting."""
    model_folder(own, "tiny", kinds)
    engine = Engine("tiny", "cpu")
    assert engine.estimate(plan(Ask("boom", length=0.5, model="tiny"))[0]).of(8) == 0.0
    monkeypatch.setattr("engine.local._LARGE", 0)
    short, long = (
        engine.estimate(msgspec.structs.replace(plan(Ask("boom", model="tiny"))[0], frames=frames))
        for frames in (SHAPES[kinds][3], 2 * SHAPES[kinds][3])
    )
    assert 0 < short.a_step < long.a_step
    assert long.decoding == pytest.approx(2 * short.decoding, rel=0.05)
    assert short.of(1) == short.a_step + short.decoding
    assert short.of(4) == pytest.approx(5 * short.a_step + 2 * short.decoding)
    with pytest.raises(EngineError):
        engine.estimate(msgspec.structs.replace(plan(Ask("boom", model="tiny"))[0], frames=10**9))


def test_the_decoders_operations_are_those_of_its_convolutions(own):
    """Counted by hand while it decodes: two operations for each weight that a moment of a layer's output meets."""
    model_folder(own, "tiny", "wave")
    engine, frames = Engine("tiny", "cpu"), 24
    counted = 0

    def add(layer, given, out):
        nonlocal counted
        moments = given[0].shape[-1] if isinstance(layer, torch.nn.ConvTranspose1d) else out.shape[-1]
        counted += 2 * moments * layer.weight.numel()

    codec = engine.model.codec
    layers = [m for m in codec.modules() if isinstance(m, torch.nn.Conv1d | torch.nn.ConvTranspose1d)]
    hooks = [layer.register_forward_hook(add) for layer in layers]
    with torch.inference_mode():
        codec.decode(torch.zeros(1, 4, frames))
    for hook in hooks:
        hook.remove()
    assert cost.decoding_operations(engine.card.path("codec"), frames) == counted > 0


def test_whoever_asks_a_slow_model_hears_how_long_it_takes_before_it_begins(own, monkeypatch, tmp_path):
    model_folder(own, "tiny", "wave")
    monkeypatch.setattr("engine.local._LARGE", 0)
    monkeypatch.setattr("engine.worker.WORTH_TELLING", 0.0)
    (recipe,) = plan(Ask("boom", length=0.5, model="tiny", seed=3))
    scheduler, told = Scheduler(), []
    scheduler.add(Order("me", Draft(ticket="draft", slot="1", recipe=recipe)))
    scheduler.add(Order("me", Refine(ticket="refine", recipe=with_steps(recipe, 2))))

    def tell(owner, event):
        told.append(event)
        if isinstance(event, Ready) and event.ticket == "refine":
            scheduler.close()

    Worker(scheduler, tell, lambda _: tmp_path, "cpu").run()
    seconds = [event.seconds for event in told if isinstance(event, Progress) and not event.done]
    assert [type(event).__name__ for event in told] == [
        "Progress",
        "Ready",
        "Progress",
        "Progress",
        "Progress",
        "Ready",
    ]
    assert 0 < seconds[0] < seconds[1]
