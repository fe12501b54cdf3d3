"""The 44.1 kHz model of version 2 at full size, from checkpoints in the official format; its numbers are made up.

The size of its autoencoder is told by its own published file only; here it is the DAC's of 44.1 kHz with the same
hop (1024 samples) and as many latents (64).
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import torch
from tokenizers import Tokenizer, models, pre_tokenizers

from engine.models import cards
from engine.models.cards import ModelCard, described
from engine.models.offers import DIT_44_V2
from engine.models.official import convert
from engine.models.published import CLAP_V2, DIT_V2, GAUSSIAN_DAC
from engine.networks.gaussian_dac import STORED, GaussianDAC, GaussianDACConfig

DAC = GaussianDACConfig(
    encoder_dim=64, encoder_rates=(4, 4, 8, 8), latent_dim=64, decoder_dim=1536, decoder_rates=(8, 8, 4, 4)
)
ID = "full-size"
_NUMBER = 1e-3  # everywhere: small enough that nothing overflows on its way through the network


def made(keys: dict[str, dict[str, tuple[int, ...]]], folder: Path) -> ModelCard:
    """The model converted into a folder of its own among the user's; 5 GB."""
    place = folder / ID
    place.mkdir(parents=True)
    published = {
        "network": (DIT_V2, same(keys["dit_v2"])),
        "codec": (GAUSSIAN_DAC, {"state_dict": same(_stored()), "metadata": {"kwargs": asdict(DAC)}}),
        "text": (CLAP_V2, same(keys["dit_v2"])),
    }
    statistics = folder / "z_stats.pth"
    torch.save({"z_mean": torch.zeros(64), "z_std": torch.ones(64)}, statistics)
    for part, (row, weights) in published.items():
        source = folder / f"{part}.pt"
        torch.save(weights, source)
        convert(row, source, place / f"{part}.safetensors", statistics if row.statistics else None)
    words = Tokenizer(models.WordLevel({"<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3}, unk_token="<unk>"))
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    words.save(str(place / "tokenizer.json"))
    files = [described(part, place / f"{part}.safetensors") for part in published]
    offer = DIT_44_V2
    card = ModelCard(
        ID, offer.title, place, (*files, described("tokenizer", place / "tokenizer.json")), "none", "nothing",
        44_100, 1, 1024, 64, 2, offer.frames, 1, offer.tokens, 5.0, (1.0, 10.0), "bfloat16",
    )  # fmt: skip
    cards.write(card)
    return card


def same(shapes: dict[str, tuple[int, ...]]) -> dict[str, torch.Tensor]:
    """Tensors of these shapes, a number each, repeated."""
    return {name: torch.full((), _NUMBER).expand(tuple(shape)) for name, shape in shapes.items()}


def _stored() -> dict[str, tuple[int, ...]]:
    """Names and shapes of the autoencoder's own file: a convolution's weight is its length and direction there."""
    length, direction = STORED
    with torch.device("meta"):
        state = GaussianDAC(DAC).state_dict()
    shapes: dict[str, tuple[int, ...]] = {}
    for name, tensor in state.items():
        stem, is_weight = name.removesuffix("weight"), name.endswith(".weight") and tensor.ndim == 3
        if is_weight:
            shapes |= {stem + length: (tensor.shape[0], 1, 1), stem + direction: tuple(tensor.shape)}
        elif not name.startswith("latent_"):  # from z_stats.pth
            shapes[name] = tuple(tensor.shape)
    return shapes
