import json

import pytest
from tests.shared_data import shared, unpack

from nephoscope.model.advisory import Advisory
from nephoscope.model.coverage import Gap
from nephoscope.model.errors import SourceError
from nephoscope.model.package import Package
from nephoscope.scan.advisories.photon import photon
from nephoscope.scan.matcher import Index

FOLDER = "tests/unit/providers/photon/test-fixtures"
ROW = {"cve_id": "CVE-1", "pkg": "curl", "cve_score": 9.8, "aff_ver": "", "res_ver": "7.88.1-4.ph4", "status": "Fixed"}


def matched(rows, version):
    index = Index()
    for advisory in photon.read(json.dumps(rows).encode(), "cve_data_photon4.0.json"):
        index.add(advisory)
    return [(each.fixed, each.severity) for each in index.match(Package("Photon OS:4.0", "curl", version))]


def test_real_rows_have_the_fixed_versions_that_another_reader_finds(tmp_path):
    folder = unpack(shared("vuln_feed_fixtures_vunnel") / "files.tar.gz", tmp_path) / FOLDER
    ours = {
        (advisory.upstream[0], each.package.ecosystem, each.package.name, fix_of(each))
        for file in (folder / "input").glob("*.json")
        for advisory in photon.read(file.read_bytes(), str(file))
        for each in advisory.affected
    }
    theirs = [json.loads(file.read_bytes())["item"]["Vulnerability"] for file in folder.glob("snapshots/*/*.json")]
    expected = {
        (each["Name"], each["NamespaceName"].replace("photon", "Photon OS"), fix["Name"], fix["Version"])
        for each in theirs
        for fix in each["FixedIn"]
    }
    assert {each for each in ours if each[0].startswith("CVE")} == expected


def fix_of(affected):
    return next((event.fixed for event in affected.ranges[0].events if event.fixed), "None")


def test_a_row_says_what_is_affected_and_how_gravely():
    assert matched([ROW], "7.88.1-3.ph4") == [("7.88.1-4.ph4", "critical")]
    assert matched([ROW | {"res_ver": "NA", "cve_score": None}], "9") == [("", "unknown")]


def test_a_row_that_is_none_is_named_and_the_next_is_read():
    content = json.dumps([{"cve_id": 7}, ROW | {"status": "Not Affected"}, ROW]).encode()
    gap, advisory = photon.read(content, "cve_data_photon4.0.json")

    assert isinstance(gap, Gap)
    assert gap.subject == "cve_data_photon4.0.json: [0]"
    assert isinstance(advisory, Advisory)


def test_a_file_whose_name_has_no_release_is_refused():
    with pytest.raises(SourceError, match="no release"):
        list(photon.read(b"[]", "photon/f.json"))
