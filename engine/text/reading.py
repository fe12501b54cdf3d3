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

from torch import Tensor

from engine.errors import EngineError

_REMEMBERED = 256


@dataclass(frozen=True)
class Text:
    """An encoded prompt: tokens (1, N, D) float32, mask (1, N) bool, and what was not understood."""

    tokens: Tensor
    mask: Tensor
    truncated: bool
    foreign: bool


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
