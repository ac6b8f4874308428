import json
import os
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from nephoscope.config import Config
from nephoscope.respond.evidence.vault import opened_vault
from nephoscope.store.ledger import open_ledger


@pytest.fixture
def data(tmp_path):
    """A data folder with one sealed run, one that is not, and hostile names."""
    config = Config(data=tmp_path / "data")
    with open_ledger(config.ledger_url) as ledger:
        vault = opened_vault(config, ledger)
        for run in ("3f2a90", "b00000"):
            box = vault.box(run, case="web", finding="f")
            for name in ("instance.json", "\x1b[31mred\n.txt"):
                box.add(name, name.encode(), media_type="text/plain", source="test", captured_at=datetime.now(UTC))
        vault.box("3f2a90").seal()
    return config.data


@pytest.fixture
def run(data, tmp_path):
    """`run(*arguments)`: exit code, standard output, standard error."""

    def command(*arguments, own=True):
        where = ["--data", str(data)] if own else []
        done = subprocess.run(
            [sys.executable, "-m", "nephoscope", "evidence", *map(str, arguments), *where],
            capture_output=True,
            cwd=tmp_path,
            check=False,
            env={key: value for key, value in os.environ.items() if not key.startswith("NEPHOSCOPE")},
        )
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    return command


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


def test_runs_are_listed_and_shown(run):
    code, out, _ = run("list")
    assert code == 0
    assert {row["run"]: row["state"] for row in lines(out)} == {"3f2a90": "sealed", "b00000": "open"}
    code, out, _ = run("show", "3f", "--format", "text")
    assert code == 0
    assert "instance.json" in out
    assert "\x1b" not in out
    assert run("show", "zz")[0] == 64
    code, out, _ = run("show", "3f2a90")
    assert [entry["what"] for entry in lines(out)[0]["custody"]] == ["created", "sealed"]


def test_reading_a_capture_is_in_the_custody_log(run):
    code, out, _ = run("show", "3f2a90", "--content", "instance.json", "--by", "alice")
    assert (code, out) == (0, "instance.json")
    code, out, _ = run("custody", "3f2a90")
    assert code == 0
    assert (lines(out)[-1]["who"], lines(out)[-1]["what"]) == ("alice", "read")
    code, _, err = run("show", "3f2a90", "--content", "none")
    assert code == 2
    assert "0 captures of that name" in err


def test_verify_says_what_can_be_proven_and_names_what_was_altered(run, data, tmp_path):
    code, out, _ = run("verify")
    assert code == 2  # one run is not sealed
    assert [row["kind"] for row in lines(out)[:-1]] == ["unsealed"]
    code, out, err = run("key")
    (tmp_path / "key.pem").write_text(out)
    assert "key id" in err
    assert run("export", "3f2a90", "--to", tmp_path / "case.zip", "--by", "alice")[0] == 0
    offline = ("verify", tmp_path / "case.zip")
    assert run(*offline, "--key", tmp_path / "key.pem", own=False)[0] == 0
    code, out, _ = run(*offline, "--format", "text", own=False)
    assert code == 2
    assert "the public key came with the evidence" in out
    [path] = (data / "evidence/cases/3f2a90/captures").glob("*instance.json")
    path.chmod(0o600)
    path.write_text("forged")
    code, out, _ = run("verify", "--format", "text")
    assert code == 1
    assert f"ALTERED  {path.relative_to(data / 'evidence')}: sealed with 13 bytes, it has 6" in out


def test_a_ledger_without_its_newest_manifest_in_the_place_is_a_flaw(run, data):
    import shutil

    shutil.rmtree(data / "evidence" / "cases")
    (data / "evidence" / "head.dsse.json").unlink()
    assert run("verify")[0] == 1


def test_a_key_is_rotated(run):
    before = run("key")[1]
    after = run("key", "--rotate")[1]
    assert before != after
    assert run("key")[1] == after
    assert run("verify")[0] == 2  # and not 1


def test_what_is_wrong_is_said_in_a_sentence(run, tmp_path):
    assert run("verify", "--head", "x")[0] == 64
    (tmp_path / "no.pem").write_text("no key")
    for arguments in (
        ("verify", tmp_path / "none.zip"),
        ("verify", tmp_path, "--key", tmp_path / "no.pem"),
        ("export", "b00000", "--to", tmp_path / "b.zip"),
        ("export", "3f2a90", "--to", tmp_path / "b.rar"),
    ):
        code, _, err = run(*arguments)
        assert code == 2, arguments
        assert err.startswith("nephoscope: "), arguments
        assert err.count("\n") == 1


def test_an_archive_is_verified_with_the_light_core_and_cryptography(run, tmp_path):
    (tmp_path / "key.pem").write_text(run("key")[1])
    run("export", "3f2a90", "--to", tmp_path / "case.tar")
    script = (
        "import sys\n"
        "for name in ('sqlalchemy', 'pyarrow', 'chdb', 'httpx', 'botocore', 'boto3', 'clickhouse_connect'):\n"
        "    sys.modules[name] = None\n"
        "from nephoscope.cli import main; sys.argv[1:] = ['evidence', 'verify', *sys.argv[1:]]; main()"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "case.tar"), "--key", str(tmp_path / "key.pem")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
