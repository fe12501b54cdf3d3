"""The state of the work as plain values, and how it changes: no window, no file, no process.

A Flow holds choices only: the words, eight slots, what is pinned, refined, kept and edited, and earlier sets. What
was made lies on the shelf (shelf.py) and is never undone; what has to be asked for follows from both (orders.py).
So undo is a difference between two Flows, a crash costs nothing, and everything here can be tested without a
screen. Every function returns a new Flow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Annotated, Any

from msgspec import Meta, Struct
from msgspec.structs import replace

from presets import levels
from presets.schema import Chain, Edit, Recipe, Seed
from presets.schema import content_id as _content_id
from presets.schema import lineage_id as _lineage_id
from ui.family import Family, seats

SLOTS = 8
STEPS = (1, 2, 4, 8, 16)
MOST_PAGES = 300
BEST_OF = 24

Draw = Callable[[], int]
"""Draws a seed."""


class Wishes(Struct, frozen=True, kw_only=True):
    """What is asked for. length: seconds, None is auto; omega: None is the model's own."""

    text: str = ""
    length: float | None = None
    model: str = "starter"
    omega: float | None = None
    nu: float = 1.0


class Slot(Struct, frozen=True, kw_only=True):
    """One of the eight. recipe: the draft that is there; wanted: the one that shall replace it when it comes.

    pinned: neither words nor new drafts replace it. gain_db: what brings the set to its level, all alike.
    """

    seed: Seed
    recipe: Recipe | None = None
    wanted: Recipe | None = None
    pinned: bool = False
    gain_db: float = 0.0


class Marks(Struct, frozen=True, kw_only=True):
    """What was done to a take. steps: the version that is wanted; levelling: more steps while they are heard.

    as_draft: the draft is heard although there is better. edit: the designer's own, None is the one found.
    """

    steps: int = 1
    levelling: bool = False
    as_draft: bool = False
    edit: Edit | None = None
    kept: bool = False


_UNMARKED = Marks()


class Page(Struct, frozen=True, kw_only=True):
    """A set as recipes. rejected: none of them was wanted."""

    wishes: Wishes
    recipes: tuple[Recipe | None, ...]
    seeds: tuple[Seed, ...]
    rejected: bool = False


class Flow(Struct, frozen=True, kw_only=True):
    """All choices. made_for: the wishes of the set in the slots; back, ahead: earlier and later sets.

    previous: the set of the words before, for A/B. touched: a person has listened to this set, so it is kept in
    the history. held: the noise stays when the words change. pool: what the best are chosen from. pads: takes on
    notes; families: what those play instead. chains: effects by lineage; every: of takes without their own.
    """

    wishes: Wishes = Wishes()
    slots: tuple[Slot, ...]
    selected: Annotated[int, Meta(ge=0, lt=SLOTS)] = 0
    marks: dict[str, Marks] = {}
    back: tuple[Page, ...] = ()
    ahead: tuple[Page, ...] = ()
    previous: Page | None = None
    made_for: Wishes = Wishes()
    touched: bool = False
    held: bool = True
    pool: tuple[Recipe, ...] = ()
    pads: dict[int, Recipe] = {}
    families: dict[int, Family] = {}
    chains: dict[str, Chain] = {}
    every: Chain = Chain()

    @property
    def chosen(self) -> Slot:
        """The selected slot."""
        return self.slots[self.selected]

    @property
    def complete(self) -> bool:
        """Whether everything that was asked for is there."""
        return not any(slot.wanted for slot in self.slots)

    @property
    def current(self) -> Page:
        """The set in the slots, or on its way there."""
        recipes = tuple(slot.wanted or slot.recipe for slot in self.slots)
        return Page(wishes=self.made_for, recipes=recipes, seeds=tuple(slot.seed for slot in self.slots))

    def marks_of(self, recipe: Recipe | None) -> Marks:
        """What was done to a take, or to the family that it sits in."""
        take = "" if recipe is None else lineage(recipe)
        marks = self.marks.get(take)
        seat = seats(self.families).get(take) if marks is None and self.families else None
        return marks or (Marks(steps=seat.steps) if seat else _UNMARKED)


