"""Alpine and others with apk: apk-tools' order."""

from __future__ import annotations

import re

from nephoscope.scan.ecosystem import ecosystem
from nephoscope.scan.version_key import number_key, text_key

_SUFFIXES = ("alpha", "beta", "pre", "rc", "cvs", "svn", "git", "hg", "p")
_BEFORE_RELEASE = 4  # alpha, beta, pre and rc
_PRE, _WRONG, _END, _REVISION, _HASH, _SUFFIX_NUMBER, _SUFFIX, _LETTER, _DIGITS = (
    bytes((tag,)) for tag in range(1, 10)
)
_START = re.compile(r"[0-9]+")
_TOKEN = re.compile(
    r"\.(?P<digits>[0-9]*)|(?P<letter>[a-z])(?P<number>[0-9]*)"
    r"|_(?P<suffix>alpha|beta|pre|rc|cvs|svn|git|hg|p)(?P<suffix_number>[0-9]*)"
    r"|~(?P<hash>[0-9a-f]+)|-r(?P<revision>[0-9]+|(?=-|$))"
)
_RANKS = {"digits": 0, "letter": 1, "suffix": 2, "hash": 3, "revision": 4}  # may only rise, save digits and suffixes


def release(text: str) -> str:
    """`3.19` for `v3.19` and for `3.19.1`; `edge` and a product's name stay."""
    number = text.removeprefix("v")
    parts = number.split(".")
    return ".".join(parts[:2]) if parts[0].isdigit() else text


@ecosystem("Alpine", "Alpaquita", "BellSoft Hardened Containers", release=release, by_source=True, has_releases=True)
def alpine(version: str) -> bytes | None:
    """digits{.digits}[letter]{_suffix[number]}[~hash][-rN], as apk-tools 3 orders it.

    What follows the first thing that is not of this form counts alike, and before the same without it. None for a
    text that begins with neither digit, letter nor dot.
    Order: 1.2_alpha < 1.2_rc1 < 1.2 < 1.2-r1 < 1.2-r10 < 1.2_p1 < 1.2a < 1.2.01 < 1.2.1
    Refuses: - ~1
    Source: apk-package(5); `apk_version_compare` of apk-tools.
    """
    found = _START.match(version)
    if not found and not re.match(r"[a-z]|\.[0-9]", version):
        return None
    keys = [_DIGITS + number_key(found.group())] if found else [_WRONG]
    at = found.end() if found else 0
    rank = 0
    while at < len(version):
        token = _TOKEN.match(version, at)
        kind = next((name for name in _RANKS if token and token.group(name) is not None), "")
        if not token or _RANKS[kind] < rank or (_RANKS[kind] == rank and kind not in ("digits", "suffix")):
            return b"".join([*keys, _WRONG])
        rank = _RANKS[kind]
        keys.append(_token_key(kind, token))
        at = token.end()
    return b"".join([*keys, _END])


def _token_key(kind: str, token: re.Match[str]) -> bytes:
    text = token.group(kind)
    if kind == "digits":
        return _digits_key(text)
    if kind == "letter":
        number = token.group("number")
        return _LETTER + text.encode() + (_SUFFIX_NUMBER + number_key(number) if number else b"")
    if kind == "suffix":
        rank = _SUFFIXES.index(text)
        number = token.group("suffix_number")
        key = (_PRE if rank < _BEFORE_RELEASE else _SUFFIX) + bytes((rank,))
        return key + (_SUFFIX_NUMBER + number_key(number) if number else b"")
    return _HASH + text_key(text) if kind == "hash" else _REVISION + number_key(text)


def _digits_key(text: str) -> bytes:
    """A number after a dot; one with a leading zero is a fraction: it comes first, in the order of its text."""
    if not text:
        return _WRONG
    return _DIGITS + (b"\0" + text_key(text) if text[0] == "0" else b"\1" + number_key(text))
