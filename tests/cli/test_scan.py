import gzip
import io
import json
import subprocess
import sys

import pytest
from tests.shared_data import shared

RECORD = {
    "id": "OSV-1",
    "aliases": ["CVE-1"],
    "summary": "Important: a",
    "affected": [
        {
            "package": {"ecosystem": "Debian:12", "name": "openssl"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "3.0.11-1"}]}],
        }
    ],
}
PACKAGE = {"ecosystem": "Debian:12", "name": "openssl", "version": "3.0.9-1"}
FIXED = PACKAGE | {"version": "3.0.11-1"}


@pytest.fixture
def scan(tmp_path, monkeypatch, capsys):
    """Runs `nephoscope scan …` as the command line does; gives exit code, output and errors."""

    def run(*arguments, stdin=b""):
        from nephoscope.cli import main

        monkeypatch.setattr(sys, "argv", ["nephoscope", "scan", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        with pytest.raises(SystemExit) as end:
            main()
        return end.value.code, *capsys.readouterr()

    return run


@pytest.fixture
def files(tmp_path):
    """Writes packages and advisories; gives the options that name them."""

    def write(packages, records=(RECORD,)):
        for name, rows in (("p.jsonl", packages), ("a.jsonl", records)):
            (tmp_path / name).write_text("\n".join(map(json.dumps, rows)))
        return "--packages", tmp_path / "p.jsonl", "--advisories", tmp_path / "a.jsonl"

    return write


def test_each_package_and_advisory_is_a_line(scan, files):
    code, out, err = scan(*files([PACKAGE, PACKAGE, FIXED]))

    assert (code, err) == (1, "")
    assert [json.loads(line) for line in out.splitlines()] == [
        PACKAGE | {"advisory": "OSV-1", "aliases": ["CVE-1"], "fixed": "3.0.11-1", "severity": "high"}
    ]


def test_people_read_the_same_as_text(scan, files):
    code, out, _ = scan(*files([PACKAGE, FIXED]), "--format", "text")

    assert code == 1
    assert "openssl 3.0.9-1  [Debian:12]" in out
    assert "OSV-1 CVE-1  fixed in 3.0.11-1" in out
    assert "2 packages against 1 advisories; 1 findings in 1 packages." in out


def test_nothing_found_is_told_apart_from_nothing_seen(scan, files, tmp_path):
    assert scan(*files([FIXED])) == (0, "", "")
    code, _, errors = scan(*files([FIXED], []))
    assert (code, len(errors.splitlines())) == (2, 3)
    assert f"{tmp_path}/a.jsonl: holds no advisory" in errors
    assert scan(*files([]))[0] == 2
    assert scan(*files([FIXED | {"ecosystem": "Debian"}]))[0] == 2
    assert scan(*files([FIXED | {"version": "1:"}]))[0] == 2
    assert scan(*files([FIXED, {"name": "a"}]))[0] == 2
    assert scan(*files([PACKAGE, {"name": "a"}]))[0] == 1


def test_either_may_come_from_standard_input(scan, files, tmp_path):
    _, packages, _, advisories = files([PACKAGE])

    assert scan("--packages", "-", "--advisories", advisories, stdin=packages.read_bytes())[0] == 1
    assert scan("--packages", packages, "--advisories", "-", stdin=advisories.read_bytes())[0] == 1
    (tmp_path / "p.gz").write_bytes(gzip.compress(packages.read_bytes()))
    assert scan("--packages", tmp_path / "p.gz", "--advisories", tmp_path)[0] == 1


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--packages", "p.jsonl"],
        ["--packages", "-", "--advisories", "-"],
        ["--packages", "missing.jsonl", "--advisories", "."],
        ["--packages", "-", "--advisories", "missing"],
        ["--packages", "-", "--advisories", ".", "--format", "xml"],
        ["versions"],
        ["versions", "Debain"],
        ["other"],
    ],
)
def test_a_wrong_call_is_told_so(scan, arguments):
    assert scan(*arguments)[0] == 64


def test_hostile_names_steer_no_terminal(scan, files):
    evil = PACKAGE | {"ecosystem": "Debian:12", "name": "a\x1b[2J\n", "version": "1"}
    record = json.loads(json.dumps(RECORD).replace("openssl", "a\\u001b[2J\\n").replace("CVE-1", "C\\u001b[2J"))
    _, out, _ = scan(*files([evil], [record]), "--format", "text")

    assert "OSV-1" in out
    assert "\x1b[2J" not in out


