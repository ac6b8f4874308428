"""`updateinfo.xml`, as repositories of RPMs have it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nephoscope.model.advisory import Advisory, Affected, Score
from nephoscope.model.coverage import Gap
from nephoscope.model.errors import SourceError
from nephoscope.scan.feed import affected, feed, specifics
from nephoscope.scan.markup import elements, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.etree.ElementTree import Element

# What a bulletin's id begins with → the ecosystem; the release is in its packages' versions.
_PUBLISHERS = {"ALAS": "Amazon Linux", "ALSA": "AlmaLinux", "ELSA": "Oracle Linux", "RLSA": "Rocky Linux"}
_RELEASE = re.compile(r"[._](?:amzn|el)(?P<release>[0-9]+)")
_AMI = {"1": "2018.03"}
_BY_SOURCE = ("Rocky Linux",)
SECURITY = "security"


@feed
def updateinfo(content: bytes, origin: str) -> Iterator[Advisory | Gap]:
    """A repository's bulletins (Amazon Linux, AlmaLinux, Rocky Linux, Oracle Linux), with epochs and module streams.

    Limits: those of the kind `security` alone; fixes only.
    Source: https://docs.pulpproject.org/pulp_rpm/ (the format has no specification); createrepo_c, `updateinfo.c`
    """
    found = False
    for _, update in elements(content, origin, 1):
        if update.tag != "update":
            continue
        found = True
        id = text_of(update.find("id"))
        ecosystem = _PUBLISHERS.get(id[:4])
        if update.get("type") != SECURITY:
            continue
        if ecosystem is None:
            yield Gap("record", f"{origin}: {id[:100]}", "is of a publisher that is not known here")
        else:
            yield _advisory(update, id, ecosystem) or Gap("record", f"{origin}: {id}", "names no package of a release")
    if not found:
        raise SourceError(origin, "is no file of updateinfo: it holds no update")


def _advisory(update: Element, id: str, ecosystem: str) -> Advisory | None:
    packages = list(_packages(update, ecosystem))
    if not packages:
        return None
    dates = [date for name in ("issued", "updated") if (date := _attribute(update.find(name), "date"))]
    word = text_of(update.find("severity"))
    cves = [each.get("id", "") for each in update.iter("reference") if each.get("type") == "cve"]
    return Advisory(
        id,
        max(dates, default="").replace(" ", "T"),
        related=list(dict.fromkeys(filter(None, cves))),
        summary=text_of(update.find("title")),
        severity=[Score(ecosystem, word)] if word else None,
        affected=packages,
    )


def _packages(update: Element, ecosystem: str) -> Iterator[Affected]:
    names = "binary" if ecosystem in _BY_SOURCE else ""
    fixes: dict[tuple[str, str, str, str], None] = {}
    for collection in update.iter("collection"):
        module = collection.find("module")
        stream = f"{_attribute(module, 'name')}:{_attribute(module, 'stream')}" if module is not None else ""
        for package in collection.iter("package"):
            name, version, release = (package.get(key, "") for key in ("name", "version", "release"))
            said = _RELEASE.search(f".{release}")
            if name and version and said and package.get("arch") != "src":
                epoch = package.get("epoch") or "0"
                full = f"{epoch}:{version}-{release}" if epoch != "0" else f"{version}-{release}"
                number = _AMI.get(said["release"], said["release"])
                fixes[f"{ecosystem}:{number}", name, full, stream] = None
    for where, name, fixed, stream in fixes:
        yield affected(where, name, fixed, specific=specifics(package=names, module=stream))


def _attribute(element: Element | None, name: str) -> str:
    return element.get(name, "") if element is not None else ""
