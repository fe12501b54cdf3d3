"""The one table of the files that SoundCTM's authors and their sources published: what each holds and becomes.

SOUNDCTM sections 7 to 9. A row leads from the names in one published file to the names of one network here;
checks, conversion and error messages follow from the rows. A file that holds several networks has several rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import msgspec
import torch
from torch import nn

from engine.networks.audioldm import AudioLDM, AudioLDMConfig
from engine.networks.dit import UNUSED_TEACHER_KEYS, DiT, DiTConfig
from engine.networks.gaussian_dac import GaussianDAC, GaussianDACConfig
from engine.networks.starter_codec import StarterCodec, StarterCodecConfig
from engine.networks.unet import UNet, UNetConfig
from engine.text.clap import Clap, ClapConfig
from engine.text.flan_t5 import FlanT5, FlanT5Config
from engine.text.minilm import MiniLM, MiniLMConfig

Rule = tuple[str, str | None]
"""A prefix of published names and what takes its place; None: not needed. The longest prefix that fits rules."""

KINDS: dict[str, tuple[type[Any], Callable[[Any], nn.Module]]] = {
    "dit": (DiTConfig, DiT),
    "tone-noise": (StarterCodecConfig, StarterCodec),
    "minilm": (MiniLMConfig, MiniLM),
    "unet": (UNetConfig, UNet),
    "gaussian-dac": (GaussianDACConfig, GaussianDAC),
    "audioldm": (AudioLDMConfig, AudioLDM),
    "clap": (ClapConfig, Clap),
    "flan-t5": (FlanT5Config, FlanT5),
}
"""A weight file's kind: the class of its configuration, and of its network."""


@dataclass(frozen=True)
class Published:
    """One network in one published file.

    config: None where the file itself tells the size. marks: tensors that such a file has, to tell it from
    others, and that are not kept. statistics: whether mean and deviation come in a second file.
    """

    id: str
    title: str
    file: str
    kind: str
    rules: tuple[Rule, ...]
    config: dict[str, Any] | None
    licence: str
    source: str
    marks: frozenset[str] = field(default_factory=frozenset)
    statistics: bool = False


def build(kind: str, config: Mapping[str, Any]) -> nn.Module:
    """A network of a weight file's kind and configuration, without memory for its weights.

    Raises:
        ValueError: the configuration is not one of that kind, or no network can have it.
        EngineError: it needs a package that is not installed.
    """
    shape, network = KINDS[kind]
    if unknown := sorted(config.keys() - shape.__dataclass_fields__.keys()):
        raise ValueError(f"nothing is called {', '.join(unknown)}")
    try:
        checked = msgspec.convert(dict(config), shape)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from error
    with torch.device("meta"):
        return network(checked)


_V2 = DiTConfig(io_channels=64, embed_dim=1536, depth=24, num_heads=24, cond_token_dim=768)
_V1 = replace(_V2, cond_token_dim=512)
_DIT_RULES: tuple[Rule, ...] = (("dit.", ""), ("text_encoder.", None))
_UNET_RULES: tuple[Rule, ...] = (("ctm_unet.", ""), ("text_encoder.", None))
_T5_RULES: tuple[Rule, ...] = (
    ("text_encoder.", ""),
    ("text_encoder.shared.", None),
    ("ctm_unet.", None),
    ("unet.", None),
)
_LDM_RULES: tuple[Rule, ...] = (("", None), ("first_stage_model.", ""), ("scale_factor", "scale_factor"))
_CLAP_FILES = ("module.", "text_encoder.model.")
_CLAP_RULES: tuple[Rule, ...] = (
    *((file, None) for file in _CLAP_FILES),
    *((f"{file}text_branch.", "text_branch.") for file in _CLAP_FILES),
    *((f"{file}text_branch.embeddings.position_ids", None) for file in _CLAP_FILES),
    ("dit.", None),
)
_PROJECTION: tuple[Rule, ...] = tuple((f"{f}text_projection.", "text_projection.") for f in _CLAP_FILES)

