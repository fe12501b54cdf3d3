"""The one table of the models that can be fetched on request: whose files, what they are, what one has to accept.

The official SoundCTM models are no part of Onetake: their files lie where their publishers put them, and each file
keeps its publisher's licence. What a publisher states is repeated here, and what none states is told as that.
No network is imported here: the table is shown before anything is fetched.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.errors import UnknownModel
from engine.models.cards import Part


@dataclass(frozen=True)
class Wanted:
    """A file to fetch.

    repository: on the hub, OWNER/NAME. name: what the file is called; its folder there may be any. folder: the
    name of the folder it must lie in, "" for any. about: bytes, for the estimate before anything is fetched.
    """

    repository: str
    name: str
    about: int
    folder: str = ""


@dataclass(frozen=True)
class Ingredient:
    """A part of a model: the published file it is made of, and the id of the row of published.py that says how."""

    part: Part
    row: str
    file: Wanted
    statistics: Wanted | None = None


@dataclass(frozen=True)
class Offer:
    """A model that can be fetched.

    licence: what the files' publishers state. accept: whether it has to be accepted, because a licence forbids
    something or is not stated in a form that was checked. parameters: of network and text encoder, for the memory.
    frames: latent frames of its only length. omega: default and range of guidance.
    """

    id: str
    title: str
    ingredients: tuple[Ingredient, ...]
    tokenizer: Wanted
    licence: str
    accept: bool
    training_data: str
    parameters: int
    frames: int
    tokens: int
    omega: tuple[float, float, float]

    @property
    def files(self) -> tuple[Wanted, ...]:
        """Every file that is fetched, once."""
        statistics = (i.statistics for i in self.ingredients if i.statistics is not None)
        return tuple(dict.fromkeys([*(i.file for i in self.ingredients), *statistics, self.tokenizer]))

    @property
    def about(self) -> int:
        """Bytes to fetch, roughly."""
        return sum(file.about for file in self.files)

    @property
    def memory(self) -> int:
        """Bytes of memory that the weights take at least: the network's are bfloat16."""
        return 2 * self.parameters


_SONY_44, _SONY_16 = "koichisaito/soundctm_dit", "Sony/soundctm"
_CLAP = Wanted("lukewys/laion_clap", "630k-audioset-best.pt", 1_860_000_000)
_ROBERTA = Wanted("FacebookAI/roberta-base", "tokenizer.json", 1_360_000)
_T5 = Wanted("google/flan-t5-large", "tokenizer.json", 2_420_000)
_DAC = Ingredient(
    "codec",
    "gaussian-dac",
    Wanted(_SONY_44, "weights.pth", 620_000_000, folder="gaussiandac"),
    Wanted(_SONY_44, "z_stats.pth", 2_000),
)
_STUDENT_16 = Wanted(_SONY_16, "pytorch_model.bin", 4_840_000_000, folder="030000")
_LICENCE_44 = (
    f"Student and autoencoder: the model card of huggingface.co/{_SONY_44} states none; ask its publisher before "
    "you sell what it makes. CLAP: CC0-1.0, by the model card of huggingface.co/lukewys/laion_clap. Tokenizer: "
    "MIT."
)
_LICENCE_16 = (
    f"CC-BY-4.0, by the model card of huggingface.co/{_SONY_16}, which carries AudioLDM's autoencoder and FLAN-T5 "
    "as well. Their own publishers have licences of their own: read github.com/haoheliu/AudioLDM; FLAN-T5 is "
    "Apache-2.0."
)
_DATA = "AudioCaps; its autoencoder AudioSet and WavCaps, by its publishers"
_DATA_16 = "AudioCaps, by its publisher"

DIT_44_V2 = Offer(
    id="soundctm-dit-v2",
    title="SoundCTM DiT-1B, 44.1 kHz, version 2",
    ingredients=(
        Ingredient("network", "dit-v2", Wanted(_SONY_44, "ac_v2_ema_0999_030000.pt", 4_712_000_000)),
        _DAC,
        Ingredient("text", "clap-v2", _CLAP),
    ),
    tokenizer=_ROBERTA,
    licence=_LICENCE_44,
    accept=True,
    training_data=_DATA,
    parameters=1_052_109_952 + 124_645_632,
    frames=432,
    tokens=77,
    omega=(5.0, 1.0, 10.0),
)
DIT_44_V1 = Offer(
    id="soundctm-dit-v1",
    title="SoundCTM DiT-1B, 44.1 kHz, version 1",
    ingredients=(
        Ingredient("network", "dit-v1", Wanted(_SONY_44, "ac_v1_iclr_ema_0999_010446.pt", 4_646_000_000)),
        _DAC,
        Ingredient("text", "clap-v1", _CLAP),
    ),
    tokenizer=_ROBERTA,
    licence=_LICENCE_44,
    accept=True,
    training_data=_DATA,
    parameters=1_035_725_952 + 125_302_016,
    frames=432,
    tokens=77,
    omega=(5.0, 1.0, 10.0),
)
UNET_16 = Offer(
    id="soundctm-16k",
    title="SoundCTM U-Net, 16 kHz",
    ingredients=(
        Ingredient("network", "unet", _STUDENT_16),
        Ingredient("codec", "audioldm", Wanted(_SONY_16, "audioldm-s-full.ckpt", 2_560_000_000)),
        Ingredient("text", "flan-t5", _STUDENT_16),
    ),
    tokenizer=_T5,
    licence=_LICENCE_16,
    accept=True,
    training_data=_DATA_16,
    parameters=867_984_328 + 341_231_104,
    frames=256,
    tokens=512,
    omega=(3.5, 2.0, 5.0),
)

OFFERS: tuple[Offer, ...] = (DIT_44_V2, DIT_44_V1, UNET_16)


def find(offer: str) -> Offer:
    """The row of an offer.

    Raises:
        UnknownModel: there is none of that id.
    """
    for row in OFFERS:
        if row.id == offer:
            return row
    there = ", ".join(row.id for row in OFFERS)
    raise UnknownModel(f"No model called {offer!r} can be fetched. There is: {there}.")
