"""How a long measurement tells where it is: what it does, how much is done, of how much.

Whoever watches may raise Cancelled, and nothing is left half written: results are written at the end.
"""

from __future__ import annotations

from collections.abc import Callable

Watch = Callable[[str, int, int], None]
"""Called as (what, done, total) after every sound; may raise Cancelled."""


def nobody(what: str, done: int, total: int) -> None:
    """Called where nobody watches."""
