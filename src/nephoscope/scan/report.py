"""What is wrong with a target's packages → findings, one for each vulnerability of each source package."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nephoscope.model.finding import Finding, Kind, ResourceRef, Severity
from nephoscope.scan.kernel import told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime
    from typing import Any

    from nephoscope.model.package import Package

UNKNOWN = "unknown"  # severity of an advisory that gives none
REMEDIES = {
    "will not fix": "the publisher will not fix it",
    "end of life": "the release is supported no more",
    "subscription": "for subscribers of the publisher alone",
    "deferred": "the publisher has put it off",
    "investigating": "the publisher still looks into it",
}


@dataclass(frozen=True)
class Known:
    """A package version that an advisory names, and when what feed said so."""

    package: Package
    advisory: str
    aliases: tuple[str, ...]
    fixed: str
    severity: str
    feed: str
    feed_at: str
    found_at: datetime
    related: tuple[str, ...] = ()
    cvss: str = ""
    state: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """By what else is known of it can be found, CVE ids above all."""
        return (self.advisory, *self.aliases, *self.related)


def primary(advisory: str, aliases: Iterable[str]) -> str:
    """The name under which two advisories are one vulnerability: its CVE's, if it has exactly one.

    >>> primary("GHSA-xxxx", ["CVE-2024-1", "PYSEC-2024-2"])
    'CVE-2024-1'
    >>> primary("DSA-5417-1", ["CVE-2023-1", "CVE-2023-2"])
    'DSA-5417-1'
    """
    cves = {each for each in (advisory, *aliases) if each.startswith("CVE-")}
    return cves.pop() if len(cves) == 1 else advisory


def findings(
    resource: ResourceRef,
    known: Iterable[Known],
    at_least: Severity,
    at: datetime,
    judged: Callable[[Sequence[Known], str], Mapping[str, Any]],
    running: str = "",
) -> list[Finding]:
    """The findings of a target.

    judged: the priority of what several advisories say, by their gravest word. at_least: what is less severe makes
    none; unknown severity counts as medium. running: the release of the kernel that runs there, so that one that is
    installed and does not run is told as such.
    """
    grouped: defaultdict[tuple[str, str, str], list[Known]] = defaultdict(list)
    for each in known:
        package = each.package
        grouped[primary(each.advisory, each.aliases), package.ecosystem, package.source or package.name].append(each)
    found = [_finding(resource, key, alike, at, judged, running) for key, alike in sorted(grouped.items())]
    return [finding for finding in found if finding.severity.rank >= at_least.rank]


def _finding(
    resource: ResourceRef,
    key: tuple[str, str, str],
    alike: list[Known],
    at: datetime,
    judged: Callable[[Sequence[Known], str], Mapping[str, Any]],
    running: str,
) -> Finding:
    name, ecosystem, source = key
    versions = sorted({each.package.version for each in alike})
    fixed = sorted({each.fixed for each in alike if each.fixed})
    states = sorted({each.state for each in alike if each.state})
    severity = max((severity_of(each.severity) for each in alike), key=lambda one: one.rank)
    ends = f"fixed in {', '.join(fixed)}" if fixed else "no version that fixes it is known"
    ends += f" ({', '.join(REMEDIES.get(each, each) for each in states)})" if states else ""
    kernel = told((each.package for each in alike), running)
    about = f"; of this kernel: {kernel}" if kernel else ""
    return Finding(
        kind=Kind.VULNERABILITY,
        rule=name,
        title=f"{name} in {source} {', '.join(versions)}",
        severity=severity,
        subject=(resource.account, resource.region, resource.type, resource.id, name, ecosystem, source),
        time=at,
        reason=f"{source} {', '.join(versions)}: {ends}{about}",
        resource=resource,
        detail={
            "ecosystem": ecosystem,
            "source": source,
            "packages": sorted({f"{each.package.name} {each.package.version}" for each in alike}),
            "fixed": fixed,
            "advisories": sorted({each.advisory for each in alike}),
            "aliases": sorted({alias for each in alike for alias in each.aliases}),
            "severity": sorted({each.severity for each in alike}),
            "states": states,
            "feeds": {each.feed: each.feed_at for each in alike},
            **({"kernel": kernel, "running_kernel": running} if kernel else {}),
            **judged(alike, severity),
        },
    )


def severity_of(word: str) -> Severity:
    """A word as a severity; what is unknown is medium, so that it is neither hidden nor first."""
    try:
        return Severity(word)
    except ValueError:
        return Severity.MEDIUM
