"""Decoded JSON of others: what is of another shape than it should be reads as empty."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

LONGEST = 4_000  # characters of a text


def text(value: Any) -> str:
    """A text from outside, without space around it; empty for anything else."""
    return value.strip()[:LONGEST] if isinstance(value, str) else ""


def mapping(value: Any) -> Mapping[str, Any]:
    """An object; an empty one for anything else."""
    return cast("Mapping[str, Any]", value) if isinstance(value, dict) else {}


def items(value: Any) -> Sequence[Any]:
    """A list; an empty one for anything else."""
    return cast("Sequence[Any]", value) if isinstance(value, list) else ()


def mappings(value: Any) -> Iterator[Mapping[str, Any]]:
    """The objects of a list."""
    yield from (mapping(each) for each in items(value) if isinstance(each, dict))


def texts(value: Any) -> tuple[str, ...]:
    """The texts of a list that are not empty."""
    return tuple(found for each in items(value) if (found := text(each)))
