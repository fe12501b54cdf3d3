"""What messages between processes have in common: how they are written, checked and told in the documentation.

Frozen values as MessagePack bytes. Nothing is ever unpickled; what does not validate is refused with a sentence,
and whoever reads ends the line.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta, Struct

from presets.errors import UnreadableFile

LARGEST_MESSAGE = 2**20
"""Bytes of a message; a sound travels as a path, so nothing honest is longer."""

Path = Annotated[str, Meta(min_length=1, max_length=4096)]

_T = TypeVar("_T")


class Message(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag=True):
    """A message; its tag is its class's name."""


class Part(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of a message."""


def encode(message: Message) -> bytes:
    """A message as bytes."""
    return _encoder.encode(message)


def reader(kinds: Any, what: str) -> Callable[[bytes], Any]:
    """What makes a message from bytes.

    Args:
        kinds: a message, or a union of them.
        what: what an invalid message is not, for the person who reads the error ("request to the engine").

    Returns:
        A function that raises UnreadableFile for whatever does not validate.
    """
    decoder = msgspec.msgpack.Decoder(kinds)

    def read(data: bytes) -> Any:
        try:
            return decoder.decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise UnreadableFile(f"That is no {what}: {error}.") from error

    return read


def table(*senders: tuple[str, Sequence[type[Message]]]) -> str:
    """The messages as a Markdown table, for ARCHITECTURE.md. senders: who sends, and what."""
    rows = ["| message | from | what it says | fields |", "|---|---|---|---|"]
    for sender, kinds in senders:
        for kind in kinds:
            says = " ".join((kind.__doc__ or "").split())
            rows.append(f"| {kind.__name__} | {sender} | {says} | {', '.join(kind.__struct_fields__)} |")
    return "\n".join(rows) + "\n"


_encoder = msgspec.msgpack.Encoder()
