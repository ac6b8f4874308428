"""XML from outside, element by element; documents that declare a type or entities are refused."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree.ElementTree import TreeBuilder  # noqa: S405  it only builds; what is parsed is refused below
from xml.parsers import expat

from nephoscope.model.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.etree.ElementTree import Element

DEEPEST = 100
LARGEST_ELEMENTS = 1 << 20  # of one element that is kept whole
_STEP_BYTES = 1 << 18


class _Kept:
    """Builds each element at a depth whole, and forgets what is around it."""

    def __init__(self, depth: int) -> None:
        self._depth = depth
        self._path: list[str] = []
        self._builder: TreeBuilder | None = None
        self._count = 0
        self.done: list[tuple[str, Element]] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition("}")[2]
        self._path.append(local)
        if len(self._path) > DEEPEST:
            raise ValueError(f"is nested more than {DEEPEST} deep")
        if len(self._path) == self._depth + 1:
            self._builder, self._count = TreeBuilder(), 0
        if self._builder is not None:
            self._count += 1
            if self._count > LARGEST_ELEMENTS:
                raise ValueError(f"has an element with more than {LARGEST_ELEMENTS} others in it")
            self._builder.start(local, {key.rpartition("}")[2]: value for key, value in attributes.items()})

    def text(self, text: str) -> None:
        if self._builder is not None:
            self._builder.data(text)

    def end(self, _: str) -> None:
        local = self._path.pop()
        if self._builder is not None:
            element = self._builder.end(local)
            if len(self._path) == self._depth:
                self.done.append((self._path[-1] if self._path else "", element))
                self._builder = None


def _refuse(*_: object) -> None:
    raise ValueError("declares a document type, which is not read")


def elements(content: bytes, origin: str, depth: int) -> Iterator[tuple[str, Element]]:
    """(the name of what holds it, the element) of each element at a depth, 0 for the root; names without namespaces.

    Raises SourceError for content that is no XML, is nested too deep, or declares a document type, and so entities.
    """
    kept = _Kept(depth)
    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = _refuse
    parser.StartElementHandler, parser.EndElementHandler = kept.start, kept.end
    parser.CharacterDataHandler = kept.text
    for at in range(0, len(content) + _STEP_BYTES, _STEP_BYTES):
        try:
            parser.Parse(content[at : at + _STEP_BYTES], at >= len(content))
        except (expat.ExpatError, ValueError) as error:
            at_line = f"line {parser.CurrentLineNumber}"
            raise SourceError(origin, f"is no file of XML that is read here: {at_line}: {error}") from error
        yield from kept.done
        kept.done.clear()


def text_of(element: Element | None) -> str:
    """All text in an element, white space drawn together; empty if there is none."""
    return " ".join("".join(element.itertext()).split()) if element is not None else ""
