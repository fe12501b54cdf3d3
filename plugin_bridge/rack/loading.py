"""What pedalboard tells about a plug-in, in our own values: errors in words, knobs with short texts.

The rest of the rack never sees its objects, which belong to an instance that may be gone the next moment.
"""

from __future__ import annotations

import itertools
import math
import re
from pathlib import Path
from typing import Any

import pedalboard

from plugin_bridge.rack.errors import PluginBroken, PluginMissing
from plugin_bridge.rack.parameter import Parameter

_WARM_UP = 0.2  # seconds; only instruments, which are refused, are given it
_MOST_STEPS = 4096  # what claims more places is continuous


def load(path: Path, name: str) -> Any:
    """A pedalboard plug-in; see plugins.Plugin for the arguments and errors."""
    if not path.exists():
        raise PluginMissing(f"There is no plug-in at {path}. Scan again, or choose another.")
    vst3 = path.suffix.lower() == ".vst3"
    kind = pedalboard.VST3Plugin if vst3 else getattr(pedalboard, "AudioUnitPlugin", None)
    if kind is None:
        raise PluginBroken(f"{path.name} is no VST3 plug-in, and Audio Units run on macOS only.")
    try:
        loaded = kind(str(path), plugin_name=name or None, initialization_timeout=_WARM_UP)
    except ImportError as error:
        raise PluginBroken(f"{path.name} cannot be loaded: it is damaged, or made for another system.") from error
    except ValueError as error:
        names = re.findall(r'\t"(.*)"', str(error))
        if not names:
            raise PluginBroken(odd_width(path.stem)) from error
        held = ", ".join(names)
        wanted = f"no plug-in called {name}; it holds" if name else "several plug-ins; say which:"
        raise PluginMissing(f"{path.name} holds {wanted} {held}.") from error
    if name and loaded.name != name:  # a bundle of one is loaded whatever it is called
        raise PluginMissing(f"{path.name} holds no plug-in called {name}; it holds {loaded.name}.")
    return loaded


def odd_width(name: str) -> str:
    """What to say of an effect that gives back other channels than it gets."""
    return (
        f"{name} cannot be used here: an effect has to give back one channel for one, or two for two. "
        "Choose its stereo version."
    )


def named(raw: list[Any]) -> dict[str, int]:
    """Places in the plug-in's list by ids made from names: places move when its maker adds a knob in between."""
    places: dict[str, int] = {}
    for parameter in raw:
        word = re.sub(r"\W+", "_", parameter.name.lower()).strip("_") or "parameter"
        free = (f"{word}_{n}" if n > 1 else word for n in itertools.count(1))
        places[next(knob for knob in free if knob not in places)] = parameter.index
    return places


def told(knob: str, raw: Any) -> Parameter:
    """A knob as it stands."""
    value = float(raw.raw_value)
    unit = raw.label.strip()
    text = raw.string_value.strip()
    return Parameter(
        id=knob,
        name=raw.name,
        value=min(max(value, 0.0), 1.0) if math.isfinite(value) else 0.0,
        text=_short(text.removesuffix(unit).rstrip() if unit else text),
        unit=unit,
        steps=steps(raw),
    )


def _short(text: str) -> str:
    """A number without the digits that only its type has: "-59.999998" is -60."""
    if not re.fullmatch(r"-?\d+\.\d{4,}", text):
        return text
    return f"{float(text):.3f}".rstrip("0").rstrip(".").replace("-0", "0", int(abs(float(text)) < 0.0005))


def steps(raw: Any) -> int:
    """How many places it has; 0 for a continuous one."""
    return raw.num_steps if 2 <= raw.num_steps <= _MOST_STEPS else 0


def stepped(value: float, steps: int) -> float:
    """The nearest of its places."""
    return round(value * (steps - 1)) / (steps - 1) if steps else value
