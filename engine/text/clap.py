"""The text encoder of the official 44.1 kHz models: CLAP's text branch, a RoBERTa with its pooler.

SOUNDCTM section 8. One token a prompt: model v1 was taught with the projected embedding (512 numbers), v2 with
the pooler's output (768), each of length 1. Built on transformers' RobertaModel under the names of
630k-audioset-best.pt. The reference encodes every prompt alone, padded to 77, and so does this.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from torch import Tensor, nn

from engine.text.reading import Remembered, Text, is_latin, transformers

_PAD = 1
_OURS = frozenset({"projected", "projection_dim", "tokens"})


@dataclass(frozen=True)
class ClapConfig:
    """The size of the encoder; RoBERTa base is the default.

    projected: whether the projection follows the pooler (model v1) or not (v2).
    """

    projected: bool = True
    projection_dim: int = 512
    hidden_size: int = 768
    num_hidden_layers: int = 12
    num_attention_heads: int = 12
    intermediate_size: int = 3072
    vocab_size: int = 50265
    max_position_embeddings: int = 514
    layer_norm_eps: float = 1e-5
    tokens: int = 77


class Clap(nn.Module):
    """RoBERTa, pooler, for v1 the projection, and the norm."""

    def __init__(self, config: ClapConfig) -> None:
        super().__init__()
        self.config = config
        self.text_branch = _roberta(config)
        if config.projected:
            width, joint = config.hidden_size, config.projection_dim
            self.text_projection = nn.Sequential(nn.Linear(width, joint), nn.ReLU(), nn.Linear(joint, joint))

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Token ids (B, N) and mask (B, N) bool to unit vectors (B, projection_dim or hidden_size)."""
        pooled = self.text_branch(input_ids=ids, attention_mask=mask.long()).pooler_output
        return F.normalize(self.text_projection(pooled) if self.config.projected else pooled, dim=-1)


class ClapText:
    """Prompts to their one token, remembered by their strings."""

    def __init__(self, network: Clap, tokenizer: Path) -> None:
        """tokenizer: roberta-base's tokenizer.json."""
        self._network = network
        self._tokenizer = Tokenizer.from_file(str(tokenizer))
        length = network.config.tokens
        self._tokenizer.enable_truncation(length)
        self._tokenizer.enable_padding(length=length, pad_id=_PAD, pad_token="<pad>")  # noqa: S106
        self._remembered = Remembered(self._encode)

    def __call__(self, prompt: str) -> Text:
        """Tokens (1, 1, D), mask (1, 1) all true. "" is the unconditional input."""
        return self._remembered(prompt)

    @torch.inference_mode(mode=False)  # what is remembered outlives the call
    @torch.no_grad()
    def _encode(self, prompt: str) -> Text:
        encoding = self._tokenizer.encode(prompt)
        device = next(self._network.parameters()).device
        ids, mask = (torch.tensor([row], device=device) for row in (encoding.ids, encoding.attention_mask))
        token = self._network(ids, mask.bool())[:, None]
        one = torch.ones(1, 1, dtype=torch.bool, device=device)
        return Text(token, one, bool(encoding.overflowing), not is_latin(prompt))


def _roberta(config: ClapConfig) -> nn.Module:
    library = transformers()
    sizes = {name: size for name, size in asdict(config).items() if name not in _OURS}
    roberta = library.RobertaModel(library.RobertaConfig(type_vocab_size=1, pad_token_id=_PAD, **sizes))
    # two buffers are no part of the weights: a network built without memory would never get them
    positions = torch.arange(config.max_position_embeddings, device="cpu")[None]
    roberta.embeddings.position_ids = positions
    roberta.embeddings.token_type_ids = torch.zeros_like(positions)
    assert isinstance(roberta, nn.Module)
    return roberta
