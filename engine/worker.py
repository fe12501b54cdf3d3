"""The one thread that renders: takes orders, makes sounds, tells who asked.

A long job breathes before every layer and between its parts: there it serves the drafts that came meanwhile
and notices that it is no longer wanted. So a draft waits for one layer, not for a refinement.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Generic, Literal

import psutil

from engine.errors import Cancelled
from engine.judging import Judging, inside, read
from engine.local import Ask, Engine, Made, find, plan
from engine.memory import ran_out
from engine.protocol import Draft, Embed, Embedded, Event, Failed, Judge, Judged, Metrics, Progress, Ready, Refine
from engine.scheduler import Job, Order, Owner, Scheduler
from presets.errors import OnetakeError
from presets.export import wav
from presets.export.version import keep_native
from presets.schema import content_id

if TYPE_CHECKING:
    from engine.pipeline import Step

log = logging.getLogger("onetake.engine")

WORTH_TELLING = 2.0
"""Seconds from which a sound's time is told before it is begun."""

_MEMORY = "There is not enough memory for this sound. Close other programs, or ask for a shorter one."


class Worker(Generic[Owner]):
    """Renders what the scheduler hands out.

    tell: sends an event to whoever asked. folder: where their sounds go. sounds: the folder whose sounds they may
    let be judged, None for none.
    """

    def __init__(
        self,
        scheduler: Scheduler[Owner],
        tell: Callable[[Owner, Event], None],
        folder: Callable[[Owner], Path],
        device: str = "auto",
        sounds: Callable[[Owner], Path | None] = lambda _: None,
    ) -> None:
        self._scheduler, self._tell, self._folder, self._device = scheduler, tell, folder, device
        self._sounds, self._judging = sounds, Judging()
        self._engine: Engine | None = None
        self._started, self._done = time.monotonic(), 0

    def run(self) -> None:
        """Work until the scheduler is closed."""
        while (order := self._next()) is not None:
            self._serve(order)

    def metrics(self) -> Metrics:
        """How the engine is; may be asked from any thread."""
        drafts, refinements = self._scheduler.waiting()
        engine = self._engine
        return Metrics(
            up=time.monotonic() - self._started,
            waiting_drafts=drafts,
            waiting_refinements=refinements,
            waiting_judgements=self._scheduler.unjudged(),
            done=self._done,
            memory=psutil.Process(os.getpid()).memory_info().rss / 1e6,
            device="" if engine is None else engine.device.name,
            models=() if engine is None else (engine.card.id,),
        )

    def _next(self) -> Order[Owner] | None:
        """The next order. While there is none the engine prepares itself, and drops that for whoever comes."""
        while self._scheduler.idle and self._prepare():
            pass
        return self._scheduler.take()

    def _prepare(self) -> bool:
        try:
            return self._engine is not None and self._engine.prepare(self._unless_wanted)
        except Cancelled:
            return False

    def _unless_wanted(self) -> None:
        if not self._scheduler.idle:
            raise Cancelled("Someone waits.")

    def _serve(self, order: Order[Owner]) -> None:
        """One order, whatever happens; its asker always hears how it ended."""
        try:
            self._do(order)
        except Cancelled:
            self._fail(order, "cancelled", "No longer wanted.")
        except OnetakeError as error:
            self._fail(order, "failed", str(error))
        except (MemoryError, RuntimeError) as error:
            if not ran_out(error):
                raise
            self._engine = None
            self._fail(order, "failed", _MEMORY)
        finally:
            self._scheduler.done(order)
        self._done += 1

    def _do(self, order: Order[Owner]) -> None:
        job = order.job
        if isinstance(job, Draft | Refine):
            self._make(order, job)
        elif isinstance(job, Embed):
            vector = self._model(job.model).embed(job.text)
            self._tell(order.owner, Embedded(ticket=job.ticket, vector=tuple(vector)))
        elif isinstance(job, Judge):
            sound = read(inside(Path(job.path), self._sounds(order.owner)))
            found = self._judging.opinion(sound, job.text, self._engine)
            mark = tuple(map(float, found.mark))
            self._tell(order.owner, Judged(ticket=job.ticket, fit=found.fit, mark=mark))
        else:
            engine = self._model(job.model)
            engine.make(plan(Ask("warm-up", model=job.model))[0], breathe=lambda: self._breathe(order))

    def _make(self, order: Order[Owner], job: Draft | Refine) -> None:
        engine = self._model(job.recipe.model)
        self._announce(order, job, engine.estimate(job.recipe).of(job.recipe.steps))
        made = engine.make(
            job.recipe,
            job.edit if isinstance(job, Refine) else None,
            on_step=lambda step: self._progress(order, job, step),
            breathe=lambda: self._breathe(order),
        )
        path = keep_native(self._folder(order.owner), made.sound, made.version)
        self._tell(order.owner, _ready(job, made, path))
        log.info("made %s in %d steps", made.version.checksum[:12], job.recipe.steps)

    def _announce(self, order: Order[Owner], job: Draft | Refine, seconds: float) -> None:
        """A slow sound's asker hears how long it takes before it is begun."""
        if seconds >= WORTH_TELLING:
            self._tell(order.owner, Progress(ticket=job.ticket, done=0, steps=job.recipe.steps, seconds=seconds))

    def _progress(self, order: Order[Owner], job: Job, step: Step) -> None:
        if not isinstance(job, Refine):
            return
        path = self._preview(order, job, step) if job.preview and step.done < step.steps else ""
        self._tell(order.owner, Progress(ticket=job.ticket, done=step.done, steps=step.steps, preview=path))

    def _preview(self, order: Order[Owner], job: Refine, step: Step) -> str:
        """What the jumps have come to so far, as a sound in a file of its own."""
        sound = self._model(job.recipe.model).preview(job.recipe, step, lambda: self._breathe(order))
        path = self._folder(order.owner) / f"preview-{content_id(job.recipe)}-{step.done}.wav"
        wav.write(path, sound, depth="32f", overwrite=True, durable=False)
        return str(path)

    def _breathe(self, order: Order[Owner]) -> None:
        if self._scheduler.is_cancelled(order):
            raise Cancelled("No longer wanted.")
        if isinstance(order.job, Draft | Embed | Judge):
            return
        while (urgent := self._scheduler.take_urgent()) is not None:
            self._serve(urgent)

    def _model(self, model: str) -> Engine:
        """The engine with that model, as it lies there now; another one is unloaded for it."""
        if self._engine is None or self._engine.card != find(model):
            self._engine = None
            self._engine = Engine(model, self._device)
        return self._engine

    def _fail(self, order: Order[Owner], kind: Literal["failed", "cancelled"], sentence: str) -> None:
        if kind == "failed":
            log.warning("%s failed: %s", type(order.job).__name__, sentence)
        self._tell(order.owner, Failed(ticket=order.ticket, kind=kind, sentence=sentence))


def _ready(job: Draft | Refine, made: Made, path: Path) -> Ready:
    timing = made.timing
    return Ready(
        ticket=job.ticket,
        slot=job.slot if isinstance(job, Draft) else "",
        path=str(path),
        version=made.version,
        silent=made.silent,
        text=timing.text,
        network=timing.network,
        codec=timing.codec,
        remarks=made.remarks,
        unfamiliar=made.unfamiliar,
    )
