"""Ecosystems that follow Semantic Versioning 2.0."""

from __future__ import annotations

import re

from nephoscope.scan.ecosystem import ecosystem
from nephoscope.scan.version_key import number_key, numbers_key, text_key, without_trailing_zeros

_FORM = re.compile(r"[vV]?([0-9]+(?:\.[0-9]+)*)(?:-([0-9A-Za-z.-]+))?(?:\+([0-9A-Za-z.+_~-]*))?")
_END, _NUMBER, _TEXT = b"\0", b"\1", b"\2"
_PRERELEASE, _RELEASE = b"\1", b"\2"


def semver_key(version: str, *, with_build: bool = False) -> bytes | None:
    """numbers[-prerelease][+build]: a missing number is 0, more than three count too, a leading `v` does not.

    with_build: order by the build as well, which SemVer leaves out. None for what is not of this form.
    Source: https://semver.org/spec/v2.0.0.html#spec-item-11
    """
    found = _FORM.fullmatch(version)
    if found is None:
        return None
    numbers, prerelease, build = found.groups()
    key = numbers_key(without_trailing_zeros(numbers.split(".")))
    key += _PRERELEASE + _identifiers_key(prerelease) if prerelease is not None else _RELEASE
    return key + _identifiers_key(build) if with_build and build else key + _END if with_build else key


def _identifiers_key(text: str) -> bytes:
    """Numbers before texts; of two lists that begin alike the shorter comes first."""
    return (
        b"".join([_NUMBER + number_key(each) if each.isdigit() else _TEXT + text_key(each) for each in text.split(".")])
        + _END
    )


@ecosystem("Bitnami", "crates.io", "Hex", "Julia", "Kubernetes", "Linux", "npm", is_semver=True)
def semver(version: str) -> bytes | None:
    """numbers[-prerelease][+build], without regard to the build.

    Order: 1.0.0-1 < 1.0.0-alpha < 1.0.0-alpha.1 < 1.0.0-beta.2 < 1.0.0-beta.11 < v1.0.0 = 1.0 = 1.0.0+build < 1.10.0
    Refuses: 1.x latest
    """
    return semver_key(version)
