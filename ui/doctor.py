"""What a person pastes into a bug report: the machine, the libraries, the weights, and a test sound."""

from __future__ import annotations

import platform
import shutil
import sys
from collections.abc import Iterator
from importlib.metadata import version as installed_version
from pathlib import Path

import psutil

from engine.local import MODELS, Engine
from plugin_bridge.audio.kernel import library as compiled_mixer
from presets.errors import OnetakeError
from ui import report


def examine(device: str) -> bool:
    """Print the facts and the verdicts; True when everything passed."""
    report.pairs(list(facts()))
    verdicts = [_verdict(card.id, device) for card in MODELS]
    return all(verdicts)


def facts() -> Iterator[tuple[str, str]]:
    """Name and value of everything that a bug may depend on, without loading a model."""
    memory = psutil.virtual_memory()
    yield "Onetake", installed_version("onetake")
    yield "system", f"{platform.system()} {platform.release()}, {platform.machine()}"
    yield "Python", f"{platform.python_version()} at {sys.prefix}"
    for package in ("torch", "numpy", "tokenizers", "soxr"):
        yield package, installed_version(package)
    yield (
        "mixer",
        "compiled" if compiled_mixer() else "NumPy; with a C compiler, set-up makes one three times as fast",
    )
    yield "cores", f"{psutil.cpu_count(logical=False) or '?'} physical, {psutil.cpu_count()} logical"
    yield "memory", f"{memory.available / 2**30:.1f} of {memory.total / 2**30:.1f} GiB free"
    yield "disk", f"{shutil.disk_usage(Path.cwd()).free / 2**30:.1f} GiB free here"


def _verdict(model: str, device: str) -> bool:
    try:
        engine = Engine(model, device)
        used = engine.device
        untested = "" if used.tested else " (untested: we never ran on this kind of device)"
        report.pairs([("device", f"{used.torch}, {used.name}, {used.threads} threads{untested}")])
        test = engine.self_test()
    except OnetakeError as error:
        report.error(str(error))
        report.line(f"{model}: FAIL")
        return False
    words = "PASS" if test.passed else "FAIL"
    report.line(f"{model}: {words} (band levels within {test.worst_db:.3f} dB; checksum {test.checksum[:16]})")
    if not test.passed:
        report.error(
            f"{model} does not sound as it should on this device. Try --device cpu; if that fails too, install "
            "Onetake again and send us this text."
        )
    return test.passed
