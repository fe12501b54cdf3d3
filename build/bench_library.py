"""What a library of 100,000 takes costs: its index, beside plainly reading every sidecar; searches; memory.

The takes are those of tests/presets/synthetic.py: real files that nobody rendered, written just before, so that
the system holds them in memory; a library on a slow disk takes as long as the disk does.
"""

from __future__ import annotations

import tempfile
from itertools import chain
from pathlib import Path
from statistics import median

import bench_child
from bench_engine import quantiles

from presets.session import TAKES
from tests.presets.synthetic import fill


def measure(takes: int = 100_000) -> dict[str, object]:
    """Every figure of the library, by name. takes: how many there are."""
    with tempfile.TemporaryDirectory() as folder:
        fill(Path(folder) / TAKES, takes)
        searched, memory = bench_child.run("bench_takes.py", "search", folder)
        alike, alike_memory = bench_child.run("bench_takes.py", "alike", folder)
    found: dict[str, list[float]] = searched["find"]
    slowest = max(found, key=lambda name: median(found[name]))
    return {
        "library_takes": takes,
        "library_plain_read_s": round(searched["read"], 2),
        "library_index_s": round(searched["index"], 2),
        "library_index_x_plain_read": round(searched["index"] / searched["read"], 2),
        "library_rebuild_s": round(searched["rebuild"], 2),
        "library_rebuild_x_plain_read": round(searched["rebuild"] / searched["read"], 2),
        "library_nothing_new_s": round(searched["refresh"], 2),
        **quantiles("library_search_ms", list(chain.from_iterable(found.values()))),
        **quantiles("library_slowest_search_ms", found[slowest]),
        "library_slowest_search": slowest,
        **quantiles("library_count_ms", searched["count"]),
        "library_memory_mb": memory,
        "library_alike_first_s": round(alike["first"], 2),
        **quantiles("library_alike_ms", alike["like"]),
        **quantiles("library_alike_filtered_ms", alike["like_filtered"]),
        "library_alike_memory_mb": alike_memory,
    }
