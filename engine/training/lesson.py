"""What is learned in one step of teaching: a folder's sounds, by an adapter, beside all that the base knows.

An adapter learns; the model's own weights stay. There is no teacher any more. So each step
- denoises the folder's sounds (what they are like),
- jumps from them at one noise level to them at another (drafts, in the end),
- jumps sounds of the procedural corpus as the base does (nothing else may change).

Jumps are regressed on the sounds themselves. Where many sounds have the same caption a draft becomes their mean,
and so blurred; but the alternative, to let the adapted model's own guided solver teach it, diverged within 20
steps (denoising loss 1.2 to 4.8, where it falls to 0.7 this way).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from engine.models.catalog import ModelCard
from engine.models.load import Model
from engine.networks.tone_noise import HOP, analyse
from engine.soundctm.denoiser import estimate, jump, per_sample
from engine.soundctm.schedule import training_grid
from engine.text.minilm import MiniLMText
from engine.training import draws
from engine.training.adapter import Adapter
from engine.training.captions import encode, student_reading
from engine.training.chunks import ChunkPlan, LatentsFactory
from engine.training.draws import Dice, NoiseLevels
from engine.training.latents import Batch
from engine.training.latents import draw as draw_batch
from engine.training.losses import denoising_loss, weighted_distance
from engine.training.optimisers import Rates, set_rate
from engine.training.pool import Pool, PoolPlan


@dataclass(frozen=True)
class Example:
    """A sound to be learned: audio (N,) float32 mono at 44.1 kHz, its caption, its file's name and SHA-256."""

    audio: Tensor = field(repr=False)
    caption: str
    file: str
    sha256: str


@dataclass(frozen=True)
class Teaching:
    """How it is taught.

    Attributes:
        rank, alpha: of the adapter.
        rates: the learning rate.
        frames: latent frames a step, of the folder's sounds and as many of the corpus.
        noise: where the noise of the denoising loss lies.
        omega: guidance scales that are drawn. to_end_share: how often a jump leads to the last level.
        denoising, drafts, replay: weights of the losses.
        forget: how often a caption is replaced by "".
        replayed: latent frames of the corpus that are made anew every 50 steps.
    """

    rank: int = 8
    alpha: float = 8.0
    rates: Rates = field(default_factory=lambda: Rates(3e-4, 20, 0.6, least=0.05))
    frames: int = 512
    noise: NoiseLevels = field(default_factory=lambda: NoiseLevels(0.9, 1.7, 0.15))
    omega: tuple[float, float] = (1.0, 6.0)
    to_end_share: float = 0.5
    denoising: float = 1.0
    drafts: float = 4.0
    replay: float = 24.0
    forget: float = 0.1
    replayed: int = 2048


