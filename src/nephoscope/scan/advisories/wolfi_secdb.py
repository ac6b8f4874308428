"""Wolfi's and Chainguard's security databases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nephoscope.model.errors import SourceError
from nephoscope.scan.feed import feed
from nephoscope.scan.secdb import advisories, branch_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nephoscope.model.advisory import Advisory
    from nephoscope.model.coverage import Gap

HOSTS = {"packages.wolfi.dev": "Wolfi", "packages.cgr.dev": "Chainguard", "apk.cgr.dev": "Chainguard"}


@feed
def wolfi_secdb(content: bytes, origin: str) -> Iterator[Advisory | Gap]:
    """One repository of Wolfi or Chainguard as JSON, in the shape of Alpine's; whose it is says its `urlprefix`.

    Limits: it lists fixes only; what is not fixed is in no file of it.
    Source: https://packages.wolfi.dev/os/security.json
    """
    branch = branch_of(content, origin, "a security database of Wolfi or Chainguard")
    host = branch.urlprefix.partition("://")[2].partition("/")[0]
    if host not in HOSTS:
        raise SourceError(origin, f"is of neither Wolfi nor Chainguard: its urlprefix is {branch.urlprefix[:100]!r}")
    yield from advisories(branch, HOSTS[host], HOSTS[host].upper(), origin)
