"""The commands of `python -m engine.training`: one for each stage, and one for all of them.

    python -m engine.training starter --gpu-minutes 40 --out RUN        everything; ends with RUN/model
    python -m engine.training codec|teacher|distill --minutes M --out RUN
    accelerate launch -m engine.training teacher ...                    on several GPUs

Every command can be stopped with Ctrl-C and goes on with --resume.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from engine.models.catalog import STARTER
from engine.training import hardware as machines
from engine.training import loop, runs, sizes
from engine.training.loop import Budget, Pace
from engine.training.runs import Begin, Run
from presets.errors import InvalidRequest, OnetakeError

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__, pretty_exceptions_enable=False)

Out = Annotated[Path, typer.Option(help="The run's folder.")]
Minutes = Annotated[float | None, typer.Option(help="Minutes of training.", min=0.01)]
Steps = Annotated[int | None, typer.Option(help="Steps of training, instead of or besides minutes.", min=1)]
SizeName = Annotated[str, typer.Option("--size", help=f"One of {', '.join(sizes.SIZES)}.")]
DeviceName = Annotated[str, typer.Option("--device", help="auto, cuda, cpu or mps.")]
Seed = Annotated[int, typer.Option(help="Of weights, data and noise.", min=0)]
Workers = Annotated[int | None, typer.Option(help="Processes that make sounds; 0: none beside the training.")]
Resume = Annotated[bool, typer.Option("--resume", help="Go on from the last checkpoint.")]
Warm = Annotated[bool, typer.Option("--warm", help="Start again from the last checkpoint's weights.")]
Tensorboard = Annotated[bool, typer.Option("--tensorboard", help="Curves and sounds in RUN/tensorboard.")]
SampleMinutes = Annotated[float, typer.Option(help="Minutes between samples.", min=0.1)]
Compiled = Annotated[
    bool, typer.Option("--compile/--no-compile", help="On CUDA: a few seconds a length at first.")
]
Codec = Annotated[Path | None, typer.Option(help="Packed codec; default: RUN's own, else the starter's.")]
Teacher = Annotated[Path | None, typer.Option(help="Checkpoint folder of the teacher; default: RUN's own.")]
Start = Annotated[Path | None, typer.Option(help="Packed transformer to begin with, such as a finished model's.")]
Official = Annotated[bool, typer.Option("--official", help="The 44.1 kHz reference's settings, quirks included.")]


@app.command()
def codec(
    out: Out,
    minutes: Minutes = None,
    steps: Steps = None,
    size: SizeName = "starter",
    device: DeviceName = "auto",
    seed: Seed = 0,
    workers: Workers = None,
    resume: Resume = False,
    warm: Warm = False,
    tensorboard: Tensorboard = False,
    sample_minutes: SampleMinutes = 5.0,
    compiled: Compiled = True,
) -> None:
    """Train the tone-and-noise codec; ends with RUN/codec.safetensors."""
    with _run(
        out, size, device, seed, workers, _begin(resume, warm), tensorboard, sample_minutes, compiled
    ) as run:
        runs.train_codec(run, _budget(minutes, steps))


@app.command()
def teacher(
    out: Out,
    minutes: Minutes = None,
    steps: Steps = None,
    codec: Codec = None,
    start: Start = None,
    size: SizeName = "starter",
    device: DeviceName = "auto",
    seed: Seed = 0,
    workers: Workers = None,
    resume: Resume = False,
    warm: Warm = False,
    tensorboard: Tensorboard = False,
    sample_minutes: SampleMinutes = 5.0,
    compiled: Compiled = True,
) -> None:
    """Train the teacher on the codec's latents."""
    with _run(
        out, size, device, seed, workers, _begin(resume, warm), tensorboard, sample_minutes, compiled
    ) as run:
        runs.train_teacher(run, _budget(minutes, steps), _codec_file(run, codec), start)


@app.command()
def distill(
    out: Out,
    minutes: Minutes = None,
    steps: Steps = None,
    codec: Codec = None,
    teacher: Teacher = None,
    official: Official = False,
    size: SizeName = "starter",
    device: DeviceName = "auto",
    seed: Seed = 0,
    workers: Workers = None,
    resume: Resume = False,
    warm: Warm = False,
    tensorboard: Tensorboard = False,
    sample_minutes: SampleMinutes = 5.0,
    compiled: Compiled = True,
) -> None:
    """Distil the student from the teacher; ends with RUN/model."""
    with _run(
        out, size, device, seed, workers, _begin(resume, warm), tensorboard, sample_minutes, compiled
    ) as run:
        folder = teacher or run.checkpoint("teacher")
        runs.train_student(run, _budget(minutes, steps), _codec_file(run, codec), folder, official)


@app.command()
def starter(
    out: Out,
    gpu_minutes: Annotated[float, typer.Option(help="Minutes of training in all.", min=0.01)] = 40.0,
    codec: Annotated[Path | None, typer.Option(help="A packed codec, to train none.")] = None,
    size: SizeName = "starter",
    device: DeviceName = "auto",
    seed: Seed = 0,
    workers: Workers = None,
    resume: Resume = False,
    tensorboard: Tensorboard = False,
    sample_minutes: SampleMinutes = 5.0,
    compiled: Compiled = True,
) -> None:
    """Train a whole model: codec, teacher, student; ends with RUN/model."""
    with _run(
        out, size, device, seed, workers, _begin(resume, False), tensorboard, sample_minutes, compiled
    ) as run:
        runs.train_all(run, gpu_minutes, codec)


@contextmanager
def _run(
    out: Path,
    size: str,
    device: str,
    seed: int,
    workers: int | None,
    begin: Begin,
    tensorboard: bool,
    sample_minutes: float,
    compiled: bool,
) -> Iterator[Run]:
    """A run that Ctrl-C stops with a checkpoint; what goes wrong is told in a sentence."""
    try:
        hardware = replace(machines.find(device), compiles=compiled)
        row = sizes.find(size, workers, hardware.fast)
        reports = runs.reports_for(out, hardware, screen=True, tensorboard=tensorboard)
        with loop.stop_on_signal(reports.say) as asked:
            pace = replace(Pace(), sample=60 * sample_minutes)
            yield Run(out, row, hardware, seed, begin, pace, reports, asked)
    except OnetakeError as error:
        sys.stderr.write(f"{error}\n")
        raise typer.Exit(error.exit_status) from error


def _begin(resume: bool, warm: bool) -> Begin:
    if resume and warm:
        raise typer.BadParameter("give --resume or --warm, not both")
    return "resume" if resume else "warm" if warm else "new"


def _budget(minutes: float | None, steps: int | None) -> Budget:
    if minutes is None and steps is None:
        raise InvalidRequest("Say how long to train: --minutes or --steps.")
    return Budget(minutes, steps)


def _codec_file(run: Run, wanted: Path | None) -> Path:
    if wanted is not None:
        return wanted
    return run.codec_file if run.codec_file.exists() else STARTER.path("codec")
