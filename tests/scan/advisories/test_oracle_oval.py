import json

from tests.shared_data import shared, unpack

from nephoscope.model.advisory import Advisory
from nephoscope.model.coverage import Gap
from nephoscope.scan.advisories.oracle_oval import oracle_oval

FOLDER = "tests/unit/providers/oracle/test-fixtures"


def fixes(advisories):
    return {
        (advisory.id, each.package.ecosystem, each.package.name, each.ranges[0].events[1].fixed)
        for advisory in advisories
        for each in advisory.affected
    }


def test_real_errata_have_the_fixed_versions_that_another_reader_finds(tmp_path):
    folder = unpack(shared("vuln_feed_fixtures_vunnel") / "files.tar.gz", tmp_path) / FOLDER
    theirs = [json.loads(file.read_bytes())["item"]["Vulnerability"] for file in folder.glob("snapshots/*/*.json")]
    expected = {
        (each["Name"], each["NamespaceName"].replace("ol", "Oracle Linux"), fix["Name"], fix["Version"])
        for each in theirs
        for fix in each["FixedIn"]
    }
    found = list(oracle_oval.read((folder / "mock_data").read_bytes(), "mock_data"))

    assert fixes(found) == expected
    assert found[0].related == ["CVE-2007-0493", "CVE-2007-0494"]
    assert found[0].modified == "2007-06-26"


def test_architectures_and_ksplice_are_told_apart(tmp_path):
    folder = unpack(shared("vuln_feed_fixtures_vunnel") / "files.tar.gz", tmp_path) / FOLDER
    by_arch = list(oracle_oval.read((folder / "mock_per_arch_data").read_bytes(), "f"))
    [ksplice] = oracle_oval.read((folder / "mock_ksplice_data").read_bytes(), "f")

    [rsyslog] = [each for each in by_arch if each.id == "ELSA-2022-4803"]
    said = {
        (each.ecosystem_specific["arch"], each.ranges[0].events[1].fixed)
        for each in rsyslog.affected
        if each.package.name == "rsyslog"
    }
    assert said == {("aarch64", "0:8.24.0-57.0.4.el7_9.3"), ("x86_64", "0:8.24.0-57.0.1.el7_9.3")}
    assert {each.ecosystem_specific["module"] for each in ksplice.affected} == {"ksplice"}


def test_a_definition_without_an_elsa_or_a_package_is_named_and_the_next_is_read():
    def made(id, reference, platform="Oracle Linux 8"):
        return f"""<definition id="{id}"><metadata><title>t</title><reference source="{reference}" ref_id="ELSA-1"/>
        </metadata><criteria operator="AND"><criterion comment="{platform} is installed" test_ref="x"/>
        <criterion comment="a is earlier than 0:1-1" test_ref="x"/></criteria></definition>"""

    below = made("d:1", "other") + made("d:2", "elsa", "Solaris 11") + made("d:3", "elsa")
    content = f"<oval_definitions><definitions>{below}</definitions></oval_definitions>"
    found = list(oracle_oval.read(content.encode(), "f"))

    assert [each.subject for each in found if isinstance(each, Gap)] == ["f: d:1", "f: d:2"]
    assert [each.id for each in found if isinstance(each, Advisory)] == ["ELSA-1"]
