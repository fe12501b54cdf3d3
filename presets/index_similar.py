"""What sounds like this: takes by the cosine between their embeddings, which a model outside gave.

The embeddings lie in the index by the sound that they are of (content id, else checksum), so that a refresh or a
rebuild does not cost them. As many as fit into a bound are held as one matrix; what is beyond it is read block by
block at every question.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from presets.errors import InvalidRequest
from presets.index import Index
from presets.index_file import changing, guarded
from presets.index_search import Hit, Query, by_ids, ids

Vector = NDArray[np.float32]

HELD_BYTES = 256 * 2**20
_BLOCK = 4096  # embeddings that are read at a time
_LONGEST = 65_536  # numbers of an embedding

_SOUND = "CASE WHEN take.content <> '' THEN take.content ELSE take.checksum END"
_CROSS = f"SELECT take.id, embedding.vector FROM embedding JOIN take ON embedding.sound = {_SOUND} WHERE space = ?"  # noqa: S608


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
        self._ids = np.zeros(0, np.int64)
        self._matrix: Vector = np.zeros((0, 0), np.float32)
        self._is_whole = True

    def put(self, vectors: Mapping[str, Vector]) -> None:
        """Note embeddings.

        Args:
            vectors: shape (D,) each, by content id or, of what was not generated, checksum.

        Raises:
            InvalidRequest: one is no vector, not finite, or nothing but zeros.
        """
        rows = [(sound, self._space, unit(vector).tobytes()) for sound, vector in vectors.items()]
        with guarded(self._index.path), changing(self._index.database):
            self._index.database.executemany(
                "INSERT OR REPLACE INTO embedding (sound, space, vector) VALUES (?, ?, ?)", rows
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

        Args:
            vector: shape (D,), of the same space.
            query: None is all that is not in the trash.
            limit: how many.

        Raises:
            InvalidRequest: see `put`.
        """
        wanted = unit(vector)
        with guarded(self._index.path):
            allowed = self._allowed(query or Query())
            best: list[tuple[float, int]] = []
            for numbers, matrix in self._blocks(len(wanted)):
                scores = matrix @ wanted
                scores[~np.isin(numbers, allowed)] = -np.inf
                top = np.argpartition(scores, -limit)[-limit:] if len(scores) > limit else np.arange(len(scores))
                found = [(float(scores[at]), int(numbers[at])) for at in top if np.isfinite(scores[at])]
                best = heapq.nlargest(limit, best + found)
        hits = by_ids(self._index, [number for _, number in best])
        return [Alike(hits[number], score) for score, number in best if number in hits]

    def _allowed(self, query: Query) -> NDArray[np.int64]:
        select, values = ids(query)
        rows = self._index.database.execute(select, values)
        return np.fromiter((row[0] for row in rows), np.int64)

    def _blocks(self, size: int) -> Iterator[tuple[NDArray[np.int64], Vector]]:
        """Numbers and embeddings: those that are held, then the others."""
        state = (
            int(self._index.database.execute("PRAGMA data_version").fetchone()[0]),
            self._index.database.total_changes,
        )
        if state != self._state or self._matrix.shape[1] != size:
            self._hold(size)
            self._state = state
        yield self._ids, self._matrix
        if not self._is_whole:
            yield from self._read(size, skip=len(self._ids))

    def _hold(self, size: int) -> None:
        most = max(0, self._held // (4 * size))
        numbers, parts, count = [], [], 0
        self._ids, self._matrix = np.zeros(0, np.int64), np.zeros((0, size), np.float32)
        self._is_whole = True
        for ids_, matrix in self._read(size):
            room = most - count
            numbers.append(ids_[:room])
            parts.append(matrix[:room])
            count += len(numbers[-1])
            if len(ids_) > room:
                self._is_whole = False
                break
        if parts:
            self._ids, self._matrix = np.concatenate(numbers), np.concatenate(parts)

    def _read(self, size: int, skip: int = 0) -> Iterator[tuple[NDArray[np.int64], Vector]]:
        values = (self._space, 4 * size, skip)
        rows = self._index.database.execute(
            f"{_CROSS} AND length(embedding.vector) = ? ORDER BY take.id LIMIT -1 OFFSET ?", values
        )
        while block := rows.fetchmany(_BLOCK):
            matrix = np.frombuffer(b"".join(vector for _, vector in block), "<f4").reshape(-1, size)
            yield np.array([number for number, _ in block], np.int64), matrix.astype(np.float32, copy=False)


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
