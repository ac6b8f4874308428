"""Red Hat's security data: its answers about one CVE."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from nephoscope.model.advisory import Advisory, Affected, AffectedPackage, Score
from nephoscope.model.coverage import Gap
from nephoscope.model.errors import SourceError
from nephoscope.scan.feed import affected, feed, lowest, specifics

if TYPE_CHECKING:
    from collections.abc import Iterator

_CPE = re.compile(r"cpe:/[ao]:redhat:([^:]+:[^:]+).*")
_NEVRA = re.compile(r"(?P<name>.+)-(?P<version>(?:[0-9]+:)?[^-:]+-[^-:]+)")
_MODULAR = re.compile(r"(?P<module>[^:/]+:[^:/]+)/(?P<name>[^/]+)")
_STATES = {
    "Affected": "",
    "Fix deferred": "deferred",
    "New": "investigating",
    "Out of support scope": "end of life",
    "Under investigation": "investigating",
    "Will not fix": "will not fix",
}
NOT_AFFECTED = "Not affected"


class _Released(msgspec.Struct):
    """package: `name-epoch:version-release`; a module as a whole (`name:stream:version:context`), or none."""

    cpe: str
    package: str = ""


class _State(msgspec.Struct):
    """package_name: a source package's, or `module:stream/package`."""

    cpe: str
    package_name: str
    fix_state: str


class _Cvss3(msgspec.Struct):
    cvss3_scoring_vector: str = ""


class _Answer(msgspec.Struct):
    name: str
    threat_severity: str | None = None
    public_date: str = ""
    cvss3: _Cvss3 | None = None
    affected_release: list[msgspec.Raw] = []
    package_state: list[msgspec.Raw] = []


_decode = msgspec.json.Decoder(_Answer).decode
_decode_released = msgspec.json.Decoder(_Released).decode
_decode_state = msgspec.json.Decoder(_State).decode


@feed
def red_hat_security_data(content: bytes, origin: str) -> Iterator[Advisory | Gap]:
    """Red Hat's answer about one CVE: in which version each product fixes it, and the state of those that do not.

    Packages are named by source package. A fix that comes as a module names no version of a package and is passed over:
    CSAF has those.
    Source: https://docs.redhat.com/en/documentation/red_hat_security_data_api/1.0
    """
    try:
        answer = _decode(content)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise SourceError(origin, f"is no file of Red Hat's security data: {error}") from error
    fixes: dict[tuple[str, str], list[str]] = {}
    for at, raw in enumerate(answer.affected_release):
        try:
            _add_fix(_decode_released(raw), fixes)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            yield Gap("record", f"{origin}: affected_release[{at}]", f"is not as Red Hat writes it: {error}")
    packages = [
        affected(ecosystem, name, lowest(ecosystem, versions), specific=specifics(package="source"))
        for (ecosystem, name), versions in fixes.items()
    ]
    for at, raw in enumerate(answer.package_state):
        try:
            packages += _unfixed(_decode_state(raw))
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            yield Gap("record", f"{origin}: package_state[{at}]", f"is not as Red Hat writes it: {error}")
    if packages:
        said = [Score("Red Hat", answer.threat_severity)] if answer.threat_severity else []
        said += [Score("CVSS_V3", answer.cvss3.cvss3_scoring_vector)] if answer.cvss3 else []
        id = f"RH-{answer.name}"
        yield Advisory(id, answer.public_date, upstream=[answer.name], severity=said or None, affected=packages)


def _add_fix(release: _Released, fixes: dict[tuple[str, str], list[str]]) -> None:
    product, package = _CPE.fullmatch(release.cpe), _NEVRA.fullmatch(release.package)
    if product and package:
        fixes.setdefault((f"Red Hat:{product[1]}", package["name"]), []).append(package["version"].removeprefix("0:"))


def _unfixed(state: _State) -> list[Affected]:
    """What is affected and not fixed; nothing for a product that is not affected."""
    product = _CPE.fullmatch(state.cpe)
    if product is None or state.fix_state == NOT_AFFECTED:
        return []
    modular = _MODULAR.fullmatch(state.package_name)
    name = modular["name"] if modular else state.package_name
    said = _STATES.get(state.fix_state, "investigating")
    asks = specifics(package="source", module=modular["module"] if modular else "", state=said)
    ecosystem = f"Red Hat:{product[1]}"
    if said == "investigating":
        return [Affected(AffectedPackage(ecosystem, name), ecosystem_specific=asks)]
    return [affected(ecosystem, name, "", specific=asks)]
