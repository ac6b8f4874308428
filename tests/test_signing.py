import subprocess
import threading

import pytest

from nephoscope.model.errors import CustodyError
from nephoscope.signing import is_signed, key_id_of, opened_key, replaced_key


def test_a_key_is_made_once_for_its_user_only_and_never_shown(tmp_path):
    file = tmp_path / "deep" / "evidence.key"
    signer = opened_key(file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert opened_key(file).key_id == signer.key_id == key_id_of(signer.public)
    secret = file.read_text().splitlines()[1]
    assert secret not in repr(signer) + str(signer) + signer.public
    assert [path.name for path in file.parent.iterdir()] == ["evidence.key"]


def test_several_that_make_a_key_at_once_get_the_same(tmp_path):
    ids = []
    threads = [
        threading.Thread(target=lambda: ids.append(opened_key(tmp_path / "evidence.key").key_id)) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 8
    assert len(set(ids)) == 1


def test_a_key_that_others_can_read_is_refused(tmp_path):
    file = tmp_path / "evidence.key"
    opened_key(file)
    file.chmod(0o640)
    with pytest.raises(CustodyError, match="readable by others: chmod 600"):
        opened_key(file)


@pytest.mark.parametrize("content", [b"", b"secret", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_what_is_no_key_is_refused_and_not_shown(tmp_path, content):
    file = tmp_path / "evidence.key"
    file.write_bytes(content)
    file.chmod(0o600)
    with pytest.raises(CustodyError, match="no unencrypted private key") as caught:
        opened_key(file)
    assert "secret" not in str(caught.value)


def test_a_key_of_another_kind_is_refused(tmp_path):
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    file = tmp_path / "evidence.key"
    pem = serialization.Encoding.PEM
    file.write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    file.chmod(0o600)
    with pytest.raises(CustodyError, match="not Ed25519"):
        opened_key(file)
    public = key.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
    with pytest.raises(CustodyError, match="not Ed25519"):
        key_id_of(public)
    with pytest.raises(CustodyError, match="not PEM"):
        key_id_of("nothing")


def test_a_named_key_that_is_missing_is_not_made(tmp_path):
    with pytest.raises(CustodyError, match="No such file"):
        opened_key(tmp_path / "named.pem", may_make=False)


def test_a_key_made_by_openssl_signs(tmp_path):
    made = subprocess.run(
        ["openssl", "genpkey", "-algorithm", "ed25519", "-out", str(tmp_path / "k")], capture_output=True, check=False
    )
    if made.returncode:
        pytest.skip("openssl cannot make Ed25519 keys")
    (tmp_path / "k").chmod(0o600)
    signer = opened_key(tmp_path / "k", may_make=False)
    assert is_signed(signer.sign(b"{}"), signer.public)


def test_a_signature_is_of_one_key_and_one_text(tmp_path):
    one, other = opened_key(tmp_path / "1"), opened_key(tmp_path / "2")
    envelope = one.sign(b"{}")
    assert envelope == one.sign(b"{}")
    assert is_signed(envelope, one.public)
    assert not is_signed(envelope, other.public)


def test_a_replaced_key_is_another(tmp_path):
    file = tmp_path / "evidence.key"
    before = opened_key(file)
    after = replaced_key(file)
    assert after.key_id != before.key_id
    assert opened_key(file).key_id == after.key_id
    assert file.stat().st_mode & 0o777 == 0o600
