"""UCS: file names and categories by which sound designers everywhere find a sound.

A name is `CatID(-UserCategory)_(VendorCategory-)FXName_CreatorID_SourceID(_UserData)`: the parts are parted by
`_`, the optional ones by `-`, so neither may stand inside a part. CatIDs are case-exact. The list is data/ucs.csv:
the Universal Category System v8.2.1 (universalcategorysystem.com; public domain).

A category is proposed at once from the words of a prompt and marked "auto"; a person corrects it. Whoever has a
model that reads text may pass a function that ranks the candidates.
"""

from __future__ import annotations

import csv
import functools
import math
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from presets.errors import InvalidRequest

LONGEST_FX_NAME = 25
"""Characters; UCS recommends it."""

Rank = Callable[[str, Sequence[str]], Sequence[float]]
"""Given a prompt and what categories are about, a number for each: the larger, the closer."""

_LIST = Path(__file__).parent / "data" / "ucs.csv"
_CANDIDATES = 40  # of the keyword scorer, that a ranking function is asked about
_OF_CATEGORY, _OF_SUB, _OF_WORDS = 2.0, 2.0, 1.0  # what a match with each is worth, before rarity
_JOINING = ("and", "at", "by", "for", "from", "in", "into", "of", "off", "on", "onto", "over", "to", "with")
_FILLING = frozenset((*_JOINING, "a", "an", "it", "its", "or", "out", "the", "then", "through", "under", "up"))
_PARTED = rf"\b(?:{'|'.join(_JOINING)})\b|[,.;]"
_OF_HEAD = 1.25
_PLAIN = {"MISC", "GENERAL"}
_ENDINGS = ("ings", "ing", "ers", "ies", "ed", "es", "s", "y", "e")


@dataclass(frozen=True)
class Category:
    """A row of the list.

    Attributes:
        cat_id: case-exact.
        category: such as "DOORS".
        sub_category: such as "METAL".
        words: what else is said of such sounds.
    """

    cat_id: str
    category: str
    sub_category: str
    words: tuple[str, ...]

    @property
    def full(self) -> str:
        """As databases show it: "DOORS-METAL"."""
        return f"{self.category}-{self.sub_category}"

    @property
    def about(self) -> str:
        """All its words, for whoever ranks by meaning."""
        return " ".join((self.category, self.sub_category, *self.words)).lower()


@dataclass(frozen=True)
class Proposal:
    """A category for a sound.

    Attributes:
        cat_id: "" where no word of the prompt says anything.
        origin: "auto" until a person has looked at it.
        others: the next best ones, for a menu.
    """

    cat_id: str
    origin: Literal["auto", "user"] = "auto"
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class UcsName:
    """The parts of a file name, see the head of this file."""

    cat_id: str
    fx_name: str
    creator_id: str
    source_id: str
    user_category: str = ""
    vendor_category: str = ""
    user_data: str = ""

    @property
    def stem(self) -> str:
        """The file name without its ending.

        Raises:
            InvalidRequest: a part that must be there is empty, one holds a mark that parts the name, the FXName is
                longer than 25 characters, or there is no such CatID.
        """
        _check(self)
        first = f"{self.cat_id}-{self.user_category}" if self.user_category else self.cat_id
        second = f"{self.vendor_category}-{self.fx_name}" if self.vendor_category else self.fx_name
        last = [self.user_data] if self.user_data else []
        return "_".join([first, second, self.creator_id, self.source_id, *last])


@functools.cache
def categories() -> Mapping[str, Category]:
    """Every category of the list by its CatID, in the list's order."""
    rows = csv.DictReader(line for line in _LIST.read_text("utf-8").splitlines() if not line.startswith("#"))
    found = (Category(r["CatID"], r["Category"], r["SubCategory"], tuple(r["Words"].split())) for r in rows)
    return MappingProxyType({one.cat_id: one for one in found})


def parse(stem: str) -> UcsName | None:
    """The parts of a file name without its ending; None where it is no UCS name of a known category."""
    blocks = stem.split("_", 4)
    if len(blocks) < 4 or not all(block.strip() for block in blocks[:4]):
        return None
    cat_id, _, user_category = blocks[0].partition("-")
    if cat_id not in categories():
        return None
    vendor, mark, fx = blocks[1].partition("-")
    user_data = blocks[4] if len(blocks) == 5 else ""
    if not mark:
        return UcsName(cat_id, blocks[1], blocks[2], blocks[3], user_category, "", user_data)
    return UcsName(cat_id, fx, blocks[2], blocks[3], user_category, vendor, user_data)


