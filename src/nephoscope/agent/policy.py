"""The gateway's policy: proven by its key, no older than the one before, nothing in it but what is enumerated here.

There is no command in a policy, and no way to say one: whoever steals the gateway's key can choose which of the
built-in tables and checks run and which files are read, and nothing else. RSA-3072 with SHA-256, PKCS#1 v1.5, verified
by making the whole padded block and comparing it, so no sloppiness in the padding is accepted.

Source: RFC 8017 §8.2.2 and §9.2; RFC 5280 §4.1 (SubjectPublicKeyInfo)
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import posixpath
from typing import Any, Callable, NamedTuple

KEY_BITS = 3072
RSA = bytes.fromhex("06092a864886f70d0101010500")  # OID rsaEncryption, NULL
DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")
KINDS = ("lines", "journald", "auditd")
MOST = 1000


class PolicyError(Exception):
    """A policy, or the key it is proven by, is not to be trusted; the text says why."""


class PublicKey(NamedTuple):
    """An RSA key. fingerprint: SHA-256 of its SubjectPublicKeyInfo."""

    modulus: int
    exponent: int
    fingerprint: str


class Policy(NamedTuple):
    """What to do. seconds everywhere; etag: the SHA-256 of the canonical JSON it came as."""

    version: int
    agent: str
    expires: int
    heartbeat_s: int
    logs: list[dict[str, str]]
    tables: dict[str, int]
    files: list[dict[str, Any]]
    checks: dict[str, Any]
    limits: dict[str, int]
    etag: str


def public_key(pem: str) -> PublicKey:
    """A PEM of a SubjectPublicKeyInfo. Raises PolicyError where it is no RSA key of 3072 bits."""
    lines = [line.strip() for line in pem.strip().split("\n")]
    if lines[0] != "-----BEGIN PUBLIC KEY-----" or lines[-1] != "-----END PUBLIC KEY-----":
        raise PolicyError("the policy key is no PEM of a public key")
    try:
        der = base64.b64decode("".join(lines[1:-1]).encode(), validate=True)
        body = _only(der, 0x30)
        algorithm, rest = _take(body, 0x30)
        bits = _only(rest, 0x03)
        modulus, rest = _take(_only(bits[1:], 0x30), 0x02)
        exponent = _only(rest, 0x02)
    except (ValueError, IndexError, binascii.Error) as error:
        raise PolicyError("the policy key is no key: %s" % error) from error
    key = PublicKey(int.from_bytes(modulus, "big"), int.from_bytes(exponent, "big"), hashlib.sha256(der).hexdigest())
    if algorithm != RSA or bits[0] or modulus[0] & 0x80 or exponent[0] & 0x80:
        raise PolicyError("the policy key is no RSA key")
    if key.modulus.bit_length() != KEY_BITS or not key.modulus & 1 or key.exponent != 65537:
        raise PolicyError("the policy key is no RSA key of %d bits with exponent 65537" % KEY_BITS)
    return key


def _take(data: bytes, tag: int) -> tuple[bytes, bytes]:
    """(content, rest) of a DER value. Raises ValueError."""
    if data[0] != tag:
        raise ValueError("tag %02x where %02x belongs" % (data[0], tag))
    length, start = data[1], 2
    if length & 0x80:
        count = length & 0x7F
        start += count
        length = int.from_bytes(data[2:start], "big")
        if not 1 <= count <= 2 or length < 0x80 or (count == 2 and length < 0x100):
            raise ValueError("a length that is not DER")
    if not length or len(data) < start + length:
        raise ValueError("cut short")
    return data[start : start + length], data[start + length :]


def _only(data: bytes, tag: int) -> bytes:
    content, rest = _take(data, tag)
    if rest:
        raise ValueError("more than one value")
    return content


def is_signed(key: PublicKey, data: bytes, signature: bytes) -> bool:
    """Whether a signature is this key's for this data."""
    size = KEY_BITS // 8
    number = int.from_bytes(signature, "big")
    if len(signature) != size or number >= key.modulus:
        return False
    block = pow(number, key.exponent, key.modulus).to_bytes(size, "big")
    info = DIGEST_INFO + hashlib.sha256(data).digest()
    return hmac.compare_digest(block, b"\0\1" + b"\xff" * (size - len(info) - 3) + b"\0" + info)


