import json

import pytest
from tests.cli.test_findings import data, run  # noqa: F401  fixtures

from nephoscope.cli.output import Exit
from nephoscope.pipeline.vulnerabilities import Vulnerabilities
from nephoscope.store.ledger import open_ledger


class Silent:
    def found(self, finding): ...

    def cannot_see(self, gap): ...

    def sees_again(self, gap): ...


@pytest.fixture
def records(tmp_path):
    affected = [
        {
            "package": {"ecosystem": "PyPI", "name": "django"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "3.2.10"}]}],
            "database_specific": {},
        }
    ]
    path = tmp_path / "records.json"
    path.write_text(
        json.dumps(
            {
                "id": "PYSEC-1",
                "aliases": ["CVE-2026-1"],
                "modified": "2026-01-01T00:00:00Z",
                "affected": affected,
                "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],
            }
        )
    )
    return path


def matched(folder):
    """What `up` does between two commands."""
    from nephoscope.keep import Stores

    with open_ledger(str(folder / "ledger.sqlite")) as ledger:
        Vulnerabilities(Stores(None, ledger, Silent()), folder / "advisories").round()


def rows_of(run, *arguments):  # noqa: F811
    """A command's exit code, its JSON lines and its errors."""
    code, out, said = run(*arguments, "--format", "jsonl")
    return code, [json.loads(line) for line in out.splitlines()], said


def test_a_feed_says_how_old_it_is_and_whether_all_was_matched(run, data, records):  # noqa: F811
    code, rows, said = rows_of(run, "advisories")
    assert (code, rows) == (Exit.UNSEEN, [])
    assert "no advisories" in said
    code, out, _ = run("advisories", "import", "pypi", str(records))
    assert (code, out) == (Exit.NOTHING, "pypi: 1 advisories, the newest of 2026-01-01T00:00:00Z\n")
    code, [row], _ = rows_of(run, "advisories")
    assert code == Exit.UNSEEN  # its newest advisory is old
    assert (row["name"], row["advisories"], row["is_matched"], row["age_days"] > 7) == ("pypi", 1, False, True)
    matched(data)
    assert rows_of(run, "advisories")[1][0]["is_matched"]


def test_a_bundle_needs_the_key_that_signed_it(run, data, records, tmp_path):  # noqa: F811
    run("advisories", "import", "pypi", str(records))
    bundle, key = tmp_path / "bundle.tar", tmp_path / "key.pem"
    assert run("advisories", "export", "-o", str(bundle))[0] == Exit.NOTHING
    from nephoscope.signing import opened_key

    key.write_text(opened_key(tmp_path / "stranger").public)
    code, _, said = run("advisories", "import", str(bundle), "--public-key", str(key))
    assert (code, "not signed by the key" in said) == (Exit.UNSEEN, True)
    assert run("advisories", "import", str(bundle))[0] == Exit.USAGE


def test_wrong_calls_say_what_is_wrong(run, data):  # noqa: F811
    assert run("advisories", "remove", "none")[0] == Exit.USAGE


def test_feeds_are_fetched_from_a_mirror_and_a_failure_is_told(run, data, records, tmp_path):  # noqa: F811
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    (mirror / "all.zip").write_bytes(records.read_bytes())
    file = tmp_path / "nephoscope.toml"
    mirrors = f'mirrors = {{ pypi = "{mirror.as_uri()}", npm = "file:///nowhere" }}'
    file.write_text(f'[advisories]\nfeeds = ["pypi"]\n{mirrors}\n')

    code, out, _ = run("advisories", "fetch", "--config", str(file))
    assert (code, out) == (Exit.NOTHING, "pypi: new, 1 advisories\n")
    assert run("advisories", "fetch", "--config", str(file))[1] == "pypi: unchanged\n"
    code, _, said = run("advisories", "fetch", "npm", "--config", str(file))
    assert code == Exit.UNSEEN
    assert "what was here before stays" in said

    _, out, _ = run("advisories", "fetch", "--list", "--format", "jsonl", "--config", str(file))
    rows = {row["name"]: row for row in map(json.loads, out.splitlines())}
    assert rows["pypi"]["is_configured"]
    assert rows["pypi"]["newest_at"] == "2026-01-01T00:00:00Z"
    assert rows["pypi"]["age_days"] >= 0
    assert rows["npm"]["cause"]
    assert rows["debian"]["checked_at"] is None


def test_a_publishers_own_format_is_imported(run, data, tmp_path):  # noqa: F811
    entry = {"pkg": {"name": "curl", "secfixes": {"8.5.0-r0": ["CVE-2023-38545"]}}}
    (tmp_path / "s.json").write_text(json.dumps({"urlprefix": "https://packages.wolfi.dev", "packages": [entry]}))

    code, out, _ = run("advisories", "import", "wolfi", str(tmp_path / "s.json"), "--from", "wolfi_secdb")
    assert (code, out) == (Exit.NOTHING, "wolfi: 1 advisories, the newest of no date\n")
    code, _, said = run("advisories", "import", "wolfi", str(tmp_path / "s.json"), "--from", "nothing")
    assert code == Exit.USAGE
    assert "wolfi_secdb" in said


def test_fetching_nothing_or_what_nobody_publishes_is_a_wrong_call(run, data):  # noqa: F811
    assert "none is configured" in run("advisories", "fetch")[2]
    assert run("advisories", "fetch", "nobody")[0] == Exit.USAGE
