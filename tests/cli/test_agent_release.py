import shutil
import subprocess

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from nephoscope.cli.agent import release
from nephoscope.model.errors import ConfigError

FORMS = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def key_file(tmp_path, key, mode=0o600):
    file = tmp_path / "release.key"
    file.write_bytes(key.private_bytes(*FORMS))
    file.chmod(mode)
    return file


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not installed here")
@pytest.mark.parametrize("kind", ["rsa", "ec"])
def test_a_release_is_checked_with_nothing_but_openssl_and_sha256sum(tmp_path, kind):
    key = rsa.generate_private_key(65537, 3072) if kind == "rsa" else ec.generate_private_key(ec.SECP256R1())
    release(tmp_path / "dist", key_file(tmp_path, key))

    def verified():
        check = ["openssl", "dgst", "-sha256", "-verify", "release.pub", "-signature", "SHA256SUMS.sig", "SHA256SUMS"]
        done = [subprocess.run(each, cwd=tmp_path / "dist", check=False) for each in (check, SUMS)]
        return [each.returncode for each in done]

    assert verified() == [0, 0]
    assert (tmp_path / "dist" / "install.sh").stat().st_mode & 0o111
    (tmp_path / "dist" / "install.sh").write_text("evil")
    assert verified() == [0, 1]
    with (tmp_path / "dist" / "SHA256SUMS").open("a") as file:
        file.write("\n")
    assert verified()[0] == 1


SUMS = ["sha256sum", "-c", "--quiet", "SHA256SUMS"]


def test_without_a_key_nothing_is_signed_and_all_is_there(tmp_path):
    release(tmp_path / "dist")
    names = {each.name for each in (tmp_path / "dist").iterdir()}
    assert {each.rpartition(".")[2] for each in names} == {"pyz", "sh", "deb", "rpm", "SHA256SUMS"}


def test_keys_that_cannot_sign_are_refused_and_nothing_is_written(tmp_path):
    cases = [
        (key_file(tmp_path, ec.generate_private_key(ec.SECP256R1()), 0o644), "readable by others"),
        (tmp_path / "none", "cannot be read"),
    ]
    for file, said in cases:
        with pytest.raises(ConfigError, match=said):
            release(tmp_path / "dist", file)
    for key, said in (
        (ed25519.Ed25519PrivateKey.generate(), "neither"),
        (rsa.generate_private_key(65537, 2048), "neither"),
    ):
        with pytest.raises(ConfigError, match=said):
            release(tmp_path / "dist", key_file(tmp_path, key))
    key_file(tmp_path, ed25519.Ed25519PrivateKey.generate()).write_text("nonsense")
    with pytest.raises(ConfigError, match="no unencrypted"):
        release(tmp_path / "dist", tmp_path / "release.key")
    assert not (tmp_path / "dist").exists()
