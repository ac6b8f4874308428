import base64
import hashlib
import json
import shutil
import subprocess

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from nephoscope.model.evidence import MANIFEST, Envelope, Manifest, canonical, read_statement
from nephoscope.respond.evidence.archive import opened_files
from nephoscope.respond.evidence.folder import Folder
from nephoscope.respond.evidence.verify import verify
from nephoscope.signing import opened_key


@pytest.fixture
def root(sealed):
    """The folder of three sealed runs."""
    return sealed.storage.root


@pytest.fixture
def verified(sealed, root):
    """`verified()`: its flaws as (path, kind), by the installation's keys."""
    keys = sealed.keys()
    return lambda **more: [(flaw.path, flaw.kind) for flaw in verify(Folder(root), keys, **more).flaws]


def captures(root, run):
    return sorted((root / "cases" / run / "captures").iterdir())


def rewrite(path, content):
    path.chmod(0o600)
    path.write_bytes(content)


def test_what_was_not_touched_is_proven(sealed, root, verified):
    assert verified() == []
    report = verify(Folder(root), sealed.keys())
    assert report.is_proven
    assert not report.is_altered
    assert (len(report.manifests), report.files) == (3, 9)


def test_every_byte_of_a_capture_counts(root, verified):
    [path, *_] = captures(root, "run-2")
    content = path.read_bytes()
    for place in range(len(content)):
        rewrite(path, content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        assert verified() == [(path.relative_to(root).as_posix(), "altered")]


@pytest.mark.parametrize("change", [lambda old: old[:-1], lambda old: old + b"x", lambda old: b"", lambda old: old * 3])
def test_a_capture_that_is_cut_or_longer_is_named_with_its_size(sealed, root, change):
    [path, *_] = captures(root, "run-1")
    rewrite(path, change(path.read_bytes()))
    [flaw] = verify(Folder(root), sealed.keys()).flaws
    assert (flaw.path, flaw.kind) == (path.relative_to(root).as_posix(), "altered")
    assert "sealed with 12 bytes" in flaw.detail


@pytest.mark.parametrize("file", ["cases/run-2/manifest.dsse.json", "head.dsse.json"])
def test_every_byte_of_a_signed_file_counts(root, verified, file):
    path = root / file
    content = path.read_bytes()
    for place in range(0, len(content), 7):
        rewrite(path, content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        [flaw] = verified()
        assert flaw[0] == file
        assert flaw[1] in ("altered", "unknown key")


def test_files_that_changed_places_are_both_named(sealed, root):
    one, two, _ = captures(root, "run-3")
    held = [one.read_bytes(), two.read_bytes()]
    rewrite(one, held[1])
    rewrite(two, held[0])
    flaws = verify(Folder(root), sealed.keys()).flaws
    assert {flaw.path for flaw in flaws} == {path.relative_to(root).as_posix() for path in (one, two)}
    assert all("changed places" in flaw.detail for flaw in flaws)


def test_what_was_removed_added_or_linked_is_named(root, verified):
    gone, linked, _ = captures(root, "run-1")
    gone.unlink()
    shutil.copy(linked, root / "elsewhere")
    linked.unlink()
    linked.symlink_to(root / "elsewhere")
    (root / "cases/run-1/captures/note").write_text("planted")
    assert sorted(verified()) == sorted(
        [
            (gone.relative_to(root).as_posix(), "missing"),
            (linked.relative_to(root).as_posix(), "altered"),
            ("elsewhere", "extra"),
            ("cases/run-1/captures/note", "extra"),
        ]
    )


def test_a_manifest_taken_from_the_middle_or_the_end_is_missed(root, verified):
    shutil.move(root / "cases/run-2", root.parent / "run-2")
    assert ("cases/", "missing") in verified()
    shutil.move(root.parent / "run-2", root / "cases/run-2")
    shutil.rmtree(root / "cases/run-3")
    assert verified() == [("cases/", "missing")]


def test_an_old_manifest_put_in_the_place_of_another_is_named(root, verified):
    rewrite(root / "cases/run-3/manifest.dsse.json", (root / "cases/run-1/manifest.dsse.json").read_bytes())
    found = verified()
    assert ("cases/run-3/manifest.dsse.json", "out of order") in found
    assert ("cases/", "missing") in found


def test_a_place_put_back_to_an_earlier_day_is_known_by_the_head_noted_elsewhere(vault, keep):
    root = vault.storage.root
    box = vault.box("first")
    keep(box, "a", b"a")
    box.seal()
    shutil.copytree(root, root.parent / "earlier")
    box = vault.box("second")
    keep(box, "b", b"b")
    box.seal()
    noted = vault.sealed("second").sha256
    assert verify(Folder(root), vault.keys(), noted).is_proven
    earlier = verify(Folder(root.parent / "earlier"), vault.keys(), noted)
    assert [(flaw.path, flaw.kind) for flaw in earlier.flaws] == [("head.dsse.json", "missing")]
    assert verify(Folder(root.parent / "earlier"), vault.keys()).is_proven


def test_a_head_that_was_removed_or_put_back_is_named(root, verified, sealed, keep):
    old = (root / "head.dsse.json").read_bytes()
    box = sealed.box("run-4")
    keep(box, "a", b"a")
    box.seal()
    rewrite(root / "head.dsse.json", old)
    assert verified() == [("head.dsse.json", "out of order")]
    (root / "head.dsse.json").unlink()
    assert verified() == [("head.dsse.json", "missing")]


def test_another_persons_manifest_is_not_believed(root, verified, tmp_path):
    path = root / "cases/run-2/manifest.dsse.json"
    manifest = read_statement(Envelope.from_bytes(path.read_bytes()).payload, MANIFEST, Manifest)
    stranger = opened_key(tmp_path / "stranger.pem")
    rewrite(path, stranger.sign(manifest.statement()).to_bytes())
    assert verified() == [("cases/run-2/manifest.dsse.json", "unknown key")]
    forged = Envelope(manifest.statement(), manifest.key_id, stranger.sign(manifest.statement()).signature)
    rewrite(path, forged.to_bytes())
    assert verified() == [("cases/run-2/manifest.dsse.json", "altered")]


def test_a_custody_log_that_was_rewritten_does_not_follow_itself(root, sealed):
    path = root / "cases/run-2/manifest.dsse.json"
    statement = json.loads(Envelope.from_bytes(path.read_bytes()).payload)
    statement["predicate"]["custody"][0]["previous"] = "0" * 64
    rewrite(path, sealed.signer.sign(canonical(statement)).to_bytes())
    flaws = verify(Folder(root), sealed.keys()).flaws
    assert any("custody" in flaw.detail for flaw in flaws)


def test_without_a_trusted_key_nothing_is_proven(sealed, root):
    report = verify(Folder(root), {})
    assert not report.flaws
    assert not report.is_proven
    assert "came with the evidence" in report.unproven


def test_a_run_that_is_not_sealed_is_said_and_no_flaw(sealed, root, keep, verified):
    keep(sealed.box("open"), "a", b"a")
    assert verified() == [("cases/open/", "unsealed")]
    report = verify(Folder(root), sealed.keys())
    assert not report.is_altered
    assert not report.is_proven


def test_an_empty_place_proves_nothing(tmp_path):
    (tmp_path / "empty").mkdir()
    assert not verify(Folder(tmp_path / "empty"), {}).is_proven


def test_a_second_reading_of_the_format_agrees(sealed, root):
    """What the manifest says, checked with nothing of ours: json, hashlib and cryptography."""
    key = load_pem_public_key(sealed.signer.public.encode())
    previous = ""
    for run in ("run-1", "run-2", "run-3"):
        envelope = json.loads((root / "cases" / run / "manifest.dsse.json").read_bytes())
        payload, kind = base64.b64decode(envelope["payload"]), envelope["payloadType"]
        key.verify(
            base64.b64decode(envelope["signatures"][0]["sig"]),
            f"DSSEv1 {len(kind)} {kind} {len(payload)} ".encode() + payload,
        )
        statement = json.loads(payload)
        for subject in statement["subject"]:
            content = (root / "cases" / run / subject["name"]).read_bytes()
            assert hashlib.sha256(content).hexdigest() == subject["digest"]["sha256"]
        assert len(statement["subject"]) == len(statement["predicate"]["captures"]) == 3
        assert statement["predicate"]["previous"] == previous
        previous = hashlib.sha256(payload).hexdigest()


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not installed")
def test_openssl_agrees(sealed, root, tmp_path):
    envelope = Envelope.from_bytes((root / "cases/run-1/manifest.dsse.json").read_bytes())
    (tmp_path / "signed").write_bytes(envelope.signed)
    (tmp_path / "signature").write_bytes(envelope.signature)
    (tmp_path / "key.pem").write_text(sealed.signer.public)
    command = [
        "openssl",
        "pkeyutl",
        "-verify",
        "-pubin",
        "-inkey",
        "key.pem",
        "-rawin",
        "-in",
        "signed",
        "-sigfile",
        "signature",
    ]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == 0
    (tmp_path / "signed").write_bytes(envelope.signed + b" ")
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode != 0


@pytest.mark.parametrize("content", [b"", b"{}", b"[" * 100_000, b"\xff\xfe", b'{"payload":1}', b"\x00" * 100])
def test_a_manifest_that_is_no_manifest_is_a_flaw_and_no_crash(root, verified, content):
    rewrite(root / "cases/run-1/manifest.dsse.json", content)
    assert verified() == [("cases/run-1/manifest.dsse.json", "altered")]


def test_a_folder_is_verified_as_files(root):
    with opened_files(root) as files:
        assert set(files.names()) == set(Folder(root).names())
