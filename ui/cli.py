"""The command line: every command is a short story told with words from the other layers.

Errors are OnetakeErrors: their sentence goes to standard error, their exit status to the shell (2 for a wish
that cannot be, 1 for a failure). Results go to standard output, everything else to standard error.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Annotated, Any

import typer

from engine.local import Ask, EngineError, UnknownModel, check_steps, find, link, plan
from presets.chains import read_chain, without_tails
from presets.errors import InvalidRequest, NoRecipe, OnetakeError, UnreadableFile
from presets.export import version as versions
from presets.export import wav
from presets.intensity import read as read_curve
from presets.schema import Assembly, Recipe, Version, with_steps
from presets.stereo import pair_of
from ui import (
    batch,
    chaining,
    effects,
    exporting,
    handing,
    library,
    modelling,
    past,
    performing,
    playing,
    report,
    sharing,
    siblings,
    slicing,
    teaching,
    verify,
)
from ui.bug_report import bug_report
from ui.chaining import Trust
from ui.deliver import deliver
from ui.doctor import examine
from ui.engine_link import maker
from ui.opening import open_panel
from ui.options import USUAL_RATE, BitDepth, Curve, On, Processor, Rate
from ui.siblings import Way
from ui.targets import beside, seed_of, target

app = typer.Typer(
    name="onetake",
    help="Type a sound, hear it at once, refine the one you like without losing it.",
    no_args_is_help=False,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

# typer carries its own copy of click since 0.24 and shows only this leaf of its usage errors.
_UsageError: Any = typer.BadParameter.__base__
_NO_WORDS = "NoArgsIsHelpError"  # a group of commands without one, as in onetake library
_ALREADY_RUNNING = 3  # exit status of an engine that finds another
_STOPPED = 130  # what a shell reports of a command that Ctrl-C ended

GROUPS = {
    "models": modelling.models,
    "library": library.LIBRARY,
    "fx": effects.APP,
    "handoff": handing.app,
    "preset": sharing.PRESET,
}
"""Commands that have commands of their own."""

COMMANDS = (
    "render", "refine", "batch", "play", "kit", "bounce", "devices", "slice", "layer", "loop", "export",
    "teach", "evaluate", "info", "doctor", "serve", "report", *GROUPS,
)  # fmt: skip
"""What is not a prompt."""


Output = Annotated[
    Path | None,
    typer.Option("-o", "--output", help="A .wav file, or a folder that exists.", show_default="takes/"),
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace files of the same name.")]
Here = Annotated[bool, typer.Option("--local", help="Render in this process even if an engine is running.")]


def run(words: Sequence[str]) -> int:
    """Run one command; returns its exit status."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a console without our waveform's characters shows others
            stream.reconfigure(errors="replace")
    try:
        status = typer.main.get_command(app).main(list(words), prog_name="onetake", standalone_mode=False)
    except _UsageError as error:
        if type(error).__name__ == _NO_WORDS:
            report.line(error.ctx.get_help())
            return 0
        report.error(f"{error.format_message().removesuffix('.')}. See onetake --help.")
        return error.exit_code
    except typer.Abort:
        status = _STOPPED
    except (OnetakeError, MemoryError, OSError, KeyboardInterrupt) as error:
        return failed(error)
    if status == _STOPPED:
        report.error("Stopped.")
    return status or 0


def failed(error: OnetakeError | MemoryError | OSError | KeyboardInterrupt) -> int:
    """Say why a command came to nothing; returns its exit status."""
    if isinstance(error, BrokenPipeError):  # whoever read our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    if isinstance(error, OnetakeError):
        report.error(str(error))
        return error.exit_status
    if isinstance(error, MemoryError):
        report.error("There is not enough memory for this. Close other programs, or ask for less.")
    elif isinstance(error, OSError):
        report.error(f"The system says: {error}. What was written before stays as it is.")
    else:
        report.error("Stopped.")
        return _STOPPED
    return 1


@app.callback(invoke_without_command=True)
def onetake(
    context: typer.Context,
    session: Annotated[
        Path | None,
        typer.Option(help="The folder of the session to open in the panel.", show_default="the last one"),
    ] = None,
    version: Annotated[bool, typer.Option("--version", help="Say the version.")] = False,
) -> None:
    """What happens before every command, and when there is none: the panel opens."""
    if version:
        report.line(f"Onetake {installed_version('onetake')}")
    elif context.invoked_subcommand is None:
        raise typer.Exit(open_panel(session))