class Lesson:
    """A base, its adapter and the sounds it learns, while it learns them."""

    def __init__(self, model: Model, sounds: Sequence[Example], how: Teaching, seed: int) -> None:
        self.how, self._model, self._network = how, model, model.of_the_starter()[0]
        self.adapter = Adapter(self._network, how.rank, how.alpha, seed)
        self.optimiser = torch.optim.AdamW(self.adapter.parameters(), how.rates.rate, weight_decay=0.0)
        self.dice = Dice(seed, model.device)
        assert isinstance(model.text, MiniLMText)
        self.empty = encode(model.text, [""])
        self.shelves = _shelved(model, sounds, model.text)
        self._grid = training_grid().to(model.device)
        self._pool = _replay(model, how, seed)

    def close(self) -> None:
        """Leave the network as it was."""
        self.adapter.off()
        self._pool.close()

    @torch.enable_grad()
    def step(self, number: int, share: float) -> dict[str, float]:
        """One step of the adapter; the losses by name."""
        set_rate([self.optimiser], self.how.rates.at(number, share))
        if number:
            self._pool.advance(number - 1)
        replayed = draw_batch(self._pool, self.dice, number, self.how.frames)
        self.adapter.on()
        losses = {**self._learned(), "replay": self.how.replay * self._replayed(replayed)}
        self.optimiser.zero_grad(set_to_none=True)
        torch.stack(list(losses.values())).sum().backward()
        torch.nn.utils.clip_grad_norm_(self.adapter.parameters(), 1.0)
        self.optimiser.step()
        return {name: float(loss.detach()) for name, loss in losses.items()}

    def denoising(self, batch: Batch, sigma: Tensor) -> Tensor:
        """() the denoising loss of sounds at levels (B,), with fresh noise."""
        sounds = batch.sounds
        x = sounds + per_sample(sigma, sounds) * self.dice.normal(*sounds.shape)
        omega = draws.omegas(self.dice, len(sounds), *self.how.omega)
        reading = student_reading(self._network, batch.captions)
        found = estimate(reading, x, sigma, sigma, omega, self._model.sigma_data)
        return denoising_loss(found, sounds, sigma, self._model.sigma_data).mean()

    def batch(self) -> Batch:
        """Some of the folder's sounds, all of one length."""
        weights = torch.tensor([float(len(shelf.sounds)) for shelf in self.shelves])
        point = float(self.dice.uniform(1)) * float(weights.sum())
        shelf = self.shelves[int((weights.cumsum(0) <= point).sum().clamp(max=len(weights) - 1))]
        count = max(2, self.how.frames // shelf.sounds.shape[-1])
        index = self.dice.integers(len(shelf.sounds), count)
        batch = Batch(shelf.sounds[index], shelf.captions.rows(index))
        forgotten = self.dice.uniform(count) < self.how.forget
        return replace(batch, captions=batch.captions.without(forgotten, self.empty))

    def _learned(self) -> dict[str, Tensor]:
        how, batch = self.how, self.batch()
        sigma = draws.teacher_levels(self.dice, len(batch.sounds), how.noise)
        drawn = self._draw(batch)
        wanted = batch.sounds + per_sample(drawn.s, batch.sounds) * drawn.noise
        arrived = self._jumped(batch, drawn)
        drafts = weighted_distance(arrived, wanted, drawn.s, self._model.sigma_data).mean()
        return {"denoising": how.denoising * self.denoising(batch, sigma), "drafts": how.drafts * drafts}

    def _replayed(self, batch: Batch) -> Tensor:
        """() how far the adapted network's jumps of corpus sounds are from the base's."""
        drawn = self._draw(batch)
        with torch.no_grad(), self.adapter.without():
            wanted = self._jumped(batch, drawn)
        arrived = self._jumped(batch, drawn)
        return weighted_distance(arrived, wanted, drawn.s, self._model.sigma_data).mean()

    def _jumped(self, batch: Batch, drawn: _Jump) -> Tensor:
        x = batch.sounds + per_sample(drawn.t, batch.sounds) * drawn.noise
        reading = student_reading(self._network, batch.captions)
        return jump(reading, x, drawn.t, drawn.s, drawn.omega, self._model.sigma_data)

    def _draw(self, batch: Batch) -> _Jump:
        count = len(batch.sounds)
        levels = draws.jump_levels(self.dice, count, 1, len(self._grid), self.how.to_end_share)
        omega = draws.omegas(self.dice, count, *self.how.omega)
        noise = self.dice.normal(*batch.sounds.shape)
        return _Jump(self._grid[levels.t], self._grid[levels.s], omega, noise)


@dataclass(frozen=True)
class _Jump:
    """A jump of B sounds: levels t and s, guidance omega, all (B,), and the unit noise of x_t."""

    t: Tensor
    s: Tensor
    omega: Tensor
    noise: Tensor


def _shelved(model: Model, sounds: Sequence[Example], text: MiniLMText) -> list[Batch]:
    """The sounds as latents, those of one length together; longer ones than the model makes are cut."""
    shelves: dict[int, list[Example]] = {}
    for sound in sounds:
        shelves.setdefault(_frames(model.card, len(sound.audio)), []).append(sound)
    shelved = []
    _, codec = model.of_the_starter()
    for frames, row in sorted(shelves.items()):
        audio = torch.zeros(len(row), frames * HOP)
        for place, sound in enumerate(row):
            there = sound.audio[: frames * HOP]
            audio[place, : len(there)] = there
        with torch.no_grad():
            latents = torch.cat([codec.encode(analyse(part.to(model.device))) for part in audio.split(16)])
        shelved.append(Batch(latents, encode(text, [sound.caption for sound in row])))
    return shelved


def _frames(card: ModelCard, samples: int) -> int:
    """A length that holds so many samples: few different ones, so that sounds share batches."""
    lengths = [round(32 * 2 ** (i / 2) / 2) * 2 for i in range(9)]
    fitting = [n for n in lengths if card.shortest_frames <= n < card.longest_frames and n % card.frame_step == 0]
    for frames in [*fitting, card.longest_frames]:
        if samples <= frames * HOP:
            return frames
    return card.longest_frames


def _replay(model: Model, how: Teaching, seed: int) -> Pool:
    """Sounds of the corpus, so that the base's knowledge is repeated while the new is learned."""
    card = model.card
    middle = round((card.shortest_frames * card.longest_frames) ** 0.5 / 2) * 2
    lengths = (max(middle, card.shortest_frames),)
    plan = ChunkPlan(700_001 + seed, lengths, how.replayed, str(model.device))
    factory = LatentsFactory(plan, card.path("codec"), card.path("text"), card.path("tokenizer"))
    return Pool(PoolPlan(lengths, capacity=4, filled=1, workers=0, steps_per_chunk=50), factory, model.device)
