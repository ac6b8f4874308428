"""An installation's evidence: where it is kept, what signs it, and every run's box."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path  # noqa: TC003  a field's type
from typing import TYPE_CHECKING

from nephoscope.model.errors import CustodyError
from nephoscope.model.evidence import Custody, CustodyEntry, Head, Manifest, read_statement
from nephoscope.respond.evidence.box import Box
from nephoscope.respond.evidence.bucket import Bucket
from nephoscope.respond.evidence.folder import PARTS, Folder
from nephoscope.respond.evidence.storage import Spool
from nephoscope.signing import Signer, opened_key, replaced_key
from nephoscope.store.evidence import (
    Case,
    captures_of,
    custody_of,
    get_case,
    manifest_of,
    manifests_after,
    note_custody,
    open_case,
    public_keys,
    put_key,
)
from nephoscope.store.state import get_state, put_state

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from nephoscope.clouds.aws import Aws
    from nephoscope.config import Config
    from nephoscope.model.evidence import Capture
    from nephoscope.respond.evidence.storage import Storage
    from nephoscope.store.evidence import Sealed
    from nephoscope.store.ledger import Ledger

RUN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
PUBLISHED = "evidence/published"
HEAD_FILE = "head.dsse.json"
MANIFEST_FILE = "manifest.dsse.json"


@dataclass(frozen=True)
class Vault:
    """Where evidence is kept. key_file: the private key's; made at the first sealing if it may be."""

    ledger: Ledger
    storage: Storage
    spool: Spool
    key_file: Path
    may_make_key: bool = True
    _signers: list[Signer] = field(default_factory=list[Signer], init=False, repr=False)

    @property
    def signer(self) -> Signer:
        """What signs. Raises CustodyError if there is no key, or others can read it."""
        if not self._signers:
            self._signers.append(opened_key(self.key_file, may_make=self.may_make_key))
        return self._signers[0]

    def box(self, run: str, *, case: str = "", finding: str = "", who: str = "nephoscope") -> Box:
        """A run's evidence, begun if it is new. Raises CustodyError for a run that cannot name a folder."""
        self.folder_of(run)
        with self.ledger.read() as connection:
            is_new = get_case(connection, run) is None
        if is_new:
            opened = Case(run, case, finding, self.storage.place, datetime.now(UTC))
            with self.ledger.write() as connection:
                open_case(connection, opened, who)
        return Box(self, run, who)

    def folder_of(self, run: str) -> str:
        """Where a run's files lie below the place."""
        if not RUN.fullmatch(run):
            raise CustodyError(f"{run!r} cannot name a folder of evidence")
        return f"cases/{run}"

    def mend(self) -> None:
        """Remove what a kill left unfinished, and publish what it left unpublished."""
        self.spool.sweep()
        self.publish()

    def publish(self) -> None:
        """Put every manifest that the ledger has and the place has not, then the head; in order, one at a time."""
        with self.ledger.write() as connection:
            known: dict[str, str] = get_state(connection, PUBLISHED) or {}
            published = int(known.get(self.storage.place, 0))
            waiting = manifests_after(connection, published)
            if not waiting:
                return
            self._put_keys(connection)
            for sealed in waiting:
                self._put(f"{self.folder_of(sealed.run)}/{MANIFEST_FILE}", sealed.envelope.to_bytes())
            newest = waiting[-1]
            signed = self.signer.sign(Head(newest.number, newest.sha256, self.signer.key_id).statement())
            with self.spool.part((signed.to_bytes(),)) as part:
                self.storage.put_latest(HEAD_FILE, part)
            put_state(connection, PUBLISHED, {**known, self.storage.place: newest.number})

    def note(self, run: str, who: str, what: Custody, detail: str = "") -> CustodyEntry:
        """Write into a run's custody log."""
        with self.ledger.write() as connection:
            return note_custody(connection, run, who, what, detail, datetime.now(UTC))

    def custody(self, run: str) -> tuple[CustodyEntry, ...]:
        """A run's custody log."""
        with self.ledger.read() as connection:
            return custody_of(connection, run)

    def captures(self, run: str) -> tuple[Capture, ...]:
        """What a run captured."""
        with self.ledger.read() as connection:
            return captures_of(connection, run)

    def sealed(self, run: str) -> Sealed:
        """A run's signed manifest. Raises CustodyError while it is not sealed."""
        with self.ledger.read() as connection:
            found = manifest_of(connection, run)
        if found is None:
            raise CustodyError(f"The evidence of run {run} is not sealed")
        return found

    def manifest(self, sealed: Sealed) -> Manifest:
        """What a signed manifest says."""
        from nephoscope.model.evidence import MANIFEST

        return read_statement(sealed.envelope.payload, MANIFEST, Manifest)

    def keys(self) -> Mapping[str, str]:
        """Every public key that ever signed here, the one that signs now among them."""
        with self.ledger.write() as connection:
            put_key(connection, self.signer.key_id, self.signer.public, datetime.now(UTC))
            return public_keys(connection)

    def rotate(self) -> Signer:
        """Sign with a new key from now on; what the old one signed stays valid. Raises CustodyError for a named key."""
        if not self.may_make_key:
            raise CustodyError("The evidence key is the operator's: put another file where [evidence] key_file leads")
        self.keys()
        self._signers[:] = [replaced_key(self.key_file)]
        self.keys()
        return self.signer

    def _put_keys(self, connection: Connection) -> None:
        put_key(connection, self.signer.key_id, self.signer.public, datetime.now(UTC))
        for id_, pem in public_keys(connection).items():
            self._put(f"keys/{id_}.pem", pem.encode())

    def _put(self, name: str, content: bytes) -> None:
        with self.spool.part((content,)) as part:
            self.storage.put(name, part, {})


def opened_vault(config: Config, ledger: Ledger, aws: Aws | None = None) -> Vault:
    """The vault that a configuration names, mended. aws: for a bucket; what reaches `[evidence] account`.

    Raises CustodyError if it cannot be used, CloudError if the bucket cannot be reached.
    """
    chosen = config.evidence
    root = chosen.folder or config.data / "evidence"
    key = chosen.key_file or config.data / "evidence.key"
    if chosen.bucket:
        if aws is None:
            raise CustodyError("Evidence is kept in a bucket: it needs an AWS account that is configured")
        storage: Storage = Bucket(aws, chosen)
        spool = Spool(config.data / "evidence.parts")
    else:
        storage = Folder(root)
        spool = Spool(root / PARTS)
    vault = Vault(ledger, storage, spool, key, may_make_key=chosen.key_file is None)
    vault.mend()
    return vault
