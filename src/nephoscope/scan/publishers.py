"""Who publishes advisories, at which addresses, in which format: what can be fetched by name."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

OSV = "osv"
_OSV_AT = "https://osv-vulnerabilities.storage.googleapis.com"
_ECOSYSTEMS = (
    "AlmaLinux",
    "Alpaquita",
    "Bitnami",
    "Chainguard",
    "CRAN",
    "crates.io",
    "GitHub Actions",
    "Go",
    "Hackage",
    "Hex",
    "Mageia",
    "Maven",
    "MinimOS",
    "npm",
    "NuGet",
    "openEuler",
    "openSUSE",
    "Packagist",
    "Pub",
    "PyPI",
    "Red Hat",
    "Rocky Linux",
    "RubyGems",
    "SUSE",
    "SwiftURL",
    "Ubuntu",
    "Wolfi",
)
_ALPINE = tuple(f"v3.{minor}" for minor in range(12, 23))


@dataclass(frozen=True)
class File:
    """One file of a publisher. name: under which it is kept, and looked for on a mirror; feeds may read it too."""

    url: str
    name: str


@dataclass(frozen=True)
class Publisher:
    """A feed that can be fetched.

    format: of `scan/advisories/`, or `osv`. files: what it consists of. hosts: where its own host may lead on to.
    is_repository: its files are lists of mirrors of RPM repositories, whose `updateinfo.xml` is meant.
    """

    name: str
    format: str
    files: tuple[File, ...]
    hosts: frozenset[str] = frozenset()
    is_repository: bool = False


def _osv(ecosystem: str) -> Publisher:
    name = ecosystem.lower().replace(" ", "-")
    return Publisher(name, OSV, (File(f"{_OSV_AT}/{quote(ecosystem)}/all.zip", "all.zip"),))


def _one(name: str, format: str, url: str, *hosts: str) -> Publisher:
    return Publisher(name, format, (File(url, url.rpartition("/")[2]),), frozenset(hosts))


_PHOTON = "https://packages.vmware.com/photon/photon_cve_metadata"
_AZURE = "https://raw.githubusercontent.com/microsoft/AzureLinuxVulnerabilityData/main"
_ALL = (
    *map(_osv, _ECOSYSTEMS),
    Publisher(
        "alpine",
        "alpine_secdb",
        tuple(
            File(f"https://secdb.alpinelinux.org/{release}/{part}.json", f"{release}-{part}.json")
            for release in _ALPINE
            for part in ("main", "community")
        ),
    ),
    Publisher(
        "amazon-linux",
        "updateinfo",
        (
            File("https://cdn.amazonlinux.com/2/core/latest/x86_64/mirror.list", "2"),
            File("https://cdn.amazonlinux.com/al2023/core/mirrors/latest/x86_64/mirror.list", "2023"),
        ),
        is_repository=True,
    ),
    Publisher(
        "azure-linux",
        "azure_linux_oval",
        tuple(File(f"{_AZURE}/{name}", name) for name in ("azurelinux-3.0-oval.xml", "cbl-mariner-2.0-oval.xml")),
    ),
    _one("debian", "debian_tracker", "https://security-tracker.debian.org/tracker/data/json"),
    _one("oracle-linux", "oracle_oval", "https://linux.oracle.com/security/oval/com.oracle.elsa-all.xml.bz2"),
    Publisher(
        "photon",
        "photon",
        tuple(File(f"{_PHOTON}/{name}", name) for name in (f"cve_data_photon{n}.0.json" for n in range(1, 6))),
        frozenset({"packages.broadcom.com"}),
    ),
    _one("wolfi-secdb", "wolfi_secdb", "https://packages.wolfi.dev/os/security.json"),
    _one("chainguard-secdb", "wolfi_secdb", "https://packages.cgr.dev/chainguard/security.json"),
)
PUBLISHERS = {each.name: each for each in sorted(_ALL, key=lambda one: one.name)}