@lru_cache(4096)
def lineage(recipe: Recipe) -> str:
    """The take that a recipe belongs to; remembered, because it is asked for on every repaint."""
    return _lineage_id(recipe)


@lru_cache(4096)
def content(recipe: Recipe) -> str:
    """The identity of one version, remembered likewise."""
    return _content_id(recipe)


def begin(draw: Draw) -> Flow:
    """An empty desk."""
    return Flow(slots=tuple(Slot(seed=draw()) for _ in range(SLOTS)))


def with_seed(base: Recipe, seed: int) -> Recipe:
    """The recipe with another noise."""
    return replace(base, seed=seed, decode_seed=seed, variation_seed=0, variation_radius=0.0)


# ── words and sets ────────────────────────────────────────────────────────────────────────────────────────────


def wish(flow: Flow, **fields: Any) -> Flow:
    """Change what is asked for; nothing is asked yet. What the best were to be chosen from belongs to what was."""
    wishes = replace(flow.wishes, **fields)
    return flow if wishes == flow.wishes else replace(flow, wishes=wishes, pool=())


def ask(flow: Flow, base: Recipe | None, draw: Draw) -> Flow:
    """Want a draft of the present wishes in every slot that is not pinned.

    base: the recipe of the wishes, whatever its seed; None where there are no words: what is there stays.
    """
    flow = replace(flow, pool=())  # what the best were to be chosen from belongs to the words before
    if base is None:
        return _slots(flow, lambda _, slot: replace(slot, wanted=None))
    seeds = [slot.seed if flow.held else draw() for slot in flow.slots]
    return _want(_turned(flow), [with_seed(base, seed) for seed in seeds], seeds)


def new_seeds(flow: Flow, base: Recipe | None, draw: Draw, rejected: bool = False) -> Flow:
    """Eight new noises for the same words; the set that was there goes into the history."""
    seeds = [slot.seed if slot.pinned else draw() for slot in flow.slots]
    turned = _turned(replace(flow, touched=True, pool=()), rejected)
    if base is None:
        return _slots(turned, lambda i, slot: replace(slot, seed=seeds[i], wanted=None))
    return _want(turned, [with_seed(base, seed) for seed in seeds], seeds)


def more_like(flow: Flow, radius: float, draw: Draw) -> Flow:
    """Seven neighbours of the selected take, at a distance from its noise (0 the same, 1 another); it stays."""
    parent = flow.chosen.recipe
    if parent is None:
        return flow
    near = [replace(parent, steps=1, variation_seed=draw(), variation_radius=radius) for _ in flow.slots]
    near[flow.selected] = parent
    return _want(_turned(replace(flow, touched=True, pool=())), near, [slot.seed for slot in flow.slots])


def best_of(flow: Flow, base: Recipe, draw: Draw) -> Flow:
    """Want many drafts; `ranked` chooses among them when they are there."""
    pool = tuple(with_seed(base, draw()) for _ in range(BEST_OF))
    return replace(flow, pool=pool)


def ranked(flow: Flow, order: Iterable[int]) -> Flow:
    """Show the best of the pool; the rest follows page by page in `ahead`, the last one with what is left."""
    pool = [flow.pool[i] for i in order]
    room = SLOTS - sum(slot.pinned for slot in flow.slots) or SLOTS
    pages = [_page(flow, pool[i : i + room]) for i in range(0, len(pool), room)]
    turned = _turned(replace(flow, touched=True))
    first = replace(_open(turned, pages[0]), touched=False) if pages else turned
    return replace(first, pool=(), ahead=tuple(pages[1:]))


def drafted(flow: Flow, ready: Callable[[Recipe], bool]) -> Flow:
    """Put in their slots the wanted drafts that are ready; one that nobody wants any more changes nothing."""

    def put(_: int, slot: Slot) -> Slot:
        if slot.wanted is None or not ready(slot.wanted):
            return slot
        return replace(slot, recipe=slot.wanted, wanted=None)

    return _slots(flow, put)


