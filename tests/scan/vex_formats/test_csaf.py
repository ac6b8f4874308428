import json

from nephoscope.scan.vex import read_document

HEAD = {
    "csaf_version": "2.0",
    "publisher": {"name": "Vendor"},
    "tracking": {"id": "VEX-1", "current_release_date": "2026-01-01T00:00:00Z"},
}


def product(id_, purl=""):
    helper = {"product_identification_helper": {"purl": purl}} if purl else {}
    return {"product_id": id_, "name": f"name of {id_}", **helper}


def relation(part, whole, id_="c"):
    names = {"product_reference": part, "relates_to_product_reference": whole}
    return {"category": "default_component_of", "full_product_name": product(id_), **names}


TREE = {
    "full_product_names": [product("a", "pkg:pypi/a@1")],
    "branches": [{"branches": [{"product": product("os")}, {"product": product("b", "pkg:rpm/redhat/openssl@1")}]}],
    "relationships": [relation("b", "os")],
}


def read(*vulnerabilities, tree=TREE):
    return read_document(
        json.dumps({"document": HEAD, "product_tree": tree, "vulnerabilities": vulnerabilities}).encode(), "f"
    )


def test_each_status_of_each_product_is_a_statement():
    flags = [{"label": "component_not_present", "product_ids": ["a"]}]
    threats = [{"category": "impact", "details": "not built in", "product_ids": ["c"]}]
    status = {"known_not_affected": ["a", "c"], "fixed": ["b"], "recommended": ["a"]}
    document, gaps = read({"cve": "CVE-1", "product_status": status, "flags": flags, "threats": threats})
    assert (document.format, document.id, document.author, gaps) == ("csaf", "VEX-1", "Vendor", [])
    assert [
        (each.product, each.component, each.status, each.justification or each.said) for each in document.statements
    ] == [
        ("", "pkg:pypi/a@1", "not_affected", "component_not_present"),
        ("name of os", "pkg:rpm/redhat/openssl@1", "not_affected", "not built in"),
        ("", "pkg:rpm/redhat/openssl@1", "fixed", ""),
    ]


def test_what_cannot_be_placed_is_named_and_the_rest_is_read():
    good = {"cve": "CVE-1", "product_status": {"fixed": ["a", "nowhere"]}}
    document, gaps = read(good, {"cve": "CVE-2"}, {"cve": "CVE-3", "product_status": {"known_not_affected": ["a"]}})
    assert len(document.statements) == 1
    assert [gap.subject for gap in gaps] == [f"f: vulnerabilities[{at}]" for at in range(3)]
    assert "not why" in gaps[2].cause


def test_a_tree_without_end_is_not_followed_for_ever():
    deep = {"product": product("a", "pkg:pypi/a@1")}
    for _ in range(300):
        deep = {"branches": [deep]}
    document, gaps = read(
        {"cve": "CVE-1", "product_status": {"fixed": ["a", "z"]}},
        tree={"branches": [deep], "full_product_names": [product("z", "pkg:pypi/z")]},
    )
    assert [each.component for each in document.statements] == ["pkg:pypi/z"]
    assert len(gaps) == 1
