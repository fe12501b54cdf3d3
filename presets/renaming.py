"""Another name for a take: its two files and the kits that play it by file name, all or none.

What is about to be done is noted first; whoever opens the session after a death finishes it. Every step can be
done twice.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from msgspec.structs import replace

from presets import used
from presets.entry import read_bytes, serialised
from presets.errors import InvalidRequest, UnreadableFile
from presets.files import give_name, safe_name, told, write_atomically
from presets.schema import Name, Stored, canonical, decode
from presets.session import Session, checked, fresh

JOURNAL = ".onetake-renaming.json"


class Renaming(Stored, frozen=True, kw_only=True, tag="renaming"):
    """A rename on its way: from one name of a take's files to another, `suffix` that of its WAV."""

    version: Literal[1] = 1
    old: Name
    new: Name
    suffix: Literal[".wav", ".WAV"] = ".wav"


def rename(session: Session, name: str, text: str) -> str:
    """Call a take otherwise; its files get a name that is made of it. Returns that name.

    Raises:
        InvalidRequest: there is no such take, or the text says nothing.
        UnreadableFile: its sidecar is broken or newer.
        NotWritten: the session is read-only or full; what was begun is finished when it is opened the next time.
    """
    if not text.strip():
        raise InvalidRequest("A take needs a name that is not empty.")
    with session.claim.held():
        finish(session)
        session.check_there(name)
        path = session.path(name)
        entry = replace(session.entry(name) or fresh(name, path), name=text.strip())
        own = safe_name(text, 100)
        stays = name.casefold() == own.casefold()
        new = name if stays else session.free_name(text)
        write_atomically(session.sidecar(name), serialised(entry), overwrite=True)
        if not stays:
            suffix: Literal[".wav", ".WAV"] = ".WAV" if path.suffix == ".WAV" else ".wav"
            write_atomically(session.folder / JOURNAL, canonical(Renaming(old=name, new=new, suffix=suffix)))
            finish(session)
        return new


def finish(session: Session) -> bool:
    """Finish a rename that was begun; whether there was one.

    Raises:
        NotWritten: the session is read-only or full; or a file of that name appeared: move it away.
        UnreadableFile: the note is broken, and says so; delete it.
    """
    journal = session.folder / JOURNAL
    if not journal.is_file():
        return False
    with session.claim.held():
        data = read_bytes(journal)
        if data is None:
            return False  # another program finished it
        begun = decode(data, Renaming, f"The note {journal}")
        try:
            old, new = checked(begun.old), checked(begun.new)
        except InvalidRequest as error:
            raise UnreadableFile(f"The note {journal} was not written by Onetake. Delete it.") from error
        _move(session.takes / f"{old}{begun.suffix}", session.takes / f"{new}{begun.suffix}")
        _move(session.sidecar(old), session.sidecar(new))
        used.renamed(session.folder, f"{old}{begun.suffix}", f"{new}{begun.suffix}")
        with told(journal):
            journal.unlink(missing_ok=True)
    return True


def _move(old: Path, new: Path) -> None:
    with told(old):
        if old.is_file():
            if new.exists() and new.samefile(old):
                old.unlink()  # a link was made, and its maker died
            else:
                give_name(old, new)
