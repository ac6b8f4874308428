"""One run's evidence: what is added counts once it is on disk and in the ledger, and `seal` ends it.

Killed anywhere, it is opened again and goes on. A file gets its name, which holds its digest, when it is whole; a row
says that it counts. At sealing, a file that has no row (the process ended between the two) is taken in as found.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from nephoscope import __version__
from nephoscope.model.errors import CustodyError
from nephoscope.model.evidence import Capture, Custody, Manifest, tame
from nephoscope.respond.evidence.storage import chunks_of
from nephoscope.store.evidence import (
    Sealed,
    captures_of,
    custody_of,
    get_case,
    head,
    manifest_of,
    note_custody,
    put_capture,
    put_manifest,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

    from nephoscope.respond.evidence.vault import Vault

FOUND = "found at sealing: it was whole, but the process ended before it was recorded"
TOOL = f"nephoscope {__version__}"


@dataclass(frozen=True)
class Box:
    """The evidence of one run; safe to share between threads. who: acts in the custody log."""

    vault: Vault
    run: str
    who: str

    def add(self, name: str, content: bytes, *, media_type: str, source: str, captured_at: datetime) -> str:
        """Keep one capture; the same name with the same content again adds nothing. Returns its SHA-256."""
        return self.add_stream(name, (content,), media_type=media_type, source=source, captured_at=captured_at)

    def add_stream(
        self, name: str, chunks: Iterable[bytes], *, media_type: str, source: str, captured_at: datetime
    ) -> str:
        """Keep one capture of any size. Raises CustodyError if the run is sealed, or nothing can be written."""
        with self.vault.spool.part(chunks) as part:
            moment = captured_at.astimezone(UTC)
            made = Capture(tame(name), part.sha256, part.size_bytes, tame(media_type), tame(source), moment)
            self._refuse_sealed(made)
            facts = {"source": made.source, "captured-at": moment.isoformat()}
            self.vault.storage.put(self._path(made), part, facts)
            with self.vault.ledger.write() as connection:
                put_capture(connection, self.run, made)
            return made.sha256

    def captures(self) -> tuple[Capture, ...]:
        """What was captured so far, in order of time."""
        with self.vault.ledger.read() as connection:
            return captures_of(connection, self.run)

    def seal(self) -> Manifest:
        """Make, sign and chain the manifest; sealed already, it is the same one.

        Raises CustodyError if a file is not what was captured: then nothing is sealed.
        """
        captures = self._complete()
        sealed = None
        while sealed is None:
            self._check(captures)
            with self.vault.ledger.write() as connection:
                now = captures_of(connection, self.run)
                sealed = manifest_of(connection, self.run)
                if sealed is None and now == captures:
                    sealed = self._signed(connection, captures)
                captures = now
        self.vault.publish()
        return self.vault.manifest(sealed)

    def _refuse_sealed(self, capture: Capture) -> None:
        with self.vault.ledger.read() as connection:
            case = get_case(connection, self.run)
            is_known = case is not None and bool(case.sealed_at) and capture.file in self._files(connection)
        if case is None or (case.sealed_at and not is_known):
            raise CustodyError(f"The evidence of run {self.run} is sealed: {capture.name} cannot be added to it")

    def _files(self, connection: Connection) -> set[str]:
        return {each.file for each in captures_of(connection, self.run)}

    def _path(self, capture: Capture) -> str:
        return f"{self.vault.folder_of(self.run)}/{capture.file}"

    def _complete(self) -> tuple[Capture, ...]:
        """The captures, with those files that no row tells of."""
        with self.vault.ledger.read() as connection:
            if manifest_of(connection, self.run):
                return captures_of(connection, self.run)
            known = self._files(connection)
        root = self.vault.folder_of(self.run)
        for path in self.vault.storage.names(f"{root}/captures"):
            if path.removeprefix(f"{root}/") not in known:
                self._take_in(path)
        return self.captures()

    def _take_in(self, path: str) -> None:
        digest, size = hashlib.sha256(), 0
        with self.vault.storage.open(path) as content:
            for chunk in chunks_of(content):
                digest.update(chunk)
                size += len(chunk)
        _, _, name = path.rpartition("/")[2].partition("-")
        media = "application/octet-stream"
        found = Capture(name, digest.hexdigest(), size, media, FOUND, datetime.now(UTC))
        if self._path(found) != path:
            raise CustodyError(
                f"{path} is no capture: its name does not say what it holds; move it away and seal again"
            )
        with self.vault.ledger.write() as connection:
            put_capture(connection, self.run, found)

    def _check(self, captures: tuple[Capture, ...]) -> None:
        for each in captures:
            if flaw := self.vault.storage.check(self._path(each), each.sha256, each.size_bytes):
                raise CustodyError(f"Run {self.run} is not sealed: {each.file} {flaw}")

    def _signed(self, connection: Connection, captures: tuple[Capture, ...]) -> Sealed:
        before = head(connection)
        case = get_case(connection, self.run)
        if case is None:
            raise CustodyError(f"There is no evidence of run {self.run}")
        now = datetime.now(UTC)
        signer = self.vault.signer
        number, previous = (before.number + 1, before.sha256) if before else (1, "")
        manifest = Manifest(
            self.run,
            number,
            previous,
            now,
            TOOL,
            signer.key_id,
            case.name,
            case.finding,
            captures,
            custody_of(connection, self.run),
        )
        envelope = signer.sign(manifest.statement())
        sealed = Sealed(manifest.number, self.run, envelope.sha256, signer.key_id, now, envelope)
        put_manifest(connection, sealed, manifest.previous)
        note_custody(connection, self.run, self.who, Custody.SEALED, f"manifest {number} {sealed.sha256}", now)
        return sealed
