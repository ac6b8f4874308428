"""Debian's security tracker."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from nephoscope.model.advisory import Advisory, Affected, AffectedPackage, Score
from nephoscope.model.coverage import Gap
from nephoscope.model.errors import SourceError
from nephoscope.scan.feed import affected, feed, specifics

if TYPE_CHECKING:
    from collections.abc import Iterator

RELEASES = {
    "squeeze": "6",
    "wheezy": "7",
    "jessie": "8",
    "stretch": "9",
    "buster": "10",
    "bullseye": "11",
    "bookworm": "12",
    "trixie": "13",
    "forky": "14",
    "duke": "15",
    "sid": "unstable",
}
NOT_AFFECTED = "0"
END_OF_LIFE = "end-of-life"
STATES = {"ignored": "will not fix", "postponed": "deferred"}


class _Release(msgspec.Struct):
    """status: resolved, open, undetermined. fixed_version: `0` if the release never had the vulnerability.

    nodsa_reason: why there will be no advisory for it: ignored, postponed, or empty for an issue that is minor.
    """

    status: str
    fixed_version: str = ""
    urgency: str = ""
    nodsa_reason: str | None = None


class _Issue(msgspec.Struct):
    releases: dict[str, _Release]


_decode = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode_issues = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode_issue = msgspec.json.Decoder(_Issue).decode


@feed
def debian_tracker(content: bytes, origin: str) -> Iterator[Advisory | Gap]:
    """Debian's tracker as one JSON file: source package → CVE → release → state.

    An open issue affects every version, also where Debian will not fix it, which is told; an undetermined one cannot be
    judged.
    Source: https://security-tracker.debian.org/tracker/data/json
    """
    by_issue: dict[str, list[Affected]] = {}
    unknown: set[str] = set()
    for package, name, issue in _issues(content, origin):
        if isinstance(issue, Gap):
            yield issue
            continue
        unknown |= issue.releases.keys() - RELEASES.keys()
        for release in (each for each in issue.releases if each in RELEASES):
            found = _affected(package, RELEASES[release], issue.releases[release])
            by_issue.setdefault(name, []).extend([found] if found else [])
    for release in sorted(unknown):
        yield Gap("record", f"{origin}: {release}", "this release is not known here, and was left out")
    for name, packages in by_issue.items():
        if packages:
            yield Advisory(f"DEBIAN-{name}", upstream=[name], affected=packages)


def _issues(content: bytes, origin: str) -> Iterator[tuple[str, str, _Issue | Gap]]:
    """(package, CVE, issue or why it is none)"""
    try:
        packages = _decode(content)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise SourceError(origin, f"is no file of Debian's tracker: {error}") from error
    for package, raw in packages.items():
        try:
            issues = _decode_issues(raw)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            yield package, "", Gap("record", f"{origin}: {package}", f"holds no issues: {error}")
            continue
        for name, issue in issues.items():
            yield package, name, _issue(issue, f"{origin}: {package} {name}")


def _issue(raw: msgspec.Raw, where: str) -> _Issue | Gap:
    try:
        return _decode_issue(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        return Gap("record", where, f"is not as Debian's tracker writes it: {error}")


def _affected(package: str, release: str, state: _Release) -> Affected | None:
    """A release's package, if it ever had the vulnerability."""
    severity = Score("Debian", state.urgency.rstrip("*"))
    if state.status == "undetermined":
        return Affected(AffectedPackage(f"Debian:{release}", package), severity=[severity])
    if state.fixed_version == NOT_AFFECTED:
        return None
    said = "" if state.fixed_version else STATES.get(state.nodsa_reason or "", "")
    said = "end of life" if state.urgency.rstrip("*") == END_OF_LIFE else said
    return affected(f"Debian:{release}", package, state.fixed_version, severity, specifics(state=said))
