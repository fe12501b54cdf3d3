"""`onetake preset`: a kept take as a file that is shared, and the sound that such a file makes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from engine.local import find
from presets import shared
from presets.errors import InvalidRequest
from presets.files import safe_name, unused
from ui import report
from ui.chaining import Trust
from ui.deliver import deliver
from ui.engine_link import maker
from ui.options import USUAL_RATE, BitDepth, On, Processor, Rate
from ui.targets import target

PRESET = typer.Typer(help="Save a take with recipe, cut and effects, and make it again.", no_args_is_help=False)

Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace a file of that name.")]


@PRESET.command("save")
def save_(
    file: Annotated[Path, typer.Argument(help="A WAV that Onetake wrote.")],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="A .json file.", show_default="beside FILE")
    ] = None,
    name: Annotated[str, typer.Option(help="What the preset is called.", show_default="as the take")] = "",
    overwrite: Overwrite = False,
) -> None:
    """Save a take as a preset. It holds no audio; drop it onto the panel, and the take is there again."""
    preset = shared.of_file(file, name)
    # Beside a take of that name lies its sidecar, which is no preset.
    wanted = output or file.with_name(f"{safe_name(preset.name)} preset{shared.ENDING}")
    if wanted.suffix.lower() != shared.ENDING:
        raise InvalidRequest(f"{wanted.name} is no name of a preset. Choose one that ends with {shared.ENDING}.")
    place = wanted if overwrite else unused(wanted)
    shared.write_preset(place, preset, overwrite)
    effects = len(preset.chain.slots) if preset.chain else 0
    report.line(f"{place}  “{preset.prompt.text}”  {effects} effect{'s' * (effects != 1)}")


@PRESET.command("render")
def render_(
    file: Annotated[Path, typer.Argument(help="A preset, as .json.")],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="A .wav file, or a folder that exists.", show_default="takes/"),
    ] = None,
    bit_depth: Annotated[BitDepth, typer.Option(help="Sample format of the file.")] = BitDepth.PCM_24,
    rate: Rate = USUAL_RATE,
    trust: Trust = False,
    overwrite: Overwrite = False,
    device: On = Processor.AUTO,
    local: Annotated[bool, typer.Option("--local", help="Render in this process, whatever engine runs.")] = False,
) -> None:
    """Make the sound of a preset, cut and with its effects."""
    preset = shared.read_preset(file)
    recipe = preset.recipe
    if recipe is None:
        raise InvalidRequest(f"The preset {preset.name} holds no recipe. Use its effects with --chain.")
    places = target(output, [recipe], overwrite)
    with maker(find(recipe.model).id, device.value, local) as engine:
        cost = engine.estimate(recipe)
        report.duration(cost.of(recipe.steps), cost.a_step)
        with report.progress("Rendering", recipe.steps) as advance:
            made = engine.make(recipe, preset.edit, advance)
    deliver([made], places, rate, bit_depth.value, preset.chain, trust)
