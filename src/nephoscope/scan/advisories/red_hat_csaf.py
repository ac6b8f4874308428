"""Red Hat's CSAF documents: VEX files and security advisories."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from nephoscope.model.advisory import Advisory, Affected, AffectedPackage, Score
from nephoscope.model.coverage import Gap
from nephoscope.model.errors import SourceError
from nephoscope.scan.condition import stream_of
from nephoscope.scan.feed import affected, feed, lowest, specifics
from nephoscope.scan.purl import parsed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

DEEPEST = 50
_CPE = ("cpe:/a:redhat:", "cpe:/o:redhat:")
_OUT_OF_SCOPE = "Out of support scope"
_STATES = {"no_fix_planned": "will not fix", "none_available": ""}


class _Helper(msgspec.Struct):
    cpe: str = ""
    purl: str = ""


class _Product(msgspec.Struct):
    product_id: str
    product_identification_helper: _Helper = msgspec.field(default_factory=_Helper)


class _Branch(msgspec.Struct):
    branches: list[_Branch] = []
    product: _Product | None = None


class _FullName(msgspec.Struct):
    product_id: str


class _Relationship(msgspec.Struct):
    full_product_name: _FullName
    product_reference: str
    relates_to_product_reference: str


class _Tree(msgspec.Struct):
    branches: list[_Branch] = []
    relationships: list[_Relationship] = []


class _Status(msgspec.Struct):
    fixed: list[str] = []
    known_affected: list[str] = []
    under_investigation: list[str] = []


class _Remedy(msgspec.Struct):
    category: str
    details: str = ""
    product_ids: list[str] = []


class _Threat(msgspec.Struct):
    category: str
    details: str = ""


class _Cvss(msgspec.Struct):
    vectorString: str = ""  # noqa: N815  as CSAF writes it


class _Scores(msgspec.Struct):
    cvss_v3: _Cvss | None = None
    cvss_v4: _Cvss | None = None


class _Vulnerability(msgspec.Struct):
    cve: str = ""
    product_status: _Status = msgspec.field(default_factory=_Status)
    remediations: list[_Remedy] = []
    threats: list[_Threat] = []
    scores: list[_Scores] = []


class _Tracking(msgspec.Struct):
    id: str
    current_release_date: str = ""
    status: str = ""


class _Head(msgspec.Struct):
    tracking: _Tracking
    title: str = ""


class _Document(msgspec.Struct):
    document: _Head
    product_tree: _Tree = msgspec.field(default_factory=_Tree)
    vulnerabilities: list[_Vulnerability] = []


class _Component(NamedTuple):
    """A package of a product. ecosystem: with the product; version: empty where none is named."""

    ecosystem: str
    name: str
    version: str
    arch: str
    module: str


_decode = msgspec.json.Decoder(_Document).decode


@feed
def red_hat_csaf(content: bytes, origin: str) -> Iterator[Advisory | Gap]:
    """One document of Red Hat's: a VEX file (one CVE in all products) or an advisory (some CVEs, fixed).

    Fixed packages are told by their binary names, with their module; affected ones by source package, with what Red Hat
    will do: nothing, because it is not grave enough (`will not fix`) or the product too old (`end of life`).
    Limits: what is not of a product's CPE name is passed over, container images among it.
    Source: https://security.access.redhat.com/data/csaf/v2/
    """
    try:
        document = _decode(content)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise SourceError(origin, f"is no file of CSAF: {error}") from error
    components = _components(document.product_tree)
    tracking = document.document.tracking
    for vulnerability in document.vulnerabilities:
        packages = list(_packages(vulnerability, components))
        if not vulnerability.cve:
            yield Gap("record", f"{origin}: {tracking.id}", "a vulnerability has no CVE")
        elif packages:
            same = vulnerability.cve == tracking.id
            id = tracking.id if same else f"{tracking.id}/{vulnerability.cve}"
            yield Advisory(
                f"RHVEX-{id}" if same else id,
                tracking.current_release_date,
                upstream=[vulnerability.cve],
                summary=document.document.title,
                severity=_severity(vulnerability),
                affected=packages,
            )


def _components(tree: _Tree) -> dict[str, _Component]:
    """{full product id: the package of a product that it stands for}"""
    products = dict(_products(tree.branches))
    above = {each.full_product_name.product_id: each for each in tree.relationships}
    found: dict[str, _Component] = {}
    for id, relation in above.items():
        part = products.get(relation.product_reference)
        platform, module = _platform(relation.relates_to_product_reference, above, products)
        if part and part.purl and platform:
            found[id] = _component(part.purl, platform, module)
    return {id: each for id, each in found.items() if each.name}


def _products(branches: list[_Branch], depth: int = 0) -> Iterator[tuple[str, _Helper]]:
    for each in branches if depth < DEEPEST else ():
        if each.product is not None:
            yield each.product.product_id, each.product.product_identification_helper
        yield from _products(each.branches, depth + 1)


def _platform(id: str, above: Mapping[str, _Relationship], products: Mapping[str, _Helper]) -> tuple[str, str]:
    """(ecosystem, module) that something is a component of: a product, or a module of one."""
    module = ""
    for _ in range(DEEPEST):
        relation = above.get(id)
        if relation is None:
            break
        part = products.get(relation.product_reference)
        purl = parsed(part.purl) if part and part.purl else None
        if purl and purl.type == "rpmmod":
            module = stream_of(f"{purl.name}:{purl.version}")
        id = relation.relates_to_product_reference
    cpe = products[id].cpe if id in products else ""
    name = next((cpe.removeprefix(start) for start in _CPE if cpe.startswith(start)), "")
    return (f"Red Hat:{name.partition('::')[0]}" if name else ""), module


def _component(text: str, ecosystem: str, module: str) -> _Component:
    purl = parsed(text)
    if purl is None or purl.type != "rpm":
        return _Component(ecosystem, "", "", "", "")
    epoch = purl.qualifiers.get("epoch", "0")
    version = purl.version if epoch == "0" or not purl.version else f"{epoch}:{purl.version}"
    own = stream_of(purl.qualifiers.get("rpmmod", ""))
    return _Component(ecosystem, purl.name, version, purl.qualifiers.get("arch", ""), own or module)


def _packages(vulnerability: _Vulnerability, components: Mapping[str, _Component]) -> Iterator[Affected]:
    """What a vulnerability says of each package, once for all architectures."""
    status = vulnerability.product_status
    yield from _fixed([components[id] for id in status.fixed if id in components])
    states = {id: _state(remedy) for remedy in vulnerability.remediations for id in remedy.product_ids}
    said = {components[id]: states.get(id, "") for id in status.known_affected if id in components}
    for each, state in said.items():
        asks = specifics(package="source", module=each.module, state=state)
        yield affected(each.ecosystem, each.name, "", specific=asks)
    for each in dict.fromkeys(components[id] for id in status.under_investigation if id in components):
        asks = specifics(package="source", module=each.module, state="investigating")
        yield Affected(AffectedPackage(each.ecosystem, each.name), ecosystem_specific=asks)


def _fixed(components: list[_Component]) -> Iterator[Affected]:
    """Each fixed package by its binary name; by its source package where a document names no binary of its version."""
    binary: dict[_Component, list[str]] = {}
    source: dict[_Component, list[str]] = {}
    versions = {(each.ecosystem, each.version) for each in components if each.arch != "src"}
    for each in (one for one in components if one.version):
        if each.arch != "src":
            binary.setdefault(each._replace(arch="", version=""), []).append(each.version)
        elif (each.ecosystem, each.version) not in versions:
            source.setdefault(each._replace(arch="", version=""), []).append(each.version)
    for names, found in (("", binary), ("source", source)):
        for each, fixes in found.items():
            asks = specifics(package=names, module=each.module)
            yield affected(each.ecosystem, each.name, lowest(each.ecosystem, fixes), specific=asks)


def _state(remedy: _Remedy) -> str:
    if remedy.details.startswith(_OUT_OF_SCOPE):
        return "end of life"
    if remedy.category == "none_available" and "deferred" in remedy.details.lower():
        return "deferred"
    return _STATES.get(remedy.category, "")


def _severity(vulnerability: _Vulnerability) -> list[Score] | None:
    said = [Score("Red Hat", each.details) for each in vulnerability.threats if each.category == "impact"]
    for each in vulnerability.scores:
        said += [Score("CVSS_V3", each.cvss_v3.vectorString)] if each.cvss_v3 else []
        said += [Score("CVSS_V4", each.cvss_v4.vectorString)] if each.cvss_v4 else []
    return list(dict.fromkeys(said)) or None
