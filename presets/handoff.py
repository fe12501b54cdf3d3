"""Files given to a DAW, and the only ones that are ever replaced: on request, whole, in their place.

A hand-off lies in the session's folder `handoffs`, because a DAW may go on reading it where it is for years, and
beside it a small file that tells what it shows. A frozen one is a copy. A linked one follows its take:
refinements, edits and effects come into the very same file, as long, begun at the same frame and as loud, so that
what was cut in the timeline stays right.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path
from typing import Literal

from msgspec.structs import replace

from presets.errors import InvalidRequest, NotWritten, OnetakeError, UnreadableFile
from presets.export import version as versions
from presets.export import wav
from presets.export.version import About
from presets.export.wav import Depth
from presets.files import safe_name, sweep, told
from presets.handed import SIDECAR, Handoff, Shown, beside, checksum_of, note, read, settled, shown_by
from presets.placing import Given, Place, placed
from presets.schema import lineage_id

__all__ = [
    "FOLDER",
    "Given",
    "Handoff",
    "Newest",
    "Outcome",
    "State",
    "commit",
    "give",
    "listed",
    "pending",
    "rename",
    "retry",
    "update",
    "withdraw",
]

FOLDER = "handoffs"
"""Where hand-offs lie in a session."""

_LONGEST_NAME = 120  # bytes

State = Literal["updated", "current", "frozen", "pending", "changed", "missing", "unknown", "failed"]


@dataclass(frozen=True)
class Outcome:
    """What became of a hand-off in an update.

    state: updated; current (it shows the newest already); frozen (not linked); pending (another program holds it,
    the new version lies beside it); changed (another program altered it, so it stays); missing; unknown (no
    version of its take was found); failed. sentence: what a person should know, "" where all is well.
    """

    handoff: Handoff
    state: State
    sentence: str = ""


Newest = Callable[[Handoff], Given | None]
"""Says what a hand-off's take is now; None where it is not known."""


def give(session: Path, name: str, what: Given, rate: int, depth: Depth, linked: bool = False) -> Handoff:
    """Hand a sound off: a file in the session's folder `handoffs`, under a name of its own.

    Args:
        session: the session's folder.
        name: what the file should be called, without extension; taken names get a number.
        what: the sound, wet, and the version it is.
        rate: the DAW session's, Hz.
        depth: the DAW session's; where an integer depth cannot hold the peak, the sound is lowered.
        linked: whether updates come into it.

    Raises:
        InvalidRequest: no such rate or depth; a linked file of a sound that has no recipe.
        NotWritten: the folder cannot be made or written to.
    """
    if linked and what.version is None:
        raise InvalidRequest("A sound without a recipe cannot be linked: nothing newer can come of it. Freeze it.")
    ready = placed(what, Place(rate, depth))
    folder = _made(session)
    path = _free(folder / f"{safe_name(name, _LONGEST_NAME)}.wav")
    handoff = Handoff(
        name=path.name,
        take=lineage_id(what.version.recipe) if what.version else ready.sound.checksum()[:32],
        linked=linked,
        shown=shown_by(ready),
        rate=rate,
        depth=depth,
        channels=ready.sound.channels,
        frames=ready.sound.frames,
        onset=what.onset,
    )
    note(folder, handoff, overwrite=False)  # first: a file without a description could never be updated
    try:
        versions.write(path, ready.sound, ready.version or ready.assembly, depth, about=About(name=name))
    except OnetakeError:
        (folder / f"{path.name}{SIDECAR}").unlink(missing_ok=True)
        raise
    return handoff


def listed(session: Path) -> tuple[list[Handoff], list[str]]:
    """The session's hand-offs by name, and a sentence for each description that cannot be read."""
    folder = session / FOLDER
    found, unread = [], []
    for path in sorted(folder.glob(f"*.wav{SIDECAR}")) if folder.is_dir() else []:
        try:
            found.append(read(folder, path.name.removesuffix(SIDECAR)))
        except UnreadableFile as error:
            unread.append(str(error))
    return found, unread


def update(
    session: Path, newest: Newest, on_file: Callable[[Outcome, int, int], None] | None = None
) -> list[Outcome]:
    """Bring every linked hand-off to what its take is now.

    Args:
        session: the session's folder.
        newest: what a take is now.
        on_file: called after each with what became of it, how many are done and of how many; whatever it raises
            ends the update between two files.

    Returns:
        What became of each, in order. A file that fails does not keep the others from being updated.
    """
    folder = session / FOLDER
    if folder.is_dir():
        sweep(folder)
    handoffs, _ = listed(session)
    outcomes = []
    for handoff in handoffs:
        outcomes.append(_updated(folder, handoff, newest))
        if on_file:
            on_file(outcomes[-1], len(outcomes), len(handoffs))
    return outcomes


def retry(session: Path) -> list[Outcome]:
    """Let what lies beside files that were held open take its place, where they are free now."""
    folder = session / FOLDER
    outcomes = []
    for handoff in pending(session):
        try:
            outcomes.append(_arrival(folder, settled(folder, handoff)))
        except OnetakeError as error:
            outcomes.append(Outcome(handoff, "failed", str(error)))
    return outcomes


def pending(session: Path) -> list[Handoff]:
    """The hand-offs whose new version waits beside them."""
    return [handoff for handoff in listed(session)[0] if handoff.coming]


