"""JACK's library, where the machine has it: most Windows and macOS machines do not, and play all the same."""

from __future__ import annotations

from functools import cache
from typing import Any


@cache
def load() -> Any:
    """The JACK-Client module, silent on the terminal; None where there is no JACK.

    Looked for once: whoever waits for a server asks every few seconds, and the search starts programs.
    """
    try:
        import jack  # noqa: PLC0415 (loads libjack)
    except (ImportError, OSError):
        return None
    jack.set_error_function(lambda _text: None)
    jack.set_info_function(lambda _text: None)
    return jack
