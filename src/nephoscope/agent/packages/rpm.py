"""RPM's databases: SQLite, Berkeley DB, and SUSE's own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Iterator

from nephoscope.agent.packages import rpm_berkeley, rpm_header, rpm_ndb, rpm_sqlite
from nephoscope.agent.packages.package import Found, Package, Problem, purl_of
from nephoscope.agent.tree import Absent, Tree, TreeError

if TYPE_CHECKING:
    from nephoscope.agent.packages.release import Release

FOLDERS = ("usr/lib/sysimage/rpm", "var/lib/rpm", "usr/share/rpm")
NAMES = ("rpmdb.sqlite", "Packages.db", "Packages")
PLACES = tuple(f"{folder}/{name}" for folder in FOLDERS for name in (*NAMES, "rpmdb.sqlite-wal"))
_SOURCE_RPM = re.compile(r"(?P<name>.+)-(?P<version>[^-]+-[^-]+)\.(no)?src\.rpm")
_KEY = "gpg-pubkey"  # a key that rpm keeps as if it were a package


def read(tree: Tree, release: Release | None) -> Iterator[Found]:
    """The packages of the first database that can be read, and what could not be read."""
    for path in (f"{folder}/{name}" for folder in FOLDERS for name in NAMES):
        is_read = False
        for found in _read_file(tree, path, release):
            is_read = is_read or isinstance(found, Package)
            yield found
        if is_read:
            return


def headers(tree: Tree) -> Iterator[bytes | str]:
    """The headers of the first database that has any, or why one could not be read. Raises TreeError, OSError."""
    for path in (f"{folder}/{name}" for folder in FOLDERS for name in NAMES):
        has_any = False
        try:
            for blob in _blobs(tree, path):
                has_any = True
                yield blob
        except Absent:
            continue
        if has_any:
            return


def version_of(fields: dict[int, str]) -> str:
    """`epoch:version-release`, without the epoch where it is none."""
    version = "-".join(filter(None, (fields.get(rpm_header.VERSION), fields.get(rpm_header.RELEASE))))
    epoch = fields.get(rpm_header.EPOCH, "0")
    return version if epoch == "0" else f"{epoch}:{version}"


def _read_file(tree: Tree, path: str, release: Release | None) -> Iterator[Found]:
    try:
        for blob in _blobs(tree, path):
            found = Problem(path, blob) if isinstance(blob, str) else _package(blob, path, release)
            if found:
                yield found
    except Absent:
        return
    except TreeError as error:
        yield Problem(error.path, error.reason)
    except OSError as error:
        yield Problem(path, f"cannot be read on: {error.strerror or error}")


def _blobs(tree: Tree, path: str) -> Iterator[bytes | str]:
    if path.endswith(".sqlite"):
        yield from rpm_sqlite.blobs(tree, path)
        return
    with tree.open(path) as file:
        yield from (rpm_ndb if path.endswith(".db") else rpm_berkeley).blobs(file)


def _package(blob: bytes, path: str, release: Release | None) -> Found | None:
    """The package that a header describes; None for a key."""
    try:
        fields = rpm_header.fields_of(blob)
    except rpm_header.HeaderError as error:
        return Problem(path, str(error))
    name = fields.get(rpm_header.NAME, "")
    if name == _KEY:
        return None
    version = "-".join(filter(None, (fields.get(rpm_header.VERSION), fields.get(rpm_header.RELEASE))))
    if not name or not version:
        return Problem(path, f"the package {name} has no version" if name else "a header names no package")
    epoch = fields.get(rpm_header.EPOCH, "0")
    source = _SOURCE_RPM.fullmatch(fields.get(rpm_header.SOURCE_RPM, ""))
    source_name, source_version = (source["name"], source["version"]) if source else ("", "")
    source_version = "" if source_version == version else source_version
    arch, module = fields.get(rpm_header.ARCH, ""), _stream(fields.get(rpm_header.MODULARITY_LABEL, ""))
    qualifiers = {
        "arch": arch,
        "distro": release.distro if release else "",
        "epoch": "" if epoch == "0" else epoch,
        "rpmmod": module,
        "upstream": "@".join(filter(None, (source_name, source_version))),
    }
    return Package(
        release.ecosystem if release else "RPM",
        name,
        version if epoch == "0" else f"{epoch}:{version}",
        source_name,
        source_version,
        module,
        arch,
        purl_of("rpm", release.namespace if release else "", name, version, qualifiers),
        path,
    )


def _stream(label: str) -> str:
    """`nodejs:18` for `nodejs:18:8080020230718:63b34585`."""
    return ":".join(label.split(":")[:2])
