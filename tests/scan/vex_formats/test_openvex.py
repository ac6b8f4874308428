import json

from nephoscope.scan.vex import Statement, read_document

HEAD = {"@context": "https://openvex.dev/ns/v0.2.0", "@id": "urn:1", "author": "A", "timestamp": "2026-01-01T00:00:00Z"}


def read(*statements, **head):
    return read_document(json.dumps(HEAD | head | {"statements": list(statements)}).encode(), "f")


def test_statements_of_a_component_hold_within_its_product():
    product = {"@id": "pkg:oci/app", "subcomponents": [{"@id": "x", "identifiers": {"purl": "pkg:pypi/a"}}]}
    more = {"status": "not_affected", "justification": "component_not_present", "timestamp": "2026-02-02T00:00:00Z"}
    document, gaps = read({"vulnerability": {"name": "CVE-1", "aliases": ["GHSA-1"]}, "products": [product], **more})
    assert (document.id, document.author, document.format, gaps) == ("urn:1", "A", "openvex", [])
    assert document.statements == (
        Statement(
            *("CVE-1", ("GHSA-1",), "pkg:oci/app", "pkg:pypi/a", "not_affected", "component_not_present", ""),
            "2026-02-02T00:00:00Z",
        ),
    )


def test_the_first_version_names_products_and_vulnerabilities_by_text():
    document, _ = read({"vulnerability": "CVE-1", "products": ["pkg:pypi/a", "pkg:pypi/b"], "status": "fixed"})
    assert [each.component for each in document.statements] == ["pkg:pypi/a", "pkg:pypi/b"]
    assert document.statements[0].at == "2026-01-01T00:00:00Z"


def test_statements_that_say_nothing_are_named_and_the_rest_is_read():
    good = {"vulnerability": "CVE-1", "products": ["pkg:pypi/a"], "status": "fixed"}
    bad = [
        {**good, "status": "harmless"},
        {**good, "status": "not_affected"},
        {**good, "vulnerability": None},
        {**good, "products": []},
    ]
    document, gaps = read(*bad, good)
    assert len(document.statements) == 1
    assert [gap.subject for gap in gaps] == [f"f: statements[{at}]" for at in range(4)]
    assert [gap.cause.split(",")[0] for gap in gaps] == [
        "has the status 'harmless'",
        "says not_affected",
        "names no vulnerability",
        "names no product",
    ]
