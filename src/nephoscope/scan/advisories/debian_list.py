"""Debian's lists of its advisories (DSA, DLA)."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING

from nephoscope.model.advisory import Advisory, Affected
from nephoscope.model.coverage import Gap
from nephoscope.model.errors import SourceError
from nephoscope.scan.advisories.debian_tracker import RELEASES
from nephoscope.scan.feed import affected, feed

if TYPE_CHECKING:
    from collections.abc import Iterator

OLDER = {"woody": "3.0", "sarge": "3.1", "etch": "4", "lenny": "5"}
_HEAD = re.compile(r"\[(?P<date>[0-9]{1,2} [A-Z][a-z]{2} [0-9]{4})\] (?P<id>D[SL]A-[0-9]+(?:-[0-9]+)?) (?P<title>.*)")
_CVE = re.compile(r"CVE-[0-9]{4}-[0-9]{4,}")
_FIX = re.compile(r"\s+\[(?P<release>[a-z]+)\] - (?P<package>\S+) (?P<version>[0-9]\S*).*")


@feed
def debian_list(content: bytes, origin: str) -> Iterator[Advisory | Gap]:
    """`data/DSA/list` or `data/DLA/list` of Debian's tracker: each advisory with its CVEs and fixed source packages.

    Limits: fixes only; `debian_tracker` also has what is open. Announcements, which fix no package, are left out.
    Source: https://salsa.debian.org/security-tracker-team/security-tracker/-/tree/master/data
    """
    text = content.decode(errors="replace")
    heads = list(_HEAD.finditer(text))
    if not heads:
        raise SourceError(origin, "is no file of Debian's advisories: it names none")
    for head, after in zip(heads, [*heads[1:], None], strict=True):
        below = text[head.end() : after.start() if after else len(text)]
        packages: list[Affected] = []
        for fix in filter(None, map(_FIX.fullmatch, below.splitlines())):
            release = (RELEASES | OLDER).get(fix["release"])
            if release is None:
                yield Gap("record", f"{origin}: {head['id']}", f"the release {fix['release']} is not known here")
            else:
                packages.append(affected(f"Debian:{release}", fix["package"], fix["version"]))
        if packages:
            cves = list(dict.fromkeys(_CVE.findall(below)))
            yield Advisory(head["id"], _day(head["date"]), upstream=cves, summary=head["title"], affected=packages)


def _day(text: str) -> str:
    try:
        return datetime.strptime(text, "%d %b %Y").date().isoformat()  # noqa: DTZ007  a day, in no zone
    except ValueError:
        return ""
