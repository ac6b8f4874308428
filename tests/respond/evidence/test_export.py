import json
import re
import shutil
import subprocess
import zipfile

import pytest

from nephoscope.model.errors import CustodyError
from nephoscope.respond.evidence.archive import opened_files
from nephoscope.respond.evidence.export import export
from nephoscope.respond.evidence.folder import Folder
from nephoscope.respond.evidence.verify import verify


@pytest.fixture
def unpacked(sealed, tmp_path):
    """The second run's export, unpacked."""
    export(sealed, "run-2", tmp_path / "case.zip", "alice")
    with zipfile.ZipFile(tmp_path / "case.zip") as archive:
        archive.extractall(tmp_path / "case")
    return tmp_path / "case"


@pytest.mark.parametrize("name", ["case.zip", "case.tar"])
def test_an_export_is_verified_by_itself(sealed, tmp_path, name):
    export(sealed, "run-2", tmp_path / name, "alice")
    with opened_files(tmp_path / name) as files:
        report = verify(files, {sealed.signer.key_id: sealed.signer.public})
        assert report.is_proven
        assert (report.files, [manifest.run for manifest in report.manifests.values()]) == (3, ["run-2"])
        assert not verify(files, {}).is_proven


def test_the_export_itself_is_in_the_custody_log_that_goes_with_it(sealed, unpacked):
    log = json.loads((unpacked / "custody.json").read_bytes())
    assert [(entry["what"], entry["who"]) for entry in log] == [
        ("created", "nephoscope"),
        ("sealed", "nephoscope"),
        ("exported", "alice"),
    ]
    assert [entry.what for entry in sealed.custody("run-2")] == ["created", "sealed", "exported"]


def test_every_file_of_an_export_is_accounted_for(sealed, unpacked):
    for path in [each for each in unpacked.rglob("*") if each.is_file()]:
        content = path.read_bytes()
        path.chmod(0o600)
        path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        flaws = verify(Folder(unpacked), sealed.keys()).flaws
        assert path.relative_to(unpacked).as_posix() in {flaw.path for flaw in flaws}, path
        path.write_bytes(content)
    assert verify(Folder(unpacked), sealed.keys()).is_proven


def test_the_custody_log_of_another_run_is_named(sealed, unpacked, tmp_path):
    export(sealed, "run-1", tmp_path / "other.zip", "alice")
    with zipfile.ZipFile(tmp_path / "other.zip") as archive:
        (unpacked / "export.dsse.json").write_bytes(archive.read("export.dsse.json"))
    flaws = {(flaw.path, flaw.kind) for flaw in verify(Folder(unpacked), sealed.keys()).flaws}
    assert ("export.dsse.json", "out of order") in flaws


def test_what_is_not_as_sealed_is_not_exported(sealed, tmp_path):
    [path, *_] = sorted((sealed.storage.root / "cases/run-2/captures").iterdir())
    for content in (b"x" * path.stat().st_size, b"x", b"x" * 100):
        path.chmod(0o600)
        path.write_bytes(content)
        for name in ("case.zip", "case.tar"):
            with pytest.raises(CustodyError, match="not what was sealed"):
                export(sealed, "run-2", tmp_path / name, "alice")
            assert not (tmp_path / name).exists()


def test_what_is_not_sealed_is_not_exported(vault, keep, tmp_path):
    keep(vault.box("run"), "a", b"a")
    with pytest.raises(CustodyError, match="not sealed"):
        export(vault, "run", tmp_path / "case.zip", "alice")


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not installed")
def test_the_commands_of_the_readme_prove_it(sealed, unpacked):
    (unpacked / "PUBLIC-KEY.pem").write_text(sealed.signer.public)
    text = (unpacked / "README.txt").read_text()
    commands = [line.strip() for line in text.splitlines() if re.match(r"  (sha256sum|openssl|t=|sed|\{)", line)]
    assert len(commands) == 7
    script = "set -e\n" + "\n".join(command.partition("   #")[0] for command in commands)
    done = subprocess.run(["sh", "-c", script], cwd=unpacked, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Signature Verified Successfully" in done.stdout
    assert sealed.signer.key_id in done.stdout
    assert done.stdout.count(": OK") == 3
