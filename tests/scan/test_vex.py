import json

import pytest

from nephoscope.model.errors import SourceError
from nephoscope.model.package import Package
from nephoscope.scan.vex import Statement, held, placed, read_document, reason

OPENSSL = Package("Debian:12", "libssl3", "3.0.11-1", source="openssl")
FASTAPI = Package("PyPI", "fastapi", "0.1")


def said(component="pkg:deb/debian/openssl", product="", status="not_affected", name="CVE-1", at="", aliases=()):
    return Statement(name, aliases, product, component, status, "component_not_present", "", at)


def holds(statement, package=OPENSSL, names=("DSA-1", "CVE-1"), target=()):
    return held([(statement, "x")]).of(names, package, target) is not None


@pytest.mark.parametrize(
    ("component", "is_about"),
    [
        ("pkg:deb/debian/openssl", True),
        ("pkg:deb/debian/libssl3@3.0.11-1", True),
        ("pkg:deb/debian/openssl@3.0.11-1?distro=debian-12", True),
        ("pkg:deb/debian/openssl?distro=debian-12", True),
        ("pkg:deb/debian/openssl?distro=debian-11", False),
        ("pkg:deb/debian/openssl@3.0.12-1", False),
        ("pkg:deb/ubuntu/openssl", False),
        ("pkg:deb/debian/openss", False),
        ("pkg:pypi/openssl", False),
        ("pkg:oci/app@sha256%3Aab", False),
        ("openssl", False),
        ("", True),
    ],
)
def test_a_component_is_known_by_its_package_url(component, is_about):
    assert holds(said(component)) is is_about


def test_a_vulnerability_is_known_by_any_of_its_names():
    assert holds(said(name="GHSA-1", aliases=("CVE-1",)))
    assert not holds(said(name="CVE-10"))


@pytest.mark.parametrize(
    ("product", "target", "is_in"),
    [
        ("app:1.4", ("app:1.4",), True),
        ("app:1.4", ("app:1.5",), False),
        ("app:1.4", (), False),
        ("pkg:oci/app@sha256%3Aab?tag=1.4", ("registry.example/app@sha256:ab",), True),
        ("pkg:oci/app@sha256%3Aab?tag=1.4", ("app:1.4",), True),
        ("pkg:oci/app@sha256%3Aab", ("registry.example/app@sha256:abc",), False),
    ],
)
def test_what_is_said_within_a_product_holds_there_only(product, target, is_in):
    assert holds(said(product=product), target=target) is is_in


def test_the_statement_that_was_made_last_holds_whatever_it_says():
    first, last = said(at="2026-01-01T00:00:00Z"), said(status="affected", at="2026-02-01T00:00:00Z")
    for order in ([(first, "a"), (last, "b")], [(last, "b"), (first, "a")]):
        assert held(order).of(["CVE-1"], OPENSSL) == (last, "b")


def test_of_two_at_one_time_the_one_that_came_later_holds():
    one, two = said(), said(status="affected")
    assert held([(one, "a"), (two, "b")]).of(["CVE-1"], OPENSSL) == (two, "b")


def test_a_product_that_is_a_package_is_the_component():
    assert list(placed(said("", ""), "pkg:pypi/fastapi", []))[0].component == "pkg:pypi/fastapi"
    assert list(placed(said("", ""), "pkg:oci/app@1", []))[0].product == "pkg:oci/app@1"
    assert holds(said("pkg:pypi/fastapi"), FASTAPI)


def test_a_reason_says_what_why_and_who():
    assert reason(said(), "X") == "not affected, says X: component not present"


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"7", b"{}", b'{"bomFormat": "CycloneDX"}', b"\xff", b"[" * 100_000, b'{"document": 1}'],
)
def test_another_file_is_refused_with_its_name(content):
    with pytest.raises(SourceError, match="^f: "):
        read_document(content, "f")


@pytest.mark.parametrize("wrong", [7, "x", None, [7], {"a": {}}, [[]], "é\u2028<script>"])
@pytest.mark.parametrize("key", ["statements", "@id", "author", "timestamp"])
def test_wrong_types_are_named_and_never_a_crash(key, wrong):
    good = {"vulnerability": {"name": "CVE-1"}, "products": [{"@id": "pkg:pypi/a"}], "status": "fixed"}
    document = {"@context": "https://openvex.dev/ns/v0.2.0", "statements": [good], key: wrong}
    try:
        assert read_document(json.dumps(document).encode(), "f")[0].statements
    except SourceError as error:
        assert "no statement" in error.reason  # noqa: PT017
