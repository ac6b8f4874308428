"""VEX: what somebody says of a vulnerability in a product → statements, and which of them hold for a package.

A document is read by the format that it is in (`vex_formats/`). Its statements name a vulnerability, a component by
package URL, and perhaps the product that it is a part of; then they hold for that product only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from nephoscope import plugins
from nephoscope.model.coverage import Gap
from nephoscope.model.errors import SourceError
from nephoscope.scan.loose import mapping
from nephoscope.scan.purl import package_of, parsed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nephoscope.model.package import Package

NOT_AFFECTED, AFFECTED, FIXED, OPEN = "not_affected", "affected", "fixed", "under_investigation"
STATUSES = (NOT_AFFECTED, AFFECTED, FIXED, OPEN)
SUPPRESSING = (NOT_AFFECTED, FIXED)
LARGEST_BYTES = 64 << 20
MOST_STATEMENTS = 200_000


class Statement(NamedTuple):
    """One vulnerability in one component of one product.

    component: a package URL, without version for all of them; empty for everything in the product. product: what the
    component is a part of; empty for everywhere. at: when it was said, ISO, or empty.
    """

    vulnerability: str
    aliases: tuple[str, ...]
    product: str
    component: str
    status: str
    justification: str = ""
    said: str = ""
    at: str = ""

    @property
    def names(self) -> frozenset[str]:
        """By what else the vulnerability is known."""
        return frozenset((self.vulnerability, *self.aliases))


@dataclass(frozen=True)
class Document:
    """A document as it was read. id, author: as it says them."""

    format: str
    id: str
    author: str
    statements: tuple[Statement, ...]


Said = tuple[str, str, Iterator[Statement | Gap]]  # id, author, statements
Read = Callable[[Mapping[str, Any], str], Said]


@dataclass(frozen=True)
class Format:
    """A format. is_it: whether a decoded document is in it; read: its statements, or why a part is none."""

    is_it: Callable[[Mapping[str, Any]], bool]
    read: Read

    def __post_init__(self) -> None:
        for name in ("__module__", "__name__", "__qualname__", "__doc__"):
            object.__setattr__(self, name, getattr(self.read, name))


def format_of(is_it: Callable[[Mapping[str, Any]], bool]) -> Callable[[Read], Format]:
    """Make a format of the function that reads it; it registers nothing."""
    return lambda read: Format(is_it, read)


@cache
def formats() -> dict[str, Format]:
    """Every format of the folder, by name."""
    return plugins.load("nephoscope.scan.vex_formats", lambda value: value if isinstance(value, Format) else None)


def read_document(content: bytes, origin: str) -> tuple[Document, list[Gap]]:
    """A document and what of it could not be read. Raises SourceError for a file that is none, or says nothing."""
    if len(content) > LARGEST_BYTES:
        raise SourceError(origin, f"is larger than {LARGEST_BYTES >> 20} MB; not read")
    try:
        said: Any = msgspec.json.decode(content.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise SourceError(origin, f"is no JSON: {error}") from error
    name = next((name for name, each in formats().items() if each.is_it(mapping(said))), None)
    if name is None:
        raise SourceError(origin, f"is no VEX document that is known here: {', '.join(formats())}")
    id_, author, parts = formats()[name].read(mapping(said), origin)
    found, gaps = list[Statement](), list[Gap]()
    for part in parts:
        if isinstance(part, Gap):
            gaps.append(part)
            continue
        found.append(part)
        if len(found) > MOST_STATEMENTS:
            raise SourceError(origin, f"makes more than {MOST_STATEMENTS} statements; not read")
    if not found:
        why = f": {gaps[0].subject}: {gaps[0].cause}" if gaps else ""
        raise SourceError(origin, f"makes no statement that can be read{why}")
    return Document(name, id_, author, tuple(dict.fromkeys(found))), gaps


def placed(statement: Statement, product: str, components: Sequence[str]) -> Iterator[Statement]:
    """A statement about some components of a product, or about the product itself where none is named."""
    if components:
        yield from (replace_of(statement, product, each) for each in components)
    elif _component(product) is not None:
        yield replace_of(statement, "", product)
    else:
        yield replace_of(statement, product, "")


def replace_of(statement: Statement, product: str, component: str) -> Statement:
    """The same about something else."""
    return statement._replace(product=product, component=component)


@dataclass(frozen=True)
class Held:
    """The statements that hold, by each name of their vulnerability, each with who says so."""

    by_name: Mapping[str, Sequence[tuple[Statement, str]]] = field(default_factory=dict[str, Any])

    def of(self, names: Iterable[str], package: Package, target: Iterable[str] = ()) -> tuple[Statement, str] | None:
        """Of the statements about a package's vulnerability the one that was made last, and who says so.

        target: the names of what holds the package; without any, only what is said of every product counts.
        """
        places = set(target)
        found = [
            (each, by)
            for name in names
            for each, by in self.by_name.get(name, ())
            if _is_in(each.product, places) and _is_about(each.component, package)
        ]
        return max(found, key=lambda one: one[0].at, default=None)


def held(statements: Iterable[tuple[Statement, str]]) -> Held:
    """Statements and who makes each, ready to be asked; of one time the later in the order holds."""
    found: dict[str, list[tuple[Statement, str]]] = {}
    for each, by in statements:
        for name in each.names:
            found.setdefault(name, []).insert(0, (each, by))
    return Held(found)


def reason(statement: Statement, by: str) -> str:
    """What a statement says, and who."""
    why = statement.justification.replace("_", " ") or statement.said
    return f"{statement.status.replace('_', ' ')}, says {by}" + (f": {why}" if why else "")


def _is_in(product: str, places: set[str]) -> bool:
    if not product:
        return True
    purl = parsed(product)
    if purl is None:
        return product in places
    digest = purl.version if purl.version.startswith("sha256:") else ""
    called = {product, f"{purl.name}:{purl.version}", *([digest] if digest else [])}
    if tag := purl.qualifiers.get("tag"):
        called.add(f"{purl.name}:{tag}")
    return bool(called & places) or bool(digest and any(place.endswith(digest) for place in places))


def _is_about(component: str, package: Package) -> bool:
    if not component:
        return True
    said = _component(component)
    if said is None:
        return False
    version = said.version
    ecosystem = package.ecosystem if ":" in said.ecosystem else package.ecosystem.partition(":")[0]
    is_same = said.ecosystem == ecosystem and said.name in (package.name, package.source or package.name)
    return is_same and version in ("", package.version, package.source_version or package.version)


@lru_cache(maxsize=65_536)
def _component(purl: str) -> Package | None:
    """The package that a package URL names, its version empty if it names none; None if advisories name no such."""
    found = parsed(purl)
    if found is None:
        return None
    if found.version:
        package = package_of(purl)
        return None if isinstance(package, str) else package
    head, mark, rest = purl.partition("?")
    package = package_of(f"{head.partition('#')[0].rstrip('@')}@0{mark}{rest}")
    return None if isinstance(package, str) else replace(package, version="")
