"""Measures speed and memory, and appends a line to build/bench.jsonl: `.venv/bin/python build/bench.py`.

Why a record and no timed test: machines differ and are never quiet. Each line says on which machine and commit
it was measured, and gives every part as a ratio to a baseline of the same run, so lines can be compared.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from engine.threads import sleep_at_barriers

sleep_at_barriers()  # as the product does, before anything imports torch

import bench_audio
import bench_cuda
import bench_engine
import bench_library
import bench_official
import bench_panel
import bench_process

ROOT = Path(__file__).resolve().parent.parent
RECORD = ROOT / "build" / "bench.jsonl"

TARGETS = {
    "draft_ms_p95": 50.0,
    "eight_drafts_ms_p95": 350.0,
    "longest_8_steps_ms_p95": 900.0,
    "cold_render_minus_import_torch_s": 1.5,
    "peak_memory_mb": 1200.0,
    "process_adds_ms": 10.0,
    "refinement_adds_ms": 18.0,
    "idle_core_percent": 1.0,
    "restart_to_draft_s": 3.0,
    "mix_64_voices_us_p99": 890.0,
    "load_3_s_to_note_ms": 5.0,
    "note_to_sound_frames": 0,
    "restart_to_sound_s": 1.0,
    "library_search_ms_p95": 50.0,
    "panel_start_s": 1.0,
    "panel_gap_ms_p999": 16.0,
}
"""Most that it may take on two CPU cores; DESIGN.md leaves 150 and 800 ms of drafts to a larger starter."""

PARTS: dict[str, Callable[[int], dict[str, object]]] = {
    "engine": bench_engine.measure,
    "process": bench_process.measure,
    "audio": lambda _: bench_audio.measure(),
    "library": lambda _: bench_library.measure(),
    "panel": lambda _: bench_panel.measure(),
    "official": bench_official.measure,
    "cuda": bench_cuda.measure,
}
"""Given the runs of each short measurement; parts that have many anyway look away."""


def main() -> None:
    """Measure, print, append."""
    asked = argparse.ArgumentParser(description="Measure speed and memory on this machine.")
    asked.add_argument("--dry-run", action="store_true", help="print, but do not append to build/bench.jsonl")
    asked.add_argument("--runs", type=int, default=100, help="runs of each short measurement (default 100)")
    asked.add_argument("--only", choices=PARTS, action="append", help="this part; may come again (default all)")
    options = asked.parse_args()
    line = where()
    for part in options.only or PARTS:
        line |= PARTS[part](options.runs)
    for name, value in line.items():
        print(f"{name:<34} {value}{verdict(name, value)}")
    if not options.dry_run:
        with RECORD.open("a", encoding="utf-8") as record:
            record.write(json.dumps(line) + "\n")


def where() -> dict[str, object]:
    """What a figure means nothing without."""
    changed = subprocess.run(
        ["git", "status", "--porcelain", "--", ".", ":!build/bench.jsonl"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M"),
        "commit": commit.stdout.strip() + ("+" if changed.stdout.strip() else ""),
        "system": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        "torch": version("torch"),
    }


def verdict(name: str, value: object) -> str:
    """How a figure stands to its target, in words."""
    if name not in TARGETS or not isinstance(value, float | int):
        return ""
    return f"   target {TARGETS[name]:g}: {'kept' if value <= TARGETS[name] else 'MISSED'}"


if __name__ == "__main__":
    main()
