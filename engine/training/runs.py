"""A run's folder, and how each stage is set up in it: what the commands do.

RUN/run.json            settings of every stage, written before it begins
RUN/journal.jsonl       figures over time; RUN/curves.png is drawn from it
RUN/STAGE/checkpoint/   the whole state, in shards
RUN/STAGE/samples/      sounds and spectrograms
RUN/codec.safetensors   the trained codec, packed: what makes the latents of the later stages
RUN/model/              the finished model
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any, Literal

import torch

from engine.models.cards import described
from engine.models.catalog import STARTER, ModelCard
from engine.models.checkpoint import unpack
from engine.models.load import read_codec, read_text
from engine.networks.dit import DiT
from engine.networks.starter_codec import StarterCodec
from engine.text.minilm import MiniLMText
from engine.training import loop, samples, saves
from engine.training.captions import Captions, encode
from engine.training.chunks import ChunkPlan, LatentsFactory, MapsFactory
from engine.training.codec import CodecStage
from engine.training.codec_measure import measure
from engine.training.distill import OFFICIAL
from engine.training.draws import Dice
from engine.training.feed import Factory
from engine.training.hardware import Hardware
from engine.training.journal import Journal, Reports, Screen, Sink, TensorBoard
from engine.training.loop import Budget, Outcome, Pace, Training
from engine.training.pictures import curves
from engine.training.pool import Pool, PoolPlan
from engine.training.ship import CODEC, About, millions, pack_codec, ship
from engine.training.sizes import Size
from engine.training.stage import Stage
from engine.training.student import StudentStage
from engine.training.teacher import TeacherStage, new_network
from presets.errors import InvalidRequest
from presets.files import write_atomically

Begin = Literal["new", "resume", "warm"]

LICENCE = "CC0-1.0"
_DATA = "procedural sounds of our own (engine/training/corpus)"


@dataclass(frozen=True)
class Run:
    """A run as it was asked for.

    Attributes:
        out: its folder.
        size: the row of sizes.py.
        hardware: what trains.
        seed: of weights, data and dice.
        begin: a new run, one that goes on from its checkpoints, or a warm restart from their weights.
        pace: how often it saves, reports, checks and samples.
        reports: who is told.
        asked_to_stop: asked after every step.
    """

    out: Path
    size: Size
    hardware: Hardware
    seed: int = 0
    begin: Begin = "new"
    pace: Pace = field(default_factory=Pace)
    reports: Reports = field(default_factory=lambda: Reports([]))
    asked_to_stop: Callable[[], bool] = lambda: False

    @cached_property
    def text(self) -> MiniLMText:
        """The frozen text encoder, the starter's."""
        return read_text(STARTER.path("text"), STARTER.path("tokenizer"), self.hardware.device)

    @cached_property
    def empty(self) -> Captions:
        """The encoding of "", one row."""
        return encode(self.text, [""])

    @property
    def codec_file(self) -> Path:
        """Where the trained codec lies."""
        return self.out / CODEC

    def checkpoint(self, stage: str) -> Path:
        """Where a stage's state lies."""
        return self.out / stage / "checkpoint"


def reports_for(out: Path, hardware: Hardware, screen: bool, tensorboard: bool) -> Reports:
    """Who is told of a run: its journal, the screen, TensorBoard; nobody by a process that does not lead.

    Raises:
        InvalidRequest: TensorBoard is wanted and not installed.
    """
    if not hardware.leads:
        return Reports([])
    out.mkdir(parents=True, exist_ok=True)
    sinks: list[Sink] = [Journal(out)]
    sinks += [Screen()] if screen else []
    sinks += [TensorBoard(out)] if tensorboard else []
    return Reports(sinks)


def train_codec(run: Run, budget: Budget) -> Outcome:
    """Train the codec; when its budget is used it is measured and packed as RUN/codec.safetensors.

    Raises:
        InvalidRequest: there is a checkpoint already and the run is a new one.
    """
    size = run.size
    plan = _plan(run, size.codec_pool, size.codec_chunk)
    pool = _pool(run, "codec", size.codec_pool, MapsFactory(plan))
    try:
        stage = CodecStage(size.codec, size.codec_training, pool, run.hardware, run.seed)
        frames = size.codec_pool.lengths[-1]
        settings = {"codec": asdict(size.codec), "training": asdict(size.codec_training)}

        def sample(step: int) -> None:
            named = samples.of_codec(stage.finish(Dice(0, run.hardware.device), 128), frames)
            samples.write(run.out / "codec" / "samples", step, named, run.reports)

        outcome = _trained(run, stage, budget, settings, sample)
        if outcome.done and run.hardware.leads:
            codec = stage.finish(Dice(0, run.hardware.device), size.counted)
            pack_codec(run.codec_file, codec, LICENCE, _DATA)
            frames = min(128, frames)
            measured = measure(read_codec(run.codec_file, run.hardware.device), size.measured, frames)
            run.reports.figures(outcome.step, outcome.seconds, 1.0, measured.figures())
            run.reports.say(measured.sentence())
    finally:
        pool.close()
    return outcome


