"""Which of some takes have words: looked up take by take, for words that very many takes have.

The full-text search lists all takes of a word, which for 100,000 of them costs more than the page that is wanted;
and asked about one take it reads the list of every word that begins so. So the few takes in question are put into
a full-text search of their own, in memory, with the same rules.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from presets.index_file import WORDS

_COLUMNS = "name, prompt, tags, notes, category"
_PUT = f"INSERT INTO words (rowid, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)"  # noqa: S608
_AT_ONCE = 500  # takes; a statement takes some thousand values


class Probe:
    """Answers for one index; belongs to the thread that made it."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._memory = sqlite3.connect(":memory:", isolation_level=None)
        self._memory.execute(f"CREATE VIRTUAL TABLE words USING fts5 ({_COLUMNS}, {WORDS})")

    def having(self, words: str, takes: Sequence[int]) -> list[int]:
        """Those of the takes, in their order, that a question (`presets.index_words`) finds."""
        self._memory.execute("BEGIN")
        try:
            for start in range(0, len(takes), _AT_ONCE):
                some = takes[start : start + _AT_ONCE]
                marks = ", ".join("?" * len(some))
                wanted = f"SELECT rowid, {_COLUMNS} FROM words WHERE rowid IN ({marks})"  # noqa: S608
                self._memory.executemany(_PUT, self._database.execute(wanted, some))
            select = "SELECT rowid FROM words WHERE words MATCH ?"
            found = {row[0] for row in self._memory.execute(select, (words,))}
        finally:
            self._memory.execute("ROLLBACK")
        return [take for take in takes if take in found]

    def close(self) -> None:
        """Let the memory go."""
        self._memory.close()
