"""LVM2's metadata as text → nested dictionaries of texts, numbers and lists.

Source: lvm2, `libdm/libdm-config.c`; `lvmsystemid` and `lvm.conf` show the form: `name = value`, `name { … }`, `# …`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from nephoscope.scan.disks.device import DiskError

if TYPE_CHECKING:
    from collections.abc import Iterator

Section = dict[str, Any]

LARGEST_BYTES = 4 << 20
DEEPEST = 8
_TOKEN = re.compile(r'\s+|#[^\n]*|(?P<text>"(?:[^"\\]|\\.)*")|(?P<word>[A-Za-z0-9_.+\-/]+)|(?P<sign>[{}=\[\],])')


def parse(content: bytes) -> Section:
    """The sections of a metadata area's text. Raises DiskError that names the place for what is none."""
    if len(content) > LARGEST_BYTES:
        raise DiskError(f"LVM's metadata of {len(content)} bytes are larger than any should be")
    tokens = _tokens(content.rstrip(b"\0").decode("utf-8", "replace"))
    return _section(tokens, "", DEEPEST)


def _tokens(text: str) -> Iterator[tuple[str, int]]:
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise DiskError(f"LVM's metadata cannot be understood at byte {at}")
        if found.lastgroup:
            yield found[0], at
        at = found.end()
    while True:
        yield "", at


def _section(tokens: Iterator[tuple[str, int]], end: str, depth: int) -> Section:
    """Everything up to a closing brace, or to the end."""
    found: Section = {}
    if not depth:
        raise DiskError(f"LVM's metadata are nested more than {DEEPEST} deep")
    while True:
        name, at = next(tokens)
        if name == end:
            return found
        sign, _ = next(tokens)
        if not name or name in "{}=[]," or sign not in ("{", "="):
            raise DiskError(f"LVM's metadata cannot be understood at byte {at}")
        found[name] = _section(tokens, "}", depth - 1) if sign == "{" else _value(tokens)


def _value(tokens: Iterator[tuple[str, int]]) -> Any:
    token, at = next(tokens)
    if token != "[":
        return _scalar(token, at)
    listed: list[Any] = []
    while True:
        token, at = next(tokens)
        if token == "]":
            return listed
        if token != ",":
            listed.append(_scalar(token, at))


def _scalar(token: str, at: int) -> str | int:
    if token.startswith('"'):
        return re.sub(r"\\(.)", r"\1", token[1:-1])
    if re.fullmatch(r"-?\d{1,20}", token):
        return int(token)
    if not token or token in "{}=[],":
        raise DiskError(f"LVM's metadata cannot be understood at byte {at}")
    return token