def fx_name(text: str, number: int | None = None) -> str:
    """A title of at most 25 characters made from any text: "metal door, slam!" and 1 give "Metal Door Slam 01".

    Whole words as long as they fit, the filling ones left out where all do not fit, in ASCII.

    Args:
        text: a prompt or a name.
        number: counts alternates.
    """
    ending = "" if number is None else f"{number:02d}"
    room = LONGEST_FX_NAME - (len(ending) + 1 if ending else 0)
    words = [word[:1].upper() + word[1:] for word in re.findall(r"[A-Za-z0-9']+", _ascii(text))]
    if len(" ".join(words)) > room:
        words = [word for word in words if word.lower() not in _FILLING] or words
    kept = words[0][:room] if words else "Sound"
    for word in words[1:]:
        if len(kept) + 1 + len(word) > room:
            break
        kept += f" {word}"
    return f"{kept} {ending}".strip()


def identifier(text: str) -> str:
    """A CreatorID, SourceID or UserCategory made from any text: letters and digits, words run together."""
    return "".join(word[:1].upper() + word[1:] for word in re.findall(r"[A-Za-z0-9]+", _ascii(text)))[:32]


def named(cat_id: str, title: str, creator: str, source: str, number: int | None = None) -> UcsName:
    """The name of a file from what a person types anywhere; its `stem` tells what is still missing."""
    return UcsName(cat_id, fx_name(title, number), identifier(creator), identifier(source))


def proposed(prompt: str, rank: Rank | None = None) -> Proposal:
    """The category that the words of a prompt speak of.

    Args:
        prompt: its text.
        rank: asked to order the best candidates of the keywords, or the whole list where they find nothing.
    """
    scores = _scores(prompt)
    best = sorted(scores, key=lambda cat_id: (-scores[cat_id], cat_id))[:_CANDIDATES]
    if rank is not None:
        best = best or list(categories())
        closeness = dict(zip(best, rank(prompt, [categories()[one].about for one in best]), strict=True))
        best.sort(key=lambda cat_id: (-closeness[cat_id], cat_id))
    return Proposal(best[0], others=tuple(best[1:6])) if best else Proposal("")


def _scores(prompt: str) -> dict[str, float]:
    """A number for every category with a word of the prompt: its head and rare words count more."""
    index, rarity = _index()
    scores: dict[str, float] = {}
    stems = list(dict.fromkeys(_stem(word) for word in _words(prompt)))
    head = _head(prompt)
    for place, stem in enumerate(stems):
        weight = (_OF_HEAD if stem == head else 1.0) / (1 + 0.05 * place)
        for cat_id, worth in index.get(stem, {}).items():
            scores[cat_id] = scores.get(cat_id, 0.0) + worth * rarity[stem] * weight
    # Where nothing speaks for a sub-category, the plain one is meant.
    return {
        one: score + (0.3 if categories()[one].sub_category in _PLAIN else 0.0) for one, score in scores.items()
    }


@functools.cache
def _index() -> tuple[dict[str, dict[str, float]], dict[str, float]]:
    """By stem: what it is worth in each category, and how rare it is."""
    index: dict[str, dict[str, float]] = {}
    for one in categories().values():
        parts = ((one.category, _OF_CATEGORY), (one.sub_category, _OF_SUB), (" ".join(one.words), _OF_WORDS))
        for text, worth in parts:
            for stem in {_stem(word) for word in _words(text)}:
                row = index.setdefault(stem, {})
                row[one.cat_id] = max(row.get(one.cat_id, 0.0), worth)
    count = len(categories())
    return index, {stem: math.log(1 + count / len(row)) for stem, row in index.items()}


def _words(text: str) -> Iterable[str]:
    return (word for word in re.findall(r"[a-z0-9]+", _ascii(text).lower()) if word not in _FILLING)


def _head(prompt: str) -> str:
    """Stem of the last word of the first phrase: a glass bell in a church is a bell."""
    first = re.split(_PARTED, _ascii(prompt).lower())[0]
    words = list(_words(first))
    return _stem(words[-1]) if words else ""


def _stem(word: str) -> str:
    """A word without its ending, so that "slamming" meets "slam"; crude, and the same on both sides."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: -len(ending)]
            break
    return word[:-1] if len(word) > 3 and word[-1] == word[-2] else word


def _ascii(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text[:10_000]).replace("ß", "ss").replace("’", "'")
    return plain.encode("ascii", "ignore").decode()


def _check(name: UcsName) -> None:
    if name.cat_id not in categories():
        raise InvalidRequest(f"There is no CatID {name.cat_id!r} in the Universal Category System; case matters.")
    needed = {"FXName": name.fx_name, "CreatorID": name.creator_id, "SourceID": name.source_id}
    marked = {**needed, "UserCategory": name.user_category, "VendorCategory": name.vendor_category}
    for what, text in needed.items():
        if not text.strip():
            raise InvalidRequest(f"A UCS name needs a {what}.")
    for what, text in marked.items():
        if "_" in text or ("-" in text and what in {"FXName", "UserCategory", "VendorCategory"}):
            raise InvalidRequest(f"The {what} {text!r} holds a mark that parts the name. Leave out - and _.")
    if len(name.fx_name) > LONGEST_FX_NAME:
        raise InvalidRequest(
            f"The FXName {name.fx_name!r} is longer than {LONGEST_FX_NAME} characters. Shorten it."
        )
