"""What the tests of training share: gradients on, a machine to train on, tiny stages on made-up data."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from engine.training import sizes
from engine.training.captions import Captions
from engine.training.codec import CodecStage
from engine.training.hardware import Hardware
from engine.training.pool import Pool, PoolPlan
from engine.training.student import StudentStage
from engine.training.teacher import TeacherStage, new_network

sys.path.insert(0, str(Path(__file__).parent))  # worker processes are given our path, and find the module there

import training_fakes as fakes

TINY = sizes.TINY
CPU = Hardware(torch.device("cpu"), "a test's CPU")
PLAN = PoolPlan((8, 16), capacity=3, filled=1, workers=0, steps_per_chunk=2)


@pytest.fixture(autouse=True)
def _with_gradients(_no_gradients: None) -> Iterator[None]:
    with torch.enable_grad():
        yield


class Stages:
    """Tiny stages; `taken` is where their data go on."""

    names = ("codec", "teacher", "distill")
    hardware = CPU

    def make(self, name: str, taken: int = 0, workers: int = 0):
        """A stage with fresh weights, always the same ones."""
        return getattr(self, name)(taken, workers)

    def codec(self, taken: int = 0, workers: int = 0) -> CodecStage:
        plan = PoolPlan((16,), capacity=3, filled=1, workers=workers, steps_per_chunk=2)
        pool = Pool(plan, fakes.Features(), CPU.device, taken)
        return CodecStage(TINY.codec, replace(TINY.codec_training, crop=8), pool, CPU, 1)

    def teacher(self, taken: int = 0, workers: int = 0) -> TeacherStage:
        network = new_network(TINY.transformer, 1, CPU.device)
        training = replace(TINY.teacher_training, frames=128)
        return TeacherStage(network, training, self.pool(taken, workers), self.empty, 0.5, CPU)

    def distill(self, taken: int = 0, workers: int = 0) -> StudentStage:
        networks = [new_network(TINY.transformer, 1, CPU.device) for _ in range(2)]
        with torch.no_grad():  # a teacher that says something, without training one
            generator = torch.Generator().manual_seed(5)
            for p, q in zip(*(n.parameters() for n in networks), strict=True):
                q.copy_(p + 0.02 * torch.randn(p.shape, generator=generator))
                p.copy_(q)
        config = replace(TINY.student_training.distill, rate=0.05)  # RAdam begins with a tenth of it and less
        training = replace(TINY.student_training, frames=64, distill=config)
        return StudentStage(*networks, training, self.pool(taken, workers), self.empty, 0.5, CPU, 1)

    def pool(self, taken: int, workers: int) -> Pool:
        return Pool(replace(PLAN, workers=workers), fakes.Latents(), CPU.device, taken)

    @property
    def empty(self) -> Captions:
        mask = torch.tensor([[True, False, False]])
        return Captions(torch.zeros(1, fakes.TOKENS, fakes.WIDTH), mask)


@pytest.fixture
def stages() -> Stages:
    return Stages()