def given_up(flow: Flow, refused: Callable[[Recipe], bool]) -> Flow:
    """Stop waiting for drafts that cannot be made; what was there stays audible."""
    return _slots(flow, lambda _, s: replace(s, wanted=None) if s.wanted and refused(s.wanted) else s)


def linked(flow: Flow, wanted: Callable[[Recipe], float | None]) -> Flow:
    """The same gain for the whole set, as in files (presets/levels.py); pinned ones keep theirs.

    wanted: what would bring a recipe's sound alone to its level, dB; None for silence, or what is not there yet.
    """
    gains = {i: wanted(s.recipe) for i, s in enumerate(flow.slots) if s.recipe and not s.pinned}
    gain = levels.family_gain(gains.values())
    changed = {i for i in gains if flow.slots[i].gain_db != gain}
    return _slots(flow, lambda i, slot: replace(slot, gain_db=gain) if i in changed else slot)


def settled(flow: Flow) -> Flow:
    """The set has stood for a while: it belongs into the history."""
    has = flow.complete and any(slot.recipe for slot in flow.slots)
    return replace(flow, touched=True) if has and not flow.touched else flow


def heard(flow: Flow) -> Flow:
    """A person has listened to this set: it belongs into the history too."""
    return replace(flow, touched=True) if any(slot.recipe for slot in flow.slots) else flow


def hold(flow: Flow, held: bool) -> Flow:
    """Hold the noise while the words change, or draw it anew each time."""
    return replace(flow, held=held)


def earlier(flow: Flow) -> Flow:
    """The set before."""
    if not flow.back:
        return flow
    opened = _open(flow, flow.back[-1])
    return replace(opened, back=flow.back[:-1], ahead=(flow.current, *flow.ahead))


def later(flow: Flow) -> Flow:
    """The set after."""
    if not flow.ahead:
        return flow
    opened = _open(flow, flow.ahead[0])
    return replace(opened, back=(*flow.back, flow.current), ahead=flow.ahead[1:])


def previous_words(flow: Flow) -> Flow:
    """A/B: the set of the words before; again, and the newer one is back."""
    if flow.previous is None:
        return flow
    return replace(_open(flow, flow.previous), previous=flow.current)


# ── takes ─────────────────────────────────────────────────────────────────────────────────────────────────────


def select(flow: Flow, index: int) -> Flow:
    """Choose a slot."""
    return replace(flow, selected=index % SLOTS)


def pin(flow: Flow, index: int) -> Flow:
    """Pin a slot or let it go."""
    slot = flow.slots[index]
    return _slot(flow, index, pinned=not slot.pinned, wanted=None) if slot.recipe else flow


def discard(flow: Flow, index: int, draw: Draw) -> Flow:
    """Take a take out of its slot; the next drafts fill it with another noise."""
    return _slot(flow, index, seed=draw(), recipe=None, wanted=None, pinned=False)


def refine(flow: Flow, index: int, steps: int) -> Flow:
    """Want the take in so many steps; 1 is its draft."""
    return _mark(flow, index, steps=steps, levelling=False, as_draft=False)


def keep(flow: Flow, index: int) -> Flow:
    """Keep a take for ever, and refine it for as long as that is heard."""
    marks = flow.marks_of(flow.slots[index].recipe)
    fields = {} if marks.steps > 1 else {"steps": 2, "levelling": True, "as_draft": False}
    return _mark(flow, index, kept=True, **fields)


def levelled(flow: Flow, take: str, steps: int, enough: bool) -> Flow:
    """A take that is being kept has come to so many steps: stay there, or take twice as many."""
    marks = flow.marks.get(take)
    if marks is None or not marks.levelling or marks.steps != steps:
        return flow
    enough = enough or steps >= STEPS[-1]
    marks = replace(marks, levelling=not enough, steps=steps if enough else 2 * steps)
    return replace(flow, marks={**flow.marks, take: marks})


