"""An EC2 instance's identity document: whether AWS signed it. Asked of nobody: the operator names AWS's certificates.

The signature is a PKCS #7 message, RSA with SHA-256 (`/instance-identity/rsa2048`). Whoever got hold of one can send
it again, so that it proves which instance, not who: the first host of an instance wins.

Source: RFC 5652 §5; https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/verify-rsa2048.html
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from typing import TYPE_CHECKING, Any

from nephoscope.fleet.ber import BadBer, Value, parse
from nephoscope.model.errors import ConfigError, HostRefused, MissingExtra

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SIGNED_DATA = bytes.fromhex("2a864886f70d010702")  # 1.2.840.113549.1.7.2
DATA = bytes.fromhex("2a864886f70d010701")
SHA256 = bytes.fromhex("608648016503040201")
CONTENT_TYPE = bytes.fromhex("2a864886f70d010903")
MESSAGE_DIGEST = bytes.fromhex("2a864886f70d010904")
SEQUENCE, SET, OID, OCTETS, FIRST = 0x30, 0x31, 0x06, (0x04, 0x24), 0xA0
REFUSED = "the identity document is not signed by any certificate of [fleet] identity_certificate"


def read_certificates(file: Path) -> list[Any]:
    """The RSA keys of the certificates in a PEM file. Raises ConfigError."""
    x509 = _cryptography("x509")
    try:
        found = x509.load_pem_x509_certificates(file.read_bytes())
    except OSError as error:
        raise ConfigError(f"fleet: identity_certificate {file} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise ConfigError(f"fleet: identity_certificate {file} holds no certificates in PEM: {error}") from None
    keys = [certificate.public_key() for certificate in found]
    if not all(isinstance(key, _cryptography("hazmat.primitives.asymmetric.rsa").RSAPublicKey) for key in keys):
        raise ConfigError(f"fleet: identity_certificate {file} holds a certificate whose key is not RSA")
    return keys


def check_document(document: str, signature: str, keys: Sequence[Any]) -> None:
    """Raise HostRefused unless one of the keys signed the document. signature: base64, with or without line ends."""
    try:
        message = parse(base64.b64decode("".join(signature.split()), validate=True))
        signed, proof = _parts(message, document.encode())
    except (BadBer, binascii.Error, ValueError) as error:
        raise HostRefused("identity", f"{REFUSED}: {error}") from None
    if not any(_is_signed(key, proof, signed) for key in keys):
        raise HostRefused("identity", REFUSED)


def _parts(message: Value, document: bytes) -> tuple[bytes, bytes]:
    """The bytes that were signed, and their signature. Raises BadBer, also where they are not of this document."""
    if message.part(0, OID).content != SIGNED_DATA:
        raise BadBer("it is no signed message")
    data = message.part(1, FIRST).part(0, SEQUENCE)
    inner = data.part(2, SEQUENCE)
    if inner.part(0, OID).content != DATA:
        raise BadBer("what is signed is no data")
    if len(inner.parts) > 1 and _content(inner.part(1, FIRST)) != document:
        raise BadBer("what is signed is another document")
    infos = data.parts[-1]
    if infos.tag != SET or len(infos.parts) != 1:
        raise BadBer("it has not one signer")
    signer = infos.part(0, SEQUENCE)
    if signer.part(2, SEQUENCE).part(0, OID).content != SHA256:
        raise BadBer("its digest is not SHA-256")
    has_attributes = len(signer.parts) > 3 and signer.parts[3].tag == FIRST
    proof = signer.part(5 if has_attributes else 4, 0x04).content
    return (_attributes(signer.part(3, FIRST), document) if has_attributes else document), proof


def _content(wrapped: Value) -> bytes:
    if len(wrapped.parts) != 1 or wrapped.parts[0].tag not in OCTETS:
        raise BadBer("its content is no octet string")
    return wrapped.parts[0].octets


def _attributes(given: Value, document: bytes) -> bytes:
    """Signed attributes as they were signed: as a SET. Raises BadBer unless they are of this document."""
    found = {each.part(0, OID).content: each.part(1, SET) for each in given.parts}
    if len(found) != len(given.parts) or given.raw[1] == 0x80:
        raise BadBer("its attributes are not canonical")
    if CONTENT_TYPE not in found or found[CONTENT_TYPE].part(0, OID).content != DATA or MESSAGE_DIGEST not in found:
        raise BadBer("its attributes name no data and digest")
    if not hmac.compare_digest(found[MESSAGE_DIGEST].part(0, 0x04).content, hashlib.sha256(document).digest()):
        raise BadBer("what is signed is another document")
    return bytes((SET,)) + given.raw[1:]


def _is_signed(key: Any, proof: bytes, signed: bytes) -> bool:
    padding = _cryptography("hazmat.primitives.asymmetric.padding")
    try:
        key.verify(proof, signed, padding.PKCS1v15(), _cryptography("hazmat.primitives.hashes").SHA256())
    except _cryptography("exceptions").InvalidSignature:
        return False
    return True


def _cryptography(module: str) -> Any:
    import importlib

    try:
        return importlib.import_module(f"cryptography.{module}")
    except ImportError:
        raise MissingExtra("Verifying identity documents", "server") from None
