"""OVAL definitions, as distributions publish them → which packages of which product are affected before which version.

Source: https://oval-community-guidelines.readthedocs.io/en/latest/oval-schema-documentation/linux-definitions-schema.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

from nephoscope.model.advisory import Event, Range, Score
from nephoscope.model.coverage import Gap
from nephoscope.model.errors import SourceError
from nephoscope.scan.markup import elements, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.etree.ElementTree import Element

_EARLIER = re.compile(r"(?:Package )?(?P<name>\S+) is earlier than (?P<version>[^\s,]+)")
_PRODUCT = re.compile(r"(?P<product>.+) is installed")
_ARCH = re.compile(r".* arch is (?P<arch>\S+)")
_MODULE = re.compile(r"Module (?P<module>\S+:\S+) is enabled")
_WITHOUT_WEIGHT = re.compile(r".* is (?:signed with .*|ksplice-based|not affected|not installed)")
_OPERATIONS = {"less than": "fixed", "6": "fixed", "less than or equal": "last_affected", "greater than": "after"}
_NEVER = "0:0-0"  # `greater than` it: whichever version is installed


class Claim(NamedTuple):
    """A package of some products that is affected.

    products: as the file calls them; empty where it names none. arch, module: empty for any. events: as OSV has them.
    """

    package: str
    products: tuple[str, ...]
    arch: str
    module: str
    events: tuple[Event, ...]


@dataclass(frozen=True)
class Definition:
    """One definition. references: ids by their source. unclear: what of it could not be read."""

    id: str
    title: str
    references: tuple[tuple[str, str], ...]
    severity: str
    modified: str
    patchable: str
    claims: tuple[Claim, ...]
    unclear: tuple[str, ...] = ()

    def range_of(self, claim: Claim) -> Range:
        """A claim's versions as OSV has them."""
        return Range("ECOSYSTEM", list(claim.events))

    def scores(self, publisher: str) -> list[Score] | None:
        """How grave the publisher says it is."""
        return [Score(publisher, self.severity)] if self.severity else None


class _Bound(NamedTuple):
    """What one criterion asks of a package: kind is an event's, or `after`."""

    package: str
    kind: str
    version: str


@dataclass
class _Context:
    """What holds for all criteria that stand below or beside one another."""

    products: tuple[str, ...] = ()
    arch: str = ""
    module: str = ""


class _Tree(NamedTuple):
    """Criteria with an operator and what is below, or one criterion with its test and comment."""

    operator: str = ""
    below: tuple[_Tree, ...] = ()
    test: str = ""
    comment: str = ""


@dataclass
class _File:
    """A file's definitions, and the tests that they point to."""

    definitions: list[tuple[Element, _Tree | None]] = field(default_factory=list["tuple[Element, _Tree | None]"])
    tests: dict[str, tuple[str, str]] = field(default_factory=dict[str, "tuple[str, str]"])
    objects: dict[str, str] = field(default_factory=dict[str, str])
    states: dict[str, tuple[str, str]] = field(default_factory=dict[str, "tuple[str, str]"])

    def add(self, within: str, element: Element) -> None:
        id = element.get("id", "")
        if within == "definitions" and element.tag == "definition":
            criteria = element.find("criteria")
            tree = _tree_of(criteria) if criteria is not None else None
            for child in element.findall("criteria"):
                element.remove(child)
            self.definitions.append((element, tree))
        elif element.tag.endswith("info_test"):
            self.tests[id] = _reference(element, "object"), _reference(element, "state")
        elif element.tag.endswith("info_object"):
            self.objects[id] = text_of(element.find("name"))
        elif element.tag.endswith("info_state"):
            evr = element.find("evr")
            if evr is not None:
                self.states[id] = evr.get("operation", "equals"), text_of(evr)


def _reference(test: Element, kind: str) -> str:
    found = test.find(kind)
    return found.get(f"{kind}_ref", "") if found is not None else ""


def _tree_of(criteria: Element) -> _Tree:
    if criteria.tag == "criterion":
        return _Tree(test=criteria.get("test_ref", ""), comment=criteria.get("comment", ""))
    below = tuple(_tree_of(each) for each in criteria if each.tag in ("criteria", "criterion"))
    return _Tree(criteria.get("operator", "AND"), below)


def definitions(content: bytes, origin: str) -> Iterator[Definition | Gap]:
    """Each definition of a file, and what of it could not be read. Raises SourceError for content that is no OVAL."""
    file = _File()
    for within, element in elements(content, origin, 2):
        file.add(within, element)
    if not file.definitions:
        raise SourceError(origin, "is no file of OVAL: it holds no definitions")
    for element, tree in file.definitions:
        found = _definition(element, tree, file)
        yield found
        if found.unclear:
            first, *others = found.unclear
            more = f", and {len(others)} more like it" if others else ""
            yield Gap("record", f"{origin}: {found.id}", first + more)


