import json

from tests.shared_data import shared, unpack

from nephoscope.model.advisory import Advisory
from nephoscope.model.coverage import Gap
from nephoscope.model.package import Package
from nephoscope.scan.advisories.red_hat_security_data import red_hat_security_data
from nephoscope.scan.matcher import Index

FOLDER = "tests/unit/providers/rhel/test-fixtures"
NOT_AFFECTED = "0"


def advisories(folder):
    for file in (folder / "oval" / "input" / "cve" / "full").iterdir():
        yield from red_hat_security_data.read(file.read_bytes(), str(file))


def fix_of(affected):
    fixes = [event.fixed for event in affected.ranges[0].events if event.fixed]
    return fixes[0] if fixes else ""


def test_real_answers_have_the_fixed_versions_that_another_reader_finds(tmp_path):
    folder = unpack(shared("vuln_feed_fixtures_vunnel") / "files.tar.gz", tmp_path) / FOLDER
    ours = {
        (advisory.upstream[0], each.package.ecosystem.rpartition(":")[2], each.package.name, fix_of(each))
        for advisory in advisories(folder)
        for each in advisory.affected
        if each.package.ecosystem.startswith("Red Hat:enterprise_linux:") and "module" not in each.ecosystem_specific
    }
    theirs = set()
    for file in folder.glob("snapshots/rhel:*/*.json"):
        found = json.loads(file.read_bytes())["item"]["Vulnerability"]
        release = found["NamespaceName"].removeprefix("rhel:")
        for fix in (one for one in found["FixedIn"] if not one["Module"] and "+eus" not in release):
            version = "" if fix["Version"] == "None" else fix["Version"].removeprefix("0:")
            theirs |= {(found["Name"], release, fix["Name"], version)} if version != NOT_AFFECTED else set()

    assert theirs == ours


def answer(**more):
    return json.dumps({"name": "CVE-2024-1", "threat_severity": "Important"} | more).encode()


def matches(content, package="openssl-libs", version="1:3.0.7-1.el9", module=""):
    index = Index()
    for each in red_hat_security_data.read(content, "f"):
        index.add(each)
    return index.match(Package("Red Hat:enterprise_linux:9", package, version, source="openssl", module=module))


def state(text, name="openssl"):
    return {"cpe": "cpe:/o:redhat:enterprise_linux:9", "package_name": name, "fix_state": text}


def test_of_several_fixes_the_first_counts_and_binary_packages_are_asked_by_source():
    cpe = "cpe:/a:redhat:enterprise_linux:9"
    released = [{"cpe": cpe, "package": f"openssl-1:3.0.{number}-2.el9"} for number in (10, 7)]
    content = answer(affected_release=released)

    [match] = matches(content)
    assert (match.fixed, match.severity) == ("1:3.0.7-2.el9", "high")
    assert matches(content, version="1:3.0.8-1.el9") == []


def test_each_state_is_kept():
    states = {"Will not fix": "will not fix", "Out of support scope": "end of life", "Fix deferred": "deferred"}
    for text, said in (states | {"Affected": ""}).items():
        [match] = matches(answer(package_state=[state(text)]))
        assert (match.fixed, match.state) == ("", said)
    [gap] = matches(answer(package_state=[state("Under investigation")]))
    assert "names no versions" in gap.cause
    assert list(red_hat_security_data.read(answer(package_state=[state("Not affected")]), "f")) == []


def test_a_module_is_told_apart():
    content = answer(package_state=[state("Will not fix", "nodejs:16/openssl")])

    assert len(matches(content, version="1-1.module+el9", module="nodejs:16")) == 1
    assert matches(content, version="1-1.module+el9", module="nodejs:18") == []


def test_a_part_that_is_none_is_named_and_the_others_are_read():
    gap, advisory = red_hat_security_data.read(answer(package_state=[{"cpe": 7}, state("Affected")]), "f")

    assert isinstance(gap, Gap)
    assert gap.subject == "f: package_state[0]"
    assert isinstance(advisory, Advisory)