def test_versions_are_ordered_line_by_line(scan):
    pairs = b"1.0~rc1\t1.0\n1.0\t0:1.0-0\r\n2\t1\n1:\t1\n\xff\t1\n"

    assert scan("versions", "Debian", stdin=pairs) == (0, "<\n=\n>\n?\n>\n", "")
    assert scan("versions", "debian:12", stdin=b"1\t2")[1] == "<\n"


def test_a_line_that_is_no_pair_is_named(scan):
    code, out, err = scan("versions", "npm", stdin=b"1.0.0\n\n1\t2\t3\n1.0.0\t2.0.0\n")

    assert (code, out) == (2, "?\n?\n?\n<\n")
    assert err.splitlines()[0] == "standard input:1: holds 1 versions divided by tabs, not 2"


def test_an_ecosystem_that_is_not_known_is_answered_with_the_nearest(scan):
    assert "did you mean Debian?" in scan("versions", "Debain")[2]


def test_help_shows_examples(scan):
    assert "--advisories all.zip" in scan("--help")[1]


def test_real_advisories_need_neither_numpy_nor_pyarrow_nor_an_sdk(files):
    advisories = shared("osv_pypi")
    arguments = [*map(str, files([{"ecosystem": "PyPI", "name": "Django", "version": "3.2.1"}])[:2])]
    program = (
        "import sys; from nephoscope.cli import main\n"
        "try: main()\n"
        "finally: print(*{'numpy', 'pyarrow', 'boto3', 'httpx', 'sqlalchemy'} & sys.modules.keys(), file=sys.stderr)"
    )
    command = [sys.executable, "-c", program, "scan", *arguments, "--advisories", str(advisories)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (run.returncode, run.stderr) == (1, "\n")
    assert "PYSEC-2021-439" in run.stdout


def test_a_publishers_own_format_becomes_records_that_are_matched(scan, files, tmp_path):
    tracker = {"openssl": {"CVE-1": {"releases": {"bookworm": {"status": "open", "urgency": "low"}}}, "CVE-2": 7}}
    (tmp_path / "t.json").write_text(json.dumps(tracker))
    code, records, err = scan("convert", "debian_tracker", tmp_path / "t.json")
    packages = files([PACKAGE])[:2]

    assert (code, "CVE-2" in err) == (2, True)
    assert scan("convert", "debian_tracker", stdin=(tmp_path / "t.json").read_bytes())[1] == records
    assert scan("convert", "other")[0] == scan("convert", "debian_tracker", tmp_path / "missing")[0] == 64
    assert json.loads(scan(*packages, "--advisories", "-", stdin=records.encode())[1])["severity"] == "low"


def test_what_is_known_of_exploitation_stands_beside_it(scan, files, tmp_path):
    entry = {"cveID": "CVE-1", "dateAdded": "2025-01-02", "dueDate": "2025-01-23"}
    kev, epss = tmp_path / "kev.json", tmp_path / "epss.csv.gz"
    kev.write_text(json.dumps({"vulnerabilities": [entry]}))
    epss.write_bytes(gzip.compress(b"cve,epss,percentile\nCVE-1,0.94,0.99\n"))
    other = RECORD | {"id": "OSV-2", "aliases": [], "related": ["CVE-1"]}
    nothing = RECORD | {"id": "OSV-3", "aliases": ["CVE-3"], "related": ["CVE-1"]}
    options = (*files([PACKAGE], [RECORD, other, nothing]), "--kev", kev, "--epss", epss)
    rows = [json.loads(line) for line in scan(*options)[1].splitlines()]

    assert [row["kev"] for row in rows] == [{"added": "2025-01-02", "due": "2025-01-23", "ransomware": False}] * 2 + [
        None
    ]
    assert [row["epss"] for row in rows] == [{"score": 0.94, "percentile": 0.99}] * 2 + [None]
    assert "exploited, due 2025-01-23  EPSS 94.0%" in scan(*options, "--format", "text")[1]
    assert scan(*options[:4], "--kev", epss)[0] == 2
    assert scan(*options[:4], "--kev", tmp_path / "missing")[0] == 64


def test_a_bill_of_materials_is_scanned_like_a_list(scan, files):
    advisories = files([])[2:]
    purl = "pkg:deb/debian/libssl3@3.0.9-1?distro=debian-12&upstream=openssl"
    bom = {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{"type": "library", "purl": purl}]}
    code, out, err = scan("--packages", "-", *advisories, stdin=json.dumps(bom, indent=1).encode())

    assert (code, err) == (1, "")
    assert json.loads(out)["advisory"] == "OSV-1"
