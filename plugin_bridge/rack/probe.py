"""`python -P -m plugin_bridge.rack.probe FOLDER`: loads one bundle, tells of the plug-ins in it, and ends.

A child of its own for every bundle, because loading one runs code of strangers: it may crash, hang, end the
process or print. What was told before that happened has arrived.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator
from typing import Any

from plugin_bridge.pipes import Pipe, PipeClosed, to_parent
from plugin_bridge.rack.findings import (
    LONGEST_TEXT,
    Done,
    Examine,
    Plugin,
    Ready,
    Unloadable,
    read_examine,
)
from plugin_bridge.rack.hidden import is_wiring
from plugin_bridge.rack.orphans import end_with_parent, end_with_pipe
from presets.errors import UnreadableFile
from presets.messages import encode

LIFETIME_SECONDS = 900.0
"""A probe ends after that long, whoever forgot it: more than the longest load and a question to a person."""

_WARM_UP_SECONDS = 0.2  # pedalboard would wait for an instrument's first tone; nothing is played here
_ODD_CHANNELS = 7  # nobody's main bus: the refusal names the channels it has, and nothing is processed
_CHANNELS = re.compile(r"expects (\d+) input channels? and (\d+) output channels?")


def plugins(path: str, kind: str) -> Iterator[Plugin]:
    """Every plug-in in a bundle, each loaded once. kind: "vst3" or "au".

    Raises:
        ImportError: the host cannot load it.
    """
    import pedalboard  # noqa: PLC0415 (after the pipes are safe from what is printed)

    host = getattr(pedalboard, "VST3Plugin" if kind == "vst3" else "AudioUnitPlugin", None)
    if host is None:
        raise ImportError("Audio Units run on macOS only.")
    try:
        # Asking for the names first would load a bundle twice, and there are some that take a minute.
        alone = host(path, initialization_timeout=_WARM_UP_SECONDS)
    except (ValueError, RuntimeError) as error:
        names = host.get_plugin_names_for_file(path)
        if len(names) < 2:
            raise ImportError(str(error)) from error
        for name in names:
            yield _told(host(path, plugin_name=name, initialization_timeout=_WARM_UP_SECONDS), name)
        return
    yield _told(alone, "")


def main() -> None:
    """Answer one Examine. The folder that the parent made for it is not needed."""
    pipe = to_parent()
    end_with_parent(LIFETIME_SECONDS)
    for folder in sys.argv[1:]:
        shutil.rmtree(folder, ignore_errors=True)
    try:
        order: Examine = read_examine(pipe.receive())
        import pedalboard  # noqa: F401, PLC0415 (what goes wrong before Ready is no plug-in's fault)

        pipe.send(encode(Ready()))
        end_with_pipe(pipe)
        _examine(pipe, order)
    except (PipeClosed, UnreadableFile):
        os._exit(1)
    # Many plug-ins crash when they are taken away, and all was told: nothing is taken away.
    os._exit(0)


def _examine(pipe: Pipe, order: Examine) -> None:
    try:
        for plugin in plugins(order.path, order.format):
            pipe.send(encode(plugin))
    except (ImportError, ValueError, RuntimeError, TypeError, OSError, UnicodeError) as error:
        pipe.send(encode(Unloadable(reason=str(error)[:2000], sentence=_odd_channels(str(error)))))
        return
    pipe.send(encode(Done()))


def _odd_channels(reason: str) -> str:
    """What pedalboard, which wants as many channels out as in, means by its refusal."""
    if told := _CHANNELS.search(reason):
        return f"It takes {told[1]} and gives {told[2]} channels, which cannot be used. Choose its stereo version."
    return ""


def _told(plugin: Any, plugin_name: str) -> Plugin:
    inputs, outputs = _channels(plugin)
    return Plugin(
        name=_text(plugin.name) or _text(plugin_name) or "?",
        plugin_name=plugin_name[:LONGEST_TEXT],
        maker=_text(plugin.manufacturer_name),
        version=_text(plugin.version),
        category=_text(plugin.category),
        id=_text(plugin.identifier),
        effect=bool(plugin.is_effect),
        instrument=bool(plugin.is_instrument),
        inputs=inputs,
        outputs=outputs,
        latency=max(0, int(plugin.reported_latency_samples)),
        parameters=sum(not is_wiring(p.name, p.label) for p in plugin._parameters),
    )


def _channels(plugin: Any) -> tuple[int | None, int | None]:
    """Of the main bus, as the refusal of an odd number tells them."""
    import numpy as np  # noqa: PLC0415 (pedalboard has loaded it)

    try:
        if plugin.is_instrument:
            plugin([], duration=0.01, sample_rate=44_100.0, num_channels=_ODD_CHANNELS)
        else:
            plugin(np.zeros((_ODD_CHANNELS, 64), np.float32), 44_100.0)
    except (ValueError, RuntimeError, TypeError) as error:
        if told := _CHANNELS.search(str(error)):
            return int(told[1]), int(told[2])
    return None, None


def _text(words: object) -> str:
    """What a plug-in says of itself, fit for a screen: printable and not endless."""
    plain = "".join(c if c.isprintable() else " " for c in str(words or ""))
    return " ".join(plain.split())[:LONGEST_TEXT]


if __name__ == "__main__":
    main()
