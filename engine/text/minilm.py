"""The starter's text encoder: all-MiniLM-L6-v2, a BERT of six layers, read token by token.

A plain BERT forward (Devlin et al. 2019) under the published key names, and the published tokenizer; the
whole of transformers is not needed for it. Each prompt is encoded alone, unpadded, so that its tokens do not
depend on what else is asked, and kept by its string: changing one word costs one call.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from torch import Tensor, nn

from engine.networks.dit import merge_heads, split_heads
from engine.text.reading import Remembered, Text, read_alone


@dataclass(frozen=True)
class MiniLMConfig:
    """The size of the encoder; the names are the published configuration's."""

    hidden_size: int = 384
    num_hidden_layers: int = 6
    num_attention_heads: int = 12
    intermediate_size: int = 1536
    vocab_size: int = 30522
    max_position_embeddings: int = 512
    type_vocab_size: int = 2
    layer_norm_eps: float = 1e-12
    tokens: int = 32


class _SelfAttention(nn.Module):
    def __init__(self, config: MiniLMConfig) -> None:
        super().__init__()
        width = config.hidden_size
        self.head_dim = width // config.num_attention_heads
        self.query, self.key, self.value = (nn.Linear(width, width) for _ in range(3))

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        q, k, v = (split_heads(part(x), self.head_dim) for part in (self.query, self.key, self.value))
        return merge_heads(F.scaled_dot_product_attention(q, k, v, attn_mask=mask[:, None, None, :]))


class _Residual(nn.Module):
    """Dense, then the norm of the sum with what came before."""

    def __init__(self, config: MiniLMConfig, inputs: int) -> None:
        super().__init__()
        self.dense = nn.Linear(inputs, config.hidden_size)
        self.LayerNorm = nn.LayerNorm(config.hidden_size, config.layer_norm_eps)

    def forward(self, x: Tensor, before: Tensor) -> Tensor:
        return self.LayerNorm(self.dense(x) + before)


class _Layer(nn.Module):
    def __init__(self, config: MiniLMConfig) -> None:
        super().__init__()
        attention = {"self": _SelfAttention(config), "output": _Residual(config, config.hidden_size)}
        self.attention = nn.ModuleDict(attention)
        self.intermediate = nn.ModuleDict({"dense": nn.Linear(config.hidden_size, config.intermediate_size)})
        self.output = _Residual(config, config.intermediate_size)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        x = self.attention["output"](self.attention["self"](x, mask), x)
        return self.output(F.gelu(self.intermediate["dense"](x)), x)


class MiniLM(nn.Module):
    """BERT's encoder without its pooler."""

    def __init__(self, config: MiniLMConfig) -> None:
        super().__init__()
        width = config.hidden_size
        self.config = config
        self.embeddings = nn.ModuleDict(
            {
                "word_embeddings": nn.Embedding(config.vocab_size, width),
                "position_embeddings": nn.Embedding(config.max_position_embeddings, width),
                "token_type_embeddings": nn.Embedding(config.type_vocab_size, width),
                "LayerNorm": nn.LayerNorm(width, config.layer_norm_eps),
            }
        )
        layers = nn.ModuleList([_Layer(config) for _ in range(config.num_hidden_layers)])
        self.encoder = nn.ModuleDict({"layer": layers})

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Token ids (B, N) and mask (B, N) bool to the last hidden state (B, N, hidden_size)."""
        position = torch.arange(ids.shape[1], device=ids.device)
        x = self.embeddings["word_embeddings"](ids) + self.embeddings["position_embeddings"](position)
        x = x + self.embeddings["token_type_embeddings"](torch.zeros_like(position))
        x = self.embeddings["LayerNorm"](x)
        layers = self.encoder["layer"]
        assert isinstance(layers, nn.ModuleList)
        for layer in layers:
            x = layer(x, mask)
        return x


class MiniLMText:
    """Prompts to tokens, remembering the last 256 prompts."""

    def __init__(self, network: MiniLM, tokenizer: Path) -> None:
        self._network = network
        self._tokenizer = Tokenizer.from_file(str(tokenizer))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(network.config.tokens)
        self._unknown = self._tokenizer.token_to_id("[UNK]")
        self._remembered = Remembered(self._encode)

    def __call__(self, prompt: str) -> Text:
        """The encoded prompt. "" is the unconditional input."""
        return self._remembered(prompt)

    @torch.inference_mode(mode=False)
    @torch.no_grad()
    def batch(self, prompts: Sequence[str]) -> tuple[Tensor, Tensor]:
        """Many prompts at once, for training: tokens (B, N, D) padded to the most that are read, mask (B, N) bool.

        Other bytes than one prompt alone gives (by rounding), so nothing is rendered from it.
        """
        encodings = [self._tokenizer.encode(prompt).ids for prompt in prompts]
        ids = torch.zeros(len(prompts), self._network.config.tokens, dtype=torch.long)
        mask = torch.zeros(ids.shape, dtype=torch.bool)
        for row, found in enumerate(encodings):
            ids[row, : len(found)] = torch.tensor(found)
            mask[row, : len(found)] = True
        device = next(self._network.parameters()).device
        ids, mask = ids.to(device), mask.to(device)
        return self._network(ids, mask), mask

    def _encode(self, prompt: str) -> Text:
        return read_alone(self._network, self._tokenizer, self._unknown, prompt)
