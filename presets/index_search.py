"""Finding takes in an index: words, filters and an order, a page at a time.

How a query is answered soonest is told in `presets.index_ways`; the answer is the same whichever way.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from presets import index_marks, index_ways
from presets.contents import KINDS, Kind
from presets.errors import InvalidRequest
from presets.index import TAG_BREAK, Index, Row
from presets.index_file import guarded
from presets.index_ways import BOTH, Order, every, filters, many, number, walked, way

ORDERS = tuple(index_ways.ORDERS)

EVERY = 2**62
"""The limit of a query that wants all takes on one page."""

_GENERATED, _AUTOMATIC, _TAGS = 5, 18, 19  # places in a row
_AT_ONCE = 500  # takes; a statement takes some thousand values
_COUNT = "SELECT count(*) FROM words WHERE words MATCH ?"
_FIELDS = (
    "take.id, file, wav, name, kind, generated, model, prompt, steps, seed, lineage, content, checksum, seconds, "
    "rate, channels, rating, category, automatic, tags, notes, added, trashed, problem"
)


@dataclass(frozen=True)
class Query:
    """What is looked for; every field narrows it down.

    Attributes:
        text: words that all must be in name, prompt, tags, notes or category, or begin words there.
        model: id of the model that made it.
        shortest, longest: seconds; None is any.
        rating: so many stars or more.
        tags: all of them, however they are capitalised.
        category: UCS CatID, or how it begins.
        trashed: False is what is not in the trash, True only that, None both.
        generated: whether Onetake made it; None both.
        kinds: drafts, refined …; empty is any.
        lineage: all versions of this take.
        order: "best" is by how well the words fit where they find at most 2,000 takes, else the newest first.
        limit, offset: the page.
    """

    text: str = ""
    model: str = ""
    shortest: float | None = None
    longest: float | None = None
    rating: int = 0
    tags: tuple[str, ...] = ()
    category: str = ""
    trashed: bool | None = False
    generated: bool | None = None
    kinds: tuple[Kind, ...] = ()
    lineage: str = ""
    order: Order = "best"
    limit: int = 100
    offset: int = 0


@dataclass(frozen=True)
class Hit:
    """A take that was found; fields as in Entry, Shape and Origin.

    Attributes:
        id: its number in the index, until the index is made anew.
        file: the name of its files.
        wav: file name of the WAV; "" where it is missing.
        problem: what is wrong with its files; "" nothing.
    """

    id: int
    file: str
    wav: str
    name: str
    kind: Kind
    generated: bool
    model: str
    prompt: str
    steps: int
    seed: int
    lineage: str
    content: str
    checksum: str
    seconds: float
    rate: int
    channels: int
    rating: int
    category: str
    category_automatic: bool
    tags: tuple[str, ...]
    notes: str
    added: float
    trashed: float | None
    problem: str


def search(index: Index, query: Query) -> list[Hit]:
    """A page of takes. Those that are equal in the order are ordered by when the index learnt of them.

    Raises:
        InvalidRequest: an order, a kind or a page that there is not.
        Broken: the index is damaged.
    """
    _check(query)
    with guarded(index.path):
        ids = walked(index, query)
        if ids is None:
            source, conditions, values, order = way(index.database, query)
            # First which takes, then what they are: what is not on the page costs its number only.
            page = f"SELECT take.id FROM {source} WHERE {every(conditions)} ORDER BY {order} LIMIT ? OFFSET ?"  # noqa: S608
            ids = [row[0] for row in index.database.execute(page, [*values, query.limit, query.offset])]
        found = by_ids(index, ids)
    return [found[id_] for id_ in ids if id_ in found]


def count(index: Index, query: Query) -> int:
    """How many takes there are on all pages together. Errors as in `search`."""
    _check(query)
    with guarded(index.path):
        if index_marks.is_told(query):
            return int(index.database.execute(_COUNT, (index_marks.expression(query),)).fetchone()[0])
        source, conditions, values, _ = way(index.database, query)
        select = f"SELECT count(*) FROM {source} WHERE {every(conditions)}"  # noqa: S608
        return int(index.database.execute(select, values).fetchone()[0])


def columns(index: Index, query: Query, wanted: str, most: int) -> list[tuple[Any, ...]] | None:
    """Columns of the table "take" of all takes that a query finds, whatever its page; None where more may be.

    Errors as in `search`.
    """
    _check(query)
    with guarded(index.path):
        expression = index_marks.expression(query)
        if number(index.database, expression, most) > most:
            return None
        conditions, values = filters(query)
        select = f"SELECT {wanted} FROM {BOTH} WHERE {every(['words MATCH ?', *conditions])}"  # noqa: S608
        return index.database.execute(select, [expression, *values]).fetchall()


def narrowed(index: Index, query: Query, words: bool) -> tuple[str, list[object]]:
    """A condition on the table "take" that holds for what a query finds, and its values. Errors as in `search`.

    words: whether those of the query are part of it.
    """
    _check(query)
    with guarded(index.path):
        conditions, values = many(index.database, query) if words else filters(query)
    return every(conditions), values


def by_ids(index: Index, wanted: list[int]) -> dict[int, Hit]:
    """Takes by their numbers."""
    found: dict[int, Hit] = {}
    with guarded(index.path):
        for start in range(0, len(wanted), _AT_ONCE):
            some = wanted[start : start + _AT_ONCE]
            marks = ", ".join("?" * len(some))
            rows = index.database.execute(f"SELECT {_FIELDS} FROM take WHERE id IN ({marks})", some)  # noqa: S608
            found |= {row[0]: hit(row) for row in rows}
    return found


def named(index: Index, file: str) -> Hit | None:
    """The take whose files have this name; None where there is none."""
    with guarded(index.path):
        row = index.database.execute(f"SELECT {_FIELDS} FROM take WHERE file = ?", (file,)).fetchone()  # noqa: S608
    return None if row is None else hit(row)


def groups(index: Index, column: Literal["content", "checksum"]) -> Iterator[list[Hit]]:
    """Takes that have this identity in common, group by group; what is in the trash is left out."""
    with guarded(index.path):
        repeated = (
            f"SELECT {column} FROM take WHERE {column} <> '' AND trashed IS NULL "  # noqa: S608
            f"GROUP BY {column} HAVING count(*) > 1"
        )
        select = (
            f"SELECT {_FIELDS} FROM take WHERE trashed IS NULL AND {column} IN ({repeated}) "  # noqa: S608
            f"ORDER BY {column}, added"
        )
        group: list[Hit] = []
        for row in index.database.execute(select):
            one = hit(row)
            if group and getattr(group[0], column) != getattr(one, column):
                yield group
                group = []
            group.append(one)
        if group:
            yield group


def tags(index: Index) -> list[tuple[str, int]]:
    """Every tag, small letters, and how many takes have it, the most used first."""
    with guarded(index.path):
        return [
            (tag, number)
            for tag, number in index.database.execute(
                "SELECT tag, count(*) FROM tag GROUP BY tag ORDER BY count(*) DESC, tag"
            )
        ]


def models(index: Index) -> list[tuple[str, int]]:
    """Every model that made takes here, and how many, by name; what is in the trash counts too."""
    with guarded(index.path):
        select = "SELECT model, count(*) FROM take WHERE model <> '' GROUP BY model ORDER BY model"
        return list(index.database.execute(select))


def hit(row: Row) -> Hit:
    """A row of `_FIELDS`, which are those of Hit in their order."""
    fields: list[Any] = list(row)
    fields[_GENERATED], fields[_AUTOMATIC] = bool(fields[_GENERATED]), bool(fields[_AUTOMATIC])
    fields[_TAGS] = tuple(fields[_TAGS].split(TAG_BREAK)) if fields[_TAGS] else ()
    return Hit(*fields)


def _check(query: Query) -> None:
    if query.order not in ORDERS:
        raise InvalidRequest(f"An order is {', '.join(ORDERS)}, not {query.order!a}.")
    if wrong := set(query.kinds) - set(KINDS):
        raise InvalidRequest(f"A kind is {', '.join(KINDS)}, not {sorted(wrong)[0]!a}.")
    if query.limit < 0 or query.offset < 0:
        raise InvalidRequest("A page begins at 0 or later and has 0 takes or more.")
