"""The parameters of a batch of sounds and what can truthfully be said about them.

All of it happens on the CPU before the first sample is made: a caption is told from the same numbers that the
voice then plays.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

import torch
from torch import Tensor

from engine.training.corpus.captions import filled
from engine.training.corpus.draws import Draws

Words = list[str]
"""One for each sound of the batch."""

_ASKED = 0.3
"""Share of captions that are what a person might ask for instead of a description."""


class Params(Draws):
    """Draws on the CPU, words for them, and the captions and facts of the batch.

    Word lists are separated by "/": one of them is chosen for each sound. An empty one says nothing.
    """

    def __init__(self, count: int, seconds: float, seed: int) -> None:
        super().__init__(count, seed, torch.device("cpu"))
        self.seconds = seconds
        self.rng = random.Random(seed)  # noqa: S311  words are no secret
        self.captions: Words = []
        self.facts: dict[str, list[float]] = {}

    def span(self, low: float, high: float, share: float = 0.95) -> Tensor:
        """(count, 1) lengths in seconds, evenly over octaves, within that share of the window."""
        return self.log(low, high).clamp(max=share * self.seconds)

    def times(self, *weights: float) -> Tensor:
        """(count, 1) of 1.0, 2.0, 3.0 … with these weights."""
        return self.pick(*weights) + 1

    def fitting(self, count: Tensor, interval: Tensor) -> Tensor:
        """At most as many events as fit into the window, one every `interval` seconds; at least one."""
        return torch.minimum(count, ((self.seconds - 0.15) / interval).floor() + 1).clamp(min=1)

    def any(self, words: str) -> Words:
        """Any of the words for each sound."""
        choices = words.split("/")
        return [self.rng.choice(choices) for _ in range(self.count)]

    def words(self, x: Tensor, *spec: str | float) -> Words:
        """The words of the range that x (count, 1) is in; spec: "slow", 2.0, "", 5.0, "fast/quick"."""
        ranges = [str(s).split("/") for s in spec[0::2]]
        edges = [float(s) for s in spec[1::2]]
        return [self.rng.choice(ranges[sum(v >= e for e in edges)]) for v in x[:, 0].tolist()]

    def named(self, index: Tensor, *names: str) -> Words:
        """The words of each kind: names in the order of its numbers."""
        choices = [n.split("/") for n in names]
        return [self.rng.choice(choices[int(i)]) for i in index[:, 0].tolist()]

    def when(self, condition: Tensor, words: str, other: str = "") -> Words:
        """The words where the condition (count, 1) holds, else the other ones."""
        return [self.rng.choice((words if c else other).split("/")) for c in condition[:, 0].tolist()]

    def only(self, condition: Tensor, words: Sequence[str]) -> Words:
        """These words where the condition holds, else nothing."""
        return [w if c else "" for w, c in zip(words, condition[:, 0].tolist(), strict=True)]

    def either(self, condition: Tensor, words: Sequence[str], other: Sequence[str]) -> Words:
        """These words where the condition holds, else the other ones."""
        return [w if c else o for w, o, c in zip(words, other, condition[:, 0].tolist(), strict=True)]

    def say(self, described: str, asked: str, **slots: Words) -> None:
        """Set the captions.

        Args:
            described: templates that tell the parameters.
            asked: templates of what a person might type who wants this sound: short forms, scenes, feelings,
                imitations, the language of films. Whatever varies in them must be a slot.
            slots: words for each sound; a name that begins with a capital is never left out.
        """
        captions = []
        for i in range(self.count):
            roll, asks = self.rng.random(), self.rng.random() < _ASKED
            drop = 1.0 if roll < 0.08 else 0.0 if roll > 0.6 else 0.25
            mine = {name: words[i] for name, words in slots.items()}
            captions.append(filled(asked if asks else described, mine, drop, self.rng))
        self.captions = captions

    def tell(self, **facts: Tensor) -> None:
        """Set the facts, (count, 1) each.

        Names that mean the same in every family: seconds (how long it sounds), hertz (how high), bright and size
        (0 .. 1), rate (events a second), count, tail (seconds it rings on), rise (1 up, -1 down, 0 neither).
        """
        self.facts = {name: value.float().expand(self.count, 1)[:, 0].tolist() for name, value in facts.items()}
