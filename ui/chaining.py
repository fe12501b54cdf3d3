"""Effects in the command line: `fx chain`, `fx builtins`, and what `render --chain` calls.

Sounds go through the rack process; a plug-in that dies there is bypassed and told, and the rest is heard.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Annotated, get_args

import typer
from msgspec.structs import replace

from presets.chains import read_chain, tails_of
from presets.errors import InvalidRequest, NoRecipe
from presets.export import version as versions
from presets.export import wav, wet
from presets.export.wav import Depth
from presets.files import unused
from presets.schema import SLOT_RATES, Chain, SlotRate, Version
from presets.sound import Sound
from ui import report
from ui.rack_link import Rack

_DEPTHS: tuple[Depth, ...] = ("16", "24", "32f")

Effects = Annotated[
    Path, typer.Option("--chain", help="A .json file with a chain of effects, or a preset with one.")
]
Trust = Annotated[
    bool,
    typer.Option("--trust", help="Use the plug-in states in the file even if it comes from somebody else."),
]


def through_chain(
    made: Sequence[tuple[Sound, Version]], chain: Chain, rate: int, trusted: bool = False
) -> list[tuple[Sound, Version]]:
    """What versions sound like through a chain, as it goes into files.

    A chain that is printed into a file holds its tails: they are inherited, so that a refined version is as long
    as its draft. What was bypassed is told, and stands switched off in the chain of the result.

    Args:
        made: untrimmed native sounds and their versions.
        chain: the effects.
        rate: of the files, Hz.
        trusted: whether states of plug-ins in the chain may be used.

    Returns:
        What is heard, at that rate, tails included; and the versions with the chain in them.

    Raises:
        InvalidRequest: a rate that files do not have.
        RackError: there is no rack, or a sound cannot be rendered.
    """
    if rate not in versions.RATES:
        raise InvalidRequest(f"Files have {', '.join(map(str, versions.RATES))} Hz, not {rate}.")
    with tempfile.TemporaryDirectory(prefix="onetake-dry-") as folder, Rack(chain, trusted) as rack:
        paths = [versions.keep_native(Path(folder), native, version) for native, version in made]
        heard = [
            wet.read(Path(rack.through(path, version.edit, version.match_db, tails_of(chain)).path))
            for path, (_, version) in zip(paths, made, strict=True)
        ]
    _tell_remarks(dict.fromkeys(remark for _, printed in heard for remark in printed.remarks))
    return [
        (_fitted(sound, version.edit.length + printed.tail, rate), replace(version, chain=printed.chain))
        for (sound, printed), (_, version) in zip(heard, made, strict=True)
    ]


def _fitted(sound: Sound, seconds: float, rate: int) -> Sound:
    return sound.resampled(rate).fitted(round(seconds * rate))


def chain_(
    file: Annotated[Path, typer.Argument(help="A WAV.")],
    chain: Effects,
    output: Annotated[Path, typer.Option("-o", "--output", help="A .wav file.")],
    trust: Trust = False,
    plugin_rate: Annotated[
        int, typer.Option(help="Hz at which every plug-in gets the sound.", show_default="as the chain says")
    ] = 0,
    bit_depth: Annotated[str, typer.Option(help="16, 24 or 32f.", show_default="as FILE")] = "",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a file of that name.")] = False,
) -> None:
    """Send a sound through a chain of effects, with everything that rings on.

    Plug-ins are looked up among those that onetake fx scan found. No host tempo reaches them: what follows the
    tempo of a DAW runs at its own.
    """
    if output.suffix.lower() != ".wav":
        raise InvalidRequest(f"{output.name} is no name of a WAV. Choose one that ends with .wav.")
    effects = _at_rate(read_chain(chain), plugin_rate)
    dry = wav.read(file)
    depth = _depth(bit_depth, dry.depth)
    with report.progress("Rendering", 1), Rack(effects, trust) as rack:
        rendered = rack.through(file)
        sound, printed = wet.read(Path(rendered.path))
    _tell_remarks(printed.remarks)
    place = output if overwrite else unused(output)
    lowered = _write(place, sound, _version(file, printed.chain), depth, overwrite)
    report.line(f"{place}  {sound.seconds:.3f} s  of them {printed.tail:.3f} s ring on  {sound.peak_db:.1f} dB")
    if place != output:
        report.note(f"{output} is there already and stays as it is: wrote {place.name}.")
    if lowered:
        report.note(f"Lowered by {lowered:.1f} dB to fit into {depth} bit; --bit-depth 32f keeps the level.")


def builtins_(
    knobs: Annotated[bool, typer.Option("--knobs", help="With their parameters, as they stand at first.")] = False,
) -> None:
    """List the effects that need no plug-in, and your impulse responses, as chain files name them."""
    with Rack(Chain(), trusted=True) as rack:
        told = rack.built_ins()
    rows = [["effect", "mix", "what it does"]]
    for card in told.effects:
        rows.append([card.effect, f"{card.mix:g}", card.does])
        if knobs:
            rows += [
                [f"  {one.id}", f"{one.value:.3f}", f"{one.name}: {one.text} {one.unit}"]
                for one in card.parameters
            ]
    report.columns(rows)
    for impulse in told.impulses:
        report.line(f'impulse response {impulse.name}: "files": {{"impulse": "{impulse.content}"}}')


def _version(file: Path, chain: Chain) -> Version | None:
    """The version that a file says it is, with these effects behind those it has already."""
    try:
        version = versions.read_version(file)
    except NoRecipe:
        return None
    before = version.chain.slots if version.chain else ()
    return replace(version, chain=replace(chain, slots=(*before, *chain.slots)))


def _write(path: Path, sound: Sound, version: Version | None, depth: Depth, overwrite: bool) -> float:
    """Write the file; by how many dB it was lowered."""
    if version is None:
        return wav.write(path, sound, depth=depth, overwrite=overwrite).lowered_db
    lowered = 0.0
    if depth != "32f":
        (sound,), (version,), lowered = versions.fitting([sound], [version])
    versions.write(path, sound, version, depth, overwrite)
    return lowered


def _at_rate(chain: Chain, rate: int) -> Chain:
    """The chain with its plug-ins at a rate, Hz; 0 leaves it as it is."""
    if not rate:
        return chain
    wanted = next((one for one in get_args(SlotRate) if one == rate), None)
    if wanted is None:
        raise InvalidRequest(f"A plug-in gets {', '.join(map(str, SLOT_RATES))} Hz, not {rate}.")
    slots = (slot if slot.format == "builtin" else replace(slot, rate=wanted) for slot in chain.slots)
    return replace(chain, slots=tuple(slots))


def _depth(wanted: str, own: str) -> Depth:
    if wanted and wanted not in _DEPTHS:
        raise InvalidRequest(f"A bit depth is 16, 24 or 32f, not {wanted}.")
    return next((depth for depth in _DEPTHS if depth == (wanted or own)), "24")


def _tell_remarks(remarks: Iterable[str]) -> None:
    for remark in remarks:
        report.warn(remark)


COMMANDS: dict[str, Callable[..., None]] = {"chain": chain_, "builtins": builtins_}
"""What `onetake fx` calls them."""
