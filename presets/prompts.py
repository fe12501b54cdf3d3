"""What was asked for as a person remembers it: words, a day, and the takes that were made of them.

The history (presets/history.py) holds every version that was rendered; here those of the same words, model and
day are one row. Words that were only on the way to longer ones, typed within seconds, are marked as such.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from itertools import zip_longest
from pathlib import Path

from presets import history
from presets.schema import Recipe, with_steps

Going = Callable[[int, int], bool]
"""Told of bytes read and of all; returns whether to go on."""

_ON_THE_WAY = 8.0  # seconds; whoever rests longer has listened
_OFTEN = 200  # lines between two tellings


@dataclass(frozen=True)
class Words:
    """One row of the history.

    Attributes:
        prompt: the text; model: id of what made the takes; day: where the clock of this machine stands.
        first, last: seconds since 1970, of the first and the last take.
        recipes: drafts of the takes, once each, in the order in which they were made.
        is_partial: whether longer words followed at once.
    """

    prompt: str
    model: str
    day: date
    first: float
    last: float
    recipes: tuple[Recipe, ...]
    is_partial: bool = False


def prompts(session: Path, going: Going | None = None) -> list[Words]:
    """All that was asked for in a session, the newest first; who stops it gets what was read until then."""
    total, done, lines = history.size(session), 0, 0
    rows: dict[tuple[str, str, date], dict[Recipe, float]] = {}

    def count(read: int) -> None:
        nonlocal done, lines
        done, lines = done + read, lines + 1

    for moment in history.moments(session, count):
        if going is not None and not lines % _OFTEN and not going(done, total):
            break
        recipe, day = moment.recipe, datetime.fromtimestamp(moment.at).astimezone().date()
        takes = rows.setdefault((recipe.prompt.text.strip(), recipe.model, day), {})
        takes.setdefault(with_steps(recipe, 1), moment.at)
    found = [_words(*key, takes) for key, takes in rows.items()]
    found.sort(key=lambda one: one.first)
    partial = [_is_partial(one, after) for one, after in zip_longest(found, found[1:])]
    marked = [_marked(one) if is_partial else one for one, is_partial in zip(found, partial, strict=True)]
    return sorted(marked, key=lambda one: -one.last)


def _words(prompt: str, model: str, day: date, takes: dict[Recipe, float]) -> Words:
    ordered = sorted(takes, key=takes.__getitem__)
    return Words(prompt, model, day, takes[ordered[0]], takes[ordered[-1]], tuple(ordered))


def _is_partial(one: Words, after: Words | None) -> bool:
    return (
        after is not None
        and one.model == after.model
        and after.prompt.startswith(one.prompt)
        and 0.0 <= after.first - one.last < _ON_THE_WAY
    )


def _marked(one: Words) -> Words:
    return Words(one.prompt, one.model, one.day, one.first, one.last, one.recipes, is_partial=True)
