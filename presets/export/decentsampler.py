"""A kit as a DecentSampler preset: an XML file beside a folder of samples, with a few knobs to play it by.

DecentSampler is free, and many designers have no other sampler. Its format says less than ours in three places:
velocities answer in a line (ours is their square), MIDI channels are not told apart, and a one-shot is a sample
without an envelope. Everything else is written out. Format: the DecentSampler Developers Guide, 1.11.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from xml.etree import ElementTree as ET

from presets.export.parcel import Told
from presets.export.regions import Region, regions
from presets.export.samples import Depth, Sample, check, write
from presets.export.sfz import CHOKE_SECONDS, panned
from presets.files import one_line, safe_name, write_atomically
from presets.schema import Kit, Zone

_OPEN = 22_000.0  # Hz; where the tone knob lets everything through
_TONE = "0,60;0.3,250;0.5,1000;0.7,4000;0.9,12000;1,22000"
_LOOK = {
    "width": "100",
    "textSize": "16",
    "textColor": "FFEEEEEE",
    "trackForegroundColor": "FFE0A030",
    "trackBackgroundColor": "66999999",
}
_WIDTH, _KNOBS_TOP, _KNOB_STEP = 812, 120, 120


def write_kit(folder: Path, kit: Kit, sounds: Mapping[str, Path], rate: int, depth: Depth, told: Told) -> Path:
    """Write NAME.dspreset and its samples into a folder that exists.

    Returns:
        The .dspreset.

    Raises:
        UnreadableFile, InvalidRequest, Stopped: see `presets.export.samples`.
    """
    check(kit, sounds)
    samples = write(folder, kit, sounds, rate, depth, told)
    path = folder / f"{safe_name(kit.name)}.dspreset"
    write_atomically(path, document(kit, samples), durable=False)
    return path


def document(kit: Kit, samples: Mapping[Zone, Sample]) -> bytes:
    """The whole .dspreset. samples: of each zone."""
    root = ET.Element("DecentSampler", minVersion="1.6.0")
    root.append(_panel(kit))
    root.append(_groups(kit, samples))
    effects = ET.SubElement(root, "effects")
    ET.SubElement(effects, "effect", type="lowpass", frequency=f"{_OPEN:g}")
    ET.SubElement(effects, "effect", type="reverb", wetLevel="0", roomSize="0.7")
    ET.indent(root)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="utf-8") + b"\n"


def _panel(kit: Kit) -> ET.Element:
    """Knobs: volume, tone, reverb; attack and release where one value holds for all that is held."""
    panel = ET.Element("ui", width=str(_WIDTH), height="375", layoutMode="relative", bgMode="top_left")
    tab = ET.SubElement(panel, "tab", name="main")
    name = {"x": "20", "y": "30", "width": f"{_WIDTH - 40}", "height": "40", "textSize": "28"}
    ET.SubElement(tab, "label", name, text=one_line(kit.name), textColor="FFEEEEEE")
    held = [zone for zone in kit.zones if zone.mode != "one-shot"]
    knobs = [_knob("Volume", 0.0, 2.0, 1.0, {"type": "amp", "parameter": "AMP_VOLUME"})]
    for label, parameter, values, most in (
        ("Attack", "ENV_ATTACK", {zone.attack for zone in held}, 4.0),
        ("Release", "ENV_RELEASE", {zone.release for zone in held}, 20.0),
    ):
        if len(values) == 1:
            value = values.pop()
            knobs.append(_knob(label, 0.0, max(most, value), value, {"type": "amp", "parameter": parameter}))
    tone = {
        "type": "effect",
        "parameter": "FX_FILTER_FREQUENCY",
        "translation": "table",
        "translationTable": _TONE,
    }
    knobs.append(_knob("Tone", 0.0, 1.0, 1.0, tone))
    knobs.append(_knob("Reverb", 0.0, 1.0, 0.0, {"type": "effect", "parameter": "FX_REVERB_WET_LEVEL"}, effect=1))
    for place, knob in enumerate(knobs):
        knob.set("x", str(20 + _KNOB_STEP * place))
        tab.append(knob)
    return panel


def _knob(
    label: str, low: float, high: float, value: float, binding: dict[str, str], effect: int = 0
) -> ET.Element:
    knob = ET.Element("labeled-knob", _LOOK, x="0", y=str(_KNOBS_TOP), label=label, valueType="float")
    knob.attrib |= {"minValue": _number(low), "maxValue": _number(high), "value": _number(value)}
    ET.SubElement(knob, "binding", binding, level="instrument", position=str(effect))
    return knob


def _groups(kit: Kit, samples: Mapping[Zone, Sample]) -> ET.Element:
    """A group for all that answers alike to velocities and chokes alike: these are a group's to say."""
    groups = ET.Element("groups")
    kinds: dict[tuple[float, int, bool], list[Region]] = {}
    for region in regions(kit):
        zone = region.zone
        kinds.setdefault((zone.touch, zone.choke, bool(region.length)), []).append(region)
    for (touch, choke, turns), members in kinds.items():
        group = ET.SubElement(groups, "group", ampVelTrack=_number(touch))
        group.set("seqMode", "round_robin" if turns else "always")
        if choke:
            group.attrib |= {"tags": f"choke{choke}", "silencedByTags": f"choke{choke}"}
            group.attrib |= {"silencingMode": "fast", "silencingDecay": _number(CHOKE_SECONDS)}
        group.extend(_samples(members, samples))
    return groups


def _samples(members: Iterable[Region], samples: Mapping[Zone, Sample]) -> Iterable[ET.Element]:
    for region in members:
        yield _sample(region, samples[region.zone])


def _sample(region: Region, sample: Sample) -> ET.Element:
    zone = region.zone
    pan, pan_db = panned(zone.pan)
    one = ET.Element("sample", path=sample.path, rootNote=str(zone.root))
    one.attrib |= {"loNote": str(region.low), "hiNote": str(region.high)}
    one.attrib |= {"loVel": str(region.softest), "hiVel": str(region.loudest)}
    one.attrib |= {"volume": f"{_number(zone.gain_db + sample.lowered_db + pan_db)}dB", "pan": _number(pan)}
    one.attrib |= {"tuning": _number(zone.tune / 100), "pitchKeyTrack": "1" if zone.tracking else "0"}
    if region.length:
        one.attrib |= {"seqLength": str(region.length), "seqPosition": str(region.position)}
    one.set("loopEnabled", "true" if sample.loop else "false")
    if sample.loop:
        one.attrib |= {"loopStart": str(sample.loop[0]), "loopEnd": str(sample.loop[1] - 1)}
    if zone.mode == "one-shot" and not zone.attack:
        one.set("ampEnvEnabled", "false")
    else:
        release = sample.frames / sample.rate if zone.mode == "one-shot" else zone.release
        one.attrib |= {"attack": _number(zone.attack), "decay": "0", "sustain": "1", "release": _number(release)}
    if zone.output > 1:
        one.set("output1Target", f"AUX_STEREO_OUTPUT_{zone.output}")
    return one


def _number(value: float) -> str:
    return f"{round(value, 6) + 0.0:.6f}".rstrip("0").rstrip(".")
