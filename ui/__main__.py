"""Onetake's front door: a bare prompt renders, no words at all open the panel.

The panel is opened without the command line's own modules: nobody who waits for a window needs them.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from presets.errors import InvalidRequest, OnetakeError
from presets.one_thread import numpy_in_one_thread

_SESSION = "--session"


def main() -> None:
    """Open the panel, or start the command line; `onetake "a glass bell"` is `onetake render "a glass bell"`."""
    words = sys.argv[1:]
    sys.exit(_panel(words) if of_panel(words) else _command(words))


def of_panel(words: Sequence[str]) -> bool:
    """Whether these words ask for the panel and nothing else; whatever is odd is left to the command line."""
    if len(words) == 1:
        return words[0].startswith(f"{_SESSION}=") and len(words[0]) > len(_SESSION) + 1
    return not words or (len(words) == 2 and words[0] == _SESSION and not words[1].startswith("-"))


def _panel(words: Sequence[str]) -> int:
    from ui import opening  # noqa: PLC0415 (what a command does not need)

    numpy_in_one_thread()
    _sleep_at_barriers()
    folder = Path(words[-1].removeprefix(f"{_SESSION}=")) if words else None
    try:
        return opening.open_panel(folder)
    except (OnetakeError, MemoryError, OSError, KeyboardInterrupt) as error:
        from ui.cli import failed  # noqa: PLC0415 (only now)

        return failed(error)


def _command(words: Sequence[str]) -> int:
    from ui.cli import COMMANDS, failed, run  # noqa: PLC0415 (a window does not wait for it)

    _sleep_at_barriers()
    if words and not words[0].startswith("-") and words[0] not in COMMANDS:
        if len(words) > 1 and not words[1].startswith("-"):
            return failed(_no_command(words, COMMANDS))
        words = ["render", *words]
    return run(words)


def _no_command(words: Sequence[str], commands: Sequence[str]) -> OnetakeError:
    """Several bare words are neither a command nor one prompt."""
    from difflib import get_close_matches  # noqa: PLC0415 (a window does not wait for it)

    like = get_close_matches(words[0], commands, 1)
    meant = f" Did you mean onetake {like[0]}?" if like else ""
    return InvalidRequest(
        f"There is no command {words[0]!r}.{meant} A prompt of several words stands in quotes: "
        f'onetake "{words[0]} {words[1]}".'
    )


def _sleep_at_barriers() -> None:
    from engine.local import sleep_at_barriers  # noqa: PLC0415 (NumPy comes with it: see `_panel`)

    sleep_at_barriers()


if __name__ == "__main__":
    main()
