"""PHP packages: PHP's `version_compare`, which Composer uses."""

from __future__ import annotations

import re

from nephoscope.scan.ecosystem import ecosystem
from nephoscope.scan.version_key import number_key

_FORM = re.compile(r"v?[0-9].*")
_PARTS = re.compile(r"[0-9]+|[^0-9.+_#-]+")
_WORDS = {"dev": b"\2", "a": b"\3", "b": b"\4", "rc": b"\5", "p": b"\x08"}  # by how they begin
_OTHER, _END, _NUMBER = b"\1", b"\6", b"\7"


@ecosystem("Packagist", package_name=str.lower)
def packagist(version: str) -> bytes | None:
    """Numbers and words in turn: other words, dev, alpha, beta, RC, the end, numbers, patch levels.

    None for what does not begin with a digit, such as a branch (`dev-main`).
    Order: 1.0-dev < 1.0-alpha2 = 1.0a2 < 1.0-beta < 1.0RC1 < v1.0 < 1.0.0 < 1.0-p1 < 1.1
    Refuses: dev-main
    Source: https://www.php.net/manual/function.version-compare.php
    """
    text = version.lower()
    if not _FORM.fullmatch(text):
        return None
    return b"".join([_part_key(part) for part in _PARTS.findall(text.removeprefix("v"))]) + _END


def _part_key(part: str) -> bytes:
    if part[0] in "0123456789":
        return _NUMBER + number_key(part)
    return next((key for start, key in _WORDS.items() if part.startswith(start)), _OTHER)
