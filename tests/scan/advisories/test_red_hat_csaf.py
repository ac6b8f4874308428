import json

from tests.shared_data import shared, unpack

from nephoscope.model.coverage import Gap
from nephoscope.model.package import Package
from nephoscope.scan.advisories.red_hat_csaf import red_hat_csaf
from nephoscope.scan.matcher import Index

FOLDER = "tests/unit/providers/rhel/test-fixtures/csaf"
EL9 = {"product_id": "EL9", "product_identification_helper": {"cpe": "cpe:/o:redhat:enterprise_linux:9::baseos"}}


def index_of(*contents):
    index = Index()
    for content in contents:
        for advisory in red_hat_csaf.read(content, "f"):
            index.add(advisory)
    return index


def test_a_real_advisory_of_a_module_is_about_its_stream(tmp_path):
    folder = unpack(shared("vuln_feed_fixtures_vunnel") / "files.tar.gz", tmp_path) / FOLDER / "advisories"
    index = index_of(*((folder / f"rhsa-{id}.json").read_bytes() for id in ("2023_3821", "2023_7025", "2024_1431")))

    def matched(version, module):
        found = index.match(Package("Red Hat:enterprise_linux:8", "ruby", version, module=module))
        return {each.advisory.partition("/")[0] for each in found}

    assert matched("2.7.6-138.module+el8.6.0+16148+54a2ba8e", "ruby:2.7") == {"RHSA-2023:3821"}
    assert matched("2.7.8-139.module+el8.8.0+18745+f1bef313", "ruby:2.7") == set()
    assert matched("2.5.9-110.module+el8.6.0+15956+aa803fc1", "ruby:2.5") == {"RHSA-2023:7025"}
    assert matched("3.1.2-141.module+el8.7.0+16733+3d9f5b1a", "ruby:3.1") == {"RHSA-2024:1431"}


def test_a_real_advisory_with_epochs(tmp_path):
    folder = unpack(shared("vuln_feed_fixtures_vunnel") / "files.tar.gz", tmp_path) / FOLDER / "advisories" / "2025"
    [match, _] = index_of((folder / "rhsa-2025_23414.json").read_bytes()).match(
        Package("Red Hat:rhel_els:6", "bind", "32:9.8.2-0.68.rc1.el6_10.16")
    )

    assert (match.fixed, match.severity) == ("32:9.8.2-0.68.rc1.el6_10.17", "medium")


def vex(status, remediations=(), name="openssl", purl="pkg:rpm/redhat/openssl?arch=src"):
    part = {"product_id": name, "product_identification_helper": {"purl": purl}}
    relation = {
        "full_product_name": {"product_id": f"EL9:{name}"},
        "product_reference": name,
        "relates_to_product_reference": "EL9",
    }
    return json.dumps(
        {
            "document": {"tracking": {"id": "CVE-2024-1", "current_release_date": "2024-02-01T00:00:00Z"}},
            "product_tree": {"branches": [{"product": EL9}, {"product": part}], "relationships": [relation]},
            "vulnerabilities": [
                {"cve": "CVE-2024-1", "product_status": {status: [f"EL9:{name}"]}, "remediations": list(remediations)}
            ],
        }
    ).encode()


def matched(content):
    package = Package("Red Hat:enterprise_linux:9", "openssl-libs", "1:3.0.7-1.el9", source="openssl")
    return index_of(content).match(package)


def test_what_red_hat_will_do_is_kept():
    said = {
        ("no_fix_planned", "Will not fix"): "will not fix",
        ("no_fix_planned", "Out of support scope"): "end of life",
        ("none_available", "Fix deferred"): "deferred",
        ("none_available", "Affected"): "",
    }
    for (category, details), state in said.items():
        remedy = {"category": category, "details": details, "product_ids": ["EL9:openssl"]}
        [match] = matched(vex("known_affected", [remedy]))
        assert (match.advisory, match.aliases, match.state) == ("RHVEX-CVE-2024-1", ("CVE-2024-1",), state)


def test_not_affected_says_nothing_and_under_investigation_cannot_be_judged():
    assert list(red_hat_csaf.read(vex("known_not_affected"), "f")) == []
    [gap] = matched(vex("under_investigation"))
    assert isinstance(gap, Gap)
    assert "names no versions" in gap.cause


def test_a_fix_named_by_its_source_alone_holds_for_its_binaries():
    purl = "pkg:rpm/redhat/openssl@3.0.7-2.el9?arch=src&epoch=1"
    [match] = matched(vex("fixed", name="openssl-1:3.0.7-2.el9.src", purl=purl))

    assert match.fixed == "1:3.0.7-2.el9"


def test_hostile_trees_end_and_products_without_a_name_are_passed_over():
    document = json.loads(vex("known_affected"))
    document["product_tree"]["relationships"][0]["relates_to_product_reference"] = "EL9:openssl"  # a circle
    assert list(red_hat_csaf.read(json.dumps(document).encode(), "f")) == []

    document = json.loads(vex("known_affected"))
    document["vulnerabilities"][0].pop("cve")
    [gap] = red_hat_csaf.read(json.dumps(document).encode(), "f")
    assert gap.cause == "a vulnerability has no CVE"
