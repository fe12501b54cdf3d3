"""Recorded calls: the plain call's bytes, few, made when nobody waits, dropped when memory is short.

The policy runs here with a recorder that the CPU has too: torch's tracer, which replays the operations without the
network's own code, as a CUDA graph replays its kernels.
"""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import msgspec
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.fx.experimental.proxy_tensor import make_fx

from engine import cuda
from engine.errors import Cancelled
from engine.graphs import Graphs, Places, bucket, tensors_of, with_tensors
from engine.local import Ask, Engine, plan
from engine.networks.dit import LayerContext
from engine.protocol import Draft, Failed, Ready
from engine.scheduler import Order, Scheduler
from engine.worker import Worker
from presets.schema import Prompt


class Tracer:
    """Records on the CPU; counts what it recorded."""

    def __init__(self) -> None:
        self.made = 0

    def __call__(self, call, inputs):
        places = Places(inputs)
        recording = make_fx(lambda *given: call(given))(*places.tensors)
        self.made += 1

        def replay(given):
            places.fill(given)
            return recording(*places.tensors)

        return replay


def nothing():
    """Breathe."""


def double(inputs, breathe):
    breathe()
    return 2 * inputs[0] + inputs[1]


def of(*sizes):
    return tuple(torch.arange(float(size)) for size in sizes)


@pytest.fixture
def tracer(monkeypatch, tmp_path, little_model):
    """An engine's graphs are recorded by this; a little model called "little" can be loaded."""
    shutil.copytree(little_model, tmp_path / "models" / "little")
    monkeypatch.setenv("ONETAKE_MODELS", str(tmp_path / "models"))
    made = Tracer()
    monkeypatch.setattr(cuda, "recorder", lambda device: made)
    return made


def recipe(seed=1, steps=1, length=0.4, **wishes):
    return plan(Ask("glass bell", seed=seed, steps=steps, length=length, model="little", **wishes))[0]


def bytes_of(engine, *recipes):
    return [engine.make(one).version.checksum for one in recipes]


@given(st.lists(st.integers(1, 6), min_size=1, max_size=30), st.integers(1, 4))
def test_few_are_kept_and_the_least_recently_used_goes(sizes, most):
    tracer, used = Tracer(), []
    graphs = Graphs(tracer, most)
    for size in sizes:
        inputs = of(size, 1)
        before = tracer.made
        assert torch.equal(graphs.run(double, inputs, nothing), double(inputs, nothing))
        while graphs.prepare(nothing):
            pass
        assert tracer.made - before == (0 if size in used[-most:] else 1)
        used = [*(s for s in used if s != size), size]
        assert len(graphs) == min(most, len(used))


def test_a_first_call_waits_for_no_recording_and_the_newest_is_recorded_first():
    tracer = Tracer()
    graphs = Graphs(tracer)
    for size in (3, 4):
        graphs.run(double, of(size, 1), nothing)
    assert tracer.made == len(graphs) == 0
    assert graphs.prepare(nothing)
    assert tracer.made == 1
    graphs.run(lambda *_: pytest.fail("this one is recorded"), of(4, 1), nothing)
    assert graphs.prepare(nothing)
    assert not graphs.prepare(nothing)


def test_shape_layout_and_type_make_a_bucket_and_values_do_not():
    one = torch.zeros(2, 3)
    assert bucket((one,)) == bucket((torch.ones(2, 3),))
    others = (one.T, torch.zeros(3, 2).T, one.double(), torch.zeros(2, 4))
    assert len({bucket((t,)) for t in (one, *others)}) == len(others) + 1


def test_a_recording_that_gives_other_bytes_is_never_used(caplog):
    wrong = Graphs(lambda call, inputs: lambda given: call(given) + 1)
    for _ in range(3):
        assert torch.equal(wrong.run(double, of(3, 1), nothing), double(of(3, 1), nothing))
        wrong.prepare(nothing)
    assert len(wrong) == 0
    assert "other bytes" in caplog.text
    caplog.clear()


def test_what_cannot_be_recorded_runs_plainly_and_is_not_tried_again(caplog):
    tries = []

    def refuse(call, inputs):
        tries.append(inputs)
        raise RuntimeError("operation not permitted when stream is capturing")

    graphs = Graphs(refuse)
    for _ in range(3):
        assert torch.equal(graphs.run(double, of(3, 1), nothing), double(of(3, 1), nothing))
        graphs.prepare(nothing)
    assert len(tries) == 1
    assert "could not be recorded" in caplog.text
    caplog.clear()


def test_memory_that_runs_out_while_recording_drops_the_others(caplog):
    tracer = Tracer()

    def record(call, inputs):
        if len(inputs[0]) == 7:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        return tracer(call, inputs)

    graphs = Graphs(record)
    graphs.run(double, of(3, 1), nothing)
    graphs.prepare(nothing)
    graphs.run(double, of(7, 1), nothing)
    assert graphs.prepare(nothing)
    assert len(graphs) == 0
    assert torch.equal(graphs.run(double, of(7, 1), nothing), double(of(7, 1), nothing))
    assert not graphs.prepare(nothing)
    caplog.clear()


def test_whoever_comes_ends_a_recording_which_is_made_later():
    tracer = Tracer()
    graphs = Graphs(tracer)
    graphs.run(double, of(3, 1), nothing)

    def busy():
        raise Cancelled("Someone waits.")

    with pytest.raises(Cancelled):
        graphs.prepare(busy)
    assert len(graphs) == 0
    assert graphs.prepare(nothing)
    assert len(graphs) == 1


