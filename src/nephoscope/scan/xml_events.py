"""XML from outside, read without a document type: no entities, no other files, nothing deeper or longer than fits.

Source: https://docs.python.org/3/library/xml.html#xml-security; a document type is refused before any of it is read.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.parsers import expat

from nephoscope.model.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator

DEEPEST = 50
LONGEST_TEXT = 100_000  # characters of one element; what is beyond is left away
MOST_ELEMENTS = 1_000_000  # below one that was asked for
STEP_BYTES = 1 << 20


@dataclass
class Element:
    """An element with its text, without space around it, and what is in it."""

    name: str
    attributes: dict[str, str]
    text: str = ""
    children: list[Element] = field(default_factory=list["Element"])

    def below(self, name: str) -> Iterator[Element]:
        """The elements of a name in it, at any depth."""
        for child in self.children:
            if child.name == name:
                yield child
            yield from child.below(name)


class _Refused(Exception):  # noqa: N818  it leaves the parser, and becomes a SourceError
    """Why a document is not read on."""


class _Gathering:
    """The elements of one name, as a parser comes by them."""

    def __init__(self, wanted: str) -> None:
        self.wanted = wanted
        self.found: list[Element] = []
        self._open: list[Element] = []
        self._depth = 0
        self._count = 0
        self._length = 0
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters
        self.parser.StartDoctypeDeclHandler = self._doctype

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise _Refused(f"is deeper than {DEEPEST} elements")
        if not self._open and name != self.wanted:
            return
        self._count += 1
        if self._count > MOST_ELEMENTS:
            raise _Refused(f"has more than {MOST_ELEMENTS} elements in one {self.wanted}")
        made = Element(name, attributes)
        if self._open:
            self._open[-1].children.append(made)
        self._open.append(made)

    def _end(self, name: str) -> None:
        self._depth -= 1
        if self._open:
            done = self._open.pop()
            done.text = done.text.strip()
            if not self._open:
                self.found.append(done)
                self._count = 0

    def _characters(self, data: str) -> None:
        if self._open and len(self._open[-1].text) < LONGEST_TEXT:
            self._open[-1].text += data[:LONGEST_TEXT]

    def _doctype(self, *_: object) -> None:
        raise _Refused("has a document type, which may hold entities without end")


def elements(content: bytes, wanted: str, origin: str) -> Iterator[Element]:
    """Each element of a name, whole, in order; elements of that name within it are only in it.

    Raises SourceError, after what came before, for what is no XML or is refused.
    """
    gathering = _Gathering(wanted)
    try:
        for start in range(0, len(content), STEP_BYTES):
            gathering.parser.Parse(content[start : start + STEP_BYTES], False)
            yield from gathering.found
            gathering.found.clear()
        gathering.parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise SourceError(origin, f"is no whole XML: {error}") from error
    except _Refused as error:
        raise SourceError(origin, f"{error}; not read on") from error
    yield from gathering.found
