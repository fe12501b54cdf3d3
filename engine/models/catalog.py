"""The one table of the models that come with Onetake: files, checksums, what they may be used for, what they make.

Checks, help, `onetake models`, recipes and error messages follow from the rows. A recipe names its model by id
and by `model_hash`, so that a file can say which weights made it. The user's own models stand beside (own.py).
"""

from __future__ import annotations

from pathlib import Path

from engine.errors import UnknownModel
from engine.models import own
from engine.models.cards import ModelCard, ModelFile, Part

__all__ = ["MODELS", "STARTER", "ModelCard", "ModelFile", "Part", "find"]

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
    """The row of a model: one that comes with Onetake, or the user's own.

    Raises:
        UnknownModel: there is none of that id.
        BadWeights: it is the user's own, and broken.
    """
    for card in MODELS:
        if card.id == model:
            return card
    mine = own.find(model)
    if mine is not None:
        return mine
    there = ", ".join([*(card.id for card in MODELS), *own.names()])
    raise UnknownModel(f"There is no model called {model!r}. There is: {there}.")
