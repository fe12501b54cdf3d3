"""A spotting list: which sounds a picture needs and where, as a table that editors write in a spreadsheet.

A CSV with a head: `timecode` and `prompt` must be there, `length`, `sync`, `category` and `file` may. Every row
that is wrong is told, so that a list is repaired once and not row by row.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from presets.errors import InvalidRequest, UnreadableFile
from presets.export import timecode
from presets.unread import unread

SYNCS = ("sync", "onset", "start")
"""What of a sound lies at the timecode: its sync point, where it begins to be heard, or its first frame."""

_LARGEST = 16 * 2**20
_MOST_TOLD = 8
_LONGEST_PROMPT = 2000
_NAMES: dict[str, tuple[str, ...]] = {
    "timecode": ("timecode", "tc", "tc in", "in", "start", "position", "time"),
    "prompt": ("prompt", "sound", "description", "text", "cue", "name"),
    "length": ("length", "duration", "dur", "seconds"),
    "sync": ("sync", "sync point"),
    "category": ("category", "cat", "track", "group"),
    "file": ("file", "filename", "file name"),
}


@dataclass(frozen=True)
class Spot:
    """A row of a spotting list.

    Attributes:
        row: its number in the file, the head is 1.
        at: seconds from timecode 00:00:00:00.
        timecode: as it was written.
        prompt: what is wanted.
        length: seconds; None is what the sound has.
        sync: one of SYNCS, or the seconds of the sound that lie at the timecode.
        category: which track it goes to; "" is none.
        file: name of a file that was chosen; "" finds one by its prompt.
    """

    row: int
    at: float
    timecode: str
    prompt: str
    length: float | None = None
    sync: str | float = "sync"
    category: str = ""
    file: str = ""


def read(path: Path, rate: str) -> tuple[Spot, ...]:
    """The rows of a spotting list, as they stand in the file.

    Args:
        path: a CSV with commas, semicolons or tabs, in UTF-8.
        rate: of its timecodes, a name in `timecode.RATES`.

    Raises:
        UnreadableFile: missing, too large or no text.
        InvalidRequest: rows are wrong; each is named with what is wrong.
    """
    try:
        if path.stat().st_size > _LARGEST:
            raise UnreadableFile(f"{path} is too large for a spotting list. Split it.")
        content = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise unread(path, error) from error
    except UnicodeDecodeError as error:
        raise UnreadableFile(f"{path} is not text in UTF-8. Export it again as CSV in UTF-8.") from error
    return parse(content, rate, path.name)


def is_list(path: Path) -> bool:
    """Whether a table is a spotting list: its head names a timecode. False for what cannot be read."""
    try:
        with path.open("rb") as file:
            head = file.readline(_LARGEST).decode("utf-8-sig").lower()
    except (OSError, ValueError):
        return False
    named = {cell.strip().strip('"').replace("_", " ") for cell in re.split(r"[,;\t]", head)}
    return bool(named & {"timecode", "tc", "tc in"})


def parse(content: str, rate: str, name: str = "the list") -> tuple[Spot, ...]:
    """The rows of a spotting list from its text; see `read`."""
    if rate not in timecode.RATES:
        raise InvalidRequest(f"Frame rates are {', '.join(timecode.RATES)}, not {rate[:20]!r}.")
    head, _, _ = content.partition("\n")
    mark = max(",;\t", key=head.count)
    try:
        rows = list(csv.reader(io.StringIO(content), delimiter=mark, strict=True))
    except csv.Error as error:
        raise InvalidRequest(f"{name} is no table that can be read: {error}. Export it again as CSV.") from error
    columns = _columns(rows[0] if rows else [], name)
    spots: list[Spot] = []
    wrong: list[str] = []
    for number, row in enumerate(rows[1:], 2):
        cells = {column: row[at].strip() if at < len(row) else "" for column, at in columns.items()}
        if any(cells.values()):
            try:
                spots.append(_spot(number, cells, rate))
            except InvalidRequest as error:
                wrong.append(f"row {number}: {error}")
    if wrong:
        more = f" And {len(wrong) - _MOST_TOLD} more." if len(wrong) > _MOST_TOLD else ""
        raise InvalidRequest(f"{name} has rows that are wrong. {' '.join(wrong[:_MOST_TOLD])}{more}")
    if not spots:
        raise InvalidRequest(f"{name} has no rows below its head.")
    return tuple(spots)


def _columns(head: list[str], name: str) -> dict[str, int]:
    given = [cell.strip().lower().replace("_", " ") for cell in head]
    found: dict[str, int] = {}
    for column, names in _NAMES.items():
        place = next((given.index(one) for one in names if one in given), None)
        if place is not None:
            found[column] = place
    lost = [column for column in ("timecode", "prompt") if column not in found]
    if lost:
        raise InvalidRequest(
            f"{name} has no column {' and no column '.join(lost)}. Its first row names the columns: timecode, "
            "prompt, length, sync, category, file."
        )
    return found


def _spot(row: int, cells: Mapping[str, str], rate: str) -> Spot:
    prompt, file = cells["prompt"], cells.get("file", "")
    if not prompt and not file:
        raise InvalidRequest("there is no prompt.")
    if len(prompt) > _LONGEST_PROMPT:
        raise InvalidRequest(f"the prompt is longer than {_LONGEST_PROMPT} characters.")
    if not cells["timecode"]:
        raise InvalidRequest("there is no timecode.")
    return Spot(
        row,
        seconds(cells["timecode"], rate),
        cells["timecode"],
        prompt,
        _length(cells.get("length", ""), rate),
        _sync(cells.get("sync", "")),
        cells.get("category", ""),
        file,
    )


def _length(cell: str, rate: str) -> float | None:
    if not cell or cell.lower() == "auto":
        return None
    length = seconds(cell, rate) if cell.count(":") >= 2 else _number(cell, "length")
    if not 0.001 <= length <= 3600:
        raise InvalidRequest(f"the length {cell!r} is not between 1 ms and an hour.")
    return length


def seconds(cell: str, rate: str) -> float:
    """Seconds from 00:00:00:00 to a timecode. Errors as in `timecode.parse`."""
    return float(timecode.parse(cell, rate).frame / timecode.RATES[rate].exact)


def _sync(cell: str) -> str | float:
    word = cell.lower()
    if word in ("", "yes", "y", "x", "hit"):
        return "sync"
    if word in SYNCS:
        return word
    moment = _number(cell, "sync")
    if not 0 <= moment <= 3600:
        raise InvalidRequest(f"the sync point {cell!r} is not between 0 and an hour.")
    return moment


def _number(cell: str, what: str) -> float:
    try:
        return float(cell.removesuffix("s").strip().replace(",", "."))
    except ValueError as error:
        wanted = f", or {', '.join(SYNCS)}" if what == "sync" else ", a timecode or auto"
        raise InvalidRequest(f"the {what} {cell[:20]!r} is no number of seconds{wanted}.") from error
