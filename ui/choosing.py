"""Best of 24: the drafts of a pool are heard as a person would hear them, judged, and the best eight shown.

Each draft is made, sent through the effects of every take where there are some, and judged by the engine against
its own words; then ranking.py says which are shown. Nothing waits in the window: whatever is missing is asked for,
and what comes is taken by the name of the sound, so answers for other words or other effects change nothing.
Without a rack the dry sounds are compared, without a judge their difference alone; both are told in one line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray
from PyQt6.QtCore import QObject

from engine.protocol import Failed, Judged
from presets.schema import Recipe
from ui import flow as flows
from ui import hearing
from ui.flow import content
from ui.orders import drafts_wanted
from ui.ranking import Candidate, ranked
from ui.shelf import Heard, Made, edit_of, heard_name, printed_of
from ui.throttle import Throttle

if TYPE_CHECKING:
    from ui.studio import Studio

_MOST_OPINIONS = 2000
_DONE = "Best of {of}: the eight that fit the words and differ most. The others are a page on (Alt+Right)."


@dataclass(frozen=True)
class Progress:
    """stage: what is being done, of `done` of `of` it is done."""

    stage: str
    done: int
    of: int

    def __str__(self) -> str:
        return f"best of {self.of}: {self.stage} {self.done} of {self.of}"


class Choosing(QObject):
    """What is chosen from a pool. progress: of the one that is there, None without."""

    def __init__(self, studio: Studio) -> None:
        super().__init__(studio)
        self._studio = studio
        self._pool: tuple[Recipe, ...] = ()
        self._asked: dict[str, str] = {}
        self._opinions: dict[str, Judged | None] = {}
        self._preparing: set[str] = set()
        self._without_rack = False
        self._refusal = ""
        self.progress: Progress | None = None
        self._whole = Throttle(0, self._show, self)
        studio.engine.news.connect(self._hear)
        studio.engine.state.connect(self._engine_changed)
        studio.racking.link.gone.connect(self._rack_gone)

    @property
    def recipes(self) -> tuple[Recipe, ...]:
        """The drafts whose sounds with effects are wanted."""
        return () if self._without_rack else self._pool

    def follow(self, flow: flows.Flow) -> None:
        """Ask for what is missing of the Flow's pool, and take back what is wanted no longer."""
        if flow.pool != self._pool:
            self._begin(flow)
        if not self._pool:
            return
        sounds = [self._sound(recipe) for recipe in self._pool]
        for recipe, heard in zip(self._pool, sounds, strict=True):
            if heard is not None and heard.name not in self._opinions and heard.name not in self._asked.values():
                self._ask(heard, recipe)
        judged = [self._is_settled(recipe, heard) for recipe, heard in zip(self._pool, sounds, strict=True)]
        self.progress = self._progress(sum(judged))
        if all(judged):
            self._whole.poke()

    def give_up(self) -> None:
        """Show what there was; what was made lies on the shelf."""
        self._studio.change(replace(self._studio.flow, pool=()))

    def close(self) -> None:
        """The window closes."""
        self._whole.forget()

    # ── what is missing ───────────────────────────────────────────────────────────────────────────────────────

    def _begin(self, flow: flows.Flow) -> None:
        """Another pool, or none: what was asked for the one before is taken back."""
        studio, wanted = self._studio, {content(recipe) for recipe in drafts_wanted(flow).values()}
        for key in {content(recipe) for recipe in self._pool} - wanted:
            if key in studio.making.pending:
                studio.engine.cancel(studio.making.pending[key])
        for ticket in self._asked:
            studio.engine.cancel(ticket)
        self._asked.clear()
        self._pool, self._without_rack, self._refusal, self.progress = flow.pool, False, "", None
        for name in [name for name, opinion in self._opinions.items() if opinion is None]:
            del self._opinions[name]  # a person asks for it again

    def _made(self, recipe: Recipe) -> Made | None:
        """A draft that can be heard."""
        made = self._studio.shelf.version(recipe)
        return None if made is None or made.silent else made

    def _waits_for_effects(self, made: Made) -> bool:
        return not self._without_rack and self._studio.racking.wetting.missing(self._studio.flow, made)

    def _sound(self, recipe: Recipe) -> Heard | None:
        """What is judged of a draft: with its effects where it has some; None while it is not there."""
        studio, made = self._studio, self._made(recipe)
        if made is None or self._waits_for_effects(made):
            return None
        wet = printed_of(studio.flow, studio.shelf, made)
        if wet is not None:
            return wet
        edit = edit_of(studio.flow, studio.shelf, recipe)
        name = heard_name(made, edit)
        heard = studio.shelf.heard.get(name)
        if heard is None and name not in self._preparing and name not in self._opinions:
            self._preparing.add(name)
            job = partial(hearing.prepare, studio.session, made, edit)
            studio.work.do(f"best {name}", job, self._prepared, partial(self._not_prepared, name))
        return heard

    def _prepared(self, heard: Heard) -> None:
        self._preparing.discard(heard.name)
        self._studio.shelf.remember(heard)
        self._studio.soon()

    def _not_prepared(self, name: str, sentence: str) -> None:
        self._preparing.discard(name)
        self._judge_not(name, sentence)

    def _ask(self, heard: Heard, recipe: Recipe) -> None:
        ticket = self._studio.engine.judge(heard.path, recipe.prompt.text)
        if ticket:
            self._asked[ticket] = heard.name

    def _is_settled(self, recipe: Recipe, heard: Heard | None) -> bool:
        """Whether nothing more will be known of a draft."""
        if content(recipe) in self._studio.shelf.refused:
            return True
        made = self._studio.shelf.version(recipe)
        if made is None or made.silent:
            return made is not None
        if heard is not None:
            return heard.name in self._opinions
        dry = heard_name(made, edit_of(self._studio.flow, self._studio.shelf, recipe))
        return not self._waits_for_effects(made) and dry in self._opinions

    def _progress(self, judged: int) -> Progress:
        shelf, of = self._studio.shelf, len(self._pool)
        made = [shelf.version(recipe) for recipe in self._pool]
        refused = sum(content(recipe) in shelf.refused for recipe in self._pool)
        there = sum(one is not None for one in made) + refused
        if there < of:
            return Progress("making", there, of)
        dry = sum(one is not None and not one.silent and self._waits_for_effects(one) for one in made)
        return Progress("effects", of - dry, of) if dry else Progress("judging", judged, of)

    # ── what comes back ───────────────────────────────────────────────────────────────────────────────────────

    def _hear(self, news: object) -> None:
        if isinstance(news, Judged) and news.ticket in self._asked:
            self._opinions[self._asked.pop(news.ticket)] = news
            while len(self._opinions) > _MOST_OPINIONS:
                del self._opinions[next(iter(self._opinions))]
            self._studio.soon()
        elif isinstance(news, Failed) and news.ticket in self._asked:
            name = self._asked.pop(news.ticket)
            if news.kind == "failed":
                self._judge_not(name, news.sentence)

    def _judge_not(self, name: str, sentence: str) -> None:
        """A sound that cannot be judged comes after those that can."""
        self._opinions[name] = None
        self._refusal = sentence
        self._studio.soon()

    def _engine_changed(self, word: str, _: str) -> None:
        """A new client has been asked for nothing yet."""
        if word == "gone":
            self._asked.clear()

    def _rack_gone(self, _: str) -> None:
        if self._pool and not self._without_rack:
            self._without_rack = True
            self._studio.soon()

    # ── choosing ──────────────────────────────────────────────────────────────────────────────────────────────

    def _show(self) -> None:
        """All is known that will be: show the best of it."""
        flow, pool = self._studio.flow, self._pool
        if not pool or flow.pool != pool:
            return
        sounds = [self._sound(recipe) for recipe in pool]
        if not all(map(self._is_settled, pool, sounds)):
            return
        there = {i: one for i, one in enumerate(sounds) if one is not None}
        opinions = {i: opinion for i, one in there.items() if (opinion := self._opinions[one.name]) is not None}
        best = _by_opinion(opinions) if opinions else [[*there][i] for i in by_difference([*there.values()])]
        rest = [i for i, recipe in enumerate(pool) if i not in best and self._studio.shelf.version(recipe)]
        self._tell(there, len(opinions))
        self._studio.change(flows.ranked(flow, [*best, *rest]), "Best of 24")

    def _tell(self, there: dict[int, Heard], judged: int) -> None:
        messages, of = self._studio.messages, len(self._pool)
        made = [self._made(recipe) for recipe in self._pool]
        flow, shelf = self._studio.flow, self._studio.shelf
        dry = sum(one is not None and shelf.wants_wet(flow, one) and not shelf.is_wet(flow, one) for one in made)
        if there and not judged:
            messages.warn(f"The eight that differ most are shown: the judge could not hear them. {self._refusal}")
        elif dry:
            messages.warn(f"Best of {of}: {dry} were compared without their effects; the rack did not make them.")
        else:
            messages.note(_DONE.format(of=of))


def by_difference(sounds: Sequence[Heard]) -> list[int]:
    """The order in which each next sound differs most from those before it; the first stays the first."""
    return _ranked({i: (0.0, hearing.fingerprint(one)) for i, one in enumerate(sounds)})


def _by_opinion(opinions: Mapping[int, Judged]) -> list[int]:
    return _ranked({i: (one.fit, np.array(one.mark)) for i, one in opinions.items()})


def _ranked(sounds: Mapping[int, tuple[float, NDArray[np.float64]]]) -> list[int]:
    names = {f"{i:04}": i for i in sounds}
    return [names[name] for name in ranked(Candidate(name, *sounds[i]) for name, i in names.items())]
