"""A sound with effects as a WAV: beside its samples the chain that was printed into it, and what was remarked.

It is how wet sounds travel from the rack, and lie in its cache. A version that goes to a DAW is written by
presets/export/version.py, with the same chain in it.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from presets.errors import UnreadableFile
from presets.export import wav
from presets.schema import Chain
from presets.sound import Sound

_CHUNK = b"1wet"


class Printed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a wet sound says of itself.

    Attributes:
        chain: what was heard, tails included; slots that were bypassed are switched off.
        tails: seconds that each stretch of the chain rings on.
        remarks: what a person should know.
    """

    chain: Chain
    tails: tuple[float, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def tail(self) -> float:
        """Seconds that the sound is longer than before."""
        return sum(self.tails)


def write(path: Path, sound: Sound, printed: Printed) -> None:
    """Write a wet sound as float, replacing what is there. Not durable: it can be rendered again.

    Raises:
        NotWritten: see presets.files.write_atomically.
    """
    chunks = {_CHUNK: msgspec.json.encode(printed)}
    wav.write(path, sound, depth="32f", chunks=chunks, overwrite=True, durable=False)


def read(path: Path) -> tuple[Sound, Printed]:
    """A wet sound and what it says of itself.

    Raises:
        UnreadableFile: missing, damaged, or no wet sound.
    """
    chunk = wav.read_chunk(path, _CHUNK)
    if chunk is None:
        raise UnreadableFile(f"{path.name} does not say which effects are in it. Render it again.")
    try:
        printed = msgspec.json.decode(chunk, type=Printed)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UnreadableFile(f"What {path.name} says of its effects cannot be read: {error}.") from error
    return wav.read(path).sound, printed
