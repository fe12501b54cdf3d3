"""What a take's tile tells, as plain values: for the painter, for screen readers, and for tests."""

from __future__ import annotations

from dataclasses import dataclass

from presets.schema import Recipe, with_steps
from ui import theme
from ui.flow import content, lineage
from ui.shelf import Shelf
from ui.studio import Studio

_HINTS = {0: "Type a sound above", 1: "1 – 8 hear them", 2: "R refines, Enter keeps", 3: "? shows all keys"}


@dataclass(frozen=True)
class Told:
    """badges: (word, colour), from the right. progress: 0 .. 1 of a refinement. playing: 0 .. 1 of an audition."""

    facts: str = ""
    state: str = ""
    hint: str = ""
    badges: tuple[tuple[str, str], ...] = ()
    progress: float | None = None
    playing: float | None = None
    selected: bool = False
    focused: bool = False
    waiting: bool = False
    silent: bool = False
    empty: bool = True
    sentence: str = ""


def tell(studio: Studio, index: int) -> Told:
    """What there is to tell of a slot."""
    flow, shelf = studio.flow, studio.shelf
    slot = flow.slots[index]
    selected = flow.selected == index
    if slot.recipe is None:
        nothing = not any(one.recipe or one.wanted for one in flow.slots)
        hint = f"…{_at_least(shelf, slot.wanted)}" if slot.wanted else _HINTS.get(index, "") if nothing else ""
        return Told(
            selected=selected, focused=studio.in_grid, waiting=bool(slot.wanted), hint=hint, sentence="Empty."
        )
    shown, heard = shelf.shown(flow, slot.recipe), shelf.sound(flow, slot.recipe)
    marks, working = flow.marks_of(slot.recipe), shelf.working(flow, slot.recipe)
    seconds = f" · {heard.seconds:.2f} s" if heard else ""
    facts = f"{slot.recipe.model} · {slot.recipe.seed % 100_000:05d}{seconds}"
    wet = heard is not None and shown is not None and heard is shelf.wet_of(flow, shown)
    badges = [("WET", theme.SOFT) if wet and not shelf.as_dry else ("DRY", theme.FAINT)]
    if slot.pinned:
        badges.append(("PIN", theme.ACCENT))
    if marks.kept:
        badges.append(("KEPT", theme.KEPT))
    if marks.edit is not None:
        badges.append(("CUT", theme.FAINT))
    state = _state(studio, index)
    playing = studio.sounding.playing
    here = playing is not None and not playing.over and playing.take == lineage(slot.recipe)
    words = [f"Take {index + 1}", state, facts, *(word.lower() for word, _ in badges)]
    return Told(
        facts=facts,
        state=state,
        badges=tuple(badges),
        progress=working[0] / working[1] if working else None,
        playing=min(playing.position / max(playing.seconds, 0.01), 1.0) if here and playing else None,
        selected=selected,
        focused=studio.in_grid,
        waiting=bool(slot.wanted),
        silent=bool(shown and shown.silent),
        empty=False,
        sentence=", ".join(words) + f". {slot.recipe.prompt.text}",
    )


def _state(studio: Studio, index: int) -> str:
    flow, shelf = studio.flow, studio.shelf
    recipe = flow.slots[index].recipe
    if recipe is None:
        return ""
    marks, working, shown = flow.marks_of(recipe), shelf.working(flow, recipe), shelf.shown(flow, recipe)
    if working is not None:
        left = _at_least(shelf, with_steps(recipe, marks.steps))
        return f"refining {working[0]} of {working[1]}{left}"
    if shown is None:
        return "missing" if content(recipe) in shelf.refused else f"…{_at_least(shelf, recipe)}"
    if shown.silent:
        return "silent"
    if shown.recipe.steps == 1:
        return "draft, refined too" if marks.as_draft and marks.steps > 1 else "draft"
    identity = "" if shown.version.identity is None else f" · {shown.version.identity:.2f} alike"
    return f"refined {shown.recipe.steps}{identity}"


def _at_least(shelf: Shelf, recipe: Recipe) -> str:
    """What a slow sound takes, as it stands behind its state."""
    seconds = shelf.lasts.get(content(recipe))
    return "" if seconds is None else f" · {seconds:.0f} s or more"
