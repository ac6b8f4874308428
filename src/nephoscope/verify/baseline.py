"""Baselines that are signed: a DSSE envelope beside the file, checked before anything is compared with it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from nephoscope.agent.baseline import signature_of, write_whole
from nephoscope.agent.manifest import BadManifest, Manifest
from nephoscope.model.errors import CustodyError
from nephoscope.model.evidence import Envelope, statement

if TYPE_CHECKING:
    from pathlib import Path

PREDICATE = "urn:nephoscope:file-manifest:v1"


def sign_baseline(file: Path, sha256: str, root: str, key: Path) -> str:
    """Sign a baseline: an in-toto Statement in a DSSE envelope, Ed25519. Returns the key's id. Raises CustodyError."""
    from nephoscope.signing import opened_key

    signer = opened_key(key, may_make=False)
    envelope = signer.sign(statement(PREDICATE, {file.name: sha256}, {"root": root}))
    write_whole(signature_of(file), envelope.to_bytes())
    return signer.key_id


def refuse_unsigned(file: Path, sha256: str, public_key: Path) -> None:
    """Raises CustodyError unless a baseline of this digest is signed by this public key."""
    from nephoscope.signing import is_signed

    try:
        envelope = Envelope.from_bytes(signature_of(file).read_bytes())
        pem = public_key.read_text("ascii", "replace")
    except OSError as error:
        raise CustodyError(f"{file} is not proven: {error.filename} cannot be read: {error.strerror}") from error
    if not is_signed(envelope, pem):
        raise CustodyError(f"{file} is not proven: {signature_of(file)} is not signed by {public_key}")
    said = json.loads(envelope.payload)
    digests = [each.get("digest", {}).get("sha256") for each in said.get("subject", ())]
    if said.get("predicateType") != PREDICATE or digests != [sha256]:
        raise CustodyError(f"{file} is not proven: what was signed is not this file (its SHA-256 is {sha256})")


def opened_baseline(file: Path) -> Manifest:
    """A baseline, checked whole. Raises CustodyError naming file and byte."""
    try:
        return Manifest(str(file))
    except BadManifest as error:
        raise CustodyError(str(error)) from error
    except OSError as error:
        raise CustodyError(f"{file} cannot be read: {error.strerror}") from error
