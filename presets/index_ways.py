"""The ways on which a query finds takes in an index, and which of them is the shortest for it.

A word that most takes have and one that few have need opposite ways: few are sorted; of many the order's own index
is walked until the page is full, where a large share of all takes has the words by asking take after take. What
else a take is stands among its words (`presets.index_marks`), so that counting needs no look at the takes.
"""

from __future__ import annotations

import math
import sqlite3
from typing import TYPE_CHECKING, Literal

from presets import index_marks
from presets.index import Index
from presets.index_words import question

if TYPE_CHECKING:
    from presets.index_search import Query

Order = Literal["best", "newest", "oldest", "rating", "name", "longest", "shortest"]

ORDERS: dict[Order, str] = {
    "best": "take.added DESC, take.id DESC",
    "newest": "take.added DESC, take.id DESC",
    "oldest": "take.added, take.id",
    "rating": "take.rating DESC, take.added DESC, take.id DESC",
    "name": "take.name COLLATE NOCASE, take.id",
    "longest": "take.seconds DESC, take.id DESC",
    "shortest": "take.seconds, take.id",
}
"""How takes are ordered; those that are equal by when the index learnt of them."""

BOTH = "words CROSS JOIN take ON take.id = words.rowid"
"""Takes by what the full-text search finds."""

_FEW = 2000
_SHARE = 8  # one take in so many
_NEAR = 200  # takes from the begin
_ONE_OF = "take.id IN (SELECT rowid FROM words WHERE words MATCH ?)"
_NONE_OF = "take.id NOT IN (SELECT rowid FROM words WHERE words MATCH ?)"


def number(database: sqlite3.Connection, expression: str, most: int) -> int:
    """How many takes the full-text search finds, counted up to one more than that."""
    some = "SELECT count(*) FROM (SELECT 1 FROM words WHERE words MATCH ? LIMIT ?)"
    return int(database.execute(some, (expression, most + 1)).fetchone()[0])


def way(database: sqlite3.Connection, query: Query) -> tuple[str, list[str], list[object], str]:
    """How a query is answered soonest: where from, on which conditions with which values, in which order.

    Few takes are looked up and sorted. Of many, the order's own index is walked until the page is full.
    """
    words, order = question(query.text), ORDERS[query.order]
    conditions, values = filters(query)
    has_few_words = bool(words) and number(database, words, _FEW) <= _FEW
    if has_few_words or number(database, index_marks.expression(query), _FEW) <= _FEW:
        found = words if has_few_words else index_marks.expression(query)
        by = "rank, take.id" if has_few_words and query.order == "best" else order
        return BOTH, ["words MATCH ?", *conditions], [found, *values], by
    source = _source(database, query)
    conditions, values = many(database, query)
    return source, conditions, values, order


def walked(index: Index, query: Query) -> list[int] | None:
    """A page near the begin, of words that many takes have: the takes are asked one by one, in their order.

    None where another way is shorter.
    """
    words, end = question(query.text), query.offset + query.limit
    if end > _NEAR or query.lineage or not has_many(index, query):
        return None
    conditions, values = filters(query)
    select = f"SELECT take.id FROM take WHERE {every(conditions)} ORDER BY {ORDERS[query.order]} LIMIT ?"  # noqa: S608
    rows = index.database.execute(select, [*values, _SHARE * end])
    found: list[int] = []
    while len(found) < end:
        some = [row[0] for row in rows.fetchmany(2 * end)]
        if not some:
            return None
        found += index.probe.having(words, some)
    return found[query.offset : end]


def has_many(index: Index, query: Query) -> bool:
    """Whether so many takes have the words of a query that asking single ones is shorter than listing them."""
    words = question(query.text)
    share = max(_FEW, _last(index.database) // _SHARE)
    return bool(words) and number(index.database, words, share) > share


def _last(database: sqlite3.Connection) -> int:
    """The largest number of a take: about how many there are."""
    return int(database.execute("SELECT coalesce(max(id), 0) FROM take").fetchone()[0])


def _source(database: sqlite3.Connection, query: Query) -> str:
    """The table, by the index that a lineage or few lengths are found with."""
    if query.lineage:
        return "take INDEXED BY take_lineage"
    if query.shortest is None and query.longest is None:
        return "take"
    bounds = (query.shortest or 0.0, math.inf if query.longest is None else query.longest, _FEW + 1)
    some = "SELECT count(*) FROM (SELECT 1 FROM take WHERE seconds >= ? AND seconds <= ? LIMIT ?)"
    return "take INDEXED BY take_seconds" if database.execute(some, bounds).fetchone()[0] <= _FEW else "take"


def many(database: sqlite3.Connection, query: Query) -> tuple[list[str], list[object]]:
    """Conditions on the table "take", words among them: of those that most takes have, the takes without them."""
    conditions, values = filters(query)
    if words := question(query.text):
        half = _last(database) // 2
        has_most = number(database, words, half) > half
        conditions.append(_NONE_OF if has_most else _ONE_OF)
        values.append(index_marks.without(words) if has_most else words)
    return conditions, values


def filters(query: Query) -> tuple[list[str], list[object]]:
    """What a query asks besides its words, as conditions on the table "take", and their values."""
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
        found.append(("take.lineage = ? AND take.lineage <> ''", query.lineage))
    if query.generated is not None:
        found.append(("take.generated = ?", query.generated))
    has_tag = "EXISTS (SELECT 1 FROM tag WHERE tag.tag = ? AND tag.take = take.id)"
    found += [(has_tag, tag.casefold()) for tag in query.tags]
    conditions = [condition for condition, _ in found]
    values = [value for condition, value in found for _ in range(condition.count("?"))]
    if query.kinds:
        conditions.append(f"take.kind IN ({', '.join('?' * len(query.kinds))})")
        values += query.kinds
    if query.trashed is not None:
        conditions.append(f"take.trashed IS {'NOT ' * query.trashed}NULL")
    return conditions, values


def every(conditions: list[str]) -> str:
    """One condition that holds where all of them do."""
    return " AND ".join(conditions) or "1"
