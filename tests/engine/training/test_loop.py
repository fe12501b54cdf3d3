"""The loop: losses fall, a resumed run equals an uninterrupted one, and every end leaves a checkpoint."""

from __future__ import annotations

import math
import os
import signal

import pytest
import torch

from engine.training import loop, saves
from engine.training.feed import WorkerDied
from engine.training.journal import Journal, Reports, read_journal
from engine.training.loop import Budget, Diverged, Pace
from engine.training.stage import StepLosses

NAMES = ("codec", "teacher", "distill")
SILENT = Reports([])
SELDOM = Pace()


class Trial:
    """A stage that trains in a folder."""

    def __init__(self, stages, name, folder, begin="new"):
        state = {} if begin == "new" else saves.read(folder)
        self.folder, self.hardware = folder, stages.hardware
        self.stage = stages.make(name, state["taken"] if begin == "resume" else 0)
        if begin == "new":
            self.training = loop.start(self.stage, 1, stages.hardware)
        elif begin == "resume":
            self.training = loop.resume(self.stage, state, stages.hardware)
        else:
            self.training = loop.warm_restart(self.stage, state, 1, stages.hardware)

    def run(self, budget, stop_at=None, reports=SILENT, pace=SELDOM, **more):
        asked = (lambda: self.training.step >= stop_at) if stop_at else (lambda: False)
        more = {"asked_to_stop": asked, **more}
        return loop.run(
            self.stage, self.training, Budget(steps=budget), self.folder, reports, self.hardware, pace, **more
        )


def losses_of(stages, name, folder, steps=20):
    """Loss of each step of a run."""
    trial, found = Trial(stages, name, folder), []
    original = trial.stage.losses

    def listening(dice, step):
        result = original(dice, step)
        found.append(float(result.total.detach()))
        return result

    trial.stage.losses = listening
    trial.run(steps)
    return found


@pytest.mark.parametrize("name", ["codec", "teacher"])
def test_twenty_steps_lower_the_loss(stages, name, tmp_path):
    losses = losses_of(stages, name, tmp_path)
    assert len(losses) == 20
    assert sum(losses[-5:]) < 0.9 * sum(losses[:5])


def test_twenty_steps_of_distillation_lower_its_loss(stages, tmp_path):
    trial = Trial(stages, "distill", tmp_path)
    stage = trial.stage
    before = fixed_loss(stage)
    trial.run(20)
    assert fixed_loss(stage) < 0.9 * before


def fixed_loss(stage):
    """The student's loss on always the same batches, so that steps can be compared."""
    from engine.training.draws import Dice

    dice = Dice(3, torch.device("cpu"))
    return sum(float(stage.losses(dice, step).parts["consistency"]) for step in range(8))


@pytest.mark.parametrize("name", NAMES)
def test_a_resumed_run_equals_an_uninterrupted_one_bit_for_bit(stages, name, tmp_path):
    whole = Trial(stages, name, tmp_path / "whole")
    whole.run(9)
    cut = Trial(stages, name, tmp_path / "cut")
    assert not cut.run(9, stop_at=4).done
    again = Trial(stages, name, tmp_path / "cut", "resume")
    assert again.run(9).done
    for a, b in ((whole.stage.network, again.stage.network), (whole.stage.average, again.stage.average)):
        assert all(
            torch.equal(p, q) for p, q in zip(a.state_dict().values(), b.state_dict().values(), strict=True)
        )
    assert torch.equal(whole.training.dice.state(), again.training.dice.state())
    assert whole.stage.pool.taken == again.stage.pool.taken
    states = [saves.freeze(t.optimisers[0].state_dict())[1] for t in (whole.training, again.training)]
    assert all(torch.equal(states[0][n], states[1][n]) for n in states[0])


def test_a_warm_restart_takes_the_weights_and_warms_the_rate_up_again(stages, tmp_path):
    first = Trial(stages, "teacher", tmp_path)
    first.run(8)
    second = Trial(stages, "teacher", tmp_path, "warm")
    network = first.stage.network.state_dict()
    assert all(torch.equal(t, network[n]) for n, t in second.stage.network.state_dict().items())
    assert second.training.step == 0
    assert not any(optimiser.state for optimiser in second.training.optimisers)
    second.run(8, stop_at=1)
    rate = second.training.optimisers[0].param_groups[0]["lr"]
    assert rate == pytest.approx(second.stage.rates.rate / second.stage.rates.warm_up)