def verified(envelope: Any, key: PublicKey, agent: str, least_version: int) -> Policy:
    """The policy in `{"policy": base64, "signature": base64}`. Raises PolicyError where anything is amiss.

    agent: ours; least_version: of the policy we have, below which none is taken.
    """
    try:
        data = base64.b64decode(envelope["policy"].encode(), validate=True)
        signature = base64.b64decode(envelope["signature"].encode(), validate=True)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise PolicyError("the policy is not in its envelope: %r" % error) from error
    if not is_signed(key, data, signature):
        raise PolicyError("the policy is not signed by the key pinned at enrolment")
    policy = parse(data)
    if policy.agent != agent:
        raise PolicyError("the policy is for another agent, %s" % policy.agent)
    if policy.version < least_version:
        raise PolicyError("the policy's version %d is older than %d, which is held" % (policy.version, least_version))
    return policy


def parse(data: bytes) -> Policy:
    """A policy's canonical JSON. Raises PolicyError at any key, type or number that is not enumerated."""
    try:
        told = json.loads(data, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise PolicyError("the policy is no JSON: %s" % error) from error
    _keys(told, SHAPE, "policy")
    for name, is_right in SHAPE.items():
        is_right(told[name], name)
    return Policy(etag=hashlib.sha256(data).hexdigest(), **told)


def _once(found: list[tuple[str, Any]]) -> dict[str, Any]:
    told = dict(found)
    if len(told) != len(found):
        raise ValueError("a key is there twice")
    return told


def _keys(value: Any, allowed: Any, where: str) -> None:
    if not isinstance(value, dict):
        raise PolicyError("%s is no object" % where)
    wrong = sorted(set(value) ^ set(allowed))
    if wrong:
        unknown = [key for key in wrong if key in value]
        said = "knows no key %s" % unknown[0] if unknown else "lacks %s" % wrong[0]
        raise PolicyError("%s %s" % (where, said))


def _number(least: int, most: int) -> Callable[[Any, str], None]:
    def check(value: Any, where: str) -> None:
        if type(value) is not int or not least <= value <= most:
            raise PolicyError("%s is no whole number from %d to %d" % (where, least, most))

    return check


def _agent(value: Any, where: str) -> None:
    if not isinstance(value, str) or len(value) != 32:
        raise PolicyError("%s is no id" % where)


def _path(value: Any, where: str) -> None:
    if not isinstance(value, str) or not value.startswith("/") or "\0" in value or len(value) > 1024:
        raise PolicyError("%s is no absolute path" % where)
    if posixpath.normpath(value) != value or value.startswith(("//", "/proc/", "/sys/", "/dev/")):
        raise PolicyError("%s is a path that is not read" % where)


def _logs(value: Any, where: str) -> None:
    for place, each in _listed(value, where):
        _keys(each, ("path", "kind"), place)
        if each["kind"] not in KINDS:
            raise PolicyError("%s.kind is none of %s" % (place, ", ".join(KINDS)))
        if each["kind"] != "journald" or each["path"] != "":
            _path(each["path"], place + ".path")


def _tables(value: Any, where: str) -> None:
    if not isinstance(value, dict) or len(value) > MOST:
        raise PolicyError("%s is no object of tables" % where)
    for name, seconds in value.items():
        _name(name, where)
        _number(10, 31 * 86400)(seconds, "%s.%s" % (where, name))


def _files(value: Any, where: str) -> None:
    for place, each in _listed(value, where):
        _keys(each, ("path", "full_s", "fast_s"), place)
        _path(each["path"], place + ".path")
        _number(60, 366 * 86400)(each["full_s"], place + ".full_s")
        _number(10, 366 * 86400)(each["fast_s"], place + ".fast_s")


def _checks(value: Any, where: str) -> None:
    _keys(value, ("names", "seconds"), where)
    for place, name in _listed(value["names"], where + ".names"):
        _name(name, place)
    _number(60, 31 * 86400)(value["seconds"], where + ".seconds")


def _limits(value: Any, where: str) -> None:
    _keys(value, ("spool_mb", "kb_per_s"), where)
    _number(1, 1 << 16)(value["spool_mb"], where + ".spool_mb")
    _number(1, 1 << 20)(value["kb_per_s"], where + ".kb_per_s")


def _name(value: Any, where: str) -> None:
    if not isinstance(value, str) or not value.isidentifier() or not value.isascii() or len(value) > 100:
        raise PolicyError("%s holds what is no name" % where)


def _listed(value: Any, where: str) -> list[tuple[str, Any]]:
    if not isinstance(value, list) or len(value) > MOST:
        raise PolicyError("%s is no list of at most %d" % (where, MOST))
    return [("%s[%d]" % (where, number), each) for number, each in enumerate(value)]


SHAPE: dict[str, Callable[[Any, str], None]] = {
    "version": _number(1, 1 << 53),
    "agent": _agent,
    "expires": _number(0, 1 << 53),
    "heartbeat_s": _number(10, 3600),
    "logs": _logs,
    "tables": _tables,
    "files": _files,
    "checks": _checks,
    "limits": _limits,
}
