"""What chance decides is distributed as the reference's own draws are."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.stats import ks_2samp

from engine.training import draws
from engine.training.draws import Dice, NoiseLevels

CPU = torch.device("cpu")
UNLIKELY = 1e-4


@pytest.fixture(scope="module")
def fixture(reference):
    return reference("ctm_sampling_dist")


def alike(found, expected):
    """Chi-square over the values of two samples of integers."""
    values = np.union1d(found, expected)
    a, b = ((np.asarray(x)[:, None] == values).sum(0) for x in (found, expected))
    x, y = a * np.sqrt(b.sum() / a.sum()), b * np.sqrt(a.sum() / b.sum())
    from scipy.stats import chi2

    return chi2.sf(((x - y) ** 2 / (a + b)).sum(), max(1, len(values) - 1)) > UNLIKELY


def test_weighted_solver_steps_are_the_references(fixture):
    found = np.array([draws.heun_steps(i, 5031, 40, "weighted") for i in range(8000)])
    assert (found.min() >= 1) and (found.max() <= 39)
    assert alike(found, fixture["heun_steps"].numpy())


def test_mostly_short_solver_steps():
    found = np.array([draws.heun_steps(i, 1, 18, "mostly_short") for i in range(4000)])
    assert set(found) == set(range(1, 18))
    assert 0.62 < (found <= 3).mean() < 0.68
    assert {draws.heun_steps(i, 1, 4, "mostly_short") for i in range(100)} == {1, 2, 3}


def test_solver_steps_depend_on_seed_and_step_alone():
    assert [draws.heun_steps(i, 3, 40, "weighted") for i in range(5)] == [
        draws.heun_steps(i, 3, 40, "weighted") for i in range(5)
    ]


@pytest.mark.parametrize("steps", [1, 20, 39])
def test_jump_levels_are_the_references(fixture, steps):
    found = draws.jump_levels(Dice(1, CPU), 5000, steps, 40)
    assert torch.equal(found.u, found.t + steps)
    assert bool((found.s >= found.u).all())
    assert alike(found.t.numpy(), fixture[f"t_index_h{steps}"].numpy())
    assert alike(found.s.numpy(), fixture[f"s_index_h{steps}"].numpy())


def test_a_share_of_jumps_leads_to_the_end():
    found = draws.jump_levels(Dice(1, CPU), 5000, 1, 18, to_end_share=0.5)
    assert 0.5 < float((found.s == 17).float().mean()) < 0.65


def test_denoising_levels_are_the_references(fixture):
    found, expected = draws.denoising_levels(Dice(1, CPU), 4001), fixture["dsm_sigma_bs4001"]
    for part in (slice(0, 2000), slice(2000, None)):
        assert ks_2samp(found[part].numpy(), expected[part].numpy()).pvalue > UNLIKELY
    assert float(found[2000:].min()) > 0.31


def test_teacher_levels_reach_high_noise():
    found = draws.teacher_levels(Dice(1, CPU), 20_000, NoiseLevels())
    assert float(found.min()) >= 0.002 and float(found.max()) <= 80.0
    assert 0.2 < float((found > 8).float().mean()) < 0.35


def test_dice_go_on_where_they_stood():
    dice = Dice(1, CPU)
    dice.normal(3)
    state = dice.state()
    first = dice.normal(5)
    other = Dice(2, CPU)
    other.restore(state)
    assert torch.equal(first, other.normal(5))
