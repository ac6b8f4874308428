"""Ed25519 keys: made at first use, readable by their user only, never shown; and signatures checked by public key."""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nephoscope.model.errors import CustodyError, MissingExtra
from nephoscope.model.evidence import Envelope

if TYPE_CHECKING:
    from pathlib import Path

MODE = 0o600


@dataclass(frozen=True)
class Signer:
    """A private key that signs. public: the PEM of the other half."""

    key_id: str
    public: str
    _key: Any = field(repr=False)

    def sign(self, statement: bytes) -> Envelope:
        """A statement in its envelope; the same statement gives the same signature."""
        unsigned = Envelope(statement, self.key_id, b"")
        return Envelope(statement, self.key_id, self._key.sign(unsigned.signed))


def opened_key(file: Path, *, may_make: bool = True) -> Signer:
    """The key that a file holds, made if there is none and it may be.

    Raises CustodyError for a file that others can read, that is no Ed25519 key, or that cannot be read or written.
    """
    try:
        if may_make and not file.exists():
            _make(file)
        if file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise CustodyError(f"The signing key {file} is readable by others: chmod 600 {file}, or make a new one")
        return _signer(file.read_bytes(), str(file))
    except OSError as error:
        raise CustodyError(f"The signing key {file} cannot be had: {error.strerror}") from error


def replaced_key(file: Path) -> Signer:
    """A new key in a file's place; the one before is gone, what it signed is still checked by its public half."""
    fresh = file.with_name(f"{file.name}.new")
    fresh.unlink(missing_ok=True)
    _make(fresh)
    fresh.replace(file)
    _sync(file.parent)
    return opened_key(file, may_make=False)


def key_id_of(pem: str) -> str:
    """A public key's id: SHA-256 of its SubjectPublicKeyInfo, as `openssl pkey -pubin -outform DER | sha256sum`."""
    serialization = _cryptography("hazmat.primitives.serialization")
    der = _public(pem).public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(der).hexdigest()


def is_signed(envelope: Envelope, pem: str) -> bool:
    """Whether an envelope's signature is by this key."""
    try:
        _public(pem).verify(envelope.signature, envelope.signed)
    except _cryptography("exceptions").InvalidSignature:
        return False
    return True


def _public(pem: str) -> Any:
    serialization = _cryptography("hazmat.primitives.serialization")
    try:
        key = serialization.load_pem_public_key(pem.encode())
    except (ValueError, TypeError, _cryptography("exceptions").UnsupportedAlgorithm) as error:
        raise CustodyError("a public key is not PEM: give what `nephoscope evidence key` prints") from error
    if not isinstance(key, _cryptography("hazmat.primitives.asymmetric.ed25519").Ed25519PublicKey):
        raise CustodyError("a public key is not Ed25519: give what `nephoscope evidence key` prints")
    return key


def _signer(content: bytes, where: str) -> Signer:
    serialization = _cryptography("hazmat.primitives.serialization")
    try:
        key = serialization.load_pem_private_key(content, None)
    except (ValueError, TypeError, _cryptography("exceptions").UnsupportedAlgorithm):
        raise CustodyError(f"The signing key {where} is no unencrypted private key in PEM") from None
    if not isinstance(key, _cryptography("hazmat.primitives.asymmetric.ed25519").Ed25519PrivateKey):
        raise CustodyError(f"The signing key {where} is not Ed25519: openssl genpkey -algorithm ed25519")
    public = key.public_key().public_bytes(  # pyright: ignore[reportUnknownMemberType]
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return Signer(key_id_of(public.decode()), public.decode(), key)


def _make(file: Path) -> None:
    """Make a key; of several that make one at once, the first one's stays."""
    serialization = _cryptography("hazmat.primitives.serialization")
    key = _cryptography("hazmat.primitives.asymmetric.ed25519").Ed25519PrivateKey.generate()
    content = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = file.with_name(f"{file.name}.{os.getpid()}.{os.urandom(4).hex()}")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, MODE)
    try:
        with os.fdopen(handle, "wb") as opened:
            opened.write(content)
            opened.flush()
            os.fsync(opened.fileno())
        if not file.exists():
            os.link(part, file)
    except FileExistsError:
        pass
    finally:
        part.unlink(missing_ok=True)
    _sync(file.parent)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _cryptography(module: str) -> Any:
    import importlib

    try:
        return importlib.import_module(f"cryptography.{module}")
    except ImportError:
        raise MissingExtra("Signing, and verifying signatures,", "server") from None
