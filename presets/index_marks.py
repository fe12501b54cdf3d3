"""Marks: what a take is besides its words, as words of their own, so that one inverted index answers both.

Trash, kind, model, stars, tags and category stand beside the words of a take, each as a word that nobody can type.
Counting 100,000 takes that have a word and four stars costs the full-text search a tenth of what looking at each
take would.
"""

from __future__ import annotations

import hashlib
import string
from collections.abc import Iterable
from typing import TYPE_CHECKING

from presets.index_words import MARK, question

if TYPE_CHECKING:
    from presets.index_search import Query

_SMALL = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_LONGEST_CATEGORY = 64  # characters; a UCS CatID has some ten


def of_take(
    trashed: bool, generated: bool, kind: str, model: str, rating: int, category: str, tags: Iterable[str]
) -> str:
    """The marks of a take, with blanks between them."""
    marks = ["every", f"kind{kind}", f"made{generated:d}", _exact("model", model), _begins(category)]
    marks += ["trashed"] * trashed
    marks += [f"stars{stars}" for stars in range(1, rating + 1)]
    marks += [_exact("tag", tag.casefold()) for tag in tags]
    return " ".join(f"{MARK}{mark}" for mark in marks)


def is_told(query: Query) -> bool:
    """Whether words and marks are all that a query asks for; lengths and lineages have indexes of their own."""
    bounded = query.shortest is not None or query.longest is not None
    return not (bounded or query.lineage or len(query.category) > _LONGEST_CATEGORY)


def expression(query: Query) -> str:
    """What finds the takes of a query in the full-text search, but for what `is_told` names."""
    needed = [_quoted("every")]
    if query.model:
        needed.append(_quoted(_exact("model", query.model)))
    if query.rating > 0:
        needed.append(_quoted(f"stars{query.rating}"))
    if query.category:
        needed.append(f"{_quoted(_begins(query.category))} *")
    if query.generated is not None:
        needed.append(_quoted(f"made{query.generated:d}"))
    if query.trashed:
        needed.append(_quoted("trashed"))
    needed += [_quoted(_exact("tag", tag.casefold())) for tag in query.tags]
    if query.kinds:
        needed.append(f"({' OR '.join(_quoted(f'kind{kind}') for kind in query.kinds)})")
    words = question(query.text)
    narrower = needed[1:] + ([f"({words})"] if words else [])
    found = " AND ".join(narrower or needed)
    return f"({found}) NOT {_quoted('trashed')}" if query.trashed is False else found


def without(words: str) -> str:
    """What finds every take that a question does not find."""
    return f"{_quoted('every')} NOT ({words})"


def _quoted(mark: str) -> str:
    return f'"{MARK}{mark}"'


def _exact(what: str, text: str) -> str:
    """A mark for a text that is equal or not."""
    return what + hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:32]


def _begins(category: str) -> str:
    """A mark for a text that may begin so, however it is capitalised."""
    return "category" + category[:_LONGEST_CATEGORY].translate(_SMALL).encode("utf-8", "replace").hex()
