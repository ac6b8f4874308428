import json

from tests.shared_data import shared, unpack

from nephoscope.model.advisory import Advisory
from nephoscope.model.coverage import Gap
from nephoscope.model.package import Package
from nephoscope.scan.advisories.ubuntu_openvex import ubuntu_openvex
from nephoscope.scan.matcher import Index

FOLDER = "tests/unit/providers/ubuntu/test-fixtures/vex"


def statement(status, purl="pkg:deb/ubuntu/curl@7.58.0?arch=source&distro=bionic", **more):
    return {"vulnerability": {"name": "CVE-2024-1"}, "status": status, "products": [{"@id": purl}]} | more


def matched(*statements, release="18.04"):
    index = Index()
    for each in ubuntu_openvex.read(json.dumps({"statements": list(statements)}).encode(), "f"):
        if isinstance(each, Advisory):
            index.add(each)
    return index.match(Package(f"Ubuntu:{release}", "curl", "7.58.0"))


def test_real_documents_say_what_ubuntu_will_not_fix(tmp_path):
    folder = unpack(shared("vuln_feed_fixtures_vunnel") / "files.tar.gz", tmp_path) / FOLDER
    [advisory] = ubuntu_openvex.read((folder / "cve" / "2016" / "CVE-2016-20013.json").read_bytes(), "f")

    assert {each.ecosystem_specific["state"] for each in advisory.affected} == {"will not fix"}
    assert ("Ubuntu:16.04:LTS", "glibc") in {(each.package.ecosystem, each.package.name) for each in advisory.affected}


def test_each_status_means_what_openvex_says():
    [match] = matched(statement("affected", action_statement="The Ubuntu Security Team decided to not fix it."))
    assert (match.fixed, match.state) == ("", "will not fix")
    assert matched(statement("not_affected")) == [Gap("package", "Ubuntu:18.04", NOTHING)]
    assert matched(statement("fixed")) == [Gap("package", "Ubuntu:18.04", NOTHING)]
    [gap] = matched(statement("under_investigation"))
    assert "names no versions" in gap.cause


NOTHING = "no advisory is about this ecosystem, so that its packages were not judged"


def test_a_statement_that_is_none_is_named_and_other_products_are_passed_over():
    others = [
        statement("affected", "pkg:deb/ubuntu/curl@1?arch=amd64&distro=bionic"),
        statement("affected", "pkg:deb/ubuntu/curl@1?arch=source&distro=precise"),
        statement("affected", "bionic"),
    ]
    found = list(ubuntu_openvex.read(json.dumps({"statements": [{"status": 7}, *others]}).encode(), "f"))

    assert [each.subject for each in found] == ["f: statements[0]"]
