"""The one training loop: steps, checkpoints, figures, and an end at any time without a loss.

It ends when its budget of minutes or steps is used, or when it is asked to: at the end of a step, with a
checkpoint. A resumed run goes on as if it had never stopped, bit for bit on the CPU: weights, optimisers,
average, dice and the number of the next chunk of data are all in the checkpoint. A warm restart takes the
weights alone and warms the rate up again, for when data or settings have changed.
"""

from __future__ import annotations

import math
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from engine.errors import EngineError
from engine.training import saves
from engine.training.average import follow
from engine.training.draws import Dice
from engine.training.feed import WorkerDied
from engine.training.hardware import Hardware
from engine.training.hearing import worry
from engine.training.journal import Reports
from engine.training.optimisers import set_rate
from engine.training.stage import Stage

_FIRST_REPORT = 10  # steps: a run that diverges at once should tell at once


class Diverged(EngineError):
    """The loss is no number any more; the last checkpoint is from before."""


@dataclass(frozen=True)
class Budget:
    """How long a stage trains: minutes of training, or steps."""

    minutes: float | None = None
    steps: int | None = None

    def progress(self, step: int, seconds: float) -> float:
        """Which share of it is used after so many steps and seconds, 0 .. 1."""
        shares = [step / self.steps] if self.steps else []
        shares += [seconds / (60 * self.minutes)] if self.minutes else []
        return min(1.0, max(shares)) if shares else 1.0


@dataclass(frozen=True)
class Pace:
    """How often things happen beside the steps, in seconds."""

    save: float = 180.0
    report: float = 5.0
    check: float = 60.0
    sample: float = 300.0


@dataclass
class Training:
    """What changes from step to step, beside the stage's weights. `warm` is the step of the last warm restart."""

    dice: Dice
    optimisers: list[Optimizer]
    step: int = 0
    warm: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Outcome:
    """How a stage ended: `done` with its budget used, or because it was asked to stop."""

    step: int
    seconds: float
    done: bool
    figures: dict[str, float]


Sample = Callable[[int], None]
"""Makes samples at a step."""


def start(stage: Stage, seed: int, hardware: Hardware) -> Training:
    """A new training from the stage's weights as they are."""
    return Training(Dice(seed * 1009 + hardware.rank, hardware.device), stage.optimisers())


def resume(stage: Stage, state: Mapping[str, Any], hardware: Hardware) -> Training:
    """Go on where a state was saved; the stage's pool must have been made with `state["taken"]`."""
    _fill(stage, state)
    training = start(stage, 0, hardware)
    for optimiser, saved in zip(training.optimisers, state["optimisers"], strict=True):
        optimiser.load_state_dict(saved)
    if hardware.rank == 0:
        training.dice.restore(state["dice"])
    else:
        training.dice = Dice(state["step"] * 1009 + hardware.rank, hardware.device)
    training.step, training.warm, training.seconds = state["step"], state["warm"], state["seconds"]
    return training


def warm_restart(stage: Stage, state: Mapping[str, Any], seed: int, hardware: Hardware) -> Training:
    """Only the weights of a state; budget, rate and optimisers begin again."""
    _fill(stage, state)
    return start(stage, seed, hardware)


def state_of(stage: Stage, training: Training) -> dict[str, Any]:
    """Everything that `resume` needs."""
    return {
        "stage": stage.name,
        "network": stage.network.state_dict(),
        "average": stage.average.state_dict(),
        "optimisers": [optimiser.state_dict() for optimiser in training.optimisers],
        "dice": training.dice.state(),
        "taken": stage.pool.taken,
        "step": training.step,
        "warm": training.warm,
        "seconds": training.seconds,
    }


@torch.enable_grad()
def run(
    stage: Stage,
    training: Training,
    budget: Budget,
    folder: Path,
    reports: Reports,
    hardware: Hardware,
    pace: Pace = Pace(),
    sample: Sample = lambda step: None,
    asked_to_stop: Callable[[], bool] = lambda: False,
) -> Outcome:
    """Train a stage until its budget is used or it is asked to stop; ends with a checkpoint.

    Args:
        stage: what is trained.
        training: from `start`, `resume` or `warm_restart`.
        budget: how long, what was trained before a resume included.
        folder: where checkpoints lie.
        reports: who is told.
        hardware: what trains.
        pace: how often to save, report, check and sample.
        sample: makes samples; called by the leading process only.
        asked_to_stop: asked after every step.

    Raises:
        Diverged: the loss is no number.
        WorkerDied: no data come any more; a checkpoint was written.
        NotWritten: a checkpoint could not be written; the one before is there.
    """
    stage.compile()
    beat = _Beat(stage, training, folder, reports, hardware, pace, sample)
    clock = _Clock(training)
    try:
        while True:
            progress = hardware.mean(budget.progress(training.step - training.warm, training.seconds))
            stopped = hardware.agree(asked_to_stop())
            if progress >= 1.0 or stopped:
                break
            beat.add(_step(stage, training, progress, hardware))
            clock.tick()
            beat.maybe(progress)
    except WorkerDied:
        beat.save()  # data are taken before anything else of a step, so the state is whole
        raise
    figures = beat.close(progress)
    return Outcome(training.step, training.seconds, not stopped, figures)


