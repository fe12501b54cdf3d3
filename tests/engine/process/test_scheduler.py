"""What comes next: drafts first, newest per slot, bounded, and nothing forgotten."""

from __future__ import annotations

import os
import signal
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from engine.plan import Ask, plan
from engine.protocol import Draft, Embed, Refine, Warm
from engine.scheduler import MOST_REFINEMENTS, Order, Scheduler
from engine.server import stopped_by_signals

RECIPE = plan(Ask("knock"))[0]


def draft(ticket, slot="1"):
    return Draft(ticket=ticket, slot=slot, recipe=RECIPE)


def refine(ticket):
    return Refine(ticket=ticket, recipe=RECIPE)


def test_drafts_go_before_refinements_and_each_in_order():
    scheduler = Scheduler()
    for job in (refine("a"), Warm(model="starter"), draft("b", "1"), refine("c"), draft("d", "2")):
        assert scheduler.add(Order("me", job)) is None
    scheduler.add(Order("me", Embed(ticket="e", model="starter", text="x")))
    order = [scheduler.take().ticket for _ in range(6)]
    assert order == ["b", "d", "e", "a", "", "c"]


def test_the_newest_draft_of_a_slot_replaces_the_waiting_one_but_not_another_clients():
    scheduler = Scheduler()
    scheduler.add(Order("me", draft("old")))
    scheduler.add(Order("you", draft("yours")))
    assert scheduler.add(Order("me", draft("new"))).ticket == "old"
    assert scheduler.waiting() == (2, 0)
    assert [scheduler.take().ticket for _ in range(2)] == ["new", "yours"]


def test_there_is_an_end_to_what_may_wait():
    scheduler = Scheduler()
    answers = [scheduler.add(Order("me", refine(str(i)))) for i in range(MOST_REFINEMENTS + 3)]
    assert [a.ticket for a in answers if a is not None] == [str(MOST_REFINEMENTS + i) for i in range(3)]


def test_cancelling_takes_back_what_waits_and_marks_what_runs():
    scheduler = Scheduler()
    scheduler.add(Order("me", refine("running")))
    running = scheduler.take()
    scheduler.add(Order("me", refine("waiting")))
    assert scheduler.cancel("me", "waiting").ticket == "waiting"
    assert scheduler.cancel("me", "running") is None
    assert scheduler.cancel("you", "running") is None
    assert scheduler.is_cancelled(running)
    scheduler.done(running)
    assert not scheduler.is_cancelled(running)


def test_who_is_gone_is_forgotten():
    scheduler = Scheduler()
    scheduler.add(Order("me", refine("running")))
    running = scheduler.take()
    for i in range(5):
        scheduler.add(Order("me", draft(str(i), str(i))))
    scheduler.add(Order("you", draft("yours")))
    scheduler.forget("me")
    assert scheduler.is_cancelled(running)
    assert scheduler.waiting() == (1, 0)


class Flow(RuleBasedStateMachine):
    """Any order of calls against a plain model of what must be waiting."""

    def __init__(self):
        super().__init__()
        self.scheduler, self.drafts, self.long, self.count = Scheduler(), {}, [], 0

    @rule(slot=st.sampled_from("abc"), owner=st.sampled_from(["me", "you"]))
    def ask_draft(self, slot, owner):
        self.count += 1
        ticket = str(self.count)
        replaced = self.scheduler.add(Order(owner, draft(ticket, slot)))
        assert (replaced.ticket if replaced else None) == self.drafts.get((owner, slot))
        self.drafts[owner, slot] = ticket

    @rule()
    def ask_refine(self):
        self.count += 1
        assert self.scheduler.add(Order("me", refine(str(self.count)))) is None
        self.long.append(str(self.count))

    @rule()
    def take(self):
        if not self.drafts and not self.long:
            return
        order = self.scheduler.take()
        if self.drafts:
            first = next(iter(self.drafts))
            assert order.ticket == self.drafts.pop(first)
        else:
            assert order.ticket == self.long.pop(0)
        self.scheduler.done(order)

    @rule(owner=st.sampled_from(["me", "you"]), slot=st.sampled_from("abc"))
    def cancel(self, owner, slot):
        ticket = self.drafts.pop((owner, slot), None)
        taken = self.scheduler.cancel(owner, ticket or "none")
        assert (taken.ticket if taken else None) == ticket

    @invariant()
    def counts_agree(self):
        assert self.scheduler.waiting() == (len(self.drafts), len(self.long))


TestFlow = Flow.TestCase
TestFlow.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


@given(st.integers(1, 2000))
@settings(max_examples=5, deadline=None)
def test_a_flood_into_one_slot_leaves_one(count):
    scheduler = Scheduler()
    for i in range(count):
        scheduler.add(Order("me", draft(str(i))))
    assert scheduler.waiting() == (1, 0)
    assert scheduler.take().ticket == str(count - 1)


def test_idle_is_when_nothing_waits_and_nothing_ends():
    scheduler = Scheduler()
    assert scheduler.idle
    scheduler.add(Order("me", draft("1")))
    assert not scheduler.idle
    order = scheduler.take()
    assert scheduler.idle  # what runs does not wait
    scheduler.done(order)
    scheduler.close()
    assert not scheduler.idle


@pytest.mark.skipif(os.name == "nt", reason="a process of Windows is ended, not asked")
def test_a_signal_between_finding_nothing_to_do_and_waiting_still_stops_it(monkeypatch):
    """Once in some thousand times SIGTERM came there, and the engine stayed."""
    scheduler = Scheduler()
    wait, rescued = scheduler._changed.wait, []

    def signalled_first() -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        wait()

    def rescue() -> None:
        rescued.append(True)
        scheduler.close()

    monkeypatch.setattr(scheduler._changed, "wait", signalled_first)
    watchdog = threading.Timer(20, rescue)
    watchdog.start()
    try:
        with stopped_by_signals(scheduler):
            assert scheduler.take() is None
        assert not rescued
    finally:
        watchdog.cancel()
        watchdog.join()


@pytest.mark.skipif(os.name == "nt", reason="a process of Windows is ended, not asked")
def test_a_signal_that_another_thread_got_stops_it_too():
    """The system may choose any thread: the main one then waits on and comes to no handler."""
    scheduler, rescued, waits = Scheduler(), [], threading.Event()

    def rescue() -> None:
        rescued.append(True)
        scheduler.close()

    def signalled() -> None:
        waits.wait()
        with scheduler._changed:  # free only when the main thread has begun to wait
            pass
        signal.pthread_kill(threading.get_ident(), signal.SIGTERM)

    watchdog, other = threading.Timer(20, rescue), threading.Thread(target=signalled)
    handlers = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    try:
        with stopped_by_signals(scheduler):
            watchdog.start()
            other.start()
            with scheduler._changed:
                waits.set()
                assert scheduler.take() is None
        assert not rescued
    finally:
        watchdog.cancel()
        watchdog.join()
        other.join()
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == handlers
