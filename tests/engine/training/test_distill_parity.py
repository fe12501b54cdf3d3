"""Distillation against the reference's own numbers: every loss, gradient, optimiser step and moving average."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from engine.networks.dit import UNUSED_TEACHER_KEYS, DiT, DiTConfig
from engine.soundctm.schedule import training_grid
from engine.training import losses
from engine.training.average import follow
from engine.training.captions import Captions
from engine.training.distill import OFFICIAL, Distillation, Draw
from engine.training.draws import Levels

CASES = ["ctm_losses", "ctm_losses_l2", "ctm_losses_z0"]


class Case:
    """A fixture's batch, its pinned draws, and the networks, which the three fixtures share."""

    def __init__(self, reference, name, **changes):
        self.fixture, weights = reference(name), reference("ctm_losses")
        about = self.fixture.about
        self.config = dataclasses.replace(
            OFFICIAL,
            distance=about["args"]["loss_type"],
            match_point=about["args"]["match_point"],
            denoising_weight=about["denoising_weight"],
            **changes,
        )
        networks = {who: self._network(weights, who) for who in ("teacher", "student", "target")}
        for who in ("teacher", "target"):
            networks[who].requires_grad_(requires_grad=False)
        empty = self._captions([""])
        self.distillation = Distillation(**networks, empty=empty, sigma_data=0.5, config=self.config)
        self.captions = self._captions(about["batch_prompts"])
        raw, mean, std = (self.fixture[f"in/{n}"] for n in ("raw_latent", "z_mean", "z_std"))
        self.sounds = (raw - mean[:, None]) / std[:, None] * 0.5
        self.draw = self._draw(about["num_heun_step"])

    def _network(self, weights, who):
        net = DiT(
            DiTConfig(**{k: v for k, v in weights.about["config"].items() if k in DiTConfig.__annotations__})
        )
        tensors = weights.under(f"{who}/")
        net.load_state_dict({k: v for k, v in tensors.items() if k not in UNUSED_TEACHER_KEYS})
        return net

    def _captions(self, prompts):
        texts = [self.fixture[f"text/{self.fixture.about['prompts'].index(p)}"] for p in prompts]
        tokens = torch.cat(texts)[:, None]
        return Captions(tokens, torch.ones(tokens.shape[:2], dtype=torch.bool))

    def _draw(self, steps):
        t, s = self.fixture["in/t_index"], self.fixture["in/s_index"]
        names = ("omega", "noise", "dsm_sigma", "dsm_noise")
        return Draw(steps, Levels(t, t + steps, s), *(self.fixture[f"in/{n}"] for n in names))

    def losses(self):
        return self.distillation.losses(self.sounds, self.captions, self.draw)


@pytest.fixture(params=CASES)
def case(request, reference):
    return Case(reference, request.param)


def test_the_batch_is_the_references(case, error):
    fixture, grid = case.fixture, training_grid()
    assert error(case.sounds, fixture["out/x_start"]) < 1e-6
    for name, index in (("t", case.draw.levels.t), ("u", case.draw.levels.u), ("s", case.draw.levels.s)):
        assert torch.equal(grid[index], fixture[f"out/{name}"])


def test_the_solver_arrives_where_the_reference_does(case, error):
    x_u = case.distillation.solve(case.fixture["out/x_t"], case.captions, case.draw)
    assert error(x_u, case.fixture["out/x_u_heun"]) < 1e-5


def test_losses_equal_the_reference(case, error):
    found, fixture = case.losses(), case.fixture
    estimated, target = found.arrivals
    assert error(estimated, fixture["out/estimate"]) < 1e-5
    assert error(target, fixture["out/target"]) < 1e-5
    assert error(found.consistency, fixture["out/consistency_loss_per_sample"]) < 1e-5
    assert error(found.consistency.mean(), fixture["out/cons_mean"]) < 1e-5
    assert error(found.denoising.mean(), fixture["out/dsm_mean_before_weight"]) < 1e-5
    assert error(found.balance, fixture["out/adaptive_weight"]) < 1e-4
    weighted = found.denoising * found.balance
    assert error(weighted, fixture["out/denoising_loss_per_sample_after_weight"]) < 1e-4
    assert error(found.total.detach(), fixture["out/total_loss"]) < 1e-4


def test_feature_maps_equal_the_reference(reference, error):
    case = Case(reference, "ctm_losses")
    level = case.fixture["out/s"]
    for whose, name in (("estimate", "est"), ("target", "tgt")):
        maps = case.distillation.features(case.fixture[f"out/{whose}"], level, case.captions)
        for i, found in enumerate(maps):
            assert error(found, case.fixture[f"out/feat_{name}{i}"]) < 1e-5


def test_gradients_optimiser_step_and_average_equal_the_reference(reference, error):
    case = Case(reference, "ctm_losses")
    student, target = case.distillation.student, case.distillation.target
    case.losses().total.backward()
    parameters = dict(student.named_parameters())
    for name, expected in case.fixture.under("grad/").items():
        assert error(parameters[name].grad, expected) < 1e-4, name
    norm = torch.nn.utils.clip_grad_norm_(student.parameters(), case.config.clip)
    assert error(norm, case.fixture["out/grad_norm_total"]) < 1e-4
    torch.optim.RAdam(student.parameters(), lr=case.config.rate).step()
    follow(target, student, case.config.ema)
    averages = dict(target.named_parameters())
    for name, expected in case.fixture.under("out/param_after_radam/").items():
        assert error(parameters[name].detach(), expected) < 1e-5, name
    for name, expected in case.fixture.under("out/target_after_ema0.999/").items():
        assert error(averages[name], expected) < 1e-5, name


def test_without_the_quirks_the_features_are_others(reference):
    quirky, sane = (Case(reference, "ctm_losses", official_quirks=q).losses() for q in (True, False))
    assert (quirky.consistency / sane.consistency - 1).abs().min() > 1.0


def test_plain_distances_are_what_their_names_say():
    a, b = torch.zeros(2, 3, 4), torch.full((2, 3, 4), 2.0)
    assert torch.allclose(losses.plain_distance(a, b, "l2"), torch.full((2,), 4.0))
    assert torch.allclose(losses.plain_distance(a, b, "l1"), torch.full((2,), 2.0))
    huber = losses.plain_distance(a, b, "pseudo_huber")
    assert torch.allclose(huber, torch.full((2,), 48**0.5), rtol=1e-3)
    with pytest.raises(ValueError, match="no plain distance"):
        losses.plain_distance(a, b, "feature_space")
