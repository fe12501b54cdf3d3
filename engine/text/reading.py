"""What text encoders share: memory of what was read, a sense for foreign letters, the official ones' library.

A prompt is kept by its string, because a sound asks for it once a jump and "" is asked for by every sound:
changing one word costs one call.
"""

from __future__ import annotations

import unicodedata
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn

from engine.errors import EngineError

_REMEMBERED = 256


@dataclass(frozen=True)
class Text:
    """An encoded prompt: tokens (1, N, D) float32, mask (1, N) bool, and what was not understood."""

    tokens: Tensor
    mask: Tensor
    truncated: bool
    foreign: bool


@torch.inference_mode(mode=False)  # what is remembered outlives the call, and training reads it too
@torch.no_grad()
def read_alone(network: nn.Module, tokenizer: Tokenizer, unknown: int | None, prompt: str) -> Text:
    """One prompt by itself, unpadded.

    Args:
        network: token ids (1, N) and mask (1, N) bool to tokens (1, N, D).
        tokenizer: without padding.
        unknown: the id of what it has no token for.
        prompt: any text.
    """
    encoding = tokenizer.encode(prompt)
    ids = torch.tensor([encoding.ids], device=next(network.parameters()).device)
    mask = torch.ones_like(ids, dtype=torch.bool)
    foreign = unknown in encoding.ids or not is_latin(prompt)
    return Text(network(ids, mask), mask, bool(encoding.overflowing), foreign)


class Remembered:
    """A reader of prompts that reads each of the last 256 once."""

    def __init__(self, read: Callable[[str], Text]) -> None:
        self._read = read
        self._texts: OrderedDict[str, Text] = OrderedDict()

    def __call__(self, prompt: str) -> Text:
        """The encoded prompt."""
        text = self._texts.pop(prompt, None)
        if text is None:
            text = self._read(prompt)
            while len(self._texts) >= _REMEMBERED:
                self._texts.popitem(last=False)
        self._texts[prompt] = text
        return text

    def forget(self) -> None:
        """Read everything anew."""
        self._texts.clear()


def is_latin(prompt: str) -> bool:
    """Whether all letters are Latin: the official models were taught English only."""
    return all("LATIN" in unicodedata.name(c, "") for c in prompt if c.isalpha())


def transformers() -> Any:
    """The library of the official models' text encoders, loaded when the first of them is built.

    Raises:
        EngineError: it is not installed; the message says how to install it.
    """
    try:
        return import_module("transformers")
    except ImportError as error:
        raise EngineError(
            "The official models read prompts with the package transformers, which is not installed. "
            'Install it: python3 build/setup_env.py --extra official, or: pip install "onetake[official]".'
        ) from error
