"""Where a repository of RPMs has its `updateinfo.xml`: a list of mirrors → `repomd.xml` → its place and digest.

Source: https://github.com/rpm-software-management/createrepo_c, `repomd.c`
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from nephoscope.model.errors import SourceError
from nephoscope.scan.markup import elements, text_of

_PLACE = re.compile(r"repodata/[A-Za-z0-9._-]+")
_DIGEST = re.compile(r"[0-9a-f]{64}")


def base_of(content: bytes, url: str) -> str:
    """The first repository of a list of mirrors on the host that gave the list, with a slash at its end.

    Raises SourceError if there is none: another host was not chosen by anybody here.
    """
    for line in content.decode(errors="replace").split():
        parts = urlsplit(line)
        if (parts.scheme, parts.netloc) == urlsplit(url)[:2]:
            return line.rstrip("/") + "/"
    raise SourceError(url, "names no repository on its own host")


def updateinfo_of(content: bytes, url: str) -> tuple[str, str]:
    """(its place below the repository, its SHA-256). Raises SourceError if a repomd.xml names none."""
    for _, data in elements(content, url, 1):
        if data.tag != "data" or data.get("type") != "updateinfo":
            continue
        location, checksum = data.find("location"), data.find("checksum")
        place = location.get("href", "") if location is not None else ""
        digest = text_of(checksum)
        is_sha256 = checksum is not None and checksum.get("type") == "sha256" and _DIGEST.fullmatch(digest)
        if _PLACE.fullmatch(place) and is_sha256:
            return place, digest
    raise SourceError(url, "names no updateinfo with a place and a SHA-256")
