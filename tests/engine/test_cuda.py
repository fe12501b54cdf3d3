"""The engine on an NVIDIA GPU: recorded is plain, repeated is the same, no step waits, memory is bounded.

Written before any of it could be run; what is marked `gpu` is skipped without such a GPU.
"""

from __future__ import annotations

import contextlib

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from engine import cuda, device
from engine.local import Ask, Engine, plan
from engine.precision import inside
from engine.selftest import TOLERANCE_DB, octave_levels
from engine.text.reading import Text
from presets.schema import with_steps

CPU = torch.device("cpu")
PROMPTS = ("huge metal door slam in a cathedral", "rain on a tin roof", "laser zap")


def recipe(prompt=PROMPTS[0], steps=1, **wishes):
    return plan(Ask(prompt, seed=5031, steps=steps, **wishes))[0]


def checksums(engine, recipes):
    return [made.version.checksum for made in engine.render(recipes)]


def prepared(engine, recipes):
    """The engine, with every call of these recipes recorded."""
    list(engine.render(recipes))
    while engine.prepare():
        pass
    return engine


@pytest.fixture(scope="module")
def plain():
    """The starter on CUDA that never records."""
    engine = Engine("starter", "cuda")
    engine.graphs = None
    return engine


@pytest.fixture
def recording():
    """The starter on CUDA as it is served."""
    return Engine("starter", "cuda")


def test_a_text_with_masked_tokens_behind_it_is_the_same_text(engine):
    """On CUDA every text has as many tokens; the network's answer differs by rounding at most."""
    model = engine.model
    text: Text = model.text(PROMPTS[0])
    longer = cuda.padded(text.tokens, text.mask, model.card.tokens - text.tokens.shape[1])
    assert longer[0].shape[1] == longer[1].shape[1] == model.card.tokens
    assert int(longer[1].sum()) == int(text.mask.sum())
    torch.manual_seed(3)
    x, one = torch.randn(1, model.card.latent_channels, 64), torch.ones(1)
    found = [
        model.network(x, one, model.network.context(*words), 0.5 * one, 3 * one, lambda: None)
        for words in ((text.tokens, text.mask), longer)
    ]
    assert (found[0] - found[1]).abs().max() < 1e-5 * found[0].abs().max()


class Watch(TorchDispatchMode):
    """Notes whatever would make the processor wait for a device: numbers read from it, or made for it."""

    WAITS = ("_local_scalar_dense", "lift_fresh", "nonzero", "item")

    def __init__(self):
        super().__init__()
        self.operations, self.waits = 0, []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        name = func._schema.name.partition("::")[2]
        self.operations += 1
        if name in self.WAITS:
            self.waits.append(name)
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize("wishes", [{}, {"nu": 1.5}, {"sampler": "cm_multistep"}, {"sampler": "gamma_multistep"}])
def test_no_step_reads_or_makes_a_number(engine, wishes):
    """The same on the CPU, where such operations cost nothing and would not be noticed."""
    watch, steps = Watch(), recipe(steps=3, length=0.4, **wishes)
    engine.make(steps)

    def look(step):
        if step.done == 1:
            watch.__enter__()
        elif step.done == step.steps:
            watch.__exit__(None, None, None)

    engine.make(steps, on_step=look)
    assert watch.operations > 100
    assert not watch.waits


def test_the_watch_sees_what_would_wait():
    with Watch() as watch:
        float(torch.ones(1))
        torch.tensor([1.0])
        torch.ones(2).nonzero()
    assert len(set(watch.waits)) == 3, watch.waits


def test_without_cuda_everything_is_the_plain_thing():
    values = np.arange(6, dtype=np.float32).reshape(2, 3)
    assert cuda.recorder(CPU) is None
    assert np.array_equal(cuda.down(cuda.up(values, CPU)), values)
    tokens, mask = torch.ones(1, 4, 8), torch.ones(1, 4, dtype=torch.bool)
    assert cuda.even_text(tokens, mask, 32)[0] is tokens
    pace, clock = cuda.Pace(CPU), cuda.Clock(CPU)
    for _ in range(3):
        pace()
        clock.mark()
    assert len(clock.seconds()) == 3
    assert min(clock.seconds()) >= 0.0


@pytest.mark.gpu
def test_the_settings_that_decide_bytes_are_fixed(plain):
    import os

    assert plain.device.torch.type == "cuda"
    assert os.environ["CUBLAS_WORKSPACE_CONFIG"] == device.WORKSPACE
    assert not torch.backends.cudnn.benchmark
    assert torch.are_deterministic_algorithms_enabled()


@pytest.mark.gpu
def test_the_self_test_passes_on_the_gpu(plain):
    test = plain.self_test()
    assert test.passed, test.found


