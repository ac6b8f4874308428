"""An ecosystem: how its versions are ordered, and how its names and releases are written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache, wraps

from nephoscope import plugins

VersionKey = Callable[[str], bytes | None]
LONGEST_VERSION = 4096  # characters; none in use comes near
_KEYS_KEPT = 1 << 18


def _none(_: str) -> str:
    return ""


@dataclass(frozen=True)
class Ecosystem:
    """A family of OSV's ecosystems that order versions alike.

    key: a version as bytes whose order is the ecosystem's; None for a text that it cannot order.
    names: OSV's names, without the release after the colon.
    package_name: a package's name as advisories and inventories agree to write it.
    release: the part after the colon likewise, such as `3.19` for `v3.19`.
    by_source: advisories name the source package; an inventory that knows it is matched by it.
    has_releases: what fixes a package differs from release to release, so that one without cannot be judged.
    is_semver: its order is SemVer's (or finer), so that SEMVER ranges are ordered by it too.
    general: of a release whose fixes are for subscribers the one that everybody has; empty for any other.
    """

    key: VersionKey
    names: tuple[str, ...]
    package_name: Callable[[str], str] = str
    release: Callable[[str], str] = str
    by_source: bool = False
    has_releases: bool = False
    is_semver: bool = False
    general: Callable[[str], str] = _none

    def __post_init__(self) -> None:
        for name in ("__module__", "__name__", "__qualname__", "__doc__"):
            object.__setattr__(self, name, getattr(self.key, name))


def ecosystem(
    *names: str,
    package_name: Callable[[str], str] = str,
    release: Callable[[str], str] = str,
    by_source: bool = False,
    has_releases: bool = False,
    is_semver: bool = False,
    general: Callable[[str], str] = _none,
) -> Callable[[VersionKey], Ecosystem]:
    """Make an ecosystem of the function that makes its version keys; it registers nothing."""

    def make(key: VersionKey) -> Ecosystem:
        return Ecosystem(bounded(key), names, package_name, release, by_source, has_releases, is_semver, general)

    return make


def bounded(key: VersionKey) -> VersionKey:
    """The same key, remembered; white space around a version does not count.

    None for what no version is: an ecosystem's key is never asked for text with white space in it, or longer than
    `LONGEST_VERSION`.
    """

    @lru_cache(_KEYS_KEPT)
    def remembered(version: str) -> bytes | None:
        text = version.strip()
        return None if any(map(str.isspace, text)) else key(text)

    @wraps(key)
    def bounded_key(version: str) -> bytes | None:
        return remembered(version) if len(version) <= LONGEST_VERSION else None

    return bounded_key


@cache
def ecosystems() -> dict[str, Ecosystem]:
    """Every ecosystem of the folder, by each of its names in lower case."""
    found = plugins.load(
        "nephoscope.scan.ecosystems", lambda value: value if isinstance(value, Ecosystem) else None
    ).values()
    return {name.casefold(): each for each in found for name in each.names}


@dataclass(frozen=True)
class Place:
    """What an ecosystem string stands for: `Alpine:v3.19` is Alpine, release 3.19.

    ecosystem: None for a name that is not known, whose versions are only compared as texts.
    """

    name: str
    release: str
    ecosystem: Ecosystem | None

    def package_name(self, name: str) -> str:
        """A package's name as this place's advisories write it."""
        return self.ecosystem.package_name(name) if self.ecosystem else name

    @property
    def without_subscription(self) -> Place | None:
        """Of a release for subscribers the one that everybody has; None for any other."""
        general = self.ecosystem.general(self.release) if self.ecosystem else ""
        return Place(self.name, general, self.ecosystem) if general else None

    def key(self, version: str) -> bytes | None:
        """A version's key; None for what cannot be ordered here."""
        return self.ecosystem.key(version) if self.ecosystem else None


@lru_cache(4096)
def place(text: str) -> Place:
    """What an ecosystem string of OSV stands for, whatever its case."""
    name, _, release = text.partition(":")
    known = ecosystems().get(name.casefold())
    if known is None:
        return Place(name.casefold(), release, None)
    return Place(name.casefold(), known.release(release), known)
