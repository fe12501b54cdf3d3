"""What there is to know of a model before it is loaded, and how that lies as a file beside its weights.

`card.json` holds everything of a ModelCard but its folder. It may come from anywhere, so it is read with
suspicion: it names the model's own files only, by plain names, its numbers lead to nothing unbounded, and the
files' checksums are verified before anything in them is read.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

import msgspec

from engine.errors import BadWeights
from presets.files import write_atomically

CARD = "card.json"
VERSION = 1

_LARGEST = 1 << 16  # bytes; a card has two thousand
_LONGEST_TEXT = 2000
_LONGEST_SOUND = 60.0  # seconds
_FILE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")

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
    omega: the default guidance scale; omega_range: what it was trained on. dtype: of the network's products.
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
    dtype: Literal["float32", "bfloat16"] = "float32"

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


def described(part: Part, path: Path) -> ModelFile:
    """The row of a file that lies there.

    Raises:
        OSError: it does not.
    """
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return ModelFile(part, path.name, path.stat().st_size, sha256)


def write(card: ModelCard) -> Path:
    """Write a model's card into its folder, last, when all its files are there.

    Raises:
        NotWritten: see `presets.files.write_atomically`.
    """
    about = {"format": "onetake-model", "version": VERSION, **asdict(replace(card, folder=Path()))}
    del about["folder"]
    path = card.folder / CARD
    write_atomically(path, json.dumps(about, indent=1, sort_keys=True).encode(), overwrite=True)
    return path


def read(folder: Path) -> ModelCard:
    """The card of the model in a folder; its weights are verified when they are loaded.

    Raises:
        BadWeights: there is none, or it is broken, of another version, or says what cannot be.
    """
    path = folder / CARD
    try:
        about = msgspec.json.decode(contents(path, _LARGEST))
        if about.pop("format") != "onetake-model" or about.pop("version") != VERSION:
            raise BadWeights(f"{path} describes no model that this Onetake knows. Update Onetake.")
        card = msgspec.convert({**about, "folder": str(folder)}, ModelCard, dec_hook=_path)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BadWeights(f"{path} cannot be read ({error}). Restore the model's folder, or remove it.") from error
    for holds, trouble in _checks(card):
        if not holds:
            raise BadWeights(f"{path} {trouble}. Do not use this model.")
    return card


def contents(path: Path, most: int) -> bytes:
    """An ordinary file of at most so many bytes.

    Raises:
        ValueError: it is no file, or larger.
        OSError: it cannot be read.
    """
    if not path.is_file():  # a pipe would be waited for, a device may never end
        raise FileNotFoundError("there is no such file")
    with path.open("rb") as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise ValueError(f"it is larger than {most} bytes")
    return data


def _checks(card: ModelCard) -> tuple[tuple[bool, str], ...]:
    """What must hold of a card from anywhere, and what is wrong where it does not."""
    files = card.files
    low, high = card.omega_range
    words = card.id, card.title, card.licence, card.training_data
    shape = 1 <= card.hop <= 1 << 16 and 1 <= card.channels <= 8 and 1 <= card.latent_channels <= 1 << 12
    steps = 1 <= card.frame_step <= 64 and card.shortest_frames % card.frame_step == 0
    frames = steps and 1 <= card.shortest_frames <= card.longest_frames
    return (
        (all(_FILE.fullmatch(file.name) for file in files), "names files outside its folder"),
        (len({file.part for file in files}) == len(files), "names two files for one part"),
        (len({file.name for file in files}) == len(files), "names one file for two parts"),
        (all(file.bytes >= 0 for file in files), "tells sizes that cannot be"),
        ({"text", "tokenizer", "network", "codec"} <= {file.part for file in files}, "lacks a part of a model"),
        (all(len(text) <= _LONGEST_TEXT and text.isprintable() for text in words), "holds text that is none"),
        (8000 <= card.rate <= 192_000 and shape and frames, "tells numbers that cannot be"),
        (card.longest_frames * card.hop <= _LONGEST_SOUND * card.rate, "tells lengths that cannot be"),
        (1 <= card.tokens <= 1 << 12, "tells a number of tokens that cannot be"),
        (all(map(math.isfinite, (low, card.omega, high))) and low <= card.omega <= high, "tells a wrong omega"),
    )


def _path(kind: type[Any], value: Any) -> Any:
    if kind is Path:
        return Path(value)
    raise NotImplementedError(kind)
