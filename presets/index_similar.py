"""What sounds like this: takes by the cosine between their embeddings, which a model outside gave.

The embeddings lie in the index by the sound that they are of (content id, else checksum), so that a refresh or a
rebuild does not cost them. As many as fit into a bound are held as one matrix, until an embedding changes; what is
beyond it is read block by block at every question.

Takes are looked up for the sounds that are most alike only: that a query finds 100,000 of them costs nothing.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from presets.errors import InvalidRequest
from presets.index import Index
from presets.index_file import changing, guarded
from presets.index_search import Hit, Query, by_ids, columns, narrowed
from presets.index_ways import has_many
from presets.index_words import question

Vector = NDArray[np.float32]

HELD_BYTES = 256 * 2**20
_BLOCK = 4096  # embeddings that are read at a time
_LONGEST = 65_536  # numbers of an embedding
_FEW = 6000  # takes of a query that are looked at one by one
_NEAREST = 256  # sounds that are looked up at first
_WIDER = 4  # times as many sounds are looked at, where those that are most alike are not what a query finds
_AT_ONCE = 10_000  # names in one statement
_ALIKE = 9  # decimals: what differs less is equally alike
_ROUNDING = 2.0**-23  # of a sum of products in float32, for every number of a unit vector

_SOUND = "CASE WHEN take.content <> '' THEN take.content ELSE take.checksum END"
_TAKE = f"take.id, {_SOUND}, take.added"
_OF_SOUNDS = f"""SELECT {_TAKE} FROM (
    SELECT id FROM take WHERE content <> '' AND content IN (%s)
    UNION ALL SELECT id FROM take WHERE content = '' AND checksum <> '' AND checksum IN (%s)
) AS near CROSS JOIN take ON take.id = near.id WHERE """  # noqa: S608

Take = tuple[Any, ...]
"""The number of a take, the sound it is of, when it was added."""


class _Place(NamedTuple):
    """Where a take lies among others: the smallest is the most alike, then the newest."""

    distance: float
    age: float
    order: int


@dataclass(frozen=True)
class Alike:
    """A take and how much it sounds like what was asked: 1 is equal, 0 has nothing in common."""

    take: Hit
    likeness: float


class Similar:
    """The embeddings of one space (a model's id) in an index."""

    def __init__(self, index: Index, space: str, held_bytes: int = HELD_BYTES) -> None:
        """held_bytes: the most that is held in memory."""
        self._index, self._space, self._held = index, space, held_bytes
        self._state: tuple[int, int] | None = None
        self._block = _Block([], np.zeros((0, 0), np.float32))
        self._is_whole = True

    def put(self, vectors: Mapping[str, Vector]) -> None:
        """Note embeddings; those that are known already change nothing.

        Args:
            vectors: shape (D,) each, by content id or, of what was not generated, checksum.

        Raises:
            InvalidRequest: one is no vector, not finite, or nothing but zeros.
        """
        rows = [(sound, self._space, unit(vector).tobytes()) for sound, vector in vectors.items()]
        database = self._index.database
        with guarded(self._index.path), changing(database):
            before = database.total_changes
            database.executemany(
                "INSERT INTO embedding (sound, space, vector) VALUES (?, ?, ?) ON CONFLICT (space, sound) "
                "DO UPDATE SET vector = excluded.vector WHERE vector <> excluded.vector",
                rows,
            )
            if database.total_changes > before:
                database.execute(
                    "INSERT INTO embedded (space, changes) VALUES (?, 1) "
                    "ON CONFLICT (space) DO UPDATE SET changes = changes + 1",
                    (self._space,),
                )

    def missing(self, limit: int = 1000) -> list[str]:
        """File names of takes that have no embedding yet, the newest first."""
        select = (
            f"SELECT file FROM take WHERE wav <> '' AND {_SOUND} <> '' AND {_SOUND} NOT IN "  # noqa: S608
            "(SELECT sound FROM embedding WHERE space = ?) ORDER BY added DESC LIMIT ?"
        )
        with guarded(self._index.path):
            return [str(name) for (name,) in self._index.database.execute(select, (self._space, limit))]

    def like(self, vector: Vector, query: Query | None = None, limit: int = 50) -> list[Alike]:
        """The takes that sound most like this, of those that a query finds (its order and page aside).

        Those that are equally alike are ordered by when they were made, the newest first.

        Args:
            vector: shape (D,), of the same space.
            query: None is all that is not in the trash.
            limit: how many.

        Raises:
            InvalidRequest: see `put`.
        """
        wanted, query = unit(vector), query or Query()
        best: list[_Place] = []
        with guarded(self._index.path):
            few = columns(self._index, query, _TAKE, _FEW)
            for block in self._blocks(len(wanted)):
                if few is None:
                    best += self._nearest(block, wanted, query, limit)
                else:
                    best += block.places(few, wanted, limit)
                best = sorted(best)[:limit]
        hits = by_ids(self._index, [-place.order for place in best])
        return [Alike(hits[-place.order], -place.distance) for place in best if -place.order in hits]

    def _nearest(self, block: _Block, wanted: Vector, query: Query, limit: int) -> list[_Place]:
        """The first places of a block: sounds are looked up as they are alike, until no other comes in.

        That order is of float32, so another one may be as much more alike as its rounding; the places are exact.
        """
        rough = np.einsum("ij,j->i", block.matrix, wanted)
        size = max(_NEAREST, 4 * limit)
        while size < len(rough) // 4:
            top = np.argpartition(rough, -size)[-size:]
            others = float(rough[top].min()) + _rounding(wanted)
            takes = self._takes([block.sounds[row] for row in top], query)
            places = block.places(takes, wanted, limit)
            if len(places) == limit and -places[-1].distance > others:
                return places
            size *= _WIDER
        condition, values = narrowed(self._index, query, words=True)
        every = self._index.database.execute(f"SELECT {_TAKE} FROM take WHERE {condition}", values)  # noqa: S608
        return block.places(every, wanted, limit)

    def _takes(self, sounds: list[str], query: Query) -> list[Take]:
        """The takes of these sounds that a query finds."""
        is_asked = has_many(self._index, query)
        condition, values = narrowed(self._index, query, words=not is_asked)
        found: list[Take] = []
        for start in range(0, len(sounds), _AT_ONCE):
            some = sounds[start : start + _AT_ONCE]
            marks = ", ".join(f"?{number}" for number in range(1, len(some) + 1))
            select = _OF_SOUNDS % (marks, marks) + condition
            found += self._index.database.execute(select, [*some, *values]).fetchall()
        if is_asked:
            having = set(self._index.probe.having(question(query.text), [take[0] for take in found]))
            found = [take for take in found if take[0] in having]
        return found

    def _blocks(self, size: int) -> Iterator[_Block]:
        """The embeddings of that size: those that are held, then the others."""
        row = self._index.database.execute(
            "SELECT changes FROM embedded WHERE space = ?", (self._space,)
        ).fetchone()
        state = (int(row[0]) if row else 0, size)
        if state != self._state:
            self._hold(size)
            self._state = state
        yield self._block
        if not self._is_whole:
            yield from self._read(size, skip=len(self._block.sounds))

    def _hold(self, size: int) -> None:
        self._block = _Block([], np.zeros((0, size), np.float32))  # the one before is gone when the next is read
        there = "SELECT count(*) FROM embedding WHERE space = ? AND length(vector) = ?"
        count = int(self._index.database.execute(there, (self._space, 4 * size)).fetchone()[0])
        most = min(count, max(0, self._held // (4 * size)))
        matrix, sounds = np.empty((most, size), np.float32), list[str]()
        for block in self._read(size):
            some = block.sounds[: most - len(sounds)]
            matrix[len(sounds) : len(sounds) + len(some)] = block.matrix[: len(some)]
            sounds += some
            if len(sounds) == most:
                break
        self._block, self._is_whole = _Block(sounds, matrix[: len(sounds)]), most == count

    def _read(self, size: int, skip: int = 0) -> Iterator[_Block]:
        values = (self._space, 4 * size, skip)
        rows = self._index.database.execute(
            "SELECT sound, vector FROM embedding WHERE space = ? AND length(vector) = ? "
            "ORDER BY sound LIMIT -1 OFFSET ?",
            values,
        )
        while some := rows.fetchmany(_BLOCK):
            matrix = np.frombuffer(b"".join(vector for _, vector in some), "<f4").reshape(-1, size)
            yield _Block([sound for sound, _ in some], matrix.astype(np.float32, copy=False))


class _Block:
    """Sounds and their embeddings, shape (n, D)."""

    def __init__(self, sounds: list[str], matrix: Vector) -> None:
        self.sounds, self.matrix = sounds, matrix

    @functools.cached_property
    def rows(self) -> dict[str, int]:
        """Where each sound lies."""
        return {sound: row for row, sound in enumerate(self.sounds)}

    def places(self, takes: Iterable[Take], wanted: Vector, limit: int) -> list[_Place]:
        """Where takes lie, the first so many in their order; those of other sounds are left out."""
        here = [(id_, self.rows[sound], added) for id_, sound, added in takes if sound in self.rows]
        rows = np.array([row for _, row, _ in here], np.intp)
        parts = [self._rough(rows[start : start + _BLOCK], wanted) for start in range(0, len(rows), _BLOCK)]
        rough = np.concatenate([np.zeros(0, np.float32), *parts])
        if len(rough) > limit:
            least = np.partition(rough, -limit)[-limit] - 2 * _rounding(wanted)
            here = [take for take, score in zip(here, rough, strict=True) if score >= least]
        exact = wanted.astype(np.float64)
        found: list[_Place] = []
        for start in range(0, len(here), _BLOCK):
            some = here[start : start + _BLOCK]
            matrix = self.matrix[[row for _, row, _ in some]].astype(np.float64)
            likeness = np.round(np.einsum("ij,j->i", matrix, exact), _ALIKE)
            found += [_Place(-float(a), -added, -id_) for a, (id_, _, added) in zip(likeness, some, strict=True)]
        return sorted(found)[:limit]

    def _rough(self, rows: NDArray[np.intp], wanted: Vector) -> Vector:
        scores: Vector = np.einsum("ij,j->i", self.matrix[rows], wanted)
        return scores


def _rounding(wanted: Vector) -> float:
    """The most by which a sum of products in float32 is wrong; and what is rounded as equally alike."""
    return len(wanted) * _ROUNDING + 10.0**-_ALIKE


def unit(vector: Vector) -> Vector:
    """The vector with length 1, little-endian float32.

    Raises:
        InvalidRequest: it is none, not finite, or nothing but zeros.
    """
    found = np.asarray(vector, np.float64)
    if found.ndim != 1 or not 1 <= len(found) <= _LONGEST:
        raise InvalidRequest(f"An embedding has the shape (D,), not {found.shape}.")
    length = float(np.linalg.norm(found))
    if not np.isfinite(length) or length == 0.0:
        raise InvalidRequest("An embedding holds finite numbers that are not all zero.")
    return (found / length).astype("<f4")
