"""What sounds like this: the same answer as from all cosines at once, whatever fits into memory."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from presets.errors import InvalidRequest
from presets.index_search import Query
from presets.index_similar import Similar
from presets.library import Library
from tests.presets.synthetic import fill

SIZE = 24


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """600 takes with embeddings, but for ten."""
    folder = tmp_path_factory.mktemp("film")
    fill(folder / "takes", 600)
    with Library(folder, tmp_path_factory.mktemp("indexes")) as opened:
        hits = opened.find(Query(trashed=None, limit=10**6, order="oldest"))
        opened.similar("clap").put({hit.content: vector(hit.seed) for hit in hits[:-10]})
        yield opened


def vector(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(SIZE).astype(np.float32)


def expected(library: Library, wanted: np.ndarray, **query: object) -> list[str]:
    hits = library.find(Query(limit=10**6, **query))
    known = {hit.file: vector(hit.seed) for hit in hits if hit.seed < 590}
    cosines = {name: v @ wanted / np.linalg.norm(v) / np.linalg.norm(wanted) for name, v in known.items()}
    return sorted(cosines, key=lambda name: -cosines[name])


@pytest.mark.parametrize("held", [0, 100 * 4 * SIZE, 10**8])
def test_the_most_alike_come_first(library, held):
    similar = Similar(library.index, "clap", held)
    for seed in (3, 1000):
        wanted = vector(seed)
        found = similar.like(wanted, limit=20)
        assert [one.take.file for one in found] == expected(library, wanted)[:20]
        assert all(a.likeness >= b.likeness for a, b in pairwise(found))
        found = similar.like(wanted * 1000, Query(text="door", rating=2), limit=5)
        assert [one.take.file for one in found] == expected(library, wanted, text="door", rating=2)[:5]
    itself = similar.like(vector(7), Query(trashed=None), limit=1)[0]
    assert itself.take.seed == 7
    assert itself.likeness == pytest.approx(1.0, abs=1e-5)


def test_what_has_none_is_told_and_other_spaces_are_empty(library):
    assert len(library.similar("clap").missing()) == 10
    assert len(library.similar("other").missing()) == 600
    assert library.similar("other").like(vector(1)) == []
    assert library.similar("clap").like(np.ones(5, np.float32)) == []


def test_new_ones_are_seen_and_a_rebuild_keeps_all(library):
    similar = library.similar("fresh")
    name = library.find(Query(limit=1))[0].content
    assert similar.like(vector(1)) == []
    similar.put({name: vector(1)})
    assert similar.like(vector(1))[0].take.content == name
    library.rebuild()
    assert similar.like(vector(1))[0].take.content == name


@pytest.mark.parametrize(
    "bad", [np.zeros(4), np.array([1.0, np.nan]), np.array([np.inf]), np.ones((2, 2)), np.ones(0)]
)
def test_what_is_no_embedding_is_told(library, bad):
    with pytest.raises(InvalidRequest):
        library.similar("clap").put({"x": bad})
    with pytest.raises(InvalidRequest):
        library.similar("clap").like(bad)
