"""Package URLs, as bills of materials have them → packages.

Source: https://github.com/package-url/purl-spec
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, unquote

from nephoscope.model.package import Package
from nephoscope.scan.condition import stream_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_FORM = re.compile(
    r"pkg:/*(?P<type>[A-Za-z0-9.+-]+)/(?P<path>[^@?#]+)(?:@(?P<version>[^?#]*))?(?:\?(?P<more>[^#]*))?(?:#.*)?"
)
_RELEASE = re.compile(r"[0-9].*")
_DISTRIBUTIONS = {
    "almalinux": "AlmaLinux",
    "alpaquita": "Alpaquita",
    "alpine": "Alpine",
    "amazon": "Amazon Linux",
    "amzn": "Amazon Linux",
    "azurelinux": "Azure Linux",
    "chainguard": "Chainguard",
    "debian": "Debian",
    "mageia": "Mageia",
    "mariner": "Azure Linux",
    "minimos": "MinimOS",
    "ol": "Oracle Linux",
    "openeuler": "openEuler",
    "oracle": "Oracle Linux",
    "oraclelinux": "Oracle Linux",
    "opensuse": "openSUSE",
    "photon": "Photon OS",
    "redhat": "Red Hat",
    "rhel": "Red Hat",
    "rocky": "Rocky Linux",
    "rocky-linux": "Rocky Linux",
    "sles": "SUSE",
    "suse": "SUSE",
    "ubuntu": "Ubuntu",
    "wolfi": "Wolfi",
}
_WITHOUT_RELEASE = ("Chainguard", "MinimOS", "Wolfi")


class Purl(NamedTuple):
    """The parts of a package URL, without their escapes."""

    type: str
    namespace: str
    name: str
    version: str
    qualifiers: Mapping[str, str]


def _path(purl: Purl) -> str:
    return "/".join(filter(None, (purl.namespace, purl.name)))


def _maven(purl: Purl) -> str:
    return f"{purl.namespace}:{purl.name}"


_LANGUAGES: dict[str, tuple[str, Callable[[Purl], str]]] = {
    "bitnami": ("Bitnami", _path),
    "cargo": ("crates.io", _path),
    "composer": ("Packagist", _path),
    "cran": ("CRAN", _path),
    "gem": ("RubyGems", _path),
    "githubactions": ("GitHub Actions", _path),
    "golang": ("Go", _path),
    "hackage": ("Hackage", _path),
    "hex": ("Hex", _path),
    "julia": ("Julia", _path),
    "maven": ("Maven", _maven),
    "npm": ("npm", _path),
    "nuget": ("NuGet", _path),
    "opam": ("opam", _path),
    "pub": ("Pub", _path),
    "pypi": ("PyPI", _path),
    "swift": ("SwiftURL", _path),
}


def parsed(text: str) -> Purl | None:
    """The parts of a package URL; None for a text that is none."""
    found = _FORM.fullmatch(text)
    if found is None:
        return None
    *namespace, name = [unquote(part) for part in found["path"].strip("/").split("/") if part] or [""]
    pairs = (pair.partition("=") for pair in (found["more"] or "").split("&"))
    qualifiers = {key.lower(): unquote(value) for key, _, value in pairs if value}
    return Purl(found["type"].lower(), "/".join(namespace), name, unquote(found["version"] or ""), qualifiers)


def package_of(text: str) -> Package | str:
    """The package that a package URL names, or why it names none that advisories could be about.

    Of a distribution's packages `distro` gives the release, `epoch` the epoch (none is 0, as package URLs are
    written), `upstream` the source package, `rpmmod` the module and its stream.
    """
    purl = parsed(text)
    if purl is None or not purl.name:
        return "is no package URL"
    if not purl.version:
        return "names no version"
    if purl.type in _LANGUAGES:
        ecosystem, name_of = _LANGUAGES[purl.type]
        return Package(ecosystem, name_of(purl), purl.version, purl=text)
    if purl.type not in ("apk", "deb", "rpm"):
        return f"is of the type {purl.type}, which no advisories here are about"
    return _of_distribution(purl, text)


def _written(ecosystem: str, release: str) -> str:
    """A release as OSV writes it: `Linux Enterprise Server 15 SP3` for SUSE's `15.3`."""
    if ecosystem == "openSUSE":
        return f"Leap {release}"
    major, _, pack = release.partition(".")
    if ecosystem != "SUSE":
        return release
    return f"Linux Enterprise Server {major}" + (f" SP{pack}" if pack not in ("", "0") else "")


_TYPES = {ecosystem: kind for kind, (ecosystem, _) in _LANGUAGES.items()}
_SYSTEMS = {"Debian": "deb", "Ubuntu": "deb", "Alpine": "apk", "Wolfi": "apk", "Chainguard": "apk"}
_NAMESPACES = {ecosystem: namespace for namespace, ecosystem in reversed(_DISTRIBUTIONS.items())}


def purl_of(package: Package) -> str:
    """A package's own URL, or one made of its parts; empty for an ecosystem whose packages have none.

    >>> purl_of(Package("Debian:12", "libssl3", "3.0.11-1", source="openssl"))
    'pkg:deb/debian/libssl3@3.0.11-1?distro=debian-12&upstream=openssl'
    >>> purl_of(Package("Maven", "org.example:app", "1.0"))
    'pkg:maven/org.example/app@1.0'
    """
    if package.purl:
        return package.purl
    ecosystem, _, release = package.ecosystem.partition(":")
    version = quote(package.version, safe="")
    if ecosystem in _TYPES:
        path = package.name.replace(":", "/") if ecosystem == "Maven" else package.name
        return f"pkg:{_TYPES[ecosystem]}/{quote(path, safe='/')}@{version}"
    namespace = _NAMESPACES.get(ecosystem)
    if namespace is None:
        return ""
    said = {"distro": f"{namespace}-{release}" if release else "", "upstream": package.source}
    more = "&".join(f"{name}={quote(value, safe='')}" for name, value in said.items() if value)
    head = f"pkg:{_SYSTEMS.get(ecosystem, 'rpm')}/{namespace}/{quote(package.name, safe='')}@{version}"
    return f"{head}?{more}" if more else head


def _of_distribution(purl: Purl, text: str) -> Package | str:
    distro = purl.qualifiers.get("distro", "")
    name = next((each for each in (purl.namespace, distro.partition("-")[0]) if each.lower() in _DISTRIBUTIONS), "")
    if not name:
        return f"is of a distribution that is not known here: {purl.namespace or distro or 'none is named'}"
    ecosystem = _DISTRIBUTIONS[name.lower()]
    release = _RELEASE.search(distro)
    if release and ecosystem not in _WITHOUT_RELEASE:
        ecosystem += f":{_written(ecosystem, release.group())}"
    epoch = purl.qualifiers.get("epoch", "0")
    has_epoch = epoch == "0" or ":" in purl.version
    source, _, source_version = purl.qualifiers.get("upstream", "").partition("@")
    if source.endswith(".src.rpm"):  # name-version-release.src.rpm
        source, source_version = source.rpartition("-")[0].rpartition("-")[0], ""
    return Package(
        ecosystem,
        purl.name,
        purl.version if has_epoch else f"{epoch}:{purl.version}",
        source,
        source_version,
        purl.qualifiers.get("arch", ""),
        text,
        stream_of(purl.qualifiers.get("rpmmod", "")),
    )