def commit(session: Path, names: Sequence[str] | None = None) -> list[Handoff]:
    """End the link of hand-offs: from now on these files are never replaced.

    Args:
        session: the session's folder.
        names: of the files; None is all that are linked.

    Raises:
        InvalidRequest: no hand-off of that name.
        NotWritten: the folder is read-only or full.
        UnreadableFile: a description cannot be read.
    """
    folder = session / FOLDER
    chosen = [_of(session, name) for name in names] if names is not None else listed(session)[0]
    ended = []
    for handoff in chosen:
        if handoff.linked:
            ended.append(replace(_without_coming(folder, settled(folder, handoff)), linked=False))
            note(folder, ended[-1])
    return ended


def withdraw(session: Path, handoff: Handoff) -> None:
    """Take a hand-off back that no DAW has got: its file goes, then its description.

    Raises:
        NotWritten: they cannot be deleted.
    """
    folder = session / FOLDER
    for path in (folder / handoff.name, folder / f"{handoff.name}{SIDECAR}"):
        with told(path):
            path.unlink(missing_ok=True)


def rename(session: Path, name: str, new: str) -> Handoff:
    """Give a frozen hand-off another name.

    Raises:
        InvalidRequest: it is linked: a DAW looks for it under its name; or there is none.
        NotWritten: the new name is taken, or the folder cannot be written to.
    """
    folder = session / FOLDER
    handoff = _of(session, name)
    if handoff.linked:
        raise InvalidRequest(f"{name} is linked: your DAW looks for it under this name. Commit it first.")
    path = folder / f"{safe_name(new, _LONGEST_NAME)}.wav"
    renamed = replace(handoff, name=path.name)
    note(folder, renamed, overwrite=False)
    try:
        if os.path.lexists(path):
            raise NotWritten(f"{path.name} exists already. Choose another name.")
        (folder / name).rename(path)
    except BaseException:
        (folder / f"{path.name}{SIDECAR}").unlink(missing_ok=True)
        raise
    (folder / f"{name}{SIDECAR}").unlink(missing_ok=True)
    return renamed


def _of(session: Path, name: str) -> Handoff:
    if not (session / FOLDER / f"{Path(name).name}{SIDECAR}").is_file():
        raise InvalidRequest(f"There is no hand-off {name} in {session / FOLDER}. See onetake handoff list.")
    return read(session / FOLDER, Path(name).name)


def _updated(folder: Path, handoff: Handoff, newest: Newest) -> Outcome:
    """One hand-off brought to what its take is now."""
    if not handoff.linked:
        return Outcome(handoff, "frozen")
    try:
        handoff = settled(folder, handoff)
        altered = _altered(folder, handoff)
        if altered is not None:
            return altered
        what = newest(handoff)
        if what is None:
            return Outcome(handoff, "unknown", f"No version of the take in {handoff.name} was found.")
        return _brought(folder, handoff, what)
    except OnetakeError as error:  # the others are updated all the same
        return Outcome(handoff, "failed", str(error))


def _brought(folder: Path, handoff: Handoff, what: Given) -> Outcome:
    place = Place(handoff.rate, handoff.depth, handoff.channels, handoff.frames, handoff.onset)
    ready = placed(what, place)
    shown = shown_by(ready)
    if _same(shown, handoff.shown):
        return Outcome(_without_coming(folder, handoff), "current")
    noted = replace(handoff, coming=shown)
    note(folder, noted)
    source, foreign = ready.version or ready.assembly, wav.read(folder / handoff.name).all_chunks
    coming = beside(folder, handoff)
    versions.write(coming, ready.sound, source, handoff.depth, overwrite=True, foreign=foreign)
    return _arrival(folder, settled(folder, noted), ready.remark)


def _arrival(folder: Path, handoff: Handoff, remark: str = "") -> Outcome:
    """Whether what was on its way is there, or waits, or may not come."""
    if handoff.coming is None:
        return Outcome(handoff, "updated", remark)
    return _altered(folder, handoff) or Outcome(
        handoff,
        "pending",
        f"{handoff.name} is held open by another program: the new version lies beside it as "
        f"{beside(folder, handoff).name}. Let the DAW close the file (set the media offline, or close the "
        "session), then update again.",
    )


def _altered(folder: Path, handoff: Handoff) -> Outcome | None:
    """What speaks against replacing a file: it is gone, or it is no longer what was written."""
    there = checksum_of(folder / handoff.name)
    if there is None:
        return Outcome(
            handoff,
            "missing",
            f"{handoff.name} is not in {folder} any more. Bring it back, or hand the take off anew.",
        )
    if there != handoff.shown.checksum:
        return Outcome(
            handoff,
            "changed",
            f"{handoff.name} was changed by another program and stays as it is. Hand the take off anew, or commit "
            "this file.",
        )
    return None


def _without_coming(folder: Path, handoff: Handoff) -> Handoff:
    """The hand-off without the new version that waits: it is no longer wanted."""
    if handoff.coming is None:
        return handoff
    stays = replace(handoff, coming=None)
    note(folder, stays)
    beside(folder, handoff).unlink(missing_ok=True)
    return stays


def _same(one: Shown, other: Shown) -> bool:
    return (one.content, one.edit, one.chain) == (other.content, other.edit, other.chain)


def _free(path: Path) -> Path:
    """The path, or the first numbered one that neither a file nor a description has."""
    numbered = (path.with_name(f"{path.stem}_{number}{path.suffix}") for number in count(2))
    taken = (os.path.lexists, lambda one: os.path.lexists(one.with_name(f"{one.name}{SIDECAR}")))
    return next(one for one in chain([path], numbered) if not any(is_taken(one) for is_taken in taken))


def _made(session: Path) -> Path:
    folder = session / FOLDER
    with told(folder):
        folder.mkdir(exist_ok=True)
    return folder
