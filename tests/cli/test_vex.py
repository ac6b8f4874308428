import json

from tests.cli.test_advisories import data, matched, records, rows_of, run  # noqa: F401  fixtures

from nephoscope.cli.output import Exit

STATEMENT = {
    "vulnerability": {"name": "CVE-2026-1"},
    "products": [{"@id": "pkg:pypi/django"}],
    "status": "not_affected",
    "justification": "vulnerable_code_not_in_execute_path",
}


def test_from_a_document_to_no_finding_and_back(run, data, records, tmp_path):  # noqa: F811
    run("advisories", "import", "pypi", str(records))
    packages = tmp_path / "packages.jsonl"
    packages.write_text('{"ecosystem": "PyPI", "name": "django", "version": "3.2"}\n')
    run("vulnerabilities", "look", str(packages), "--id", "app:1", "--type", "image")
    matched(data)
    code, said, _ = run("vex", "export", "--all", "--author", "us")
    [affected] = json.loads(said)["statements"]
    assert (code, affected["status"], affected["products"]) == (0, "affected", [{"@id": "pkg:pypi/django@3.2"}])

    file = tmp_path / "vendor.json"
    file.write_text(json.dumps({"@context": "https://openvex.dev/ns", "@id": "urn:1", "statements": [STATEMENT]}))
    assert run("vex", "import", str(file), "--by", "alice")[0] == Exit.NOTHING
    matched(data)
    assert rows_of(run, "vulnerabilities")[:2] == (Exit.NOTHING, [])
    _, [row], _ = rows_of(run, "vulnerabilities", "--suppressed")
    assert (row["vex"], "imported by alice" in row["vex_why"]) == ("not_affected", True)
    _, [document], _ = rows_of(run, "vex")
    assert (document["id"], document["imported_by"], document["statements"]) == ("urn:1", "alice", 1)
    _, [statement], _ = rows_of(run, "vex", "--statements")
    assert statement["component"] == "pkg:pypi/django"
    assert json.loads(run("vex", "export", "--format", "cyclonedx")[1])["vulnerabilities"][0]["id"] == "CVE-2026-1"

    assert run("vex", "withdraw", "urn:1", "--by", "bob")[0] == Exit.NOTHING
    matched(data)
    assert len(rows_of(run, "vulnerabilities")[1]) == 1
    assert rows_of(run, "vex")[1][0]["withdrawn_by"] == "bob"


def test_a_file_that_is_none_is_named_and_the_next_is_read(run, tmp_path):  # noqa: F811
    (tmp_path / "bad.json").write_text("nonsense")
    (tmp_path / "good.json").write_text(json.dumps({"@context": "https://openvex.dev/ns", "statements": [STATEMENT]}))
    code, said, warned = run("vex", "import", str(tmp_path / "bad.json"), "gone.json", str(tmp_path / "good.json"))
    assert code == Exit.UNSEEN
    assert "1 statements" in said
    assert "bad.json: is no JSON" in warned
    assert "gone.json: cannot be read" in warned


def test_wrong_calls_say_what_is_wrong(run):  # noqa: F811
    assert run("vex", "withdraw", "nothing")[0] == Exit.USAGE
    assert run("vex", "export", "--format", "word")[0] == Exit.USAGE
