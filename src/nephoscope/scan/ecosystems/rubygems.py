"""Ruby gems."""

from __future__ import annotations

import re

from nephoscope.scan.ecosystem import ecosystem
from nephoscope.scan.version_key import number_key, text_key

_FORM = re.compile(r"[0-9][0-9A-Za-z]*(?:\.[0-9A-Za-z]+)*(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?")
_SEGMENTS = re.compile(r"[0-9]+|[A-Za-z]+")
_BEFORE, _END, _AFTER = b"\1", b"\2", b"\3"
_INVERTED = bytes(range(255, -1, -1))


@ecosystem("RubyGems")
def rubygems(version: str) -> bytes | None:
    """Numbers and words in turn; a word comes before any number, a missing number is 0.

    So each number or word is written with the run of zeros before it: after the more zeros a word comes, the later;
    a number the earlier.
    Order: 1.0.a.1 = 1.0.a1 < 1.0.a.2 < 1.0.b1 < 1 = 1.0.0 < 1.0.1.pre < 1.0.1 < 1.10
    Refuses: x1
    Source: `Gem::Version#<=>`.
    """
    if not _FORM.fullmatch(version):
        return None
    keys: list[bytes] = []
    zeros = 0
    is_number = True  # zeros at the end of the numbers before the first word do not count
    for segment in _SEGMENTS.findall(version.replace("-", ".pre.")):
        if segment[0].isdigit() and not segment.strip("0"):
            zeros += 1
            continue
        if segment[0].isdigit():
            keys.append(_AFTER + number_key(str(zeros)).translate(_INVERTED) + number_key(segment))
        else:
            zeros = 0 if is_number else zeros
            is_number = False
            keys.append(_BEFORE + number_key(str(zeros)) + text_key(segment))
        zeros = 0
    return b"".join(keys) + _END
