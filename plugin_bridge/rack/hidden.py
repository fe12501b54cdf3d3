"""Which of a plug-in's parameters are knobs, and which are only wiring or meters.

VST3 has one list for everything. Three kinds in it would be in a designer's way, or do harm when they are moved:

- What a framework adds for its host: DPF's "Buffer Size", "Sample Rate" and "Latency" (counted in frames) and its
  "Current Program"; JUCE's "MIDI CC 0|0", DPF's "MIDI Ch. 1 CC "
  "0" and their two thousand brothers; and whatever has no name.
- Meters: what the plug-in tells its own window. The flag that marks them does not reach us, and "cannot be
  automated" is no proof: ZamHeadX2's azimuth cannot and is a knob, ZaMultiComp's gain reduction can and is a
  meter. A knob is what the plug-in's state carries, so every suspect is turned once, and the state decides.
- Bypass stays: it is in the state, and hiding it would leave a plug-in bypassed with no way back.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from typing import Any

_WIRING = {("Buffer Size", "frames"), ("Sample Rate", "frames"), ("Latency", "frames"), ("Current Program", "")}
_MIDI = re.compile(r"MIDI CC \d+\|\d+|MIDI Ch\. \d+ .*")
_METER = re.compile(r"gain reduction|meter|(in|out)put level|peak level|\blevel (l|r|left|right)\b|\bgr\b", re.I)
_PROVING_SECONDS = 2.0  # of an effect with hundreds of suspects, the rest stays visible


def knobs(raw: Sequence[Any], state_after: Callable[[Any, float], bytes]) -> list[Any]:
    """The parameters that a designer turns, in the plug-in's order.

    Args:
        raw: pedalboard's low-level parameters.
        state_after: turns a parameter to a value and gives the state that the plug-in has then.
    """
    shown = [p for p in raw if not is_wiring(p.name, p.label)]
    deadline = time.monotonic() + _PROVING_SECONDS
    meters = set()
    for parameter in filter(is_suspect, shown):
        if time.monotonic() < deadline and _is_meter(parameter, state_after):
            meters.add(parameter.index)
    return [p for p in shown if p.index not in meters]


def is_wiring(name: str, unit: str) -> bool:
    """Whether a framework added it for its host."""
    return not name.strip() or (name, unit.strip()) in _WIRING or bool(_MIDI.fullmatch(name))


def is_suspect(parameter: Any) -> bool:
    """Whether it may be a meter: it cannot be automated, or is called like one."""
    return not parameter.is_automatable or bool(_METER.search(parameter.name))


def _is_meter(parameter: Any, state_after: Callable[[Any, float], bytes]) -> bool:
    """Turn it to two places: where both leave the same state behind, the state does not hold it."""
    before = parameter.raw_value
    states = [state_after(parameter, place) for place in (0.3, 0.7)]
    state_after(parameter, before)
    return states[0] == states[1]
