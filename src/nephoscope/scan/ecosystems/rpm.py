"""Red Hat and others with RPM: rpm's order."""

from __future__ import annotations

import re

from nephoscope.scan.ecosystem import ecosystem
from nephoscope.scan.version_key import number_key, text_key

_SEGMENTS = re.compile(r"[0-9]+|[A-Za-z]+|~|\^")
_EPOCH = re.compile(r"([0-9]*):")
_TILDE, _END, _CARET, _TEXT, _NUMBER = b"\1", b"\2", b"\3", b"\4", b"\5"


def part_key(part: str) -> bytes:
    """A version or a release: `~` before the end, the end before `^`, then letters, then numbers.

    Source: rpm-version(7); rpmvercmp.
    """
    keys: list[bytes] = []
    for segment in _SEGMENTS.findall(part):
        if segment[0].isdigit():
            keys.append(_NUMBER + number_key(segment))
        elif segment == "~":
            keys.append(_TILDE)
        else:
            keys.append(_CARET if segment == "^" else _TEXT + text_key(segment))
    return b"".join(keys) + _END


def release(text: str) -> str:
    """`9` for `9.3`."""
    major, _, minor = text.partition(".")
    return major if major.isdigit() and minor.isdigit() else text


@ecosystem(
    "AlmaLinux",
    "Amazon Linux",
    "Azure Linux",
    "openEuler",
    "Oracle Linux",
    "Photon OS",
    release=release,
    has_releases=True,
)
def rpm(version: str) -> bytes | None:
    """[epoch:]version[-release]; a missing epoch is 0.

    Limits: a version without a release comes before the same with one, which rpm takes for equal.
    Order: 1.0~rc1-1 < 1.0-1.el8 < 1.0-1.el9 < 1.0-2 < 1.0^git1-1 < 1.0.1-1 < 1.10-1 < 1:0.1-1
    Source: rpm-version(7); parseEVR and rpmvercmp of rpm.
    """
    epoch = "0"
    if found := _EPOCH.match(version):
        epoch, version = found.group(1), version[found.end() :]
    number, hyphen, release_part = version.rpartition("-")
    if not hyphen:
        number, release_part = version, ""
    return number_key(epoch) + part_key(number) + part_key(release_part)
