"""XML that comes with sound files: written plainly, read without ever doing what a file says.

Entities, external parts and what else a document type can ask for are refused with it; size, depth and number of
elements are bounded, so that no file takes more memory than itself a few times.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from xml.parsers import expat

from presets.export.riff import RiffError

LARGEST = 1 << 24
"""Bytes of a document."""

_DEEPEST = 64
_MOST = 100_000
# What XML 1.0 cannot hold, not even as a reference: most control characters, surrogates, U+FFFE and U+FFFF.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass
class Element:
    """An element: name, text before its first child, children in order."""

    name: str
    text: str = ""
    children: list[Element] = field(default_factory=list)

    def child(self, name: str) -> Element | None:
        """The first child of that name."""
        return next((one for one in self.children if one.name == name), None)

    def value(self, *path: str) -> str:
        """The text found by going down these names, without white space around it; "" where there is none."""
        here: Element | None = self
        for name in path:
            here = here.child(name) if here is not None else None
        return here.text.strip() if here is not None else ""


def leaf(name: str, text: object) -> Element:
    """An element that holds a text."""
    return Element(name, str(text))


def serialised(root: Element) -> bytes:
    """The document in UTF-8, one element a line."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', *_lines(root, "")]
    return "\n".join(lines).encode() + b"\n"


def parsed(document: bytes, what: str) -> Element:
    """The root of a document.

    Args:
        document: XML in any encoding that it names; NULs behind it are ignored.
        what: what it is, for the person who reads the error ("its iXML").

    Raises:
        RiffError: too large, too deep, broken, or with a document type.
    """
    if len(document) > LARGEST:
        raise RiffError(f"{what} is larger than {LARGEST >> 20} MB. Save it again without it")
    reader = _Reader(what)
    try:
        reader.parser.Parse(_without_end(document), True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise RiffError(f"{what} is broken: {error}. Save it again") from error
    return reader.root()


def _without_end(document: bytes) -> bytes:
    """Without the NULs that programs put behind it; in UTF-16 every other byte of the text is one."""
    if document[:2] not in {b"\xff\xfe", b"\xfe\xff"}:
        return document.rstrip(b"\0")
    length = len(document.rstrip(b"\0"))
    return document[: length + length % 2]


def _lines(element: Element, indent: str) -> Iterator[str]:
    opened = f"{indent}<{element.name}>"
    if not element.children:
        yield f"{opened}{_escaped(element.text)}</{element.name}>"
        return
    yield opened
    for child in element.children:
        yield from _lines(child, indent + "  ")
    yield f"{indent}</{element.name}>"


def _escaped(text: str) -> str:
    kept = _FORBIDDEN.sub("\ufffd", text)
    # A bare carriage return would come back as a line feed.
    return kept.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")


class _Reader:
    """Elements from expat's calls."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._open: list[Element] = []
        self._texts: list[list[str]] = []
        self._roots: list[Element] = []
        self._count = 0
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters

    def root(self) -> Element:
        """The one element that is not inside another."""
        if not self._roots:
            raise RiffError(f"{self._what} is empty. Save it again")
        return self._roots[0]

    def _doctype(self, *_: object) -> None:
        raise RiffError(f"{self._what} asks for a document type, which no sound file needs. Save it again")

    def _start(self, name: str, _attributes: object) -> None:
        self._count += 1
        if self._count > _MOST or len(self._open) >= _DEEPEST:
            raise RiffError(f"{self._what} has too many elements. Save it again without it")
        element = Element(name)
        (self._open[-1].children if self._open else self._roots).append(element)
        self._open.append(element)
        self._texts.append([])

    def _end(self, _name: str) -> None:
        element, texts = self._open.pop(), self._texts.pop()
        element.text = "".join(texts)

    def _characters(self, text: str) -> None:
        # Only what stands before the first child: iXML has no text between elements.
        if self._open and not self._open[-1].children:
            self._texts[-1].append(text)


def elements(pairs: Sequence[tuple[str, str]]) -> list[Element]:
    """Leaves of these names and texts, empty ones left out."""
    return [leaf(name, text) for name, text in pairs if text]
