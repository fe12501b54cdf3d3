"""Opens a large library, makes its index, searches it, and prints the seconds of each as JSON.

A process of its own, started by bench_library.py, because its memory is measured. "search" indexes and searches by
words and filters; "alike", in another process, searches the same index by embeddings.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from presets.index_search import EVERY, Query
from presets.library import Library
from presets.session import TAKES

LIMIT, SIZE, SPACE = 50, 512, "bench"
ROUNDS = 20  # of every query
BATCH = 1000  # embeddings that are put at a time

QUERIES = {
    "newest": Query(order="newest", limit=LIMIT),
    "one word": Query(text="cathedral", limit=LIMIT),
    "prefix": Query(text="cath", limit=LIMIT),
    "two words": Query(text="rusty door", limit=LIMIT),
    "three words, few takes": Query(text="rusty door slam cave", limit=LIMIT),
    "words of every take": Query(text="in a", limit=LIMIT),
    "no take": Query(text="zebra", limit=LIMIT),
    "tag": Query(tags=("trailer",), order="newest", limit=LIMIT),
    "word, rating, kind": Query(text="bell", rating=4, kinds=("refined",), order="rating", limit=LIMIT),
    "by name": Query(text="metal", order="name", limit=LIMIT),
    "longest": Query(order="longest", limit=LIMIT),
}
"""What designers ask; the words are those of tests/presets/synthetic.py."""


def search(folder: Path) -> dict[str, object]:
    """Seconds of the index, of making it anew, of reading the sidecars plainly, and of each query."""
    before = seconds(lambda: plainly(folder / TAKES))
    began = time.perf_counter()
    with Library(folder, folder / "indexes") as library:
        made = time.perf_counter() - began
        rebuilt = seconds(library.rebuild)
        nothing_new = seconds(library.refresh)
        after = seconds(lambda: plainly(folder / TAKES))
        found: dict[str, list[float]] = {name: [] for name in QUERIES}
        counted: list[float] = []
        for _ in range(ROUNDS):
            for name, query in QUERIES.items():
                found[name].append(seconds(lambda query=query: library.find(query)))  # type: ignore[misc]
                counted.append(seconds(lambda query=query: library.count(query)))  # type: ignore[misc]
    read = (before + after) / 2
    return {
        "read": read,
        "index": made,
        "rebuild": rebuilt,
        "refresh": nothing_new,
        "find": found,
        "count": counted,
    }


def plainly(takes: Path) -> None:
    """The least that anyone does who looks at every sidecar: opened, read, parsed, forgotten."""
    for path in takes.glob("*.json"):
        json.loads(path.read_bytes())


def alike(folder: Path) -> dict[str, object]:
    """Seconds of the first question, which reads the embeddings, and of those after it."""
    draw = np.random.default_rng(1)
    with Library(folder, folder / "indexes") as library:
        similar = library.similar(SPACE)
        sounds = [hit.content for hit in library.find(Query(trashed=None, order="oldest", limit=EVERY))]
        for at in range(0, len(sounds), BATCH):
            batch = sounds[at : at + BATCH]
            similar.put({sound: draw.standard_normal(SIZE).astype(np.float32) for sound in batch})
        wanted = [draw.standard_normal(SIZE).astype(np.float32) for _ in range(ROUNDS)]
        first = seconds(lambda: similar.like(wanted[0], limit=LIMIT))
        every = [seconds(lambda one=one: similar.like(one, limit=LIMIT)) for one in wanted]  # type: ignore[misc]
        some = Query(text="door", rating=3)
        few = [seconds(lambda one=one: similar.like(one, some, LIMIT)) for one in wanted]  # type: ignore[misc]
    return {"first": first, "like": every, "like_filtered": few}


def seconds(work: Callable[[], object]) -> float:
    """Seconds that a piece of work takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    job = {"search": search, "alike": alike}[sys.argv[1]]
    print(json.dumps(job(Path(sys.argv[2]))))