def test_the_rate_rises_stays_and_falls():
    from engine.training.optimisers import Rates

    rates = Rates(1e-3, warm_up=10, hold=0.5, least=0.01)
    assert rates.at(0, 0.0) == pytest.approx(1e-4)
    assert rates.at(100, 0.4) == pytest.approx(1e-3)
    assert rates.at(100, 0.75) == pytest.approx(5e-4)
    assert rates.at(100, 1.0) == pytest.approx(1e-5)


def test_a_budget_is_minutes_or_steps_whichever_is_used_first():
    assert Budget(steps=10).progress(5, 1e9) == 0.5
    assert Budget(minutes=2).progress(10**9, 60.0) == 0.5
    assert Budget(minutes=2, steps=10).progress(9, 60.0) == 0.9
    assert Budget(minutes=2).progress(0, 240.0) == 1.0


def test_figures_checks_samples_and_saves_come_at_their_pace(stages, tmp_path):
    trial = Trial(stages, "teacher", tmp_path)
    told, sampled = Journal(tmp_path), []
    reports = Reports([told])
    reports.begin("teacher")
    trial.run(3, reports=reports, pace=Pace(0.0, 0.0, 0.0, 0.0), sample=sampled.append)
    lines = read_journal(tmp_path)
    assert sampled == [1, 2, 3]
    assert saves.read(tmp_path)["step"] == 3
    assert {line["step"] for line in lines} == {1, 2, 3}
    names = {name for line in lines for name in line["figures"]}
    assert {"loss", "denoising", "steps/s", "chunks", "sigma 80, right", "sigma 80, shuffled"} <= names


def test_how_often_one_looks_changes_no_training(stages, tmp_path):
    often, seldom = (Trial(stages, "teacher", tmp_path / name) for name in ("often", "seldom"))
    often.run(4, pace=Pace(0.0, 0.0, 0.0, 0.0))
    seldom.run(4)
    for p, q in zip(often.stage.network.parameters(), seldom.stage.network.parameters(), strict=True):
        assert torch.equal(p, q)


def test_ctrl_c_ends_a_step_later_with_a_checkpoint_and_a_sentence(stages, tmp_path):
    said = []
    trial = Trial(stages, "teacher", tmp_path)

    def press(step):
        os.kill(os.getpid(), signal.SIGINT)

    with loop.stop_on_signal(said.append) as asked:
        outcome = trial.run(50, pace=Pace(sample=0.0), sample=press, asked_to_stop=asked)
    assert not outcome.done
    assert outcome.step == saves.read(tmp_path)["step"] < 50
    assert len(said) == 1
    assert "checkpoint" in said[0]


def test_a_second_ctrl_c_interrupts_at_once():
    with pytest.raises(KeyboardInterrupt), loop.stop_on_signal(lambda sentence: None):
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)


def test_a_loss_that_is_no_number_stops_the_run_and_keeps_the_former_checkpoint(stages, tmp_path):
    trial = Trial(stages, "teacher", tmp_path)
    trial.run(9, stop_at=2)
    again = Trial(stages, "teacher", tmp_path, "resume")
    original = again.stage.losses

    def broken(dice, step):
        found = original(dice, step)
        return StepLosses(found.total * math.nan, found.parts)

    again.stage.losses = broken
    with pytest.raises(Diverged, match="lower rate"):
        again.run(9, pace=Pace(save=0.0))
    assert saves.read(tmp_path)["step"] == 2


def test_when_data_stop_coming_a_checkpoint_is_left_that_resumes_exactly(stages, tmp_path):
    whole = Trial(stages, "teacher", tmp_path / "whole")
    whole.run(8)
    trial = Trial(stages, "teacher", tmp_path / "cut")
    advance = trial.stage.pool.advance

    def fail(step):
        if step == 3:
            raise WorkerDied("killed")
        advance(step)

    trial.stage.pool.advance = fail
    with pytest.raises(WorkerDied):
        trial.run(8)
    again = Trial(stages, "teacher", tmp_path / "cut", "resume")
    again.run(8)
    for p, q in zip(whole.stage.network.parameters(), again.stage.network.parameters(), strict=True):
        assert torch.equal(p, q)
