import base64
import hashlib
import json
import stat
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_public_key,
)

from nephoscope.config import Fleet
from nephoscope.fleet.policy import TABLES, Demands, demands_of, etag_of, opened_policy_key, policy_of
from nephoscope.model.errors import ConfigError

AGENT = "a" * 32


@pytest.fixture(scope="module")
def key_file(tmp_path_factory):
    """A key, made once: that takes a while."""
    file = tmp_path_factory.mktemp("data") / "fleet" / "policy.key"
    opened_policy_key(file)
    return file


def test_a_key_is_made_at_first_use_for_its_user_only_and_stays(key_file):
    first, again = opened_policy_key(key_file), opened_policy_key(key_file)

    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert first.fingerprint == again.fingerprint
    assert [each.name for each in key_file.parent.iterdir()] == [key_file.name]
    assert "PRIVATE" not in repr(first)


def test_a_policy_is_canonical_and_verified_with_nothing_but_whole_numbers(key_file):
    key = opened_policy_key(key_file)
    policy = policy_of(Demands(), AGENT, 3, 1_780_000_000)
    envelope = key.envelope(policy)
    numbers = load_pem_public_key(key.public.encode()).public_numbers()
    signed = pow(int.from_bytes(base64.b64decode(envelope["signature"]), "big"), numbers.e, numbers.n)

    info = bytes.fromhex("3031300d060960864801650304020105000420") + hashlib.sha256(policy).digest()
    assert signed.to_bytes(384, "big") == b"\0\1" + b"\xff" * (384 - len(info) - 3) + b"\0" + info
    assert base64.b64decode(envelope["policy"]) == policy
    assert json.dumps(json.loads(policy), sort_keys=True, separators=(",", ":")).encode() == policy


def test_the_fingerprint_is_of_the_public_keys_der(key_file):
    key = opened_policy_key(key_file)
    der = load_pem_public_key(key.public.encode()).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    assert key.fingerprint == hashlib.sha256(der).hexdigest()


def test_a_policy_names_what_the_protocol_enumerates_and_nothing_else():
    policy = json.loads(policy_of(Demands(), AGENT, 3, 5))

    assert set(policy) == {
        "version", "agent", "expires", "heartbeat_s", "logs", "tables", "files", "checks", "limits",
    }  # fmt: skip
    assert policy["logs"] == [
        {"path": "", "kind": "journald"},
        {"path": "/var/log/audit/audit.log", "kind": "auditd"},
    ]


def test_other_demands_have_another_digest_and_another_policy_another_etag():
    assert Demands().digest != replace(Demands(), heartbeat_s=30).digest
    assert etag_of(policy_of(Demands(), AGENT, 1, 5)) != etag_of(policy_of(Demands(), "b" * 32, 1, 5))


def pem(key):
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.mark.parametrize(
    ("content", "mode", "said"),
    [
        (b"", 0o600, "no unencrypted private key"),
        (b"x" * 1000, 0o600, "no unencrypted private key"),
        (pem(ed25519.Ed25519PrivateKey.generate()), 0o600, "no RSA key of 3072 bits"),
        (pem(rsa.generate_private_key(65537, 2048)), 0o600, "no RSA key of 3072 bits"),
        (b"", 0o644, "readable by others"),
    ],
)
def test_a_file_that_is_no_key_of_ours_alone_is_refused(tmp_path, content, mode, said):
    file = tmp_path / "policy.key"
    file.write_bytes(content)
    file.chmod(mode)

    with pytest.raises(ConfigError, match=said):
        opened_policy_key(file)


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "fleet").write_text("")

    with pytest.raises(ConfigError, match="cannot be had"):
        opened_policy_key(tmp_path / "fleet" / "policy.key")


def test_a_configuration_says_what_is_asked_for():
    assert demands_of(Fleet()) == Demands()
    assert demands_of(Fleet(logs=("/var/log/*.log", "/var/log/*.log"))).logs == ("/var/log/*.log",)
    asked = demands_of(Fleet(heartbeat_s=30, tables={"setuid": 0, "users": 600, "own_table": 60}, checks=("a_check",)))
    assert (asked.heartbeat_s, asked.checks) == (30, ("a_check",))
    assert set(asked.tables) == {*TABLES, "own_table"} - {"setuid"}
    assert asked.tables["users"] == 600


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (Fleet(heartbeat_s=1), "heartbeat_s is 1, not from 10 to 3600"),
        (Fleet(tables={"users": 5}), "tables.users is 5"),
        (Fleet(tables={"users": -1}), "tables.users is -1"),
        (Fleet(tables={"../etc": 60}), "tables names '../etc'"),
        (Fleet(checks=("rm -rf",)), "checks names 'rm -rf'"),
        (Fleet(logs=("auth.log",)), "logs names 'auth.log'"),
        (Fleet(logs=("/proc/kmsg",)), "logs names '/proc/kmsg'"),
        (Fleet(logs=("/var/../etc/shadow",)), "no plain absolute path"),
        (Fleet(files=("/sys/kernel",)), "files names '/sys/kernel'"),
        (Fleet(files_fast_s=1), "files_fast_s is 1"),
    ],
)
def test_what_no_agent_would_take_is_refused(settings, said):
    with pytest.raises(ConfigError, match=said):
        demands_of(settings)
