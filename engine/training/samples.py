"""What a stage sounds like now: sounds and their spectrograms beside the checkpoints, every few minutes.

Always the same prompts, noise and held-out sounds, so that one can listen to a run getting better.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from engine import seeds
from engine.networks.starter_codec import StarterCodec
from engine.networks.tone_noise import HOP, RATE, analyse, noise_samples, synthesise
from engine.training.captions import Captions
from engine.training.corpus.chunks import chunk
from engine.training.journal import Reports
from engine.training.pictures import sheet
from engine.training.student import StudentStage, student_sounds, teacher_sounds
from engine.training.teacher import TeacherStage
from presets.export import wav
from presets.files import safe_name
from presets.sound import Sound

PROMPTS = (
    "deep cinematic boom",
    "small glass bell",
    "laser zap",
    "footsteps on gravel",
    "rain on a tin roof",
    "huge metal door slam in a cathedral",
    "rising whoosh",
    "dog barking",
)

HELD_OUT = 900_001
"""Seed of the corpus that is listened to and measured on, never trained on."""

_OMEGA = 3.0
_SEED = 5031


@dataclass(frozen=True)
class Named:
    """A sound and what it is called."""

    name: str
    sound: Sound


def write(folder: Path, step: int, named: Sequence[Named], reports: Reports) -> None:
    """The sounds as WAVs and a contact sheet in FOLDER/STEP.

    Raises:
        NotWritten: see `presets.files.write_atomically`.
    """
    place = folder / f"step-{step:08d}"
    place.mkdir(parents=True, exist_ok=True)
    for one in named:
        wav.write(place / f"{safe_name(one.name)}.wav", one.sound, depth="16", overwrite=True, durable=False)
        reports.sound(step, one.name, one.sound)
    sheet(place / "sheet.png", [(one.name, one.sound) for one in named])


@torch.no_grad()
def of_codec(codec: StarterCodec, frames: int, count: int = 4) -> list[Named]:
    """Held-out sounds of that many latent frames before and after the codec."""
    device = next(codec.parameters()).device
    clips = chunk(HELD_OUT, 0, count, frames * HOP / RATE, "cpu", compose=0.0)
    latents = codec.encode(analyse(clips.audio.to(device)))
    named = []
    for i, family in enumerate(clips.families):
        named.append(Named(f"{i} {family}", Sound(clips.audio[i : i + 1].numpy(), RATE)))
        named.append(Named(f"{i} {family}, coded", played(codec, latents[i : i + 1], i)))
    return named


@torch.no_grad()
def of_teacher(stage: TeacherStage, codec: StarterCodec, captions: Captions, frames: int) -> list[Named]:
    """The prompts as the teacher's solver makes them."""
    noise, omega = _start(codec, len(captions), frames)
    latents = teacher_sounds(stage.average, captions, stage.empty, noise, omega, stage.sigma_data)
    return _named(codec, latents, "teacher")


@torch.no_grad()
def of_student(stage: StudentStage, codec: StarterCodec, captions: Captions, frames: int) -> list[Named]:
    """The prompts in one jump and in four."""
    noise, omega = _start(codec, len(captions), frames)
    named = []
    for steps in (1, 4):
        latents = student_sounds(stage.average, captions, noise, omega, stage.sigma_data, steps)
        named += _named(codec, latents, f"{steps} steps")
    return named


def played(codec: StarterCodec, latent: Tensor, seed: int) -> Sound:
    """The sound of a latent (1, C, L), with the codec's noise from a seed."""
    noise = torch.from_numpy(seeds.white(seed, 0, noise_samples(latent.shape[-1]))).to(latent.device)
    return Sound(synthesise(codec.decode(latent.float()), noise)[None].cpu().numpy(), RATE)


def _start(codec: StarterCodec, count: int, frames: int) -> tuple[Tensor, Tensor]:
    """Unit noise (count, C, frames), the same for all prompts, and omega (count,)."""
    own = torch.from_numpy(seeds.normal(_SEED, codec.config.latent_channels, frames))
    device = next(codec.parameters()).device
    return own.to(device).expand(count, -1, -1), torch.full((count,), _OMEGA, device=device)


def _named(codec: StarterCodec, latents: Tensor, how: str) -> list[Named]:
    return [Named(f"{prompt}, {how}", played(codec, latents[i : i + 1], i)) for i, prompt in enumerate(PROMPTS)]
