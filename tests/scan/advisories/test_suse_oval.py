import json

from tests.shared_data import shared, unpack

from nephoscope.model.advisory import Advisory
from nephoscope.model.coverage import Gap
from nephoscope.scan.advisories.suse_oval import suse_oval

FOLDER = "tests/unit/providers/sles/test-fixtures"


def read(content):
    found = list(suse_oval.read(content, "suse.xml"))
    return [each for each in found if isinstance(each, Advisory)], [each for each in found if isinstance(each, Gap)]


def test_real_vulnerabilities_have_the_fixed_versions_that_another_reader_finds(tmp_path):
    folder = unpack(shared("vuln_feed_fixtures_vunnel") / "files.tar.gz", tmp_path) / FOLDER
    advisories, gaps = read((folder / "suse_truncated.xml").read_bytes())
    ours = {
        (advisory.upstream[0], each.package.name, each.ranges[0].events[1].fixed)
        for advisory in advisories
        for each in advisory.affected
    }
    theirs = [json.loads(file.read_bytes())["item"]["Vulnerability"] for file in folder.glob("snapshots/*/*.json")]
    expected = {(each["Name"], fix["Name"], fix["Version"]) for each in theirs for fix in each["FixedIn"]}

    assert ours == {each for each in expected if each[2] != "0"}  # 0: not affected
    assert [gap.subject for gap in gaps] == ["suse.xml: oval:org.opensuse.security:def:202129154"]  # it was cut short
    assert {each.ecosystem_specific["package"] for advisory in advisories for each in advisory.affected} == {"binary"}


def test_products_are_named_as_osv_names_them():
    def product(text):
        return f"""<criteria operator="AND"><criterion comment="{text} is installed" test_ref="x"/>
        <criterion comment="a is earlier than 0:1-1" test_ref="x"/></criteria>"""

    below = "".join(map(product, ("SUSE Linux Enterprise Server 15 SP3", "openSUSE Leap 15.5", "Windows 95")))
    criteria = f'<criteria operator="OR">{below}</criteria>'
    definition = f'<definition id="d"><metadata><title>CVE-2024-1</title></metadata>{criteria}</definition>'
    content = f"<o><definitions>{definition}<definition id='e'/></definitions></o>"
    [advisory], [gap] = read(content.encode())

    assert [each.package.ecosystem for each in advisory.affected] == [
        "SUSE:Linux Enterprise Server 15 SP3",
        "openSUSE:Leap 15.5",
    ]
    assert gap.cause == "names no CVE"
