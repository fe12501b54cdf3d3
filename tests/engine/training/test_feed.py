"""Chunks of data come in order from any number of workers, and a worker's death is told at once."""

from __future__ import annotations

import pytest
import torch
import training_fakes as fakes

from engine.training.draws import Dice
from engine.training.feed import Feed, WorkerDied
from engine.training.pool import Pool, PoolPlan

CPU = torch.device("cpu")


def test_workers_keep_the_order_from_any_beginning():
    with Feed(fakes.Numbered(), 5, 2) as feed:
        chunks = [feed.take() for _ in range(6)]
        assert feed.at == 11
    assert [int(chunk["number"]) for chunk in chunks] == [5, 6, 7, 8, 9, 10]
    makers = [int(chunk["process"]) for chunk in chunks]
    assert len(set(makers)) == 2
    assert makers[::2] == [makers[0]] * 3


def test_without_workers_chunks_are_made_here():
    with Feed(fakes.Numbered(), 3, 0) as feed:
        assert feed.ready()
        assert [int(feed.take()["number"]) for _ in range(3)] == [3, 4, 5]


@pytest.mark.parametrize(("how", "words"), [("killed", "status -9"), ("fails", "the sound of chunk 3 is missing")])
def test_a_worker_that_ends_is_told_with_its_reason(how, words):
    with Feed(fakes.Failing(how), 2, 1) as feed:
        assert int(feed.take()["number"]) == 2
        for _ in range(2):  # and told again
            with pytest.raises(WorkerDied, match=words):
                feed.take()


def test_leaving_early_ends_workers_that_wait():
    feed = Feed(fakes.Numbered(0.0), 0, 1)
    feed.take()
    worker = feed._workers[0]
    feed.close()
    assert not worker._reader.is_alive()


PLAN = PoolPlan((8, 16), capacity=2, filled=1, workers=0, steps_per_chunk=3)


def test_lengths_take_turns_and_a_chunk_is_taken_every_few_steps():
    pool, dice = Pool(PLAN, fakes.Latents(), CPU), Dice(1, CPU)
    shapes, taken = [], []
    for step in range(7):
        shapes.append(pool.draw(dice, step, 5)["latents"].shape)
        pool.advance(step)
        taken.append(pool.taken)
    assert shapes[:2] == [(5, 16, 8), (5, 16, 16)]
    assert taken == [2, 2, 3, 3, 3, 4, 4]


def test_a_pool_that_goes_on_holds_what_it_held():
    whole = Pool(PLAN, fakes.Latents(), CPU)
    for step in range(20):
        whole.advance(step)
    again = Pool(PLAN, fakes.Latents(), CPU, whole.taken)
    for step in range(2):
        a, b = (pool.draw(Dice(3, CPU), step, 50)["latents"] for pool in (whole, again))
        assert torch.equal(a, b)


def test_an_eager_pool_takes_what_is_ready_and_goes_on_with_new_sounds():
    eager = PoolPlan((8, 16), capacity=2, filled=1, workers=0, steps_per_chunk=0)
    pool = Pool(eager, fakes.Latents(), CPU, taken=7)
    assert pool.taken == 9
    pool.advance(0)
    assert pool.taken == 10
    for step in range(2):  # nothing is drawn from places that are still empty
        rows = pool.draw(Dice(1, CPU), step, 100)["latents"]
        assert rows.abs().amax((1, 2)).min() > 0