def train_teacher(run: Run, budget: Budget, codec: Path, start: Path | None = None) -> Outcome:
    """Train the teacher on latents of a packed codec.

    Args:
        run: the run.
        budget: how long.
        codec: packed weights of the codec.
        start: packed weights to begin with, such as a finished student's: its estimate at s = t is a denoiser.

    Raises:
        InvalidRequest: as `train_codec`, or the codec's latents or the weights do not fit the transformer.
        BadWeights: `start` cannot be read.
    """
    network = _started(run, start)
    decoder = _codec(run, codec)
    pool = _latents(run, "teacher", codec)
    try:
        sigma_data = decoder.config.sigma_data
        training = run.size.teacher_training
        stage = TeacherStage(network, training, pool, run.empty, sigma_data, run.hardware)
        settings = {"transformer": asdict(network.config), "training": asdict(training), "codec": _hash(codec)}

        def sample(step: int) -> None:
            named = samples.of_teacher(stage, decoder, encode(run.text, samples.PROMPTS), _sampled(run))
            samples.write(run.out / "teacher" / "samples", step, named, run.reports)

        return _trained(run, stage, budget, settings, sample)
    finally:
        pool.close()


def train_student(
    run: Run, budget: Budget, codec: Path, teacher: Path, official: bool = False, name: str = "trained"
) -> tuple[Outcome, ModelCard | None]:
    """Distil the student from a teacher's checkpoint; when its budget is used the model is packed in RUN/model.

    Args:
        run: the run.
        budget: how long.
        codec: packed weights of the codec that made the teacher's latents.
        teacher: folder of the teacher's checkpoint.
        official: distil by the 44.1 kHz reference's settings instead of ours.
        name: the model's id.

    Returns:
        How it ended, and the model's card if it is finished.

    Raises:
        InvalidRequest: as `train_teacher`.
        BadWeights: the teacher's checkpoint cannot be read or is of another size.
    """
    networks = [_teacher(run, teacher) for _ in range(2)]
    decoder = _codec(run, codec)
    training = replace(run.size.student_training, distill=OFFICIAL) if official else run.size.student_training
    pool = _latents(run, "distill", codec)
    try:
        sigma_data = decoder.config.sigma_data
        stage = StudentStage(
            networks[0], networks[1], training, pool, run.empty, sigma_data, run.hardware, run.seed
        )
        settings = {"training": asdict(training), "codec": _hash(codec)}

        def sample(step: int) -> None:
            named = samples.of_student(stage, decoder, encode(run.text, samples.PROMPTS), _sampled(run))
            samples.write(run.out / "distill" / "samples", step, named, run.reports)

        outcome = _trained(run, stage, budget, settings, sample)
        card = _shipped(run, stage, codec, name) if outcome.done and run.hardware.leads else None
    finally:
        pool.close()
    return outcome, card


def train_all(run: Run, minutes: float, codec: Path | None = None) -> ModelCard | None:
    """Codec, teacher and student, one after the other, each with its share of the minutes.

    Args:
        run: the run; one that resumes skips what is finished.
        minutes: of training in all.
        codec: a packed codec; then none is trained, and the others share all minutes.

    Returns:
        The model's card, or None if the run was stopped before.
    """
    shares = run.size.shares if codec is None else (0.0, *run.size.shares[1:])
    budgets = [Budget(minutes=minutes * share / sum(shares)) for share in shares]
    trained = codec is not None or (run.begin == "resume" and run.codec_file.exists())
    if not trained and not train_codec(run, budgets[0]).done:
        return None
    codec = codec or run.codec_file
    if not train_teacher(run, budgets[1], codec).done:
        return None
    _, card = train_student(run, budgets[2], codec, run.checkpoint("teacher"), name="starter")
    return card


def _trained(
    run: Run, stage: Stage, budget: Budget, settings: dict[str, Any], sample: Callable[[int], None]
) -> Outcome:
    training = _begun(run, stage)
    if run.hardware.leads:
        _write_settings(run, stage.name, settings, budget)
    run.reports.begin(stage.name)
    try:
        outcome = loop.run(
            stage,
            training,
            budget,
            run.checkpoint(stage.name),
            run.reports,
            run.hardware,
            run.pace,
            sample,
            run.asked_to_stop,
        )
        if run.hardware.leads:
            sample(outcome.step)
        run.reports.say(_told(stage, outcome, run))
    finally:
        run.reports.end()
    if run.hardware.leads:
        curves(run.out)
    return outcome


