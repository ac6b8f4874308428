"""Security databases as Alpine invented them: package → version → the vulnerabilities that it fixes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from nephoscope.model.advisory import Advisory, Affected
from nephoscope.model.coverage import Gap
from nephoscope.model.errors import SourceError
from nephoscope.scan.ecosystem import place
from nephoscope.scan.feed import affected

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


class Branch(msgspec.Struct):
    """A branch and repository, its packages not decoded yet."""

    packages: list[msgspec.Raw]
    distroversion: str = ""
    urlprefix: str = ""


_decode = msgspec.json.Decoder(Branch).decode
_decode_entry = msgspec.json.Decoder(_Entry).decode


def branch_of(content: bytes, origin: str, kind: str) -> Branch:
    """The branch that a file holds. Raises SourceError for content that is no file of its kind."""
    try:
        return _decode(content)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise SourceError(origin, f"is no file of {kind}: {error}") from error


def advisories(branch: Branch, ecosystem: str, prefix: str, origin: str) -> Iterator[Advisory | Gap]:
    """One advisory for each vulnerability of a branch, with all packages that fix it; and packages that are none."""
    by_id: dict[str, list[Affected]] = {}
    for at, raw in enumerate(branch.packages):
        try:
            package = _decode_entry(raw).pkg
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            yield Gap("record", f"{origin}: packages[{at}]", f"is no package of a security database: {error}")
            continue
        for id, version in _fixes(package, ecosystem).items():
            by_id.setdefault(id, []).append(affected(ecosystem, package.name, version))
    for id, packages in by_id.items():
        yield Advisory(f"{prefix}-{id}", upstream=[id], affected=packages)


def _fixes(package: _Package, ecosystem: str) -> dict[str, str]:
    """{vulnerability: the last version that fixes it}; version `0` says that the package never had it."""
    key = place(ecosystem).key
    found: dict[str, str] = {}
    for version, names in package.secfixes.items():
        for id in (id for name in names or () for id in _ID.findall(name)):
            if version != NOT_AFFECTED and (id not in found or (key(version) or b"") > (key(found[id]) or b"")):
                found[id] = version
    return found
