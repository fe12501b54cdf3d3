"""How large, how long, how many: one table for all stages.

`starter` is what ships, made for one H200 (at most 25 M parameters, 0.7 to 6 s). `small` is what two CPU cores
can train in hours. `tiny` learns nothing worth hearing; tests and trials run on it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from engine.networks.dit import DiTConfig
from engine.networks.starter_codec import StarterCodecConfig
from engine.training.codec import CodecTraining
from engine.training.distill import DistillConfig
from engine.training.optimisers import Rates
from engine.training.pool import PoolPlan
from engine.training.student import StudentTraining
from engine.training.teacher import TeacherTraining
from presets.errors import InvalidRequest


@dataclass(frozen=True)
class Size:
    """All numbers of a run that follow from how much machine there is.

    Attributes:
        codec, transformer: the networks.
        codec_pool, pool: the sounds that are kept for the codec, and for teacher and student.
        codec_chunk, chunk: latent frames of a chunk of data.
        codec_training, teacher_training, student_training: the stages' own settings.
        counted: sounds that the latents' statistics are taken of.
        measured: clips that the codec is measured on; the goal is told of 24.
        shares: of the minutes of a whole run that each stage gets: codec, teacher, student.
    """

    codec: StarterCodecConfig
    transformer: DiTConfig
    codec_pool: PoolPlan
    pool: PoolPlan
    codec_chunk: int
    chunk: int
    codec_training: CodecTraining
    teacher_training: TeacherTraining
    student_training: StudentTraining
    counted: int = 4096
    measured: int = 24
    shares: tuple[float, float, float] = (0.25, 0.42, 0.33)


STARTER = Size(
    codec=StarterCodecConfig(),
    transformer=DiTConfig(embed_dim=384, depth=8, num_heads=6, patch_size=2),
    codec_pool=PoolPlan((256,), capacity=78, filled=8, workers=6, steps_per_chunk=50),
    pool=PoolPlan((32, 64, 128, 256), capacity=39, filled=4, workers=6, steps_per_chunk=50),
    codec_chunk=65536,
    chunk=65536,
    codec_training=CodecTraining(),
    teacher_training=TeacherTraining(),
    student_training=StudentTraining(),
)

SMALL = Size(
    codec=StarterCodecConfig(width=192, encoder_depth=3, decoder_depth=4),
    transformer=DiTConfig(embed_dim=256, depth=6, num_heads=4, patch_size=2, project_cond_tokens=True),
    codec_pool=PoolPlan((128,), capacity=32, filled=4, workers=1, steps_per_chunk=40),
    pool=PoolPlan((32, 64, 128), capacity=128, filled=8, workers=1, steps_per_chunk=20),
    codec_chunk=2048,
    chunk=2048,
    codec_training=CodecTraining(batch=24),
    teacher_training=TeacherTraining(frames=2048),
    student_training=StudentTraining(frames=1024),
)

TINY = Size(
    codec=StarterCodecConfig(width=48, latent_channels=16, encoder_depth=1, decoder_depth=1),
    transformer=DiTConfig(
        io_channels=16, embed_dim=64, depth=2, num_heads=2, patch_size=2, project_cond_tokens=True
    ),
    codec_pool=PoolPlan((32,), capacity=2, filled=1, workers=0, steps_per_chunk=50),
    pool=PoolPlan((32, 64), capacity=2, filled=1, workers=0, steps_per_chunk=50),
    codec_chunk=512,
    chunk=512,
    codec_training=CodecTraining(batch=8, crop=16, rates=Rates(3e-3, 5, 0.5)),
    teacher_training=TeacherTraining(frames=512, rates=Rates(4e-3, 5, 0.5)),
    student_training=StudentTraining(frames=256, warm_up=5, distill=DistillConfig(rate=2e-3)),
    counted=64,
    measured=2,
)

SIZES = {"starter": STARTER, "small": SMALL, "tiny": TINY}


def find(name: str, workers: int | None, fast: bool) -> Size:
    """The row of a size.

    Args:
        name: one of SIZES.
        workers: processes that make data; None is the row's own number.
        fast: whether a GPU trains: then data are taken when they are ready, and never waited for.

    Raises:
        InvalidRequest: there is no such size, or a negative number of workers.
    """
    if name not in SIZES:
        raise InvalidRequest(f"There is no size {name!r}. There are: {', '.join(SIZES)}.")
    if workers is not None and workers < 0:
        raise InvalidRequest(f"There cannot be {workers} workers. 0 makes the data in the training's own process.")
    size = SIZES[name]
    return replace(size, codec_pool=_paced(size.codec_pool, workers, fast), pool=_paced(size.pool, workers, fast))


def _paced(plan: PoolPlan, workers: int | None, fast: bool) -> PoolPlan:
    count = plan.workers if workers is None else workers
    eager = fast and count > 0
    return replace(plan, workers=count, steps_per_chunk=0 if eager else plan.steps_per_chunk)