def draft_or_refined(flow: Flow, index: int) -> Flow:
    """A/B within a take: its draft, or the best there is."""
    return _mark(flow, index, as_draft=not flow.marks_of(flow.slots[index].recipe).as_draft)


def edit(flow: Flow, index: int, changed: Edit | None) -> Flow:
    """Cut a take otherwise; None is as it was found."""
    return _mark(flow, index, edit=changed)


def on_pad(flow: Flow, note: int, recipe: Recipe | None) -> Flow:
    """Lay a take on a note, or take it away."""
    rest = {key: value for key, value in flow.pads.items() if key != note}
    families = {key: value for key, value in flow.families.items() if key != note}
    return replace(flow, pads=rest if recipe is None else {**rest, note: recipe}, families=families)


def takes(flow: Flow) -> list[Recipe]:
    """The takes that can be heard now, once each: the slots' and the pads'."""
    return list(dict.fromkeys([s.recipe for s in flow.slots if s.recipe] + list(flow.pads.values())))


# ── how it is done ────────────────────────────────────────────────────────────────────────────────────────────


def _slots(flow: Flow, change: Callable[[int, Slot], Slot]) -> Flow:
    slots = tuple([change(i, slot) for i, slot in enumerate(flow.slots)])
    same = all(new is old for new, old in zip(slots, flow.slots, strict=True))
    return flow if same else replace(flow, slots=slots)


def _slot(flow: Flow, index: int, **fields: Any) -> Flow:
    return _slots(flow, lambda i, slot: replace(slot, **fields) if i == index else slot)


def _mark(flow: Flow, index: int, **fields: Any) -> Flow:
    recipe = flow.slots[index].recipe
    if recipe is None:
        return flow
    take = lineage(recipe)
    marked: Mapping[str, Marks] = {**flow.marks, take: replace(flow.marks_of(recipe), **fields)}
    return replace(flow, marks={k: v for k, v in marked.items() if v != Marks()}, touched=True)


def _want(flow: Flow, recipes: list[Recipe], seeds: list[int]) -> Flow:
    """Want these recipes in the slots that are not pinned; those that are there already are not asked again."""

    def wanted(i: int, slot: Slot) -> Slot:
        if slot.pinned:
            return slot
        return replace(slot, seed=seeds[i], wanted=None if slot.recipe == recipes[i] else recipes[i])

    return replace(_slots(flow, wanted), made_for=flow.wishes)


def _page(flow: Flow, recipes: list[Recipe]) -> Page:
    """A set of these around the pinned ones, with empty slots behind them where they are fewer."""
    left, all_pinned = iter(recipes), all(slot.pinned for slot in flow.slots)
    filled = tuple(s.recipe if s.pinned and not all_pinned else next(left, None) for s in flow.slots)
    seeds = tuple(s.seed if one is None else one.seed for s, one in zip(flow.slots, filled, strict=True))
    return Page(wishes=flow.wishes, recipes=filled, seeds=seeds)


def _turned(flow: Flow, rejected: bool = False) -> Flow:
    """The set that is there becomes an earlier one where a person listened to it; later ones come before it."""
    page = replace(flow.current, rejected=rejected)
    full = any(page.recipes)
    back = flow.back
    if flow.touched and full and (not back or back[-1] != page):
        back = (*back, *flow.ahead, page)[-MOST_PAGES:]
        flow = replace(flow, back=back, ahead=())
    seen = flow.complete and full and flow.made_for.text != flow.wishes.text
    return replace(flow, previous=page if seen else flow.previous, touched=False)


def _open(flow: Flow, page: Page) -> Flow:
    wishes = replace(flow, wishes=page.wishes)

    def put(i: int, slot: Slot) -> Slot:
        if slot.pinned:
            return slot
        recipe = page.recipes[i]
        wanted = None if recipe == slot.recipe else recipe
        return replace(slot, seed=page.seeds[i], wanted=wanted, recipe=None if recipe is None else slot.recipe)

    return replace(_slots(wishes, put), made_for=page.wishes, touched=True)
