import json

import pytest
import yaml
from tests.shared_data import shared, unpack

from nephoscope.model.advisory import Advisory
from nephoscope.model.coverage import Gap
from nephoscope.model.errors import SourceError
from nephoscope.scan.advisories.alpine_secdb import alpine_secdb

FOLDER = "tests/unit/providers/alpine/test-fixtures"


def read(content):
    found = list(alpine_secdb.read(json.dumps(content).encode(), "main.json"))
    return [each for each in found if isinstance(each, Advisory)], [each for each in found if isinstance(each, Gap)]


def fixes(advisories):
    return {
        (advisory.upstream[0], each.package.name, each.ranges[0].events[1].fixed)
        for advisory in advisories
        for each in advisory.affected
    }


def branch(*packages):
    return {"distroversion": "v3.19", "packages": [{"pkg": package} for package in packages]}


def test_real_branches_have_the_fixed_versions_that_another_reader_finds(tmp_path):
    folder = unpack(shared("vuln_feed_fixtures_vunnel") / "files.tar.gz", tmp_path) / FOLDER
    ours = set()
    for file in (folder / "input" / "secdb" / "v3.15").glob("*.yaml"):
        advisories, gaps = read(yaml.safe_load(file.read_text()))
        ours |= fixes(advisories)
        assert gaps == []
        assert {each.package.ecosystem for advisory in advisories for each in advisory.affected} == {"Alpine:v3.15"}
    theirs = [json.loads(file.read_bytes())["item"]["Vulnerability"] for file in folder.glob("snapshots/3.15/*.json")]
    assert ours == {(each["Name"], fix["Name"], fix["Version"]) for each in theirs for fix in each["FixedIn"]}


def test_of_several_fixes_the_last_one_counts_and_version_0_is_none():
    package = {
        "name": "a",
        "secfixes": {"1.10-r0": ["CVE-2024-1"], "1.9-r0": ["CVE-2024-1 (+ XSA-7)"], "0": ["CVE-2024-2"]},
    }

    assert fixes(read(branch(package))[0]) == {("CVE-2024-1", "a", "1.10-r0"), ("XSA-7", "a", "1.9-r0")}


def test_a_package_that_is_none_is_named_and_the_next_is_read():
    advisories, [gap] = read(branch({"name": 7}, {"name": "b", "secfixes": {"1-r0": None, "2-r0": ["CVE-2024-1"]}}))

    assert fixes(advisories) == {("CVE-2024-1", "b", "2-r0")}
    assert gap.subject == "main.json: packages[0]"


def test_a_branch_without_a_release_is_refused():
    with pytest.raises(SourceError, match="distroversion"):
        read({"packages": []})
