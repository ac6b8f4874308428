"""`os-release` → which distribution and release a tree is, in OSV's words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Callable, Dict, NamedTuple

from nephoscope.agent.packages.package import text_of
from nephoscope.agent.tree import Absent, Tree

PLACES = ("etc/os-release", "usr/lib/os-release", "etc/debian_version", "etc/alpine-release", "etc/redhat-release")
LARGEST_BYTES = 1 << 16
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_RED_HAT_RELEASE = re.compile(r"(AlmaLinux|CentOS|Red Hat|Rocky Linux)\b.* release ([0-9][0-9.]*)", re.ASCII)


if TYPE_CHECKING:
    _Written = Callable[[str, Dict[str, str]], str]


class Release(NamedTuple):
    """A distribution's release.

    ecosystem: OSV's name, such as `Debian:12`; where OSV has none, the distribution's own name and release, about which
    there are no advisories. namespace, distro: as package URLs have them.
    """

    ecosystem: str
    namespace: str
    distro: str


def release_of(tree: Tree) -> Release | None:
    """Which release a tree says it is; None if it says none. Raises TreeError for what cannot be read."""
    for path in PLACES[:2]:
        text = _content(tree, path)
        if text is not None:
            fields = fields_of(text)
            if fields.get("ID") == "debian" and "VERSION_ID" not in fields:
                fields["VERSION_ID"] = _number(_content(tree, "etc/debian_version"))
            return of_fields(fields)
    return _of_older_files(tree)


def fields_of(text: str) -> dict[str, str]:
    """The assignments of an os-release file, without quotes; lines that are none are passed over.

    Source: os-release(5).
    """
    fields: dict[str, str] = {}
    for line in text.splitlines():
        name, is_field, value = line.strip().partition("=")
        if is_field and _NAME.fullmatch(name):
            if value[:1] in ("'", '"') and value[-1:] == value[:1] and len(value) > 1:
                value = value[1:-1]
            fields[name] = re.sub(r"\\(.)", r"\1", value)
    return fields


def of_fields(fields: dict[str, str]) -> Release | None:
    """The release that an os-release file's assignments name."""
    name, version = fields.get("ID", "").strip().lower(), fields.get("VERSION_ID", "").strip()
    if not name:
        return None
    if name in _KNOWN:
        ecosystem, written = _KNOWN[name]
        release = written(version, fields) if version or name in _ROLLING else ""
    else:
        ecosystem, release = _NAMES.get(name, fields.get("NAME", "").strip() or name), version
    distro = "-".join(filter(None, (name, release if name == "openeuler" else version)))
    return Release(ecosystem + (":" + release if release else ""), _NAMESPACES.get(name, name), distro)


def _of_older_files(tree: Tree) -> Release | None:
    """What the files say that were there before os-release."""
    for path, name in (("etc/debian_version", "debian"), ("etc/alpine-release", "alpine")):
        version = _number(_content(tree, path))
        if version:
            return of_fields({"ID": name, "VERSION_ID": version})
    found = _RED_HAT_RELEASE.search(_content(tree, "etc/redhat-release") or "")
    if found is None:
        return None
    ids = {"AlmaLinux": "almalinux", "CentOS": "centos", "Red Hat": "rhel", "Rocky Linux": "rocky"}
    return of_fields({"ID": ids[found.group(1)], "VERSION_ID": found.group(2)})


def _content(tree: Tree, path: str) -> str | None:
    try:
        return text_of(tree.read(path, LARGEST_BYTES))
    except Absent:
        return None


def _number(text: str | None) -> str:
    """A release's number at the start of a text; empty if there is none, as for `bookworm/sid`."""
    found = re.match(r"[0-9]+(\.[0-9]+)*", (text or "").strip())
    return found.group() if found else ""


def _as_is(version: str, _: dict[str, str]) -> str:
    return version


def _major(version: str, _: dict[str, str]) -> str:
    return version.partition(".")[0]


def _none(_: str, __: dict[str, str]) -> str:
    return ""


def _red_hat(version: str, _: dict[str, str]) -> str:
    return "enterprise_linux:" + version.partition(".")[0]


def _alpine(version: str, _: dict[str, str]) -> str:
    """`v3.19` for 3.19.1; what comes before a release is edge."""
    number = re.match(r"[0-9]+\.[0-9]+", version)
    return "v" + number.group() if number and "_" not in version else "edge"


def _leap(version: str, _: dict[str, str]) -> str:
    return "Leap " + version


def _tumbleweed(_: str, __: dict[str, str]) -> str:
    return "Tumbleweed"


def _sles(version: str, _: dict[str, str]) -> str:
    major, _dot, pack = version.partition(".")
    return "Linux Enterprise Server " + major + (" SP" + pack if pack and pack != "0" else "")


def _open_euler(version: str, fields: dict[str, str]) -> str:
    """`22.03-LTS-SP3` for the version `22.03 (LTS-SP3)`."""
    found = re.search(r"\(([^)]*)\)", fields.get("VERSION", ""))
    return version + ("-" + found.group(1) if found else "")


_KNOWN: dict[str, tuple[str, _Written]] = {
    "almalinux": ("AlmaLinux", _major),
    "alpaquita": ("Alpaquita", _as_is),
    "alpine": ("Alpine", _alpine),
    "azurelinux": ("Azure Linux", _major),
    "chainguard": ("Chainguard", _none),
    "debian": ("Debian", _major),
    "mageia": ("Mageia", _as_is),
    "mariner": ("Azure Linux", _major),
    "minimos": ("MinimOS", _none),
    "openeuler": ("openEuler", _open_euler),
    "opensuse-leap": ("openSUSE", _leap),
    "opensuse-tumbleweed": ("openSUSE", _tumbleweed),
    "photon": ("Photon OS", _as_is),
    "rhel": ("Red Hat", _red_hat),
    "rocky": ("Rocky Linux", _major),
    "sles": ("SUSE", _sles),
    "ubuntu": ("Ubuntu", _as_is),
    "wolfi": ("Wolfi", _none),
}
_ROLLING = ("opensuse-tumbleweed",)
_NAMES = {"amzn": "Amazon Linux", "ol": "Oracle Linux", "fedora": "Fedora", "centos": "CentOS"}
_NAMESPACES = {
    "rhel": "redhat",
    "mariner": "azurelinux",
    "sles": "suse",
    "opensuse-leap": "opensuse",
    "opensuse-tumbleweed": "opensuse",
    "ol": "oracle",
    "amzn": "amazon",
}