def test_a_recording_that_is_dropped_while_it_is_wanted_is_used_once_more():
    graphs = Graphs(Tracer())
    graphs.run(double, of(3, 1), nothing)
    graphs.prepare(nothing)
    assert torch.equal(graphs.run(double, of(3, 1), graphs.forget), double(of(3, 1), nothing))
    assert len(graphs) == 0


@given(st.lists(st.tuples(*[st.booleans()] * 4), max_size=5))
def test_a_context_is_its_tensors_and_back(layers):
    names = ("constant", "keys", "values", "mask")
    context = [
        LayerContext(**{n: torch.rand(2) if there else None for n, there in zip(names, layer, strict=True)})
        for layer in layers
    ]
    again = with_tensors(context, tensors_of(context))
    assert [vars(layer) for layer in again] == [vars(layer) for layer in context]


def test_places_hold_what_came_last_at_their_first_address():
    first, second = of(3, 4), (torch.zeros(3), torch.ones(4))
    places = Places(first)
    address = [t.data_ptr() for t in places.tensors]
    for inputs in (first, second, (second[0], first[1]), first):
        places.fill(inputs)
        assert all(torch.equal(a, b) for a, b in zip(places.tensors, inputs, strict=True))
    assert [t.data_ptr() for t in places.tensors] == address


@pytest.mark.parametrize("wishes", [{}, {"nu": 1.5}, {"sampler": "cm_multistep"}])
def test_a_sound_has_the_same_bytes_recorded_or_not(tracer, wishes):
    """Other seeds, words and guidance in the same recording."""
    plain, recorded = Engine("little", "cpu"), Engine("little", "cpu")
    plain.graphs = None
    recipes = [recipe(steps=3, **wishes), recipe(seed=2, steps=3, omega=2.0, **wishes), recipe(seed=3, **wishes)]
    assert not recorded.prepare()
    assert bytes_of(recorded, *recipes) == bytes_of(plain, *recipes)
    while recorded.prepare():
        pass
    assert 0 < tracer.made == len(recorded.graphs)
    words = msgspec.structs.replace(recipes[0], prompt=Prompt(text="metal bell", length=0.4))
    assert bytes_of(recorded, *recipes, words) == bytes_of(plain, *recipes, words)
    assert not recorded.prepare()


def test_memory_that_runs_out_is_given_back_and_the_sound_still_comes(tracer, monkeypatch):
    """The error is torch's own, at the border where an array goes to the device."""
    engine = Engine("little", "cpu")
    (before,) = bytes_of(engine, recipe())
    assert engine.prepare()
    up, calls = cuda.up, []

    def full_once(values, device):
        calls.append(len(engine.graphs))
        if len(calls) == 1:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB.")
        return up(values, device)

    monkeypatch.setattr(cuda, "up", full_once)
    assert bytes_of(engine, recipe()) == [before]
    assert calls[:2] == [1, 0]


def worked(tmp_path, device, *jobs, between=lambda: None):
    """What a worker tells of jobs that come one after the other, and the worker."""
    told, ready, scheduler = [], threading.Semaphore(0), Scheduler()

    def tell(owner, event):
        told.append(event)
        ready.release()

    worker = Worker(scheduler, tell, lambda owner: tmp_path, device)
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        for job in jobs:
            scheduler.add(Order("me", job))
            assert ready.acquire(timeout=60)
            between()
    finally:
        scheduler.close()
        thread.join(60)
    return told, worker


def drafts(count):
    return [Draft(ticket=str(n), slot=str(n), recipe=recipe(seed=n)) for n in range(count)]


def test_the_worker_records_when_it_has_nothing_else_to_do(tracer, tmp_path, monkeypatch):
    """The draft is told first; the recording comes after it, and the next draft is replayed from it."""
    recorded, at_ready = threading.Event(), []

    def record(call, inputs):
        at_ready.append(len(list(Path(tmp_path).glob("*.wav"))))
        made = tracer(call, inputs)
        recorded.set()
        return made

    monkeypatch.setattr(cuda, "recorder", lambda device: record)
    told, worker = worked(tmp_path, "cpu", *drafts(2), between=lambda: recorded.wait(60))
    assert [type(event) for event in told] == [Ready, Ready]
    assert at_ready == [1]
    assert len(worker._engine.graphs) == 1
    plain = Engine("little", "cpu")
    plain.graphs = None
    assert [e.version.checksum for e in told] == bytes_of(plain, *(job.recipe for job in drafts(2)))


def test_memory_that_stays_full_fails_each_order_and_ends_nothing(tracer, tmp_path, monkeypatch, caplog):
    def full(values, device):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB.")

    with monkeypatch.context() as patch:
        patch.setattr(cuda, "up", full)
        told, _ = worked(tmp_path, "cpu", *drafts(3))
    assert [type(event) for event in told] == [Failed] * 3
    assert all("not enough memory" in event.sentence for event in told)
    caplog.clear()


THERE = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}


@pytest.mark.parametrize("device", [name for name, there in THERE.items() if not there])
def test_a_device_that_is_not_there_fails_each_order_and_ends_nothing(tracer, tmp_path, device, caplog):
    told, _ = worked(tmp_path, device, *drafts(2))
    assert all(isinstance(event, Failed) and "no" in event.sentence for event in told)
    assert len(told) == 2
    caplog.clear()
