import json

from tests.shared_data import shared, unpack

from nephoscope.model.coverage import Gap
from nephoscope.model.package import Package
from nephoscope.scan.advisories.amazon_bulletin import amazon_bulletin
from nephoscope.scan.matcher import Index

FOLDER = "tests/unit/providers/amazon/test-fixtures"


def test_real_pages_have_the_fixed_versions_that_another_reader_finds(tmp_path):
    folder = unpack(shared("vuln_feed_fixtures_vunnel") / "files.tar.gz", tmp_path) / FOLDER
    found = [
        advisory
        for file in (folder / "input").glob("*_html/*")
        for advisory in amazon_bulletin.read(file.read_bytes(), str(file))
    ]
    ours = {(a.id, p.package.ecosystem, p.package.name, p.ranges[0].events[1].fixed) for a in found for p in a.affected}
    theirs = [json.loads(file.read_bytes())["item"]["Vulnerability"] for file in folder.glob("snapshots/*/*.json")]
    expected = {
        (each["Name"], each["NamespaceName"].replace("amzn", "Amazon Linux"), fix["Name"], fix["Version"])
        for each in theirs
        for fix in each["FixedIn"]
    }

    sources = {("ALAS-2021-001", "Amazon Linux:2022", "vim", "8.2.3512-1.amzn2022")}  # is installed under no such name
    assert ours == expected - sources
    words = {"Important": "High"}
    assert {each.id: words.get(each.severity[0].score, each.severity[0].score) for each in found} == {
        each["Name"]: each["Severity"] for each in theirs
    }
    assert {each.id: each.related for each in found} == {
        each["Name"]: [cve["Name"] for cve in each["Metadata"]["CVE"]] for each in theirs
    }


def test_epochs_that_the_page_leaves_out_do_not_hide_a_vulnerability(tmp_path):
    folder = unpack(shared("vuln_feed_fixtures_vunnel") / "files.tar.gz", tmp_path) / FOLDER
    index = Index()
    for advisory in amazon_bulletin.read((folder / "mock_html").read_bytes(), "page"):
        index.add(advisory)

    [match] = index.match(Package("Amazon Linux:2", "java-1.8.0-openjdk", "1:1.8.0.151-1.b12.amzn2"))
    assert match.fixed == "1.8.0.161-0.b14.amzn2"
    assert match.severity == "high"
    assert index.match(Package("Amazon Linux:2", "java-1.8.0-openjdk", "1:1.8.0.161-0.b14.amzn2")) == []


def test_a_page_without_packages_and_a_title_that_is_none_are_named():
    page = b"<p>Amazon Linux 2 Security Advisory: ALAS-2024-1</p><div id='new_packages'><pre>none</pre></div>"
    rss = b"<?xml version='1.0'?><rss><channel><item><title>Hello</title></item></channel></rss>"

    for content, cause in ((page, "names no new packages"), (rss, "names no bulletin of Amazon Linux")):
        [gap] = amazon_bulletin.read(content, "f")
        assert isinstance(gap, Gap)
        assert gap.cause == cause
