"""Which package a file belongs to, and what the package says that it holds: dpkg's, rpm's and apk's databases.

Source: dpkg(1), dpkg-divert(1), deb-md5sums(5); apk's installed database, https://wiki.alpinelinux.org/wiki/Apk_spec
"""

from __future__ import annotations

import base64
import binascii
from pathlib import Path
from typing import Iterator, NamedTuple

from nephoscope.agent.packages import rpm, rpm_header
from nephoscope.agent.tree import Folder, TreeError

MERGED = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")


class Owner(NamedTuple):
    """A file's package. digest: hexadecimal, by `algorithm`; empty where the database gives none."""

    package: str
    version: str
    algorithm: str = ""
    digest: str = ""
    is_configuration: bool = False


class Owners:
    """What package databases say of the paths that were asked about. unseen: {database: why it could not be read}."""

    def __init__(self, by_path: dict[str, Owner] | None = None) -> None:
        self.by_path: dict[str, Owner] = by_path or {}
        self.versions: dict[str, str] = {}
        self.unseen: dict[str, str] = {}


def owners_of(root: Path, paths: set[str]) -> Owners:
    """The owners of some paths (absolute within the root, as text), and all installed versions.

    A database that cannot be read is named, and the other is read.
    """
    owners = Owners()
    wanted = _aliases(root, paths)
    for place, read in (("var/lib/dpkg", _dpkg), ("lib/apk/db/installed", _apk)):
        if (root / place).exists():
            try:
                read(root / place, wanted, owners)
            except (OSError, ValueError) as error:
                owners.unseen[str(root / place)] = str(error)
    for folder in filter(Path.is_dir, (root / each for each in rpm.FOLDERS)):
        try:
            _rpm(root, wanted, owners)
        except (OSError, TreeError, rpm_header.HeaderError) as error:
            owners.unseen[str(folder)] = str(error)
        break
    return owners


def _aliases(root: Path, paths: set[str]) -> dict[str, list[str]]:
    """{name in a database: [path asked about]}: /bin/x and /usr/bin/x are one file where /bin is a link."""
    merged = {name for name in MERGED if (root / name).is_symlink()}
    wanted: dict[str, list[str]] = {}
    for path in paths:
        wanted.setdefault(path, []).append(path)
        first, _, rest = (path[5:] if path.startswith("/usr/") else path).partition("/")
        if path.startswith("/usr/") and first in merged and rest:
            wanted.setdefault(f"/{first}/{rest}", []).append(path)
    return wanted


def _dpkg(folder: Path, wanted: dict[str, list[str]], owners: Owners) -> None:
    configured = _status(folder / "status", owners.versions)
    moved = _diversions(folder / "diversions")
    for file in sorted((folder / "info").glob("*.list")):
        package = file.stem.partition(":")[0]
        for name in _text(file).splitlines():
            for path in wanted.get(_diverted(name, package, moved), ()):
                owners.by_path[path] = Owner(package, owners.versions.get(package, ""))
    for file in sorted((folder / "info").glob("*.md5sums")):
        package = file.stem.partition(":")[0]
        for line in _text(file).splitlines():
            digest, _, name = line.partition("  ")
            _digested(wanted.get(_diverted(f"/{name}", package, moved), ()), owners, package, digest)
    for name, (package, digest) in configured.items():
        for path in wanted.get(_diverted(name, package, moved), ()):
            version = owners.versions.get(package, "")
            owners.by_path[path] = Owner(package, version, "md5", digest, is_configuration=True)


def _digested(paths: list[str] | tuple[()], owners: Owners, package: str, digest: str) -> None:
    for path in paths:
        owner = owners.by_path.get(path)
        if owner and owner.package == package and len(digest) == 32:
            owners.by_path[path] = owner._replace(algorithm="md5", digest=digest)


def _text(file: Path) -> str:
    return file.read_bytes().decode("utf-8", "surrogateescape")


def _status(file: Path, versions: dict[str, str]) -> dict[str, tuple[str, str]]:
    """{configuration file: (package, MD5)}; fills in the versions of what is installed."""
    configured: dict[str, tuple[str, str]] = {}
    for stanza in _text(file).split("\n\n"):
        lines = (line.partition(":") for line in stanza.splitlines() if not line.startswith(" "))
        fields = {key: value for key, _, value in lines}
        package = fields.get("Package", "").strip()
        if not package or "installed" not in fields.get("Status", "").split()[2:]:
            continue
        versions[package] = fields.get("Version", "").strip()
        _, _, listed = stanza.partition("\nConffiles:\n")
        for line in listed.splitlines():
            if not line.startswith(" "):
                break
            words = line.split()
            if len(words) >= 2 and "obsolete" not in words[2:]:
                configured[words[0]] = (package, words[1])
    return configured


def _diversions(file: Path) -> dict[str, tuple[str, str]]:
    """{path: (where it is moved to, the package whose own is left there)}."""
    lines = _text(file).splitlines() if file.exists() else []
    return {lines[at]: (lines[at + 1], lines[at + 2]) for at in range(0, len(lines) - 2, 3)}


def _diverted(name: str, package: str, moved: dict[str, tuple[str, str]]) -> str:
    to, by = moved.get(name, (name, package))
    return name if by == package else to


def _rpm(root: Path, wanted: dict[str, list[str]], owners: Owners) -> None:
    with Folder(str(root)) as tree:
        for blob in rpm.headers(tree):
            if isinstance(blob, str):
                raise OSError(blob)
            fields = rpm_header.fields_of(blob)
            package, version = fields.get(rpm_header.NAME, ""), rpm.version_of(fields)
            owners.versions[package] = version
            for each in rpm_header.files_of(blob) if wanted else ():
                owner = Owner(package, version, each.algorithm, each.digest, each.is_configuration)
                owners.by_path.update(dict.fromkeys(wanted.get(each.path, ()), owner))


def _apk(file: Path, wanted: dict[str, list[str]], owners: Owners) -> None:
    package = folder = path = ""
    for key, value in _fields(file):
        if key == "P":
            package = value
        elif key == "V":
            owners.versions[package] = value
        elif key in "FR":
            folder = value if key == "F" else folder
            path = f"/{value}" if key == "F" or not folder else f"/{folder}/{value}"
        if key in "FRZ":
            digest = _sha1(value) if key == "Z" else ""
            owner = Owner(package, owners.versions.get(package, ""), "sha1", digest, path.startswith("/etc/"))
            owners.by_path.update(dict.fromkeys(wanted.get(path, ()), owner))


def _fields(file: Path) -> Iterator[tuple[str, str]]:
    for line in _text(file).splitlines():
        key, _, value = line.partition(":")
        if len(key) == 1:
            yield key, value


def _sha1(text: str) -> str:
    """The hexadecimal SHA-1 of `Q1` and its base64; empty for another kind."""
    try:
        return base64.b64decode(text[2:], validate=True).hex() if text.startswith("Q1") else ""
    except binascii.Error:
        return ""