@contextmanager
def stop_on_signal(say: Callable[[str], None]) -> Iterator[Callable[[], bool]]:
    """Ctrl-C and SIGTERM ask the training to stop after its step; a second Ctrl-C interrupts as usual."""
    asked = threading.Event()

    def ask(number: int, frame: FrameType | None) -> None:
        asked.set()
        signal.signal(signal.SIGINT, before[signal.SIGINT])
        say("Stopping after this step, with a checkpoint. Ctrl-C again stops at once, without.")

    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number in before:
        signal.signal(number, ask)
    try:
        yield asked.is_set
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _step(stage: Stage, training: Training, progress: float, hardware: Hardware) -> dict[str, Tensor]:
    """One step of the optimisers; returns its losses, detached."""
    if training.step:
        stage.pool.advance(training.step - 1)
    rate = stage.rates.at(training.step - training.warm, progress)
    set_rate(training.optimisers, rate)
    found = stage.losses(training.dice, training.step)
    stage.network.zero_grad(set_to_none=True)
    found.total.backward()
    hardware.average_gradients(stage.network.parameters())
    torch.nn.utils.clip_grad_norm_(stage.network.parameters(), stage.clip)
    for optimiser in training.optimisers:
        optimiser.step()
    follow(stage.average, stage.network, stage.average_rate(training.step))
    training.step += 1
    return {"loss": found.total.detach(), **{name: part.detach() for name, part in found.parts.items()}}


def _fill(stage: Stage, state: Mapping[str, Any]) -> None:
    stage.network.load_state_dict(state["network"])
    stage.average.load_state_dict(state["average"])


class _Clock:
    """Seconds of training, added up over resumes."""

    def __init__(self, training: Training) -> None:
        self._training, self._last = training, time.monotonic()

    def tick(self) -> None:
        """After every step."""
        now = time.monotonic()
        self._training.seconds += now - self._last
        self._last = now


class _Beat:
    """What happens now and then beside the steps."""

    def __init__(
        self,
        stage: Stage,
        training: Training,
        folder: Path,
        reports: Reports,
        hardware: Hardware,
        pace: Pace,
        sample: Sample,
    ) -> None:
        self._stage, self._training, self._folder = stage, training, folder
        self._reports, self._hardware, self._sample = reports, hardware, sample
        self._every = {"save": pace.save, "report": pace.report, "check": pace.check, "sample": pace.sample}
        self._last = dict.fromkeys(self._every, time.monotonic())
        self._sums: dict[str, Tensor] = {}
        self._count = 0
        self._first = training.step
        self._since = (training.step, training.seconds)
        self.figures: dict[str, float] = {}

    def add(self, losses: dict[str, Tensor]) -> None:
        """Losses of a step, kept on their device."""
        for name, value in losses.items():
            self._sums[name] = self._sums[name] + value if name in self._sums else value
        self._count += 1

    def maybe(self, progress: float) -> None:
        """Report, check, sample and save where it is time."""
        if self._due("report") or self._training.step == self._first + _FIRST_REPORT:
            self._report(progress)
        if self._hardware.leads and self._due("check"):
            self._check(progress)
        if self._hardware.leads and self._due("sample"):
            self._sample(self._training.step)
        if self._due("save"):
            self._report(progress)  # which refuses to go on with a loss that is no number
            self.save()

    def close(self, progress: float) -> dict[str, float]:
        """The last figures and the last checkpoint."""
        self._report(progress)
        if self._hardware.leads:
            self._check(progress)
        self.save()
        return self.figures

    def save(self) -> None:
        """A checkpoint, by the leading process."""
        if self._hardware.leads:
            saves.write(self._folder, self._training.step, state_of(self._stage, self._training))

    def _due(self, what: str) -> bool:
        now = time.monotonic()
        if now - self._last[what] < self._every[what]:
            return False
        self._last[what] = now
        return True

    def _report(self, progress: float) -> None:
        if not self._count:
            return
        step, seconds = self._training.step, self._training.seconds
        means = {name: float(total) / self._count for name, total in self._sums.items()}
        self._sums, self._count = {}, 0
        before, then = self._since
        self._since = (step, seconds)
        speed = (step - before) / max(seconds - then, 1e-6)
        self._told({**means, "steps/s": speed, "chunks": float(self._stage.pool.taken)}, progress)
        if not math.isfinite(means["loss"]):
            raise Diverged(
                f"The loss of {self._stage.name} is no number any more (step {step}). Its last checkpoint is from "
                "before: resume it with a lower rate."
            )

    def _check(self, progress: float) -> None:
        """On dice of its own, so that checking more or less often changes no training."""
        dice = Dice(self._training.step, self._hardware.device)
        found = self._stage.check(dice)
        self._told(found, progress)
        worried = worry(self._training.step, found)
        if worried:
            self._reports.say(worried)

    def _told(self, values: dict[str, float], progress: float) -> None:
        self.figures.update(values)
        if self._hardware.leads and values:
            self._reports.figures(self._training.step, self._training.seconds, progress, values)
