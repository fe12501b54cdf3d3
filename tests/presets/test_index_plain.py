"""Every search gives what plainly looking at every take gives, whichever way it is answered."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace as changed

from presets import index_similar, index_ways
from presets.contents import KINDS
from presets.entry import SIDECAR, Entry
from presets.index_search import EVERY, ORDERS, Hit, Query
from presets.library import Library
from tests.presets.synthetic import MODELS, TAGS, fill, wav_bytes

TEXTS = (
    "",
    "door",
    "huge",
    "meta",
    "d",
    "in a",
    "a",
    "cathedral cave",
    "zebra",
    "every",
    "trashed",
    "stars1",
    "DRY s",
)
CATEGORIES = ("", "DOORMetl", "DOORWood", "BELLMisc", "doors & bells")
SIZE = 8


def seldom(nothing, *others):
    """Mostly nothing, so that a query asks one or two things, and finds enough for a page."""
    return st.sampled_from([nothing] * 3 * len(others) + list(others))


QUERIES = st.builds(
    Query,
    text=st.sampled_from(TEXTS),
    model=seldom("", *MODELS, "nobody"),
    shortest=seldom(None, 0.01, 0.03),
    longest=seldom(None, 0.02, 0.05),
    rating=seldom(0, 1, 3, 5),
    tags=seldom((), *((tag,) for tag in TAGS), ("IMPACT", "ui")),
    category=seldom("", "door", "DOORM", "bellmisc", "doors &", "x"),
    trashed=seldom(False, True, None),
    generated=seldom(None, True, False),
    kinds=seldom((), *((kind,) for kind in KINDS), KINDS[:2]),
    order=st.sampled_from(ORDERS),
    limit=st.sampled_from((0, 1, 7, 60, EVERY)),
    offset=st.sampled_from((0, 3, 70)),
)


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """Takes with every kind of mark, many of them added in the same moment, some that nobody generated."""
    folder = tmp_path_factory.mktemp("film")
    takes, chance = folder / "takes", random.Random(1)
    fill(takes, 240)
    for number in range(10):
        (takes / f"recording {number}.wav").write_bytes(wav_bytes(160 + 80 * (number % 3), number % 4))

    def alter(entry: Entry) -> Entry:
        name = chance.choice(("Bell", "bell", entry.name))
        return changed(entry, name=name, category=chance.choice(CATEGORIES), added=1.7e9 + chance.randrange(40))

    with Library(folder, tmp_path_factory.mktemp("indexes")) as opened:
        opened.alter(sorted(path.name.removesuffix(SIDECAR) for path in takes.glob(f"*{SIDECAR}")), alter)
        yield opened


def fits(hit: Hit, query: Query) -> bool:
    """Whether a take is what a query asks for, one question after the other."""
    own = f"{hit.name} {hit.prompt} {' '.join(hit.tags)} {hit.notes} {hit.category}".casefold().split()
    return (
        all(any(part.startswith(word) for part in own) for word in query.text.casefold().split())
        and query.model in ("", hit.model)
        and (query.shortest is None or hit.seconds >= query.shortest)
        and (query.longest is None or hit.seconds <= query.longest)
        and hit.rating >= query.rating
        and {tag.casefold() for tag in query.tags} <= {tag.casefold() for tag in hit.tags}
        and hit.category.casefold().startswith(query.category.casefold())
        and query.trashed in (None, hit.trashed is not None)
        and query.generated in (None, hit.generated)
        and (not query.kinds or hit.kind in query.kinds)
        and query.lineage in ("", hit.lineage)
    )


KEYS = {
    "newest": lambda hit: (-hit.added, -hit.id),
    "oldest": lambda hit: (hit.added, hit.id),
    "rating": lambda hit: (-hit.rating, -hit.added, -hit.id),
    "name": lambda hit: (hit.name.casefold(), hit.id),
    "longest": lambda hit: (-hit.seconds, -hit.id),
    "shortest": lambda hit: (hit.seconds, hit.id),
}


@given(
    query=QUERIES, few=st.sampled_from((-1, 20, 2000)), share=st.sampled_from((1, 6)), lineage=st.integers(0, 40)
)
@settings(deadline=None, max_examples=300)
def test_a_search_finds_what_looking_at_every_take_finds(library, query, few, share, lineage):
    everything = library.find(Query(trashed=None, order="oldest", limit=EVERY))
    if lineage < 4:
        query = replace(query, lineage=everything[lineage].lineage)
    expected = [hit for hit in everything if fits(hit, query)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(index_ways, "_FEW", few)  # so that this many takes are few, and are looked up so
        patch.setattr(index_ways, "_SHARE", share)
        assert library.count(query) == len(expected)
        found = library.find(query)
        if query.order == "best":
            all_found = library.find(replace(query, limit=EVERY, offset=0))
            assert {hit.id for hit in all_found} == {hit.id for hit in expected}
            assert found == all_found[query.offset : query.offset + query.limit]
        else:
            ordered = sorted(expected, key=KEYS[query.order])
            assert found == ordered[query.offset : query.offset + query.limit]


@given(query=QUERIES, few=st.sampled_from((-1, 20)), seed=st.integers(0, 30), limit=st.sampled_from((1, 5, 400)))
@settings(deadline=None, max_examples=100)
def test_the_most_alike_are_those_of_all_cosines(library, query, few, seed, limit):
    everything = library.find(Query(trashed=None, order="oldest", limit=EVERY))
    similar = library.similar("few colours")
    vectors = {hit.content or hit.checksum: vector(hit.seed) for hit in everything if hit.content or hit.checksum}
    similar.put(vectors)  # of eight directions only: many are equally alike
    wanted = np.random.default_rng(seed).standard_normal(SIZE).astype(np.float32)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(index_similar, "_FEW", few)
        patch.setattr(index_similar, "_NEAREST", 4)
        patch.setattr(index_ways, "_FEW", few)
        found = similar.like(wanted, query, limit)
    places = {}
    for hit in everything:
        if fits(hit, query) and (own := vectors.get(hit.content or hit.checksum)) is not None:
            likeness = float(np.round(index_similar.unit(own).astype(float) @ index_similar.unit(wanted), 9))
            places[hit.id] = (-likeness, -hit.added, -hit.id)
    assert [one.take.id for one in found] == sorted(places, key=places.__getitem__)[:limit]


def vector(seed: int) -> np.ndarray:
    return np.random.default_rng(seed % 8).standard_normal(SIZE).astype(np.float32)


def test_embeddings_are_read_again_only_when_one_changed(library):
    similar = library.similar("held")
    similar.put({"a": np.ones(3, np.float32)})
    similar.like(np.ones(3, np.float32))
    held = similar._block
    similar.put({"a": np.ones(3, np.float32)})
    library.rate([library.find(Query(limit=1))[0].file], 3)
    similar.like(np.ones(3, np.float32))
    assert similar._block is held
    with Library(library.session.folder, library.index.path.parent) as other:
        other.similar("held").put({"b": np.ones(3, np.float32)})
    similar.like(np.ones(3, np.float32))
    assert similar._block.sounds == ["a", "b"]
