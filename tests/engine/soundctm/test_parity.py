"""Schedules, denoiser and samplers against the reference's own numbers: 1e-5 for a call, 1e-4 for 16 steps."""

from __future__ import annotations

import pytest
import torch

from engine.networks.dit import DiT, DiTConfig
from engine.soundctm import denoiser, sampler, schedule
from presets.schema import SAMPLERS

SIGMA_DATA = 0.5


class Student:
    """The reference's tiny student with its stub texts."""

    def __init__(self, fixture):
        self.fixture = fixture
        self.net = DiT(DiTConfig(**fixture.about["config"]))
        self.net.load_state_dict(fixture.under("student/"))

    def reading(self, prompts):
        """The network with prompts bound to it."""
        index = [self.fixture.about["prompts"].index(p) for p in prompts]
        text = torch.cat([self.fixture[f"text/{i}"] for i in index])[:, None]
        context = self.net.context(text, torch.ones(text.shape[:2], dtype=torch.bool))
        return lambda x, t, s, omega: self.net(x, t, context, s, omega)


@pytest.fixture(scope="module")
def karras(reference):
    return reference("karras_ctm")


@pytest.fixture(scope="module")
def student(karras):
    return Student(karras)


@pytest.mark.parametrize("steps", [1, 2, 4, 16])
def test_sampling_grids_equal_the_reference_to_the_last_bit(karras, steps):
    expected = karras[f"sigmas/steps{steps}"]
    assert torch.equal(schedule.sampling_grid(steps), expected[:-1])  # the reference appends an unused 0


def test_training_grid_equals_the_reference_to_the_last_bit(karras):
    assert torch.equal(schedule.training_grid(), karras["sigmas/train40"])


def test_estimate_and_jump_equal_the_reference(karras, student, error):
    network = student.reading(karras.about["denoise_prompts"])
    x, t, s, omega = (karras[f"denoise/{name}"] for name in ("x_t", "t", "s", "omega"))
    assert error(denoiser.estimate(network, x, t, s, omega, SIGMA_DATA), karras["denoise/g"]) < 1e-5
    assert error(denoiser.jump(network, x, t, s, omega, SIGMA_DATA), karras["denoise/G"]) < 1e-5


@pytest.mark.parametrize("index", range(54))
def test_sampler_run_equals_the_reference(karras, student, error, index):
    case = next(c for c in karras.about["cases"] if c["index"] == index)
    conditional = student.reading(karras.about["prompts"][1:])
    unconditional = student.reading(["", ""])
    omega = torch.full((2,), case["omega"])

    def jump(x, t, s):
        return denoiser.guided_jump(conditional, unconditional, x, t, s, omega, case["nu"], SIGMA_DATA)

    noises = [karras[f"{case['noise']}/{i}"] for i in range(case["n_noise"])]
    assert len(noises) == sampler.noises_needed(case["sampler"], case["steps"])
    latents = sampler.sample(
        case["sampler"], jump, karras["samp/x_T"], case["steps"], noises, case["gamma"] or 0.5
    )
    assert error(sampler.run(latents), karras[f"samp/{index}/out"]) < (1e-4 if case["steps"] == 16 else 1e-5)


def test_every_sampler_of_the_schema_was_compared(karras):
    assert {c["sampler"] for c in karras.about["cases"]} == set(SAMPLERS)


def test_a_jump_to_its_own_level_changes_nothing(karras, student):
    network = student.reading(karras.about["denoise_prompts"])
    x, t, omega = (karras[f"denoise/{name}"] for name in ("x_t", "t", "omega"))
    assert torch.equal(denoiser.jump(network, x, t, t, omega, SIGMA_DATA), x)


def test_with_nu_1_the_unconditional_half_is_not_computed(karras, student):
    def never(x, t, s, omega):
        pytest.fail("computed")

    network = student.reading(karras.about["prompts"][1:])
    level = torch.full((2,), 80.0)
    x, omega = karras["samp/x_T"], torch.full((2,), 3.5)
    out = denoiser.guided_jump(network, never, x, level, level / 2, omega, 1.0, SIGMA_DATA)
    assert torch.equal(out, denoiser.jump(network, x, level, level / 2, omega, SIGMA_DATA))


def test_omega_embedding_has_a_row_for_each_scale():
    assert denoiser.omega_embedding(torch.tensor([3.5, 5.0]), 64).shape == (2, 64)


def test_bad_requests_are_refused():
    x = torch.zeros(1, 2, 4)

    def jump(x, t, s):
        return x

    with pytest.raises(ValueError, match="at least 1 step"):
        sampler.run(sampler.sample("deterministic", jump, x, 0))
    with pytest.raises(ValueError, match="unknown sampler"):
        sampler.sample("determinisitc", jump, x, 1)
    with pytest.raises(ValueError, match="noises"):
        sampler.sample("cm_multistep", jump, x, 4)
    for gamma in (0.0, 1.0):
        with pytest.raises(ValueError, match="gamma"):
            sampler.run(sampler.sample("gamma_multistep", jump, x, 1, [], gamma))
    with pytest.raises(ValueError, match="unconditional"):
        denoiser.guided_jump(lambda x, t, s, o: x, None, x, *([torch.ones(1)] * 3), 1.5, SIGMA_DATA)