@app.command()
def render(
    prompt: Annotated[str, typer.Argument(help="The sound, in words.")],
    output: Output = None,
    count: Annotated[int, typer.Option(help="How many variations; their seeds follow each other.")] = 1,
    length: Annotated[str, typer.Option(help='Seconds, exact; "auto" takes them from the prompt.')] = "auto",
    intensity: Curve = "",
    steps: Annotated[int, typer.Option(help="1 is a draft; 2, 4, 8, 16, up to 64 refine it.")] = 1,
    seed: Annotated[int | None, typer.Option(help="The first variation's noise.", show_default="random")] = None,
    omega: Annotated[
        float | None, typer.Option(help="Guidance that the model has learned.", show_default="the model's")
    ] = None,
    nu: Annotated[float, typer.Option(help="Guidance between with and without prompt; 1 is with.")] = 1.0,
    sampler: Annotated[
        str, typer.Option(help="deterministic keeps the draft; cm_multistep and gamma_multistep wander off.")
    ] = "deterministic",
    gamma: Annotated[float, typer.Option(help="How much gamma_multistep makes anew in each step.")] = 0.5,
    model: Annotated[str, typer.Option(help="See onetake models.")] = "starter",
    bit_depth: Annotated[BitDepth, typer.Option(help="Sample format of the files.")] = BitDepth.PCM_24,
    rate: Rate = USUAL_RATE,
    chain: Annotated[
        Path | None, typer.Option("--chain", help="Effects that they go through: a chain or preset, as .json.")
    ] = None,
    trust: Trust = False,
    stereo: Annotated[
        Way, typer.Option(help="Two channels whose sum is the mono take: wide, or siblings (rendered twice).")
    ] = Way.MONO,
    overwrite: Overwrite = False,
    device: On = Processor.AUTO,
    local: Here = False,
) -> None:
    """Make sounds from a prompt."""
    through = None if chain is None else without_tails(read_chain(chain))
    curve = read_curve(intensity)
    ask = Ask(prompt, _seconds(length), model, steps, sampler, omega, nu, gamma, seed_of(seed), count, curve)
    recipes = plan(ask)
    places = target(output, recipes, overwrite)
    with maker(model, device.value, local) as engine:
        twice = 2 if stereo is Way.SIBLINGS else 1
        each = twice * steps
        cost = engine.estimate(recipes[0])
        report.duration(count * twice * cost.of(steps), cost.a_step)
        with report.progress("Rendering", count * each) as advance:
            made, others = siblings.render(engine, recipes, stereo, advance)
    made = link(made)
    for words in made[0].remarks:
        report.warn(words)
    deliver(made, places, rate, bit_depth.value, through, trust, stereo.stereo, others)


@app.command()
def refine(
    file: Annotated[Path, typer.Argument(help="A WAV that Onetake wrote.")],
    steps: Annotated[int, typer.Option(help="1 to 64; more are better, and it stays the same sound.")] = 16,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="A .wav file, or a folder that exists.", show_default="beside FILE"),
    ] = None,
    bit_depth: Annotated[
        BitDepth | None, typer.Option(help="Sample format of the file.", show_default="as FILE")
    ] = None,
    trust: Trust = False,
    overwrite: Overwrite = False,
    device: On = Processor.AUTO,
    local: Here = False,
) -> None:
    """Make a better version of a sound, from the recipe in its file."""
    check_steps(steps)
    old, way = siblings.read(file)
    rate, depth = _shape(file, bit_depth)
    recipe = with_steps(old.recipe, steps)
    place = beside(file, output, steps, overwrite)
    each = 2 if way is Way.SIBLINGS else 1
    with maker(_model_of(recipe), device.value, local) as engine:
        cost = engine.estimate(recipe)
        report.duration(each * cost.of(steps), cost.a_step)
        with report.progress("Refining", each * steps) as advance:
            (made,), others = siblings.render(engine, [recipe], way, advance, old.edit)
        stranger = None if steps == 1 else engine.stranger(made)
    deliver([made], [place], rate, depth.value, old.chain, trust, others=others)
    if made.version.identity is not None and stranger is not None:
        report.identity(made.version.identity, stranger)