def _told(stage: Stage, outcome: Outcome, run: Run) -> str:
    place = run.checkpoint(stage.name)
    if outcome.done:
        minutes = outcome.seconds / 60
        return f"{stage.name}: done after {outcome.step} steps, {minutes:.1f} min. Checkpoint in {place}."
    return f"{stage.name}: stopped at step {outcome.step}. Checkpoint in {place}; --resume goes on from it."


def _begun(run: Run, stage: Stage) -> Training:
    folder = run.checkpoint(stage.name)
    if run.begin == "new" or not saves.exists(folder):
        return loop.start(stage, run.seed, run.hardware)
    state = saves.read(folder)
    if run.begin == "warm":
        return loop.warm_restart(stage, state, run.seed, run.hardware)
    return loop.resume(stage, state, run.hardware)


def _pool(run: Run, stage: str, plan: PoolPlan, factory: Factory) -> Pool:
    folder = run.checkpoint(stage)
    there = saves.exists(folder)
    if there and run.begin == "new":
        raise InvalidRequest(
            f"{run.out} holds a checkpoint of {stage} already. Give --resume to go on from it, --warm to start "
            "again from its weights, or another --out."
        )
    taken = int(saves.read(folder)["taken"]) if there and run.begin == "resume" else 0
    return Pool(plan, factory, run.hardware.device, taken)


def _latents(run: Run, stage: str, codec: Path) -> Pool:
    plan = _plan(run, run.size.pool, run.size.chunk)
    factory = LatentsFactory(plan, codec, STARTER.path("text"), STARTER.path("tokenizer"))
    return _pool(run, stage, run.size.pool, factory)


def _plan(run: Run, pool: PoolPlan, frames: int) -> ChunkPlan:
    hardware = run.hardware
    return ChunkPlan(run.seed, pool.lengths, frames, str(hardware.device), hardware.rank, hardware.world)


def _codec(run: Run, path: Path) -> StarterCodec:
    codec = read_codec(path, run.hardware.device)
    latent, channels = codec.config.latent_channels, run.size.transformer.io_channels
    if latent != channels:
        raise InvalidRequest(
            f"The codec {path} has {latent} latent channels, the transformer of this size {channels}. Choose a "
            "codec of the same --size."
        )
    return codec


def _started(run: Run, weights: Path | None) -> DiT:
    """A transformer with fresh weights, or with packed ones."""
    network = new_network(run.size.transformer, run.seed, run.hardware.device)
    if weights is not None:
        tensors, _ = unpack(weights)
        try:
            network.load_state_dict(tensors)
        except RuntimeError as error:
            raise InvalidRequest(f"{weights} holds no transformer of this --size.") from error
    return network


def _teacher(run: Run, folder: Path) -> DiT:
    network = new_network(run.size.transformer, run.seed, run.hardware.device)
    state = saves.read(folder)
    try:
        network.load_state_dict(state["average"])
    except (KeyError, RuntimeError) as error:
        raise InvalidRequest(f"{folder} holds no teacher of this --size.") from error
    return network


def _shipped(run: Run, stage: StudentStage, codec: Path, name: str) -> ModelCard:
    network, lengths = stage.average, run.size.pool.lengths
    about = About(
        id=name,
        title=f"Onetake {name}: {millions(network):.1f} M parameter CTM transformer, tone-and-noise codec, MiniLM",
        licence=f"{LICENCE} (text encoder Apache-2.0)",
        training_data=_DATA,
        shortest_frames=lengths[0],
        longest_frames=lengths[-1],
        omega_range=stage.training.distill.omega,
    )
    card = ship(run.out / "model", network, codec, about)
    run.reports.say(f"The model is packed in {card.folder}: {card.bytes / 1e6:.1f} MB.")
    return card


def _write_settings(run: Run, stage: str, settings: dict[str, Any], budget: Budget) -> None:
    path = run.out / "run.json"
    about = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"stages": {}}
    about["stages"][stage] = {
        "begin": run.begin,
        "seed": run.seed,
        "budget": asdict(budget),
        "device": run.hardware.name,
        "processes": run.hardware.world,
        "torch": torch.__version__,
        "onetake": installed_version("onetake"),
        **settings,
    }
    run.out.mkdir(parents=True, exist_ok=True)
    write_atomically(path, json.dumps(about, indent=1).encode(), overwrite=True)


def _sampled(run: Run) -> int:
    """Latent frames of samples: about 3 s, of what the model is trained on."""
    return min(run.size.pool.lengths, key=lambda length: abs(length - 128))


def _hash(path: Path) -> str:
    return described("codec", path).sha256
