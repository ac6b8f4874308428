import json

import pytest

from nephoscope.scan.vex import read_document


def read(*vulnerabilities, root=None):
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": "urn:uuid:1",
        "metadata": {"timestamp": "2026-01-01T00:00:00Z", **({"component": root} if root else {})},
        "components": [{"bom-ref": "a", "purl": "pkg:pypi/a@1"}, {"bom-ref": "b"}],
        "vulnerabilities": list(vulnerabilities),
    }
    return read_document(json.dumps(document).encode(), "f")


def judged(state, ref="a", **more):
    return {"id": "CVE-1", "analysis": {"state": state, **more}, "affects": [{"ref": ref}]}


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("not_affected", "not_affected"),
        ("false_positive", "not_affected"),
        ("resolved", "fixed"),
        ("exploitable", "affected"),
        ("in_triage", "under_investigation"),
    ],
)
def test_states_are_statuses(state, status):
    document, _ = read(judged(state, justification="code_not_reachable", detail="d"))
    [found] = document.statements
    assert (found.status, found.justification, found.said, found.component) == (
        *(status, "code_not_reachable", "d", "pkg:pypi/a@1"),
    )


def test_a_component_of_a_document_about_something_holds_within_that():
    document, _ = read(judged("resolved"), root={"bom-ref": "r", "name": "app", "version": "1.4"})
    [found] = document.statements
    assert (found.product, found.component) == ("app:1.4", "pkg:pypi/a@1")
    document, _ = read(judged("resolved", "r"), root={"bom-ref": "r", "name": "app", "version": "1.4"})
    assert (document.statements[0].product, document.statements[0].component) == ("app:1.4", "")


def test_a_link_into_another_document_is_the_package_url_in_it():
    document, _ = read(judged("resolved", "urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/1#pkg%3Apypi%2Fz%402"))
    assert document.statements[0].component == "pkg:pypi/z@2"


def test_what_cannot_be_placed_is_named_and_what_nobody_judged_says_nothing():
    document, gaps = read(
        judged("resolved"), judged("odd"), judged("resolved", "b"), {"id": "CVE-2"}, judged("resolved", "")
    )
    assert len(document.statements) == 1
    assert [gap.subject for gap in gaps] == [f"f: vulnerabilities[{at}]" for at in (1, 2, 4)]
