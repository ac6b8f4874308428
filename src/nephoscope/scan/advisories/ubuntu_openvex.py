"""Ubuntu's OpenVEX documents."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from nephoscope.model.advisory import Advisory, Affected, AffectedPackage
from nephoscope.model.coverage import Gap
from nephoscope.model.errors import SourceError
from nephoscope.scan.feed import affected, feed, specifics
from nephoscope.scan.purl import parsed

if TYPE_CHECKING:
    from collections.abc import Iterator

SERIES = {
    "trusty": "14.04:LTS",
    "xenial": "16.04:LTS",
    "bionic": "18.04:LTS",
    "focal": "20.04:LTS",
    "jammy": "22.04:LTS",
    "noble": "24.04:LTS",
    "plucky": "25.04",
    "questing": "25.10",
    "resolute": "26.04:LTS",
}
_PLACE = re.compile(r"(?:(?P<paid>esm-[a-z]+(?:-legacy)?)/)?(?P<series>[a-z]+)")
_STATES = (("decided to not fix", "will not fix"), ("end of", "end of life"), ("deferred", "deferred"))


class _Product(msgspec.Struct):
    id: str = msgspec.field(name="@id")


class _Named(msgspec.Struct):
    name: str


class _Statement(msgspec.Struct):
    vulnerability: _Named
    status: str
    products: list[_Product] = []
    timestamp: str = ""
    action_statement: str = ""
    impact_statement: str = ""


class _Document(msgspec.Struct):
    statements: list[msgspec.Raw]
    timestamp: str = ""


_decode = msgspec.json.Decoder(_Document).decode
_decode_statement = msgspec.json.Decoder(_Statement).decode


@feed
def ubuntu_openvex(content: bytes, origin: str) -> Iterator[Advisory | Gap]:
    """One CVE in all releases of Ubuntu: what is affected, by source package, and what Ubuntu will do.

    Limits: what is fixed is said of the newest version alone, not which was the first; Ubuntu's OSV records say that.
    Series that are not listed here are passed over.
    Source: https://security-metadata.canonical.com/vex/, https://github.com/openvex/spec
    """
    try:
        document = _decode(content)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise SourceError(origin, f"is no file of OpenVEX: {error}") from error
    found: dict[str, list[Affected]] = {}
    for at, raw in enumerate(document.statements):
        try:
            statement = _decode_statement(raw)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            yield Gap("record", f"{origin}: statements[{at}]", f"is no statement of OpenVEX: {error}")
            continue
        found.setdefault(statement.vulnerability.name, []).extend(_packages(statement))
    for name, packages in found.items():
        if packages:
            yield Advisory(f"UBUNTU-{name}", document.timestamp, upstream=[name], affected=packages)


def _packages(statement: _Statement) -> Iterator[Affected]:
    """What a statement says of its source packages; nothing of those that are not affected."""
    said = statement.action_statement.lower()
    state = next((state for words, state in _STATES if words in said), "")
    for product in statement.products:
        purl = parsed(product.id)
        if purl is None or purl.qualifiers.get("arch") != "source":
            continue
        place = _PLACE.fullmatch(purl.qualifiers.get("distro", ""))
        release = SERIES.get(place["series"]) if place else None
        if place is None or release is None:
            continue
        ecosystem = f"Ubuntu:Pro:{release}" if place["paid"] else f"Ubuntu:{release}"
        if statement.status == "affected":
            yield affected(ecosystem, purl.name, "", specific=specifics(state=state))
        elif statement.status == "under_investigation":
            asks = specifics(state="investigating")
            yield Affected(AffectedPackage(ecosystem, purl.name), ecosystem_specific=asks)
