"""The list of runs' evidence, one case whole, checked, and as an archive."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from nephoscope.clouds.named import acting_of
from nephoscope.model.errors import CloudError, CustodyError
from nephoscope.model.evidence import MANIFEST, Manifest, read_statement
from nephoscope.model.query import Field, Type
from nephoscope.portal.audit import noted
from nephoscope.portal.permissions import Permission
from nephoscope.portal.problems import ProblemError
from nephoscope.portal.shapes.evidence import CaseFlaw, CaseManifest, CaseReport, CaseRow, CaseWhole, CustodyRow
from nephoscope.portal.sources import LedgerSource
from nephoscope.respond.evidence.case import verified
from nephoscope.respond.evidence.export import export
from nephoscope.respond.evidence.storage import CHUNK_BYTES
from nephoscope.respond.evidence.vault import opened_vault
from nephoscope.store.evidence import captures_of, cases_with_runs, custody_of, manifest_of, public_keys
from nephoscope.store.ledger_lists import LedgerList

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from nephoscope.portal.caller import Caller
    from nephoscope.respond.evidence.vault import Vault

FIELDS = {
    field.name: field
    for field in (
        Field("playbook", Type.WORD, "", is_facet=True, is_sortable=True),
        Field("account", Type.WORD, "", is_facet=True, is_sortable=True),
        Field("run", Type.WORD, "the run that captured it"),
        Field("finding", Type.WORD, "uid of the finding that the run answers"),
        Field("name", Type.TEXT, ""),
        Field("captures", Type.NUMBER, "how many files", is_sortable=True),
        Field("bytes", Type.NUMBER, "", is_sortable=True),
        Field("made_at", Type.TIME, "", is_sortable=True),
        Field("sealed_at", Type.TIME, "", is_sortable=True),
    )
}
CASES = cases_with_runs()
LISTING = LedgerList(
    "evidence",
    CASES,
    FIELDS,
    {name: CASES.c[name] for name in FIELDS},
    (CASES.c.run,),
    CASES.c.account,
    CASES.c.run + " " + CASES.c.name + " " + CASES.c.finding + " " + CASES.c.playbook,
    "-made_at",
)


def _rows(_: Caller, __: Any, rows: list[Any]) -> list[CaseRow]:
    names = [name for name in CaseRow.model_fields if name != "number"]
    return [CaseRow(**{name: getattr(row, name) for name in names}, number=row.number or 0) for row in rows]


SOURCE = LedgerSource(LISTING, _rows)


def _found(connection: Connection, me: Caller, run: str) -> CaseRow:
    row = connection.execute(select(CASES).where(CASES.c.run == run)).one_or_none()
    if row is None or not me.scope.holds(row.account):
        raise ProblemError("not-found", "There is no evidence of this run")
    return _rows(me, connection, [row])[0]


def whole(connection: Connection, me: Caller, run: str) -> CaseWhole:
    """A case with its files, manifest and custody log. Raises `not-found`."""
    row = _found(connection, me, run)
    files = [asdict(each) | {"file": each.file} for each in captures_of(connection, run)]
    custody = [CustodyRow.model_validate(each) for each in custody_of(connection, run)]
    manifest = _manifest(connection, run)
    can = ["verify", "download"] if manifest and me.may(Permission.EVIDENCE) else []
    more = {"files": files, "custody": custody, "manifest": manifest, "can": can}
    return CaseWhole.model_validate(row.model_dump() | more)


def _manifest(connection: Connection, run: str) -> CaseManifest | None:
    sealed = manifest_of(connection, run)
    if sealed is None:
        return None
    said = read_statement(sealed.envelope.payload, MANIFEST, Manifest)
    own = {name: getattr(sealed, name) for name in ("number", "sha256", "key_id", "made_at")}
    public = public_keys(connection).get(sealed.key_id, "")
    return CaseManifest(**own, previous=said.previous, tool=said.tool, public_key=public)


def _opened(me: Caller) -> Vault:
    config = me.portal.config
    bucket = config.evidence.bucket
    return opened_vault(
        config, me.portal.ledger, acting_of(config)("evidence", config.evidence.account) if bucket else None
    )


def checked(me: Caller, run: str) -> CaseReport:
    """Check a sealed case now, reading every file of it. Raises `not-found`, `conflict`; `store` without its place."""
    with me.portal.ledger.read() as connection:
        _found(connection, me, run)
    try:
        report = verified(_opened(me), run, me.name)
    except CustodyError as error:
        raise ProblemError("conflict", str(error)) from None
    except CloudError as error:
        raise ProblemError("store", str(error)) from None
    noted(me, "evidence verify", run, {"is_proven": report.is_proven, "flaws": len(report.flaws)})
    found = {name: getattr(report, name) for name in ("is_proven", "is_altered", "unproven", "files", "bytes")}
    flaws = [CaseFlaw.model_validate(asdict(flaw)) for flaw in report.flaws]
    return CaseReport(run=run, at=me.portal.clock(), by=me.name, flaws=flaws, **found)


def archived(me: Caller, run: str) -> tuple[str, Iterator[bytes]]:
    """The name and bytes of a sealed case's archive, which is made whole first. Raises as `checked`."""
    with me.portal.ledger.read() as connection:
        _found(connection, me, run)
    folder = Path(tempfile.mkdtemp(prefix="evidence-", dir=me.portal.config.data))
    path = folder / f"{run}.zip"
    try:
        digest = export(_opened(me), run, path, me.name)
        noted(me, "evidence download", run, {"sha256": digest})
    except BaseException as error:
        shutil.rmtree(folder, ignore_errors=True)
        if isinstance(error, CustodyError):
            raise ProblemError("conflict", str(error)) from None
        if isinstance(error, CloudError):
            raise ProblemError("store", str(error)) from None
        raise
    return path.name, _streamed(path)


def _streamed(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK_BYTES):
                yield chunk
    finally:
        with suppress(OSError):
            shutil.rmtree(path.parent)
