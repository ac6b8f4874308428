"""Java packages: Maven's order."""

from __future__ import annotations

import re

from nephoscope.scan.ecosystem import ecosystem
from nephoscope.scan.version_key import number_key, text_key

_TOKENS = re.compile(r"([.-]?)([0-9]+|[^0-9.-]+|)")
_BEFORE = {"alpha": b"\0", "beta": b"\1", "milestone": b"\2", "rc": b"\3", "cr": b"\3", "snapshot": b"\4"}
_SHORT = {"a": "alpha", "b": "beta", "m": "milestone"}  # before a digit
_RELEASE = ("", "final", "ga", "release")
_QUALIFIER, _ZEROS, _END, _LATER, _HYPHEN_NUMBER, _DOT_NUMBER = (bytes((tag,)) for tag in range(1, 7))
_DOT_ZERO = _DOT_NUMBER + number_key("")


def release(text: str) -> str:
    """Nothing: the address of a repository does not change what a coordinate means."""
    return ""


@ecosystem("Maven", release=release)
def maven(version: str) -> bytes | None:
    """Numbers and words, divided by dots, hyphens and where digits meet letters; None for an empty text.

    A version that ends in the middle ends in zeros: `1.0.rc` comes before `1`, `1.0.1` after it.
    Limits: Maven's own comparison has cycles, which no order can follow; the tests name the pairs.
    Order: 1-alpha-1 = 1a1 < 1-beta < 1-rc1 = 1-cr1 < 1-SNAPSHOT < 1 = 1.0.0 = 1.0.Final < 1-sp < 1-foo
        < 1-1 < 1.0.1 < 1.10
    Source: https://maven.apache.org/pom.html#version-order-specification
    """
    if not version:
        return None
    first, *others = _trimmed(_tokens(version.lower()))
    keys = [_token_key(*first)]
    zeros = 0
    for mark, text in others:
        if mark == "." and not text.strip("0"):
            zeros += 1
        elif zeros and text in _BEFORE:
            keys.append(_ZEROS + number_key(str(zeros)) + _token_key(mark, text))
            zeros = 0
        else:
            keys += [_DOT_ZERO] * zeros
            keys.append(_token_key(mark, text))
            zeros = 0
    return b"".join(keys) + _END


def _tokens(version: str) -> list[tuple[str, str]]:
    """[(separator, number or word)]; an empty token is 0.

    Where a digit and a letter meet is a hyphen, and so is the dot before a word that ends there or at the end.
    """
    found = [(mark, text) for mark, text in _TOKENS.findall(version) if mark or text]
    tokens: list[tuple[str, str]] = [("", "0")] if found[0][0] else []
    for (mark, text), (mark_after, text_after) in zip(found, [*found[1:], ("", "")], strict=True):
        is_word = text != "" and not _is_number(text)
        if is_word and not mark_after:
            mark = "-"
            text = _SHORT.get(text, text) if text_after else text
        tokens.append((mark or "-", text or "0"))
    return tokens


def _trimmed(tokens: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Without the nulls (0, the words for a release) at the end and before each hyphen; the first token stays."""
    kept: list[tuple[str, str]] = []
    at_end = True
    for mark, text in reversed(tokens[1:]):
        if at_end and (text in _RELEASE or not text.strip("0")):
            continue
        at_end = mark == "-"
        kept.append((mark, text))
    return [*tokens[:1], *reversed(kept)]


def _token_key(mark: str, text: str) -> bytes:
    if _is_number(text):
        return (_HYPHEN_NUMBER if mark == "-" else _DOT_NUMBER) + number_key(text)
    if text in _RELEASE:
        return _END
    key = (
        _QUALIFIER + _BEFORE[text] if text in _BEFORE else _LATER + (b"\0" if text == "sp" else b"\1" + text_key(text))
    )
    return key + (b"\1" if mark == "-" else b"\0")


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()
