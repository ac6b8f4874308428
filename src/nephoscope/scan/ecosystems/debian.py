"""Debian: dpkg's order."""

from __future__ import annotations

import re

from nephoscope.scan.ecosystem import ecosystem
from nephoscope.scan.version_key import number_key

_PAIRS = re.compile(r"([^0-9]*)([0-9]*)")
_LARGEST_EPOCH = 2**31 - 1
_END = "\2"


def _weight(code: int) -> str:
    """A byte's place among those that are no digits: ~, the end (2), letters, bytes above ASCII, other signs."""
    char = chr(code)
    if char == "~":
        return "\1"
    if char.isascii() and char.isalpha():
        return char
    return ("\x81" if char.isascii() else "\x80") + char


_WEIGHTS = {code: _weight(code) for code in range(256)}


def part_key(part: str) -> bytes:
    """An upstream version or a revision: texts and numbers by turns; a missing number is zero.

    Source: deb-version(7); `verrevcmp` of dpkg.
    """
    if not part.isascii():
        part = part.encode(errors="surrogatepass").decode("latin-1")
    keys: list[bytes] = []
    for text, digits in _PAIRS.findall(part or "0"):
        keys.append((text.translate(_WEIGHTS) + _END).encode("latin-1") if text else b"\2")
        keys.append(number_key(digits))
    return b"".join(keys)


def release(text: str) -> str:
    """`12` for `12.5`."""
    return text.partition(".")[0]


@ecosystem("Debian", release=release, by_source=True, has_releases=True)
def debian(version: str) -> bytes | None:
    """[epoch:]upstream[-revision], as `dpkg --compare-versions` orders it; None for what it refuses.

    Order: 1.0~rc1-1 < 1.0 = 0:1.0-0 < 1.0-1 < 1.0-1+deb12u1 < 1.0a < 1.0+dfsg < 1.10 < 1:0.1
    Refuses: 1: 1- a:1
    Source: deb-version(7).
    """
    epoch, colon, rest = version.partition(":")
    if not colon:
        epoch, rest = "0", version
    epoch = epoch.removeprefix("+")
    upstream, hyphen, revision = rest.rpartition("-")
    if not hyphen:
        upstream, revision = rest, "0"
    is_number = epoch.isascii() and epoch.isdigit() and len(epoch) <= 64 and int(epoch) <= _LARGEST_EPOCH
    if not (is_number and upstream and revision):
        return None
    return number_key(epoch) + part_key(upstream) + part_key(revision)
