"""Alpine's security database."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from nephoscope.model.advisory import Advisory, Affected
from nephoscope.model.coverage import Gap
from nephoscope.model.errors import SourceError
from nephoscope.scan.ecosystem import place
from nephoscope.scan.feed import affected, feed

if TYPE_CHECKING:
    from collections.abc import Iterator

NOT_AFFECTED = "0"
_ID = re.compile(r"[A-Z][A-Za-z]*-[0-9A-Za-z-]+")


class _Package(msgspec.Struct):
    """secfixes: {version: the vulnerabilities that it fixes}"""

    name: str
    secfixes: dict[str, list[str] | None] = {}


class _Entry(msgspec.Struct):
    pkg: _Package


class _Branch(msgspec.Struct):
    packages: list[msgspec.Raw]
    distroversion: str = ""


_decode = msgspec.json.Decoder(_Branch).decode
_decode_entry = msgspec.json.Decoder(_Entry).decode


@feed
def alpine_secdb(content: bytes, origin: str) -> Iterator[Advisory | Gap]:
    """One branch and repository of Alpine as JSON: package → version → the vulnerabilities that it fixes.

    Limits: it lists fixes only; what is not fixed is in no file of it.
    Source: https://secdb.alpinelinux.org/
    """
    try:
        branch = _decode(content)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise SourceError(origin, f"is no file of Alpine's security database: {error}") from error
    if not branch.distroversion:
        raise SourceError(origin, "names no distroversion, so that its packages belong nowhere")
    ecosystem = f"Alpine:{branch.distroversion}"
    by_id: dict[str, list[Affected]] = {}
    for at, raw in enumerate(branch.packages):
        try:
            package = _decode_entry(raw).pkg
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            yield Gap("record", f"{origin}: packages[{at}]", f"is not as Alpine writes it: {error}")
            continue
        for id, version in _fixes(package, ecosystem).items():
            by_id.setdefault(id, []).append(affected(ecosystem, package.name, version))
    for id, packages in by_id.items():
        yield Advisory(f"ALPINE-{id}", upstream=[id], affected=packages)


def _fixes(package: _Package, ecosystem: str) -> dict[str, str]:
    """{vulnerability: the last version that fixes it}; version `0` says that the package never had it."""
    key = place(ecosystem).key
    found: dict[str, str] = {}
    for version, names in package.secfixes.items():
        for id in (id for name in names or () for id in _ID.findall(name)):
            if version != NOT_AFFECTED and (id not in found or (key(version) or b"") > (key(found[id]) or b"")):
                found[id] = version
    return found
