"""Samplers and the teacher's path with the 16 kHz network and its sigma_data 0.25, against the reference."""

from __future__ import annotations

import pytest
import torch

from engine.networks.unet import UNet, UNetConfig
from engine.soundctm import denoiser, sampler, schedule
from engine.training.solver import guided, heun

NAMES = {"determinisitc": "deterministic"}


@pytest.fixture(scope="module")
def tiny(reference):
    return reference("ctm_unet_tiny")


@pytest.fixture(scope="module")
def net(tiny):
    config = UNetConfig(4, 4, (32, 64), (2, 0), 4, 1, 32, 8)
    network = UNet(config)
    network.load_state_dict(tiny.under("student/"))
    return network


def text(tiny, net, index, rows=1):
    tokens = tiny[f"text/{index}"][None].repeat(rows, 1, 1)
    return net.context(tokens, torch.ones(tokens.shape[:2], dtype=torch.bool))


@pytest.fixture(scope="module")
def jump(tiny, net):
    """G at a case's omega and nu."""
    with torch.no_grad():
        contexts = [text(tiny, net, i) for i in (1, 0)]
    networks = [lambda x, t, s, omega, c=c: net(x, t, c, s, omega) for c in contexts]

    def at(case):
        omega, nu = torch.full((1,), case["omega"]), case["nu"]
        return lambda x, t, s: denoiser.guided_jump(*networks, x, t, s, omega, nu, tiny.about["sigma_data"])

    return at


@pytest.mark.parametrize("index", range(7))
def test_sampler_run_equals_the_reference(tiny, jump, error, index):
    case, x = tiny.about["cases"][index], tiny["samp/x_T"]
    noises = [tiny[f"samp/{index}/noise{i}"] for i in range(case["n_noise"])]
    if case["sampler"] == "onestep":  # from the first level to the last, whatever the steps
        grid = schedule.sampling_grid(case["steps"])
        found = jump(case)(x, grid[:1], grid[-1:])
    else:
        name = NAMES.get(case["sampler"], case["sampler"])
        latents = sampler.sample(name, jump(case), x, case["steps"], noises, case["gamma"] or 0.5)
        found = sampler.run(latents)
    assert error(found, tiny[f"samp/{index}/out"]) < 2e-5


def test_the_teachers_path_equals_the_reference(tiny, net, error):
    conditional, empty = (text(tiny, net, i, rows=2) for i in (1, 0))
    sigma_data = tiny.about["sigma_data"]

    def denoise(x, t):
        halves = zip(x.chunk(2), t.chunk(2), (conditional, empty), strict=True)
        return torch.cat([_denoised(net, *half, sigma_data) for half in halves])

    start = guided(denoise, tiny["heun/omega"])
    found = heun(start, tiny["heun/x"], schedule.training_grid(), tiny["heun/index"], 2)
    assert error(found, tiny["heun/out"]) < 1e-5


def _denoised(net, x, t, context, sigma_data):
    c_in, c_skip, c_out = (denoiser.per_sample(c, x) for c in denoiser.edm_scalings(t, sigma_data))
    return c_out * net(c_in * x, denoiser.log_level(t), context) + c_skip * x