@pytest.mark.gpu
@pytest.mark.parametrize("wishes", [{}, {"nu": 1.5}, {"sampler": "cm_multistep"}])
def test_recorded_and_plain_give_the_same_bytes(plain, recording, wishes):
    recipes = [recipe(prompt, steps, length=1.0, **wishes) for prompt in PROMPTS for steps in (1, 4)]
    before = checksums(plain, recipes)
    assert checksums(prepared(recording, recipes), recipes) == before
    assert len(recording.graphs) == 1  # all texts have as many tokens
    assert checksums(plain, recipes) == before


@pytest.mark.gpu
def test_lengths_in_turn_give_the_same_bytes_while_recordings_come_and_go(plain, recording):
    recipes = [recipe(length=0.4 + 0.2 * n) for n in range(12)]
    before = checksums(plain, recipes)
    for _ in range(2):
        assert checksums(prepared(recording, recipes), recipes) == before
        assert 0 < len(recording.graphs) <= 8


@pytest.mark.gpu
def test_drafts_asked_for_together_are_the_single_ones(plain):
    """They run one after the other on every device; what a batch would give is told by the bench."""
    eight = plan(Ask(PROMPTS[1], seed=1, count=8))
    assert checksums(plain, eight) == [checksums(plain, [one])[0] for one in reversed(eight)][::-1]


@pytest.mark.gpu
@pytest.mark.parametrize("recorded", [False, True])
def test_no_step_waits_for_the_device(plain, recording, recorded):
    """Torch raises on any call that waits for the device, from the end of the first jump to that of the last."""
    steps = recipe(steps=8, length=1.0)
    engine = prepared(recording, [steps]) if recorded else plain
    assert bool(engine.graphs) is recorded
    engine.make(steps)

    def watch(step):
        torch.cuda.set_sync_debug_mode("error" if step.done < step.steps else "default")

    try:
        engine.make(steps, on_step=watch)
    finally:
        torch.cuda.set_sync_debug_mode("default")


@pytest.mark.gpu
@pytest.mark.parametrize("prompt", PROMPTS)
def test_cpu_and_gpu_sound_alike(engine, plain, prompt):
    """Bytes differ between devices; octave levels of a draft by less than the self-test allows."""
    on_cpu, on_gpu = (octave_levels(e.make(recipe(prompt)).sound) for e in (engine, plain))
    loud = max(on_cpu) - 60.0
    assert max(abs(a - b) for a, b in zip(on_cpu, on_gpu, strict=True) if a > loud) < TOLERANCE_DB


@pytest.mark.gpu
def test_the_network_on_both_devices_is_the_same_to_rounding(engine, plain):
    torch.manual_seed(3)
    x, answers = torch.randn(1, engine.card.latent_channels, 96), []
    for one in (engine, plain):
        model = one.model
        text, level = model.text(PROMPTS[0]), torch.ones(1, device=model.device)
        with torch.inference_mode(), inside(model.device, model.card.dtype):
            context = model.network.context(text.tokens, text.mask)
            found = model.network(x.to(model.device), level, context, 0.5 * level, 3 * level, lambda: None)
        answers.append(found.cpu())
    assert (answers[0] - answers[1]).abs().max() < 1e-4 * answers[0].abs().max()


@pytest.mark.gpu
def test_memory_that_runs_out_is_given_back_and_the_sound_still_comes(plain, recording):
    """Allowed no more than is in use with the recordings, torch's own error comes; without them the sound does."""
    lengths = [recipe(length=0.4 + 0.3 * n) for n in range(8)]
    longest = recipe(length=2.9)
    before = checksums(plain, [longest])
    prepared(recording, lengths)
    torch.cuda.empty_cache()
    total = torch.cuda.get_device_properties(0).total_memory
    torch.cuda.set_per_process_memory_fraction((torch.cuda.memory_reserved() + (1 << 20)) / total)
    try:
        # That nothing was given back for it is possible too, where the rest of a block was enough.
        assert checksums(recording, [longest]) == before
        assert len(recording.graphs) in (0, 8)
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)


@pytest.mark.gpu
def test_memory_that_cannot_be_had_is_torchs_own_error_and_the_next_sound_comes(plain):
    before = checksums(plain, [recipe()])
    with contextlib.ExitStack() as end:
        torch.cuda.empty_cache()
        torch.cuda.set_per_process_memory_fraction(1e-6)
        end.callback(torch.cuda.set_per_process_memory_fraction, 1.0)
        with pytest.raises(torch.OutOfMemoryError):
            plain.make(recipe(length=2.9))
    assert checksums(plain, [recipe()]) == before


@pytest.mark.gpu
def test_peak_memory_of_a_refinement_is_a_drafts(plain):
    """Steps reuse what the step before left."""
    peaks = []
    for steps in (1, 64):
        torch.cuda.synchronize()
        torch.cuda.reset_peak_memory_stats()
        plain.make(with_steps(recipe(length=2.9), steps))
        peaks.append(torch.cuda.max_memory_allocated())
    assert peaks[1] < 1.25 * peaks[0] + (8 << 20)