for _name, _group in GROUPS.items():
    app.add_typer(_group, name=_name)
for _name, _command in past.COMMANDS.items():
    library.LIBRARY.command(_name)(_command)
for _name, _command in chaining.COMMANDS.items():
    effects.APP.command(_name)(_command)
for _module in (playing, performing, slicing, batch, exporting, teaching):
    for _name, _command in _module.COMMANDS.items():
        app.command(_name)(_command)


@app.command()
def info(
    file: Annotated[Path, typer.Argument(help="A WAV.")],
    check: Annotated[bool, typer.Option("--verify", help="Make the sound again and compare.")] = False,
    device: On = Processor.AUTO,
    local: Here = False,
) -> None:
    """Show a file: its recipe, waveform and level."""
    told: OnetakeError | None = None
    try:
        _tell_source(file)  # lies before the audio: a broken download still tells it
    except NoRecipe as error:
        told = error
    report.sound(file, wav.read(file))
    if told:
        report.warn(str(told))
    if check and not verify.tell(file, device.value, local):
        raise typer.Exit(1)


def _tell_source(file: Path) -> None:
    """The recipe in a file, or the recipes of all its pieces.

    Raises:
        NoRecipe: it holds none.
    """
    source = versions.read_source(file)
    parts = [source] if isinstance(source, Version) else [p.source for p in source.pieces if p.source is not None]
    if pair_of(source):
        report.note(f"{file.name} is stereo: the middle is the first take below, the sides are its sibling.")
    elif isinstance(source, Assembly):
        report.note(f"{file.name} was made of {len(source.pieces)} piece{'s' * (len(source.pieces) != 1)}.")
    for version in parts:
        report.version(version)
        teaching.tell_model(version.recipe)


@app.command()
def doctor(device: On = Processor.AUTO) -> None:
    """Check this machine: device, memory, threads, weights, and a sound that must come out right."""
    if not examine(device.value):
        raise typer.Exit(1)


@app.command()
def serve(device: On = Processor.AUTO) -> None:
    """Run the engine by itself until Ctrl-C: render and refine then use it, with its model loaded already."""
    report.note("The engine is running; Ctrl-C stops it.")
    status = subprocess.run(
        [sys.executable, "-P", "-m", "engine", "--device", device.value], check=False
    ).returncode
    if status == _ALREADY_RUNNING:
        raise InvalidRequest("An engine of yours is running already, and will be used.")
    raise typer.Exit(status)


@app.command("report")
def bug_report_(
    files: Annotated[
        list[Path] | None, typer.Argument(help="WAVs whose recipes to add, prompts included.")
    ] = None,
) -> None:
    """Write a zip with versions, machine and logs, to send with a bug report. It holds no prompts by itself."""
    report.line(f"Wrote {bug_report(files or [])}. Look inside before you send it.")


def _shape(file: Path, bit_depth: BitDepth | None) -> tuple[int, BitDepth]:
    """Rate in Hz and sample format for a refined file: those of the file where its audio can be read."""
    try:
        like = wav.read(file)
    except UnreadableFile as error:
        report.warn(f"{error} Its recipe is whole, so the sound is made again, with 48 kHz.")
        return USUAL_RATE, bit_depth or BitDepth.PCM_24
    known = {depth.value for depth in BitDepth}
    depth = bit_depth or (BitDepth(like.depth) if like.depth in known else BitDepth.PCM_24)
    return like.sound.rate if like.sound.rate in versions.RATES else USUAL_RATE, depth


def _model_of(recipe: Recipe) -> str:
    """The model that a file names.

    Raises:
        EngineError: there is none of that id here.
    """
    try:
        return find(recipe.model).id
    except UnknownModel as error:
        raise EngineError(f"{error} The file was made with one that is not installed here.") from error


def _seconds(length: str) -> float | None:
    if length.strip().lower() == "auto":
        return None
    try:
        return float(length)
    except ValueError as error:
        raise InvalidRequest(f'A length is a number of seconds or "auto", not {length!r}.') from error
