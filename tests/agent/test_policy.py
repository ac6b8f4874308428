import base64
import json
import random

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from nephoscope.agent import policy
from nephoscope.agent.policy import PolicyError
from tests.agent.gateway import DER, FINGERPRINT, PEM, POLICY_KEY, a_policy, enveloped

AGENT = "a" * 32
KEY = policy.public_key(PEM.decode())


def pem(key):
    public = key.public_key()
    return public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()


def parsed(**changes):
    return policy.parse(json.dumps(a_policy(AGENT) | changes).encode())


def test_a_signed_policy_is_taken():
    found = policy.verified(enveloped(a_policy(AGENT, tables={"users": 300})), KEY, AGENT, 1)

    assert (found.version, found.tables, found.heartbeat_s) == (1, {"users": 300}, 60)
    assert KEY.fingerprint == FINGERPRINT


def test_a_policy_that_was_changed_is_refused():
    envelope = enveloped(a_policy(AGENT))
    data = bytearray(base64.b64decode(envelope["policy"]))
    data[-2] ^= 1
    with pytest.raises(PolicyError, match="not signed"):
        policy.verified(envelope | {"policy": base64.b64encode(data).decode()}, KEY, AGENT, 1)


def test_a_policy_signed_by_another_key_is_refused():
    other = rsa.generate_private_key(public_exponent=65537, key_size=3072)
    with pytest.raises(PolicyError, match="not signed"):
        policy.verified(enveloped(a_policy(AGENT), other), KEY, AGENT, 1)


def test_an_older_version_and_another_agents_policy_are_refused():
    with pytest.raises(PolicyError, match="older than 2"):
        policy.verified(enveloped(a_policy(AGENT, version=1)), KEY, AGENT, 2)
    with pytest.raises(PolicyError, match="another agent"):
        policy.verified(enveloped(a_policy("b" * 32)), KEY, AGENT, 1)


@pytest.mark.parametrize("envelope", [{}, None, [], {"policy": 1, "signature": 2}, {"policy": "*", "signature": ""}])
def test_what_is_no_envelope_is_refused(envelope):
    with pytest.raises(PolicyError, match="envelope"):
        policy.verified(envelope, KEY, AGENT, 1)


def block(content):
    """A signature whose padded block is this, made with the private key by hand."""
    numbers = POLICY_KEY.private_numbers()
    size = policy.KEY_BITS // 8
    number = pow(int.from_bytes(content.ljust(size, b"\0"), "big"), numbers.d, numbers.public_numbers.n)
    return number.to_bytes(size, "big")


def test_padding_is_checked_to_the_last_byte():
    digest = hashes.Hash(hashes.SHA256())
    digest.update(b"data")
    info = policy.DIGEST_INFO + digest.finalize()
    size = policy.KEY_BITS // 8
    right = b"\0\1" + b"\xff" * (size - len(info) - 3) + b"\0" + info
    assert policy.is_signed(KEY, b"data", block(right))

    short = b"\0\1" + b"\xff" * 8 + b"\0" + info  # Bleichenbacher's: what follows the digest is free
    no_null = policy.DIGEST_INFO.replace(b"\x05\x00", b"") + info[-32:]
    for wrong in (
        short,
        b"\0\2" + right[2:],
        right[:10] + b"\xfe" + right[11:],
        b"\0\1" + b"\xff" * (size - len(no_null) - 3) + b"\0" + no_null,
    ):
        assert not policy.is_signed(KEY, b"data", block(wrong))


def test_numbers_that_are_no_signature_are_refused():
    size = policy.KEY_BITS // 8
    signed = POLICY_KEY.sign(b"data", padding.PKCS1v15(), hashes.SHA256())
    assert policy.is_signed(KEY, b"data", signed)
    beyond = int.from_bytes(signed, "big") + KEY.modulus
    for wrong in (b"", b"\0" * size, b"\1".rjust(size, b"\0"), signed[1:], b"\0" + signed, b"\xff" * size):
        assert not policy.is_signed(KEY, b"data", wrong)
    if beyond.bit_length() <= policy.KEY_BITS:
        assert not policy.is_signed(KEY, b"data", beyond.to_bytes(size, "big"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no pem",
        pem(rsa.generate_private_key(public_exponent=65537, key_size=2048)),
        pem(rsa.generate_private_key(public_exponent=3, key_size=3072)),
        pem(ec.generate_private_key(ec.SECP256R1())),
        PEM.decode().replace("PUBLIC", "PRIVATE"),
        "\n".join([*PEM.decode().splitlines()[:3], "-----END PUBLIC KEY-----"]),
    ],
)
def test_keys_of_another_kind_are_refused(text):
    with pytest.raises(PolicyError):
        policy.public_key(text)