_SONY_44 = "huggingface.co/koichisaito/soundctm_dit"
_SONY_16 = "huggingface.co/Sony/soundctm"
_CLAP = "huggingface.co/lukewys/laion_clap"
_LDM = "github.com/haoheliu/AudioLDM"
_READ_IT = "not recorded here; read it before use at {}"
_CC_BY = f"CC-BY-4.0, by the model card of {_SONY_16}"
_APACHE = "Apache-2.0, by the model card of huggingface.co/google/flan-t5-large"

DIT_V1 = Published(
    id="dit-v1",
    title="the 44.1 kHz student v1",
    file="ac_v1_iclr_ema_0999_010446.pt",
    kind="dit",
    rules=_DIT_RULES,
    config=asdict(_V1),
    licence=f"not stated by the model card of {_SONY_44}",
    source=_SONY_44,
)
DIT_V2 = replace(
    DIT_V1, id="dit-v2", title="the 44.1 kHz student v2", file="ac_v2_ema_0999_030000.pt", config=asdict(_V2)
)
GAUSSIAN_DAC = Published(
    id="gaussian-dac",
    title="the 44.1 kHz autoencoder",
    file="gaussiandac/weights.pth",
    kind="gaussian-dac",
    rules=(("", ""),),
    config=None,
    licence=f"not stated by the model card of {_SONY_44}",
    source=_SONY_44,
    statistics=True,
)
CLAP_V1 = Published(
    id="clap-v1",
    title="CLAP's text branch with its projection",
    file="630k-audioset-best.pt",
    kind="clap",
    rules=(*_CLAP_RULES, *_PROJECTION),
    config=asdict(ClapConfig(projected=True)),
    licence=f"CC0-1.0, by the model card of {_CLAP}",
    source=_CLAP,
)
CLAP_V2 = replace(
    CLAP_V1,
    id="clap-v2",
    title="CLAP's text branch without its projection",
    rules=_CLAP_RULES,
    config=asdict(ClapConfig(projected=False)),
)
UNET = Published(
    id="unet",
    title="the 16 kHz student",
    file="pytorch_model.bin",
    kind="unet",
    rules=_UNET_RULES,
    config=asdict(UNetConfig()),
    licence=_CC_BY,
    source=_SONY_16,
)
UNET_EMA = replace(
    UNET, id="unet-ema", title="the averaged 16 kHz student", file="ema_0.999_*.pt", rules=(("", ""),)
)
FLAN_T5 = Published(
    id="flan-t5",
    title="the encoder of FLAN-T5 large",
    file="pytorch_model.bin",
    kind="flan-t5",
    rules=_T5_RULES,
    config=asdict(FlanT5Config()),
    licence=_APACHE,
    source=_SONY_16,
)
AUDIOLDM = Published(
    id="audioldm",
    title="the 16 kHz autoencoder and vocoder",
    file="audioldm-s-full.ckpt",
    kind="audioldm",
    rules=_LDM_RULES,
    config=asdict(AudioLDMConfig()),
    licence=_READ_IT.format(_LDM),
    source=_LDM,
)
TEACHERS = (
    replace(DIT_V1, id="dit-v1-teacher", title="the teacher of v1", file="", marks=UNUSED_TEACHER_KEYS),
    replace(DIT_V2, id="dit-v2-teacher", title="the teacher of v2", file="", marks=UNUSED_TEACHER_KEYS),
    replace(
        UNET,
        id="unet-teacher",
        title="the 16 kHz teacher",
        file="",
        rules=(("unet.", ""), ("text_encoder.", None)),
        config=asdict(UNetConfig(jumps=False)),
    ),
)
PUBLISHED = (DIT_V1, DIT_V2, GAUSSIAN_DAC, CLAP_V1, CLAP_V2, UNET, UNET_EMA, FLAN_T5, AUDIOLDM, *TEACHERS)
