"""The one table of every model: its files and checksums, what it may be used for, what it can make.

Checks, help, `onetake models`, recipes and error messages follow from the rows. A recipe names its model by id
and by `model_hash`, so that a file can say which weights made it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from engine.errors import UnknownModel

Part = Literal["text", "tokenizer", "network", "codec", "adapter"]


@dataclass(frozen=True)
class ModelFile:
    """One file of a model, relative to its folder."""

    part: Part
    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class ModelCard:
    """What there is to know of a model before it is loaded.

    rate: native Hz. hop: samples a latent frame. Frames are latent frames and a multiple of frame_step.
    omega: the default guidance scale; omega_range: what it was trained on.
    """

    id: str
    title: str
    folder: Path
    files: tuple[ModelFile, ...]
    licence: str
    training_data: str
    rate: int
    channels: int
    hop: int
    latent_channels: int
    shortest_frames: int
    longest_frames: int
    frame_step: int
    tokens: int
    omega: float
    omega_range: tuple[float, float]

    @property
    def bytes(self) -> int:
        """Size of all files."""
        return sum(file.bytes for file in self.files)

    @property
    def model_hash(self) -> str:
        """Identity of the weights: sha256 over the files' checksums in the table's order."""
        return hashlib.sha256("".join(file.sha256 for file in self.files).encode()).hexdigest()

    @property
    def latent_rate(self) -> float:
        """Latent frames a second."""
        return self.rate / self.hop

    @property
    def longest(self) -> float:
        """Seconds of the longest sound."""
        return self.longest_frames * self.hop / self.rate

    def path(self, part: Part) -> Path:
        """Where a part lies."""
        return self.folder / self.file(part).name

    def has(self, part: Part) -> bool:
        """Whether there is such a part; only a taught model has an adapter."""
        return any(file.part == part for file in self.files)

    def file(self, part: Part) -> ModelFile:
        """A part's row."""
        return next(file for file in self.files if file.part == part)

    def frames_for(self, seconds: float) -> int:
        """The fewest latent frames that hold that many seconds and the model can make."""
        wanted = -(-round(seconds * self.rate) // self.hop)
        stepped = -(-wanted // self.frame_step) * self.frame_step
        return min(max(stepped, self.shortest_frames), self.longest_frames)


STARTER = ModelCard(
    id="starter",
    title="Onetake starter: 8.3 M parameter CTM transformer, tone-and-noise codec, MiniLM text",
    folder=Path(__file__).parent / "starter",
    files=(
        ModelFile(
            "text",
            "text.safetensors",
            22_882_472,
            "7e66a5f49bf73473ef1c58496b2f7dad56e7ec446fc2a4843e5323b137c1540d",
        ),
        ModelFile(
            "tokenizer",
            "tokenizer.json",
            466_247,
            "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
        ),
        ModelFile(
            "network",
            "transformer.safetensors",
            8_454_696,
            "61fd657cb875a2b269281bff80c989305fc096e47ed2833af5cd705eda218257",
        ),
        ModelFile(
            "codec",
            "codec.safetensors",
            12_301_904,
            "872c88dffafa68bcd4246b1ee7306556b12ef9db29f212cb8317cbfd47599ee9",
        ),
    ),
    licence="CC0-1.0 (text encoder Apache-2.0)",
    training_data="25,728 procedural sounds of our own, 131 CC0 recordings for the codec",
    rate=44100,
    channels=1,
    hop=1024,
    latent_channels=64,
    shortest_frames=32,
    longest_frames=128,
    frame_step=2,
    tokens=32,
    omega=3.0,
    omega_range=(1.0, 6.0),
)

MODELS: tuple[ModelCard, ...] = (STARTER,)


def find(model: str) -> ModelCard:
    """The row of a model.

    Raises:
        UnknownModel: there is none of that id.
    """
    for card in MODELS:
        if card.id == model:
            return card
    there = ", ".join(card.id for card in MODELS)
    raise UnknownModel(f"There is no model called {model!r}. There is: {there}.")
