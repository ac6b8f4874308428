"""BER as far as a signed message needs it: tags of one byte, definite and indefinite lengths.

Source: ITU-T X.690 §8.1
"""

from __future__ import annotations

from dataclasses import dataclass

MOST_DEPTH = 16
MOST_VALUES = 2_000
CONSTRUCTED = 0x20
END = b"\0\0"


class BadBer(ValueError):
    """It is no BER, or more of it than is read."""


@dataclass(frozen=True)
class Value:
    """A value. content: its bytes without header; raw: with it; parts: the values in it, where it is constructed."""

    tag: int
    content: bytes
    raw: bytes
    parts: tuple[Value, ...] = ()

    @property
    def octets(self) -> bytes:
        """An octet string's bytes, put together where it comes in parts."""
        return b"".join(part.octets for part in self.parts) if self.tag & CONSTRUCTED else self.content

    def part(self, number: int, tag: int) -> Value:
        """The part at a place, which has to have this tag. Raises BadBer."""
        if number >= len(self.parts) or self.parts[number].tag != tag:
            raise BadBer(f"no value of tag {tag:02x} where one belongs")
        return self.parts[number]


def parse(data: bytes) -> Value:
    """The one value that data holds. Raises BadBer."""
    found, end = _Reader(data).value(0, len(data), 0)
    if end != len(data):
        raise BadBer("bytes after the value")
    return found


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.count = 0

    def value(self, at: int, end: int, depth: int) -> tuple[Value, int]:
        """The value at a place, and where it ends. end: of what it lies in."""
        self.count += 1
        if depth > MOST_DEPTH or self.count > MOST_VALUES:
            raise BadBer("it is nested too deeply, or has too many values")
        if at + 2 > end or self.data[at] & 0x1F == 0x1F:
            raise BadBer(f"no tag and length at byte {at}")
        tag, length, start = self.data[at], self.data[at + 1], at + 2
        if length == 0x80:
            return self._open_ended(tag, at, start, end, depth)
        if length & 0x80:
            size = length & 0x7F
            length, start = int.from_bytes(self.data[start : start + size], "big"), start + size
        if start + length > end:
            raise BadBer(f"a value at byte {at} is cut short")
        parts, place = list[Value](), start
        while tag & CONSTRUCTED and place < start + length:
            part, place = self.value(place, start + length, depth + 1)
            parts.append(part)
        stop = start + length
        return Value(tag, self.data[start:stop], self.data[at:stop], tuple(parts)), stop

    def _open_ended(self, tag: int, at: int, start: int, end: int, depth: int) -> tuple[Value, int]:
        """A value that ends where two zeros stand."""
        if not tag & CONSTRUCTED:
            raise BadBer(f"a value at byte {at} has no length and no parts")
        parts, place = list[Value](), start
        while self.data[place : place + 2] != END:
            part, place = self.value(place, end, depth + 1)
            parts.append(part)
        if place + 2 > end:
            raise BadBer(f"a value at byte {at} does not end")
        return Value(tag, self.data[start:place], self.data[at : place + 2], tuple(parts)), place + 2
