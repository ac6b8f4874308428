"""Texts from outside, made fit for where they are shown."""

from __future__ import annotations

MORE = "…"
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", *"\uff1d\uff0b\uff0d\uff20")  # the last are wide ones


def one_line(text: object, limit: int = 1_000) -> str:
    """A text on one line, at most so long, without what steers a terminal or turns writing around."""
    joined = " ".join(str(text).split())
    return cut("".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in joined), limit)


def lines(text: object, limit: int) -> str:
    """The same, but its lines stay lines."""
    return cut("\n".join(one_line(line, limit) for line in str(text).splitlines()), limit)


def cut(text: str, limit: int) -> str:
    """At most so many characters; what was cut off is shown to be missing."""
    return text if len(text) <= limit else text[: limit - 1] + MORE


def cut_bytes(text: str, limit: int) -> bytes:
    """At most so many bytes of UTF-8, never half of a character."""
    encoded = text.encode(errors="replace")
    return encoded if len(encoded) <= limit else encoded[:limit].decode(errors="ignore").encode()


def without_formula(text: str) -> str:
    """Text that no spreadsheet takes for a formula. Source: OWASP, CSV Injection."""
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA) else text
