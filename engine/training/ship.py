"""From trained networks to a model's folder in the shipped format, which the engine loads as any other model."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

from torch import nn

from engine.models import cards
from engine.models.catalog import STARTER, ModelCard
from engine.models.checkpoint import Header, pack
from engine.networks.dit import DiT
from engine.networks.starter_codec import StarterCodec
from engine.networks.tone_noise import HOP, RATE
from presets.files import write_atomically

CODEC = "codec.safetensors"
NETWORK = "transformer.safetensors"


@dataclass(frozen=True)
class About:
    """What a model says of itself.

    Attributes:
        id: its name in recipes; title: one line for people.
        licence, training_data: of the weights.
        shortest_frames, longest_frames: latent frames that it was trained on.
        omega_range: guidance scales that it was trained on.
    """

    id: str
    title: str
    licence: str
    training_data: str
    shortest_frames: int
    longest_frames: int
    omega_range: tuple[float, float]
    omega: float = 3.0


def pack_codec(path: Path, codec: StarterCodec, licence: str, source: str) -> None:
    """The codec with its latents' statistics as packed weights.

    Raises:
        NotWritten: see `presets.files.write_atomically`.
    """
    pack(path, codec.state_dict(), Header("tone-noise", asdict(codec.config), licence, source))


def pack_network(path: Path, network: DiT, licence: str, source: str) -> None:
    """The transformer as packed weights.

    Raises:
        NotWritten: see `presets.files.write_atomically`.
    """
    pack(path, network.state_dict(), Header("dit", asdict(network.config), licence, source))


def ship(folder: Path, network: DiT, codec: Path, about: About, base: ModelCard = STARTER) -> ModelCard:
    """Write a whole model: transformer, codec, the base's text encoder and tokenizer, and the card, last.

    Args:
        folder: made where it is missing.
        network: the student.
        codec: packed weights of the codec that made its latents.
        about: what the card says.
        base: whose text encoder the network reads.

    Returns:
        The card; `load(card, device)` gives the model.

    Raises:
        NotWritten: see `presets.files.write_atomically`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    pack_network(folder / NETWORK, network, about.licence, about.training_data)
    copies = {base.file("text").name: base.path("text"), base.file("tokenizer").name: base.path("tokenizer")}
    for name, path in {**copies, CODEC: codec}.items():
        write_atomically(folder / name, path.read_bytes(), overwrite=True)
    files = (
        cards.described("text", folder / base.file("text").name),
        cards.described("tokenizer", folder / base.file("tokenizer").name),
        cards.described("network", folder / NETWORK),
        cards.described("codec", folder / CODEC),
    )
    card = ModelCard(
        id=about.id,
        title=about.title,
        folder=folder,
        files=files,
        licence=about.licence,
        training_data=about.training_data,
        rate=RATE,
        channels=1,
        hop=HOP,
        latent_channels=network.config.io_channels,
        shortest_frames=about.shortest_frames,
        longest_frames=about.longest_frames,
        frame_step=network.config.patch_size,
        tokens=base.tokens,
        omega=about.omega,
        omega_range=about.omega_range,
    )
    cards.write(card)
    return card


def millions(network: nn.Module) -> float:
    """Its parameters, in millions."""
    return sum(p.numel() for p in network.parameters()) / 1e6
