"""Words as the full-text search sees them: what a person types, as a question that cannot go wrong.

Chinese, Japanese, Thai … are written without blanks: each of their characters is taken for a word of its own, and
several that follow each other for a phrase.
"""

from __future__ import annotations

import re

_UNSPACED = re.compile(
    "([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003134f])"
)
_MOST_WORDS = 32

MARK = "\ue000"
"""Begins the words that mark a take (`presets.index_marks`); private use, and taken out of what people write."""


def spaced(text: object) -> str:
    """A text with blanks between the characters that are words, and without what begins a mark."""
    return _UNSPACED.sub(r" \1 ", str(text).replace(MARK, " "))


def question(text: str) -> str:
    """What finds every take that has all these words, or words that begin so, in any field; "" for none.

    Whatever FTS5 would take for a command stands in quotes.
    """
    words = [" ".join(_letters(spaced(word)).split()) for word in text.split()[:_MOST_WORDS]]
    return " ".join(f'"{word}" *' for word in words if word)


def _letters(word: str) -> str:
    """What the tokenizer would keep: a quoted nothing would find nothing."""
    return "".join(c if c.isalnum() or c.isspace() or not c.isascii() else " " for c in word)
