"""What is special of each stage: text that is heard, widths that are refused, the codec's losses."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from engine.networks.dit import DiT, DiTConfig
from engine.networks.starter_codec import pack
from engine.networks.tone_noise import analyse
from engine.text.minilm import MiniLMText
from engine.training import hardware, loop
from engine.training.average import average_of, follow, rate_at
from engine.training.captions import Captions, encode
from engine.training.codec import map_losses
from engine.training.distill import OFFICIAL, DistillConfig
from engine.training.draws import Dice
from engine.training.hearing import SIGMAS, figures, listen, worry
from engine.training.journal import Reports
from engine.training.loop import Budget
from engine.training.optimisers import muon_and_adamw
from engine.training.sizes import SIZES, find
from engine.training.teacher import new_network
from presets.errors import InvalidRequest

CPU = torch.device("cpu")


def test_a_width_that_switches_the_text_off_is_refused_in_a_sentence():
    with pytest.raises(InvalidRequest, match="cannot read texts"):
        new_network(DiTConfig(embed_dim=256, num_heads=4, cond_token_dim=384), 1, CPU)


def test_new_networks_follow_from_the_seed_and_leave_the_global_generator_alone():
    config = find("tiny", None, fast=False).transformer
    before = torch.random.get_rng_state()
    a, b, c = (new_network(config, seed, CPU).state_dict() for seed in (1, 1, 2))
    assert torch.equal(torch.random.get_rng_state(), before)
    assert all(torch.equal(a[n], b[n]) for n in a)
    assert not all(torch.equal(a[n], c[n]) for n in a)


def test_hearing_tells_a_network_that_listens_from_one_that_does_not():
    kinds = torch.randn(4, 8, 4, generator=torch.Generator().manual_seed(1))
    sounds = kinds.repeat(2, 1, 1)
    captions = Captions(kinds.flatten(1).repeat(2, 1)[:, None], torch.ones(8, 1, dtype=torch.bool))
    empty = Captions(torch.zeros(1, 1, 32), torch.ones(1, 1, dtype=torch.bool))

    def listening(x, t, read):
        return read.tokens[:, 0].reshape(-1, 8, 4)

    def deaf(x, t, read):
        return torch.zeros_like(x)

    for heard in listen(listening, sounds, captions, empty, Dice(1, CPU)):
        assert heard.right == 0.0 < heard.none < heard.shuffled
        assert heard.gain == 1.0
    found = listen(deaf, sounds, captions, empty, Dice(1, CPU))
    assert [h.gain for h in found] == [0.0] * len(SIGMAS)
    told = figures(found)
    assert told["sigma 80, gain"] == 0.0
    assert worry(500, told) == ""
    assert "may not be heard" in worry(5000, told)
    assert worry(5000, {}) == worry(5000, {"sigma 20, gain": 0.3}) == ""


def test_a_teacher_learns_its_words(stages, tmp_path):
    stage = stages.make("teacher")
    training = loop.start(stage, 1, stages.hardware)
    outcome = loop.run(stage, training, Budget(steps=90), tmp_path, Reports([]), stages.hardware)
    assert outcome.figures["sigma 80, gain"] > 0.1
    assert outcome.figures["sigma 80, right"] < outcome.figures["sigma 80, none"]


def test_captions_are_forgotten_doubled_and_padded(engine):
    text = engine.model.text
    assert isinstance(text, MiniLMText)
    batch = encode(text, ["a dog", "", "a huge metal door slam in a cathedral"])
    assert batch.tokens.shape == (3, 32, 384)
    assert batch.mask.sum(1).tolist() == [4, 2, 10]
    for row, prompt in enumerate(["a dog", ""]):
        alone = text(prompt).tokens[0]
        assert torch.allclose(batch.tokens[row, : len(alone)], alone, atol=1e-5)
    empty = batch.rows(torch.tensor([1]))
    gone = batch.without(torch.tensor([True, False, False]), empty)
    assert torch.equal(gone.tokens[0], empty.tokens[0])
    assert torch.equal(gone.tokens[2], batch.tokens[2])
    assert len(batch.doubled(empty)) == 6


def test_map_losses_vanish_for_what_is_right_and_hear_tones():
    sound = torch.sin(torch.arange(16 * 1024) * 0.05)[None] * 0.5
    features = pack(analyse(sound))
    right = features.clone()
    right[:, 768:1536] *= 30  # tonality as logits, far to their side
    wrong = right.clone()
    wrong[:, :768] -= 0.25
    good, bad = map_losses(features, right), map_losses(features, wrong)
    assert float(good.power) == 0.0 == float(good.bands)
    assert float(bad.power) > 0.05
    assert float(bad.bands) == 0.0


def test_the_codecs_statistics_are_those_of_its_latents(stages):
    stage = stages.make("codec")
    codec = stage.finish(Dice(1, CPU), 256)
    features = stage.pool.draw(Dice(2, CPU), 0, 512)["features"].float()
    mean, _ = codec.encoder(features).chunk(2, dim=1)
    normal = (mean - codec.latent_mean[:, None]) / codec.latent_std[:, None]
    assert float(normal.mean()) == pytest.approx(0.0, abs=0.1)
    assert float(normal.std()) == pytest.approx(1.0, abs=0.1)
    assert float(stage.average.latent_mean.abs().sum()) == 0.0  # what is trained is left alone


def test_muon_moves_the_layers_matrices_and_adamw_the_rest():
    network = DiT(find("tiny", None, fast=False).transformer)
    muon, adamw = muon_and_adamw(network, 1e-3, fused=False)
    shapes = [p.ndim for group in muon.param_groups for p in group["params"]]
    assert set(shapes) == {2}
    assert len(shapes) == 2 * 7  # qkv, out, q, kv, out, two of the feed-forward
    count = sum(p.numel() for o in (muon, adamw) for g in o.param_groups for p in g["params"])
    assert count == sum(p.numel() for p in network.parameters())


def test_an_average_follows_and_forgets_its_beginning():
    network = torch.nn.Linear(2, 2)
    average = average_of(network)
    with torch.no_grad():
        network.weight += 1.0
    follow(average, network, 0.75)
    assert torch.allclose(average.weight, network.weight - 0.75)
    assert not average.weight.requires_grad
    assert rate_at(0, 0.999) == pytest.approx(0.1)
    assert rate_at(0, 0.999, grows=False) == rate_at(10**6, 0.999) == 0.999


def test_the_shipped_size_keeps_its_promises():
    size = SIZES["starter"]
    with torch.device("meta"):
        network = DiT(size.transformer)
    assert sum(p.numel() for p in network.parameters()) <= 25e6
    seconds = [length * 1024 / 44100 for length in size.pool.lengths]
    assert seconds[0] < 0.75
    assert seconds[-1] > 5.9
    for row in SIZES.values():
        assert row.codec.latent_channels == row.transformer.io_channels
        assert all(length % row.transformer.patch_size == 0 for length in row.pool.lengths)
        assert sum(row.shares) == pytest.approx(1.0)


def test_sizes_are_found_and_paced():
    assert find("starter", None, fast=True).pool.steps_per_chunk == 0
    assert find("starter", None, fast=False).pool.steps_per_chunk > 0
    assert find("tiny", 2, fast=False).pool.workers == 2
    for wrong in ("huge", ""):
        with pytest.raises(InvalidRequest, match="starter, small, tiny"):
            find(wrong, None, fast=False)
    with pytest.raises(InvalidRequest, match="workers"):
        find("tiny", -1, fast=False)


def test_the_official_settings_are_the_references():
    assert OFFICIAL.grid == 40
    assert OFFICIAL.official_quirks
    assert (OFFICIAL.rate, OFFICIAL.clip, OFFICIAL.ema, OFFICIAL.forget) == (8e-5, 1000.0, 0.999, 0.1)
    assert (OFFICIAL.omega, OFFICIAL.denoising_weight, OFFICIAL.plain_weight) == ((1.0, 10.0), 0.2, 0.0)
    assert not DistillConfig().official_quirks


@pytest.mark.filterwarnings("ignore")  # torch's compiler hides its own, which are errors here
def test_layers_can_be_compiled_whole_and_compute_the_same():
    """On the CPU without generating code: that each layer is one graph is what CUDA needs."""
    network = DiT(find("tiny", None, fast=False).transformer)
    x, t = torch.randn(2, 16, 8), torch.zeros(2)
    context = network.context(torch.randn(2, 3, 384), torch.ones(2, 3, dtype=torch.bool))
    plain = network(x, t, context)
    for layer in network.transformer.layers:
        layer.compile(dynamic=False, fullgraph=True, backend="eager")
    assert torch.allclose(network(x, t, context), plain, atol=1e-6)


@pytest.mark.long
@pytest.mark.filterwarnings("ignore")
def test_a_step_of_distillation_runs_compiled(stages):
    """The compiler's own code, which refuses to give gradients of one graph twice unless it is told."""
    stage = stages.make("distill")
    plain = stage.losses(Dice(1, CPU), 0).total
    for network in (stage.distillation.teacher, stage.network, stage.average):
        hardware.compile_layers(network.transformer.layers)
    compiled = stage.losses(Dice(1, CPU), 0).total
    compiled.backward()
    assert float(compiled.detach()) == pytest.approx(float(plain.detach()), rel=1e-3)


def test_bf16_runs_through_student_and_teacher(stages):
    """What autocast does on CUDA, on the CPU's bf16."""
    stage = stages.make("distill")
    bf16 = dataclasses.replace(hardware.Hardware(CPU, "bf16"))
    object.__setattr__(bf16, "autocast", lambda: torch.autocast("cpu", torch.bfloat16))
    stage.hardware = bf16
    found = stage.losses(Dice(1, CPU), 0)
    found.total.backward()
    assert torch.isfinite(found.total)
    stages.make("teacher").losses(Dice(1, CPU), 0).total.backward()


def test_several_processes_need_accelerate(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setattr(hardware, "optional", lambda name: None)
    with pytest.raises(InvalidRequest, match="accelerate"):
        hardware.find("cpu")


def test_one_process_needs_nothing():
    found = hardware.find("cpu")
    assert (found.rank, found.world, found.leads, found.fast) == (0, 1, True, False)
    assert found.mean(0.5) == 0.5
    assert found.agree(True)
    found.average_gradients([])
