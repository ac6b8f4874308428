"""A sealed run → one archive that whoever gets it can check without us."""

from __future__ import annotations

import hashlib
import io
from datetime import UTC, datetime
from typing import TYPE_CHECKING, BinaryIO, cast

from nephoscope.model.errors import CustodyError
from nephoscope.model.evidence import Custody, Export, canonical, sha256_of
from nephoscope.respond.evidence.archive import written
from nephoscope.respond.evidence.verify import EXPORT_FILE, MANIFEST_FILE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from nephoscope.model.evidence import Capture
    from nephoscope.respond.evidence.vault import Vault

README = """\
Evidence of run {run}, sealed {made_at} as manifest {number} by {tool}.

captures/            what was captured; each file's name begins with its SHA-256
manifest.dsse.json   the signed list of them: an in-toto statement in a DSSE envelope
export.dsse.json     the signed list of the other files here, with the custody log until this export
manifest.json        what the manifest says, to read
custody.json         the custody log, to read
SHA256SUMS           for sha256sum
keys/                public keys, Ed25519, in PEM; the id is SHA-256 of the key in DER

Check it with Nephoscope, offline:

  nephoscope evidence verify THIS-FOLDER-OR-ARCHIVE --key PUBLIC-KEY.pem

Check it by hand, with a POSIX shell, coreutils and OpenSSL 3. Take the public key from its owner, not from here:
an archive that was forged brings a key that fits.

  sha256sum -c SHA256SUMS
  openssl pkey -pubin -in PUBLIC-KEY.pem -outform DER | sha256sum        # this manifest: {key_id}
  t=application/vnd.in-toto+json
  sed 's/.*"payload":"\\([^"]*\\)".*/\\1/' manifest.dsse.json | base64 -d > payload
  sed 's/.*"sig":"\\([^"]*\\)".*/\\1/' manifest.dsse.json | base64 -d > signature
  {{ printf 'DSSEv1 %d %s %d ' ${{#t}} $t $(wc -c < payload); cat payload; }} > signed
  openssl pkeyutl -verify -pubin -inkey PUBLIC-KEY.pem -rawin -in signed -sigfile signature

`payload` is then proven. Its "subject" names every file of captures/ with its SHA-256; no other file belongs there.
The same five lines with export.dsse.json prove SHA256SUMS, this text and the custody log.
"previous" is the SHA-256 of the payload of manifest {before}: manifests of one installation form a chain.
"""


def export(vault: Vault, run: str, path: Path, who: str) -> str:
    """Write a sealed run into a .zip or .tar; returns the archive's SHA-256.

    That it was exported is in the custody log first, and so in the archive too. Raises CustodyError if the run is not
    sealed, a file is not what was sealed, or the archive cannot be written; then there is no archive.
    """
    sealed = vault.sealed(run)
    vault.publish()
    with written(path) as archive:
        vault.note(run, who, Custody.EXPORTED, f"to {path.name}")
        manifest = vault.manifest(sealed)
        for capture in manifest.captures:
            _copy(vault, run, capture, archive.add)
        before = str(manifest.number - 1) if manifest.number > 1 else "0, which is none: this is the first"
        facts = {name: getattr(manifest, name) for name in ("run", "number", "tool", "key_id")}
        files = {
            MANIFEST_FILE: sealed.envelope.to_bytes(),
            "manifest.json": canonical(manifest) + b"\n",
            "custody.json": canonical(vault.custody(run)) + b"\n",
            "SHA256SUMS": "".join(f"{each.sha256}  {each.file}\n" for each in manifest.captures).encode(),
            "README.txt": README.format(
                **facts, made_at=f"{manifest.made_at:%Y-%m-%d %H:%M:%S} UTC", before=before
            ).encode(),
            **{f"keys/{id_}.pem": pem.encode() for id_, pem in vault.keys().items()},
        }
        digests = {name: sha256_of(content) for name, content in files.items()}
        signed = Export(run, datetime.now(UTC), who, vault.signer.key_id, digests, vault.custody(run))
        files[EXPORT_FILE] = vault.signer.sign(signed.statement()).to_bytes()
        for name, content in files.items():
            archive.add(name, len(content), io.BytesIO(content))
    with path.open("rb") as made:
        return hashlib.file_digest(made, "sha256").hexdigest()


def _copy(vault: Vault, run: str, capture: Capture, add: Callable[[str, int, BinaryIO], None]) -> None:
    path = f"{vault.folder_of(run)}/{capture.file}"
    with vault.storage.open(path) as content:
        counted = _Counted(content)
        is_whole = _added(add, capture, counted)
        if not is_whole or content.read(1) or counted.digest.hexdigest() != capture.sha256:
            raise CustodyError(
                f"{path} is not what was sealed: nothing is exported; nephoscope evidence verify says more"
            )


def _added(add: Callable[[str, int, BinaryIO], None], capture: Capture, content: _Counted) -> bool:
    """Whether there was as much as was sealed. Raises OSError where the archive cannot be written."""
    try:
        add(capture.file, capture.size_bytes, cast("BinaryIO", content))
    except OSError as error:
        if error.errno is not None:
            raise
        return False  # how tarfile says that a file ended before its size
    return True


class _Counted(io.RawIOBase):
    """A stream whose digest is taken as it passes."""

    def __init__(self, content: BinaryIO) -> None:
        self.content = content
        self.digest = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        found = self.content.read(size)
        self.digest.update(found)
        return found
