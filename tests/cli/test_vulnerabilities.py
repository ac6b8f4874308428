import json

from tests.cli.test_advisories import data, matched, records, rows_of, run  # noqa: F401  fixtures
from tests.scan.reports.samples import ALL

from nephoscope.cli.output import Exit


def test_from_packages_and_advisories_to_what_is_to_be_mended(run, data, records, tmp_path):  # noqa: F811
    assert run("advisories", "import", "pypi", str(records))[0] == Exit.NOTHING
    packages = tmp_path / "packages.jsonl"
    packages.write_text('{"ecosystem": "PyPI", "name": "django", "version": "3.2"}\n')
    assert run("vulnerabilities", "look", str(packages), "--id", "app:1", "--type", "image")[0] == Exit.NOTHING
    code, rows, said = rows_of(run, "vulnerabilities")
    assert (code, rows) == (Exit.UNSEEN, [])
    assert "1 package versions were not matched yet" in said
    matched(data)

    code, [row], _ = rows_of(run, "vulnerabilities")
    assert code == Exit.FINDINGS
    assert (row["vulnerability"], row["severity"], row["fixed"], row["on"]) == (
        "CVE-2026-1",
        "critical",
        "3.2.10",
        ["app:1"],
    )
    assert row["priority_least"] < row["priority"] < row["priority_most"]
    assert (row["exposure"], row["kev"], row["due_why"]) == ("unknown", False, "critical: 15 days")
    assert rows_of(run, "vulnerabilities", "--kev")[:2] == (Exit.NOTHING, [])
    assert rows_of(run, "vulnerabilities", "--overdue")[:2] == (Exit.NOTHING, [])
    assert len(rows_of(run, "vulnerabilities", "--exposure", "unknown", "--sort", "due")[1]) == 1
    assert rows_of(run, "vulnerabilities", "--priority", "99")[1] == []
    _, [row], _ = rows_of(run, "vulnerabilities", "--by", "package")
    assert (row["package"], row["critical"], row["targets"]) == ("django", 1, 1)
    _, [row], _ = rows_of(run, "vulnerabilities", "--by", "target")
    assert (row["target"], row["type"], row["vulnerabilities"]) == ("app:1", "image", 1)
    _, found, _ = rows_of(run, "findings", "--kind", "vulnerability")
    assert [each["rule"] for each in found] == ["CVE-2026-1"]

    assert run("advisories", "remove", "pypi")[0] == Exit.NOTHING
    assert rows_of(run, "vulnerabilities")[:2] == (Exit.NOTHING, [])


def test_a_line_that_is_no_package_takes_nothing_away(run, data, records, tmp_path):  # noqa: F811
    run("advisories", "import", "pypi", str(records))
    packages = tmp_path / "packages.jsonl"
    packages.write_text('{"ecosystem": "PyPI", "name": "django", "version": "3.2"}\n')
    run("vulnerabilities", "look", str(packages), "--id", "app:1")
    packages.write_text("nonsense\n")
    code, _, said = run("vulnerabilities", "look", str(packages), "--id", "app:1")
    assert (code, "not a package" in said) == (Exit.UNSEEN, True)
    matched(data)
    _, [row], _ = rows_of(run, "vulnerabilities", "--by", "target")
    assert (row["critical"], row["cause"]) == (1, f"1 lines of {packages} could not be read")


def test_wrong_calls_say_what_is_wrong(run):  # noqa: F811
    assert run("vulnerabilities", "--by", "moon")[0] == Exit.USAGE
    assert run("vulnerabilities", "--severity", "grave")[0] == Exit.USAGE
    assert run("vulnerabilities", "--exposure", "moon")[0] == Exit.USAGE
    assert run("vulnerabilities", "--sort", "moon")[0] == Exit.USAGE
    assert run("vulnerabilities", "--by", "target", "--kev")[0] == Exit.USAGE


def test_reports_of_other_scanners_are_taken_up_and_the_rest_is_counted(run, data, tmp_path):  # noqa: F811
    for name, content in ALL.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "odd").write_text("nonsense")
    code, said, warned = run("vulnerabilities", "import", *(str(tmp_path / name) for name in (*ALL, "odd", "gone")))
    assert code == Exit.UNSEEN
    assert "1 targets, 1 packages, 1 vulnerabilities (nessus)" in said
    assert "not taken, 1 times" in warned
    assert "odd: is no report that is known here" in warned
    assert "gone: cannot be read" in warned
    matched(data)
    rows = rows_of(run, "vulnerabilities")[1]
    assert {feed for row in rows for feed in row["feeds"]} == {f"import:{name}" for name in ALL if name != "syft"}
    assert run("vulnerabilities", "import", str(tmp_path / "odd"), "--format", "moon")[0] == Exit.USAGE


def test_vulnerabilities_are_written_as_a_file_by_filter(run, data, tmp_path):  # noqa: F811
    (tmp_path / "nessus").write_bytes(ALL["nessus"])
    assert run("vulnerabilities", "export")[0] == Exit.UNSEEN
    run("vulnerabilities", "import", str(tmp_path / "nessus"))
    matched(data)
    out = tmp_path / "out.jsonl"
    assert run("vulnerabilities", "export", "--out", str(out))[0] == Exit.FINDINGS
    [row] = map(json.loads, out.read_text().splitlines())
    assert (row["vulnerability"], row["target"], row["feeds"]) == (
        "NESSUS-12345",
        "web-1.example.com",
        ["import:nessus"],
    )
    for narrow in (
        ("--kev",),
        ("--severity", "low"),
        ("--exposure", "internet"),
        ("--priority", "99.9"),
        ("--account", "1"),
    ):
        assert run("vulnerabilities", "export", *narrow, "--out", str(out))[0] == Exit.UNSEEN
        assert out.read_text() == ""
    assert run("vulnerabilities", "export", "--format", "word")[0] == Exit.USAGE