WRONG = [
    ({"run": "id"}, "knows no key run"),
    ({"version": 0}, "version is no whole number"),
    ({"version": True}, "version is no whole number"),
    ({"version": "2"}, "version is no whole number"),
    ({"heartbeat_s": 1}, "heartbeat_s is no whole number from 10"),
    ({"agent": "x"}, "agent is no id"),
    ({"logs": {}}, "logs is no list"),
    ({"logs": [{"path": "/x", "kind": "command"}]}, r"logs\[0\].kind is none of"),
    ({"logs": [{"path": "/x", "kind": "lines", "exec": "id"}]}, r"logs\[0\] knows no key exec"),
    ({"logs": [{"path": {}, "kind": "journald"}]}, r"logs\[0\].path is no absolute path"),
    ({"logs": [{"path": "../x", "kind": "lines"}]}, r"logs\[0\].path is no absolute path"),
    ({"logs": [{"path": "/var/../etc", "kind": "lines"}]}, "a path that is not read"),
    ({"logs": [{"path": "/dev/zero", "kind": "lines"}]}, "a path that is not read"),
    ({"logs": [{"path": "/proc/kmsg", "kind": "lines"}]}, "a path that is not read"),
    ({"logs": [{"path": "/x", "kind": "lines"}] * 1001}, "no list of at most 1000"),
    ({"tables": {"os; id": 60}}, "no name"),
    ({"tables": {"os": 1}}, "tables.os is no whole number"),
    ({"files": [{"path": "/x", "full_s": 60}]}, "lacks fast_s"),
    ({"checks": {"names": ["a b"], "seconds": 60}}, "no name"),
    ({"checks": []}, "checks is no object"),
    ({"limits": {"spool_mb": 0, "kb_per_s": 1}}, "limits.spool_mb is no whole number"),
]


@pytest.mark.parametrize(("changes", "said"), WRONG)
def test_what_is_not_enumerated_is_refused(changes, said):
    with pytest.raises(PolicyError, match=said):
        parsed(**changes)


def test_a_key_that_is_there_twice_or_missing_is_refused():
    text = json.dumps(a_policy(AGENT))
    with pytest.raises(PolicyError, match="twice"):
        policy.parse(text.replace("{", '{"version": 9, ', 1).encode())
    with pytest.raises(PolicyError, match="lacks logs"):
        policy.parse(json.dumps({key: value for key, value in a_policy(AGENT).items() if key != "logs"}).encode())
    for garbage in (b"", b"[]", b"[" * 100_000, b"\xff"):
        with pytest.raises(PolicyError):
            policy.parse(garbage)


def test_a_key_of_random_bytes_is_refused_or_is_one():
    chance = random.Random(3)
    refused = 0
    for _ in range(3000):
        data = bytearray(DER)
        for _ in range(chance.randrange(1, 4)):
            data[chance.randrange(30) if chance.random() < 0.7 else chance.randrange(len(data))] = chance.randrange(256)
        data = bytes(data[: chance.randrange(len(data)) if chance.random() < 0.3 else len(data)])
        text = base64.b64encode(data).decode()
        try:
            policy.public_key(f"-----BEGIN PUBLIC KEY-----\n{text}\n-----END PUBLIC KEY-----\n")
        except PolicyError:
            refused += 1
    assert refused > 2000


def test_policies_of_random_changes_are_refused_or_hold_nothing_else():
    chance = random.Random(4)
    whole = json.dumps(a_policy(AGENT, logs=[{"path": "/x", "kind": "lines"}], tables={"os": 60}))
    for _ in range(3000):
        data = bytearray(whole.encode())
        for _ in range(chance.randrange(1, 4)):
            data[chance.randrange(len(data))] = chance.choice(b'{}[]",:0123456789abcx/.\\\xff')
        try:
            found = policy.parse(bytes(data))
        except PolicyError:
            continue
        assert set(found._fields) == {*policy.SHAPE, "etag"}
