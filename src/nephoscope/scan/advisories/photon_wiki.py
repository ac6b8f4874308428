"""Photon OS's advisories as pages of its wiki."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nephoscope.model.advisory import Advisory, Score
from nephoscope.model.errors import SourceError
from nephoscope.scan.feed import feed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nephoscope.model.coverage import Gap

_ID = re.compile(r"Advisory Id\s*:\s*(PHSA-[0-9]{4}-(?:[0-9.]+-)?[0-9]+)")
_DATE = re.compile(r"Issue date\s*:\s*([0-9]{4}-[0-9]{2}-[0-9]{2})")
_TITLE = re.compile(r"# (Critical|High|Important|Moderate|Low) Photon OS")
_CVE = re.compile(r"CVE-[0-9]{4}-[0-9]{4,}")


@feed
def photon_wiki(content: bytes, origin: str) -> Iterator[Advisory | Gap]:
    """One page: which vulnerabilities an advisory mends, when, and how grave they are.

    Limits: it names packages without versions, so nothing is matched by it; `photon` has the versions.
    Source: https://github.com/vmware/photon/wiki/Security-Advisories
    """
    text = content.decode(errors="replace")
    id, date, title = _ID.search(text), _DATE.search(text), _TITLE.search(text)
    if id is None:
        raise SourceError(origin, "is no file of Photon's advisories: it has no advisory id")
    severity = [Score("Photon", title[1])] if title else None
    cves = list(dict.fromkeys(_CVE.findall(text)))
    yield Advisory(id[1], date[1] if date else "", related=cves, severity=severity)
