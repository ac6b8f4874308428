"""Vulnerabilities as rows for people: by vulnerability, by the package that an upgrade mends, by target."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from nephoscope.scan.judge import NOWHERE, Judge
from nephoscope.scan.report import primary

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from nephoscope.scan.priority import Surroundings
    from nephoscope.store.packages import Look, Target, Vulnerability

SEVERITIES = ("critical", "high", "medium", "low", "informational", "unknown")


def by_vulnerability(
    chosen: Sequence[tuple[int, Vulnerability]],
    held: Mapping[int, Sequence[Target]],
    dated: Mapping[str, str],
    judge: Judge | None = None,
    worst: Mapping[int, Surroundings] | None = None,
) -> list[dict[str, Any]]:
    """A row for each package version and vulnerability, the highest priority first; advisories of one CVE are one.

    dated: {feed: of when its newest advisory is}, so that each row says how old what it rests on is. worst: the
    surroundings that make most of a package version, of all the targets that hold it.
    """
    judge, worst = judge or Judge(), worst or {}
    alike: dict[tuple[int, str], list[Vulnerability]] = {}
    for number, each in chosen:
        alike.setdefault((number, primary(each.advisory, each.aliases)), []).append(each)
    rows = [
        {
            "severity": gravest(said),
            "vulnerability": name,
            "package": said[0].package.name,
            "version": said[0].package.version,
            "ecosystem": said[0].package.ecosystem,
            "fixed": ", ".join(sorted({each.fixed for each in said if each.fixed})),
            "states": sorted({each.state for each in said if each.state}),
            "advisories": sorted({each.advisory for each in said}),
            "aliases": sorted({alias for each in said for alias in each.aliases}),
            "feeds": sorted({each.feed for each in said}),
            "feed_dates": {each.feed: dated.get(each.feed, "") for each in said},
            "found_at": min(each.found_at for each in said),
            "targets": len(held[number]),
            "on": [target.id for target in held[number]],
        }
        | judge.of(said, gravest(said), worst.get(number, NOWHERE))
        for (number, name), said in alike.items()
    ]
    return sorted(rows, key=lambda row: (-row["priority"], SEVERITIES.index(row["severity"]), row["vulnerability"]))


def gravest(said: Iterable[Vulnerability]) -> str:
    """The gravest word of several advisories of one vulnerability."""
    return min((each.severity for each in said), key=SEVERITIES.index)


def by_package(
    chosen: Sequence[tuple[int, Vulnerability]], held: Mapping[int, Sequence[Target]]
) -> list[dict[str, Any]]:
    """A row for each package version that an upgrade would mend, the most severe first."""
    rows: list[dict[str, Any]] = []
    for number in dict.fromkeys(number for number, _ in chosen):
        said = [each for known, each in chosen if known == number]
        package = said[0].package
        rows.append(
            {"package": package.name, "version": package.version, "ecosystem": package.ecosystem}
            | {"fixed": ", ".join(sorted({each.fixed for each in said if each.fixed}))}
            | counted(said)
            | {"targets": len(held[number]), "on": [target.id for target in held[number]]}
        )
    return sorted(rows, key=lambda row: (-row["critical"], -row["high"], row["package"], row["version"]))


def by_target(
    chosen: Sequence[tuple[int, Vulnerability]], held: Mapping[int, Sequence[Target]], looks: Iterable[Look]
) -> list[dict[str, Any]]:
    """A row for each target, also for those without any."""
    of: defaultdict[Target, list[Vulnerability]] = defaultdict(list)
    for number, each in chosen:
        for target in held[number]:
            of[target].append(each)
    rows = [
        {"target": one.id, "type": one.type, "account": one.account, "region": one.region, "name": one.name}
        | counted(of[one])
        | {"looked_at": look.at, "looked_by": look.by, "cause": look.cause}
        for look in looks
        for one in (look.target,)
    ]
    return sorted(rows, key=lambda row: (-row["critical"], -row["high"], -row["vulnerabilities"], row["target"]))


def counted(said: Iterable[Vulnerability]) -> dict[str, int]:
    """Vulnerabilities by severity, each counted once however many advisories it has."""
    worst: dict[str, str] = {}
    for each in said:
        name = primary(each.advisory, each.aliases)
        worst[name] = min(worst.get(name, "unknown"), each.severity, key=SEVERITIES.index)
    counts = {severity: list(worst.values()).count(severity) for severity in SEVERITIES}
    return counts | {"vulnerabilities": len(worst)}
