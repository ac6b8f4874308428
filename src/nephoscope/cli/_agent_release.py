"""Signatures that any host can check with the `openssl` it has."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING, Any

from nephoscope.model.errors import ConfigError, MissingExtra

if TYPE_CHECKING:
    from pathlib import Path

LEAST_BITS = 3072


def signed(data: bytes, key_file: Path) -> tuple[bytes, bytes]:
    """The signature by SHA-256 with the private key of a file, and the public key as PEM.

    RSA by PKCS#1 v1.5 or ECDSA, as `openssl dgst -sha256 -verify` takes both. Raises ConfigError naming the file.
    """
    try:
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
    except ImportError:
        raise MissingExtra("Signing a release", "server") from None
    try:
        if key_file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise ConfigError(f"The key {key_file} is readable by others: chmod 600 {key_file}")
        key: Any = serialization.load_pem_private_key(key_file.read_bytes(), None)
    except OSError as error:
        raise ConfigError(f"The key {key_file} cannot be read: {error.strerror}") from error
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ConfigError(f"The key {key_file} is no unencrypted private key in PEM") from None
    if isinstance(key, rsa.RSAPrivateKey) and key.key_size >= LEAST_BITS:
        signature = key.sign(data, padding.PKCS1v15(), hashes.SHA256())
    elif isinstance(key, ec.EllipticCurvePrivateKey):
        signature = key.sign(data, ec.ECDSA(hashes.SHA256()))
    else:
        raise ConfigError(f"The key {key_file} is neither RSA of {LEAST_BITS} bits or more, nor EC")
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return signature, key.public_key().public_bytes(serialization.Encoding.PEM, form)
