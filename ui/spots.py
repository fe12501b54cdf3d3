"""The rows of a spotting list as recipes and files, for whoever makes its sounds: a batch, or an export.

A prompt that stands in several rows is one sound, so it is made once, as long as the longest row wants it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path

from engine.local import SHORTEST, ModelCard, find
from presets.errors import InvalidRequest, OnetakeError
from presets.export.spotting import Spot
from presets.session import TAKES
from ui.batch_table import Row, row_of


def rows(
    spots: Sequence[Spot], folder: Path, model: str, taken: Iterable[str] = ()
) -> tuple[list[Row], list[str]]:
    """What is to be made for the rows of a list.

    Args:
        spots: the rows.
        folder: where the sounds go.
        model: that makes them.
        taken: names that no new file may have.

    Returns:
        A row with one draft for every prompt, and what a person should know: lengths that the model cannot make.

    Raises:
        InvalidRequest: rows without a prompt, or with one that cannot be; all are told.
        UnknownModel: no model of that id.
    """
    card = find(model)
    names = {name.casefold() for name in taken}
    found: list[Row] = []
    remarks: list[str] = []
    wrong: list[str] = []
    for same in _by_prompt(spots):
        first = same[0]
        length, remark = _length(same, card)
        line = {"prompt": first.prompt, "length": length, "category": first.category}
        line["name"] = Path(first.file.replace("\\", "/")).stem
        try:
            found.append(row_of(first.row, line, folder, model, names))
        except OnetakeError as error:
            wrong.append(f"row {first.row}: {error}")
            continue
        remarks += [remark] * bool(remark)
    if wrong:
        raise InvalidRequest("Nothing was made: rows of the list are wrong.\n" + "\n".join(wrong))
    return found, remarks


def place(spots: Path, others: Sequence[Path]) -> Path:
    """Where the drafts of a list go: into the folder that was named with it, else among the takes beside it."""
    named = next((path for path in others if path.is_dir()), None)
    if named is None:
        return spots.parent if spots.absolute().parent.name == TAKES else spots.parent / TAKES
    return named / TAKES if (named / TAKES).is_dir() else named


def _by_prompt(spots: Sequence[Spot]) -> list[list[Spot]]:
    """Rows that want one sound: the same file, or the same words."""
    found: dict[str, list[Spot]] = {}
    for spot in spots:
        found.setdefault(spot.file.casefold() or " ".join(spot.prompt.casefold().split()), []).append(spot)
    return list(found.values())


def _length(same: Sequence[Spot], card: ModelCard) -> tuple[str, str]:
    """The length of a draft as a cell of a table, and a remark where the model makes none so long or short."""
    wanted = max((spot.length for spot in same if spot.length is not None), default=None)
    if wanted is None:
        return "auto", ""
    longest = math.floor(card.longest * 100) / 100
    made = min(max(wanted, SHORTEST), longest)
    if wanted <= longest:
        return f"{made:g}", ""  # a clip that is shorter than its sound ends where the list says
    return f"{made:g}", f"row {same[0].row}: {card.id} makes {longest:g} s at most, and {wanted:g} s are wanted."
