"""Alpine's security database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nephoscope.model.errors import SourceError
from nephoscope.scan.feed import feed
from nephoscope.scan.secdb import advisories, branch_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nephoscope.model.advisory import Advisory
    from nephoscope.model.coverage import Gap


@feed
def alpine_secdb(content: bytes, origin: str) -> Iterator[Advisory | Gap]:
    """One branch and repository of Alpine as JSON: package → version → the vulnerabilities that it fixes.

    Limits: it lists fixes only; what is not fixed is in no file of it.
    Source: https://secdb.alpinelinux.org/
    """
    branch = branch_of(content, origin, "Alpine's security database")
    if not branch.distroversion:
        raise SourceError(origin, "names no distroversion, so that its packages belong nowhere")
    yield from advisories(branch, f"Alpine:{branch.distroversion}", "ALPINE", origin)
