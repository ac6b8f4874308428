import json

import pytest
from tests.shared_data import shared, unpack

from nephoscope.model.errors import SourceError
from nephoscope.model.package import Package
from nephoscope.scan.advisories.azure_linux_oval import azure_linux_oval
from nephoscope.scan.matcher import Index

FOLDER = "tests/unit/providers/mariner/test-fixtures"


def index_of(file):
    index = Index()
    for advisory in azure_linux_oval.read(file.read_bytes(), str(file)):
        index.add(advisory)
    return index


def test_real_vulnerabilities_have_the_ranges_that_another_reader_finds(tmp_path):
    folder = unpack(shared("vuln_feed_fixtures_vunnel") / "files.tar.gz", tmp_path) / FOLDER
    file = folder / "mariner-truncated-2.0-oval.xml"
    theirs = [json.loads(file.read_bytes())["item"]["Vulnerability"] for file in folder.glob("snapshots/*/*.json")]
    ours = {
        (advisory.upstream[0], each.package.name, each.ranges[0].events[-1].fixed or "None")
        for advisory in azure_linux_oval.read(file.read_bytes(), str(file))
        for each in advisory.affected
    }

    assert ours == {(each["Name"], fix["Name"], fix["Version"]) for each in theirs for fix in each["FixedIn"]}


@pytest.mark.parametrize(("version", "found"), [("1.18.0-1.cm2", 0), ("1.19.1-1.cm2", 1), ("1.20.7-1.cm2", 0)])
def test_a_range_has_both_of_its_ends(tmp_path, version, found):
    folder = unpack(shared("vuln_feed_fixtures_vunnel") / "files.tar.gz", tmp_path) / FOLDER
    index = index_of(folder / "mariner-truncated-2.0-oval.xml")

    assert len(index.match(Package("Azure Linux:2", "golang", version))) == found


def test_the_release_is_in_the_files_name(tmp_path):
    folder = unpack(shared("vuln_feed_fixtures_vunnel") / "files.tar.gz", tmp_path) / FOLDER
    index = index_of(folder / "azure-linux-truncated-3.0-oval.xml")

    assert [each.fixed for each in index.match(Package("Azure Linux:3.0", "ceph", "18.2.0-1.azl3"))] == [
        "0:18.2.1-1.azl3"
    ]
    with pytest.raises(SourceError, match="no release in its name"):
        list(azure_linux_oval.read(b"<a/>", "oval.xml"))
