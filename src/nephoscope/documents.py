"""YAML files that people write → documents with the lines of their keys, whatever the file holds."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml
from sigma.exceptions import SigmaError
from sigma.rule.base import check_alias_expansion

from nephoscope.model.errors import ContentError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAX_BYTES = 4 << 20
MAX_DEPTH = 100
MAX_MERGED_KEYS = 1_000
INDENTS = re.compile(rb"^(?:[ \t]|[-?](?=[ \t]))*", re.MULTILINE)


@dataclass(frozen=True)
class Document:
    """One YAML document: its content, and on which line it and each of its keys stand.

    lines: {dotted path of up to two keys: line, from 1}.
    """

    file: str
    line: int
    content: dict[str, Any]
    lines: dict[str, int] = field(default_factory=dict[str, int])

    def where(self, *paths: str) -> str:
        """`file:line` of the first of these keys that is there, else of the document."""
        return f"{self.file}:{next((self.lines[path] for path in paths if path in self.lines), self.line)}"


class BoundedLoader(yaml.CSafeLoader):
    """PyYAML's safe loader that refuses keys given twice and mappings merged without end."""

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        merges = [value for key, value in node.value if key.tag == "tag:yaml.org,2002:merge"]
        if len(merges) > 1 or any(not isinstance(value, yaml.MappingNode) for value in merges):
            raise yaml.constructor.ConstructorError(
                None, None, "more than one mapping is merged with `<<`", node.start_mark
            )
        super().flatten_mapping(node)
        if len(node.value) > MAX_MERGED_KEYS:
            raise yaml.constructor.ConstructorError(
                None, None, f"a mapping has more than {MAX_MERGED_KEYS} keys", node.start_mark
            )

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        own = [self.construct_object(key, deep=True) for key, _ in node.value if not key.tag.endswith(":merge")]
        twice = next((key for key in own if own.count(key) > 1), None) if len(set(map(str, own))) < len(own) else None
        if twice is not None:
            raise yaml.constructor.ConstructorError(None, None, f"the key {twice!r} stands twice", node.start_mark)
        return super().construct_mapping(node, deep)


def read_documents(path: Path, shown: str = "") -> Iterator[Document | ContentError]:
    """Each document of a file, or the error instead; nothing follows an error.

    shown: the file's name in messages.
    """
    name = shown or str(path)
    try:
        content = content_of(path, name)
    except ContentError as error:
        yield error
        return
    yield from parse_documents(content, name)


def content_of(path: Path, shown: str = "") -> bytes:
    """A file's bytes, one more than may be if there are more. Raises ContentError where it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ContentError(shown or str(path), f"cannot be read: {error.strerror}") from error


def parse_documents(content: bytes, name: str) -> Iterator[Document | ContentError]:
    """The same for a file's bytes."""
    try:
        refusal = _refusal(content)
        if refusal:
            yield ContentError(name, refusal)
            return
        loader = BoundedLoader(content)
        while loader.check_node():
            node: Any = loader.get_node()
            line = node.start_mark.line + 1
            found = loader.construct_document(node)
            check_alias_expansion(found)
            if isinstance(found, dict):
                yield Document(name, line, found, dict(_lines(node)))
            elif found is not None:
                yield ContentError(f"{name}:{line}", "is not a mapping of keys")
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"{name}:{mark.line + 1}" if mark else name
        yield ContentError(place, f"is not YAML: {error.problem or error.context}")
    except SigmaError as error:
        yield ContentError(name, str(error))
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        yield ContentError(name, f"is not YAML: {str(error).splitlines()[0] if str(error) else type(error).__name__}")


def _refusal(content: bytes) -> str:
    """Why a file is not even constructed, if so."""
    if len(content) > MAX_BYTES:
        return f"is larger than {MAX_BYTES >> 20} MB; split it"
    try:
        content.decode()
    except UnicodeDecodeError as error:
        return f"is not UTF-8 at byte {error.start}"
    if _may_be_deep(content) and _is_deep(content):
        return f"is nested deeper than {MAX_DEPTH} levels"
    return ""


def _may_be_deep(content: bytes) -> bool:
    """Whether brackets, or dashes and indents at a line's begin, are enough to nest deeply."""
    brackets = content.count(b"[") + content.count(b"{")
    return brackets > MAX_DEPTH or max(len(found) for found in INDENTS.findall(content)) > MAX_DEPTH


def _is_deep(content: bytes) -> bool:
    depth = 0
    for event in yaml.parse(content, yaml.CSafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            return True
    return False


def _lines(node: Any) -> Iterator[tuple[str, int]]:
    for key, value in node.value:
        yield str(key.value), key.start_mark.line + 1
        if isinstance(value, yaml.MappingNode):
            for inner, _ in value.value:
                yield f"{key.value}.{inner.value}", inner.start_mark.line + 1
