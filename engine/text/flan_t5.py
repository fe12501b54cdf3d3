"""The text encoder of the official 16 kHz models: the encoder of FLAN-T5 large, read token by token.

SOUNDCTM section 4. Built on transformers' T5 under the names of the published file; its table of words, which
that file holds twice, is kept once. The reference pads to the longest prompt of a batch and masks what it
padded; a prompt read alone is unpadded and the same but for rounding.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

from tokenizers import Tokenizer
from torch import Tensor, nn

from engine.text.reading import Remembered, Text, read_alone, transformers


@dataclass(frozen=True)
class FlanT5Config:
    """The size of the encoder; the names are the published configuration's, the defaults those of large."""

    d_model: int = 1024
    d_kv: int = 64
    d_ff: int = 2816
    num_layers: int = 24
    num_heads: int = 16
    vocab_size: int = 32128
    tokens: int = 512


class FlanT5(nn.Module):
    """T5's encoder."""

    def __init__(self, config: FlanT5Config) -> None:
        super().__init__()
        self.config = config
        library = transformers()
        sizes = {name: size for name, size in asdict(config).items() if name != "tokens"}
        whole = library.T5EncoderModel(library.T5Config(feed_forward_proj="gated-gelu", **sizes))
        self.encoder = whole.encoder

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Token ids (B, N) and mask (B, N) bool to the last hidden state (B, N, d_model)."""
        hidden = self.encoder(input_ids=ids, attention_mask=mask.long()).last_hidden_state
        assert isinstance(hidden, Tensor)
        return hidden


class FlanT5Text:
    """Prompts to tokens, remembered by their strings."""

    def __init__(self, network: FlanT5, tokenizer: Path) -> None:
        """tokenizer: flan-t5-large's tokenizer.json."""
        self._network = network
        self._tokenizer = Tokenizer.from_file(str(tokenizer))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(network.config.tokens)
        self._unknown = self._tokenizer.token_to_id("<unk>")
        self._remembered = Remembered(self._encode)

    def __call__(self, prompt: str) -> Text:
        """Tokens (1, N, d_model), mask (1, N) all true. "" is the unconditional input: the end token alone."""
        return self._remembered(prompt)

    def _encode(self, prompt: str) -> Text:
        return read_alone(self._network, self._tokenizer, self._unknown, prompt)