def _definition(element: Element, tree: _Tree | None, file: _File) -> Definition:
    metadata = element.find("metadata")
    metadata = metadata if metadata is not None else element
    advisory = metadata.find("advisory")
    advisory = advisory if advisory is not None else metadata
    dates = [found for name in ("updated", "issued") if (found := advisory.find(name)) is not None]
    claims: list[Claim] = []
    unclear: list[str] = []
    if tree is not None:
        _claims(tree, _Context(), file, claims, unclear)
    return Definition(
        element.get("id", ""),
        text_of(metadata.find("title")),
        tuple((each.get("source", ""), each.get("ref_id", "")) for each in metadata.findall("reference")),
        text_of(advisory.find("severity")),
        dates[0].get("date", "") if dates else text_of(advisory.find("advisory_date")),
        text_of(metadata.find("patchable")),
        tuple(dict.fromkeys(claims)),
        tuple(dict.fromkeys(unclear)),
    )


def _claims(tree: _Tree, around: _Context, file: _File, claims: list[Claim], unclear: list[str]) -> None:
    """Add what a tree of criteria says; what an AND asks beside packages holds for all of them."""
    context = replace(around)
    if tree.operator == "AND":
        for each in tree.below:
            _learn(each, context)
    bounds: dict[str, list[_Bound]] = {}
    for each in tree.below:
        if each.operator:
            _claims(each, context, file, claims, unclear)
            continue
        bound = _bound(each.test, each.comment, file)
        if isinstance(bound, str):
            unclear.extend([bound] if bound else [])
        else:
            bounds.setdefault(bound.package, []).append(bound)
    for package, said in bounds.items():
        groups = [said] if tree.operator == "AND" else [[each] for each in said]
        claims.extend(
            Claim(package, context.products, context.arch, context.module, _events(group)) for group in groups
        )


def _learn(tree: _Tree, context: _Context) -> None:
    """Note the products, architecture and module that one part of an AND asks for."""
    leaves = list(_leaves(tree))
    products = [found["product"] for comment in leaves if (found := _PRODUCT.fullmatch(comment))]
    if products and len(products) == len(leaves) and not any(map(_is_package, leaves)):
        context.products = tuple(products)
    if found := _ARCH.fullmatch(tree.comment):
        context.arch = found["arch"]
    if found := _MODULE.fullmatch(tree.comment):
        context.module = found["module"]


def _is_package(comment: str) -> bool:
    """Whether `x is installed` names a package's version (SUSE: `krb5-1.15.2-4.25 is installed`), not a product."""
    return " " not in comment.removesuffix(" is installed")


def _leaves(tree: _Tree) -> Iterator[str]:
    """The comments of all criteria below."""
    if not tree.operator:
        yield tree.comment
    for each in tree.below:
        yield from _leaves(each)


def _bound(test: str, comment: str, file: _File) -> _Bound | str:
    """What a criterion asks of a package; empty if of none, else why it could not be read."""
    of_object, of_state = file.tests.get(test, ("", ""))
    name, state = file.objects.get(of_object, ""), file.states.get(of_state)
    if name and state:
        operation, version = state
        if operation == "greater than" and version == _NEVER:
            return _Bound(name, "any", "")
        if operation not in _OPERATIONS:
            return f"{name} {operation} {version} is not understood"
        return _Bound(name, _OPERATIONS[operation], version)
    if found := _EARLIER.match(comment):
        return _Bound(found["name"], "fixed", found["version"])
    is_known = test in file.tests or any(each.fullmatch(comment) for each in (_WITHOUT_WEIGHT, _ARCH, _MODULE))
    if is_known or (_PRODUCT.fullmatch(comment) and not _is_package(comment)):
        return ""
    return f"the criterion {comment[:200]!r} has no test in the file"


def _events(bounds: list[_Bound]) -> tuple[Event, ...]:
    """The versions in which bounds hold together; a version that is to be greater than one is taken from it on."""
    low = next((each.version for each in bounds if each.kind == "after"), "0")
    events = [Event(introduced=low)]
    events += [Event(fixed=each.version) for each in bounds if each.kind == "fixed"][:1]
    if len(events) == 1:
        events += [Event(last_affected=each.version) for each in bounds if each.kind == "last_affected"][:1]
    return tuple(events)
