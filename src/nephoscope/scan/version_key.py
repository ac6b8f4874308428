"""The bricks of version keys: bytes whose order (that of memcmp) is the order of what they stand for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_SIZES = tuple(bytes((size,)) for size in range(255))


def number_key(digits: str) -> bytes:
    """Decimal digits of any length as a number: its length, then its digits; no digits are zero.

    No key of a number begins another's, so that something may follow.
    """
    digits = digits.lstrip("0")
    size = len(digits)
    if size < len(_SIZES):
        return _SIZES[size] + digits.encode()
    return b"\xff" + size.to_bytes(8) + digits.encode()


def text_key(text: str) -> bytes:
    """A text without NUL in the order of its bytes; what begins another comes before it, whatever follows."""
    return text.encode(errors="surrogatepass") + b"\0"


def numbers_key(numbers: Iterable[str]) -> bytes:
    """Numbers one after another; of two lists that begin alike the shorter comes first."""
    return b"".join([b"\1" + number_key(digits) for digits in numbers]) + b"\0"


def without_trailing_zeros(numbers: list[str]) -> list[str]:
    """`1.0` is `1`: the same numbers, without the zeros at their end."""
    end = len(numbers)
    while end and not numbers[end - 1].strip("0"):
        end -= 1
    return numbers[:end]
