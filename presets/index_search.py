"""Finding takes in an index: words, filters and an order, a page at a time.

A word that most takes have and one that few have need opposite ways: few are sorted, of many the order's own index
is walked until the page is full. So the first page of 100,000 takes comes within 50 ms either way.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from presets.contents import KINDS, Kind
from presets.errors import InvalidRequest
from presets.index import TAG_BREAK, Index, Row
from presets.index_file import guarded
from presets.index_words import question

Order = Literal["best", "newest", "oldest", "rating", "name", "longest", "shortest"]

_ORDERS: dict[Order, str] = {
    "best": "added DESC",
    "newest": "added DESC",
    "oldest": "added",
    "rating": "rating DESC, added DESC",
    "name": "name COLLATE NOCASE",
    "longest": "seconds DESC",
    "shortest": "seconds",
}
ORDERS = tuple(_ORDERS)

EVERY = 2**62
"""The limit of a query that wants all takes on one page."""

_GENERATED, _AUTOMATIC, _TAGS = 5, 18, 19  # places in a row
_FEW = 2000
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
    """A page of takes.

    Raises:
        InvalidRequest: an order, a kind or a page that there is not.
        Broken: the index is damaged.
    """
    _check(query)
    words = question(query.text)
    conditions, values = _filters(query)
    with guarded(index.path):
        few = bool(words) and _number(index.database, words) <= _FEW
        if few:
            order = "rank" if query.order == "best" else _ORDERS[query.order]
            source = "words CROSS JOIN take ON take.id = words.rowid"
            conditions, values = ["words MATCH ?", *conditions], [words, *values]
        else:
            order, source = _ORDERS[query.order], "take"
            if words:
                conditions = ["take.id IN (SELECT rowid FROM words WHERE words MATCH ?)", *conditions]
                values = [words, *values]
        fields = (
            _FIELDS
            if not few
            else ", ".join(f"take.{f.strip().removeprefix('take.')}" for f in _FIELDS.split(","))
        )
        if few and query.order != "best":
            order = ", ".join(f"take.{part.strip()}" for part in order.split(","))
        select = f"SELECT {fields} FROM {source} WHERE {_all(conditions)} ORDER BY {order} LIMIT ? OFFSET ?"  # noqa: S608
        return [hit(row) for row in index.database.execute(select, [*values, query.limit, query.offset])]


def count(index: Index, query: Query) -> int:
    """How many takes there are on all pages together. Errors as in `search`."""
    select, values = ids(query)
    with guarded(index.path):
        found = index.database.execute(f"SELECT count(*) FROM ({select})", values).fetchone()  # noqa: S608
    return int(found[0])


def ids(query: Query) -> tuple[str, list[object]]:
    """The statement that selects the ids of all takes that a query finds, and its values."""
    _check(query)
    conditions, values = _filters(query)
    if words := question(query.text):
        conditions = ["take.id IN (SELECT rowid FROM words WHERE words MATCH ?)", *conditions]
        values = [words, *values]
    return f"SELECT take.id FROM take WHERE {_all(conditions)}", values  # noqa: S608


def by_ids(index: Index, wanted: list[int]) -> dict[int, Hit]:
    """Takes by their numbers; at most a few hundred."""
    marks = ", ".join("?" * len(wanted))
    with guarded(index.path):
        rows = index.database.execute(f"SELECT {_FIELDS} FROM take WHERE id IN ({marks})", wanted)  # noqa: S608
        return {row[0]: hit(row) for row in rows}


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


def hit(row: Row) -> Hit:
    """A row of `_FIELDS`, which are those of Hit in their order."""
    fields: list[Any] = list(row)
    fields[_GENERATED], fields[_AUTOMATIC] = bool(fields[_GENERATED]), bool(fields[_AUTOMATIC])
    fields[_TAGS] = tuple(fields[_TAGS].split(TAG_BREAK)) if fields[_TAGS] else ()
    return Hit(*fields)


def _number(database: sqlite3.Connection, words: str) -> int:
    """How many takes have the words, counted up to a few."""
    some = "SELECT count(*) FROM (SELECT 1 FROM words WHERE words MATCH ? LIMIT ?)"
    return int(database.execute(some, (words, _FEW + 1)).fetchone()[0])


def _filters(query: Query) -> tuple[list[str], list[object]]:
    found: list[tuple[str, object]] = []
    if query.model:
        found.append(("take.model = ?", query.model))
    if query.shortest is not None:
        found.append(("take.seconds >= ?", query.shortest))
    if query.longest is not None:
        found.append(("take.seconds <= ?", query.longest))
    if query.rating:
        found.append(("take.rating >= ?", query.rating))
    if query.category:
        found.append(("substr(take.category, 1, length(?)) = ? COLLATE NOCASE", query.category))
    if query.lineage:
        found.append(("take.lineage = ?", query.lineage))
    if query.generated is not None:
        found.append(("take.generated = ?", query.generated))
    found += [("take.id IN (SELECT take FROM tag WHERE tag = ?)", tag.casefold()) for tag in query.tags]
    conditions = [condition for condition, _ in found]
    values = [value for condition, value in found for _ in range(condition.count("?"))]
    if query.kinds:
        conditions.append(f"take.kind IN ({', '.join('?' * len(query.kinds))})")
        values += query.kinds
    if query.trashed is not None:
        conditions.append(f"take.trashed IS {'NOT ' * query.trashed}NULL")
    return conditions, values


def _all(conditions: list[str]) -> str:
    return " AND ".join(conditions) or "1"


def _check(query: Query) -> None:
    if query.order not in _ORDERS:
        raise InvalidRequest(f"An order is {', '.join(_ORDERS)}, not {query.order!a}.")
    if wrong := set(query.kinds) - set(KINDS):
        raise InvalidRequest(f"A kind is {', '.join(KINDS)}, not {sorted(wrong)[0]!a}.")
    if query.limit < 0 or query.offset < 0:
        raise InvalidRequest("A page begins at 0 or later and has 0 takes or more.")
