"""Evidence in the ledger: which runs have some, what was captured, what was sealed, and who held it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003  a row's type
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, update

from nephoscope.model.errors import CustodyError
from nephoscope.model.evidence import Capture, Custody, CustodyEntry, Envelope
from nephoscope.store.evidence_tables import CAPTURES, CASES, CUSTODY, KEYS, MANIFESTS
from nephoscope.store.ledger import insert_new
from nephoscope.store.run_tables import RUNS
from nephoscope.store.tables import key_of, storable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection, Row


@dataclass(frozen=True)
class Case:
    """A run's evidence. place: the folder or bucket that holds it; number: its manifest's, 0 until it is sealed."""

    run: str
    name: str
    finding: str
    place: str
    made_at: datetime
    sealed_at: datetime | None = None
    number: int = 0
    captures: int = 0
    bytes: int = 0


@dataclass(frozen=True)
class Sealed:
    """A manifest as it was signed."""

    number: int
    run: str
    sha256: str
    key_id: str
    made_at: datetime
    envelope: Envelope


def open_case(connection: Connection, case: Case, who: str) -> None:
    """Begin a run's evidence; one that was begun stays as it is."""
    if get_case(connection, case.run) is None:
        row = {name: getattr(case, name) for name in ("run", "name", "finding", "place", "made_at", "sealed_at")}
        insert_new(CASES, [row], connection)
        note_custody(connection, case.run, who, Custody.CREATED, f"kept in {case.place}", case.made_at)


def get_case(connection: Connection, run: str) -> Case | None:
    """A run's evidence; None where it has none."""
    row = connection.execute(_cases().where(CASES.c.run == run)).one_or_none()
    return _case(row) if row else None


def list_cases(connection: Connection, begins: str = "", limit: int = 1_000) -> list[Case]:
    """Cases, the newest first; only those whose run begins so."""
    query = _cases().where(CASES.c.run.startswith(begins, autoescape=True))
    rows = connection.execute(query.order_by(CASES.c.made_at.desc(), CASES.c.run).limit(limit))
    return [_case(row) for row in rows]


def unsealed_runs(connection: Connection, limit: int = 100) -> list[str]:
    """The runs that have ended and whose evidence is not sealed yet, oldest first."""
    sealed = select(MANIFESTS.c.run).where(MANIFESTS.c.run == CASES.c.run).exists()
    query = select(CASES.c.run).join(RUNS, RUNS.c.id == CASES.c.run).where(RUNS.c.is_ended == 1, ~sealed)
    return list(connection.scalars(query.order_by(CASES.c.made_at, CASES.c.run).limit(limit)))


def cases_with_runs() -> Any:
    """Every case beside its run's playbook and account, as something to select from."""
    run = (func.coalesce(RUNS.c[name], "").label(name) for name in ("playbook", "account"))
    return _cases().add_columns(*run).outerjoin_from(CASES, RUNS, RUNS.c.id == CASES.c.run).subquery("cases")


def _cases() -> Any:
    number = select(MANIFESTS.c.number).where(MANIFESTS.c.run == CASES.c.run).scalar_subquery()
    captures = select(func.count()).where(CAPTURES.c.run == CASES.c.run).scalar_subquery()
    size = select(func.coalesce(func.sum(CAPTURES.c.size_bytes), 0)).where(CAPTURES.c.run == CASES.c.run)
    return select(CASES, number.label("number"), captures.label("captures"), size.scalar_subquery().label("bytes"))


def _case(row: Row[Any]) -> Case:
    return Case(
        row.run,
        row.name,
        row.finding,
        row.place,
        row.made_at,
        row.sealed_at,
        row.number or 0,
        int(row.captures),
        int(row.bytes),
    )


def put_capture(connection: Connection, run: str, capture: Capture) -> None:
    """Keep that something was captured; the same again adds nothing. Raises CustodyError once the run is sealed."""
    row = {name: getattr(capture, name) for name in Capture.__dataclass_fields__}
    key = key_of(run, capture.name, capture.sha256)
    if connection.scalar(select(CAPTURES.c.key).where(CAPTURES.c.key == key)):
        return
    case = get_case(connection, run)
    if case is None or case.sealed_at:
        raise CustodyError(f"The evidence of run {run} is sealed: {capture.name} cannot be added to it")
    insert_new(CAPTURES, [{**row, "key": key, "run": run}], connection)


def captures_of(connection: Connection, run: str) -> tuple[Capture, ...]:
    """What a run captured, in order of time."""
    query = select(CAPTURES).where(CAPTURES.c.run == run)
    order = (CAPTURES.c.captured_at, CAPTURES.c.name, CAPTURES.c.sha256)
    return tuple(
        Capture(row.name, row.sha256, row.size_bytes, row.media_type, row.source, row.captured_at)
        for row in connection.execute(query.order_by(*order))
    )


def put_manifest(connection: Connection, sealed: Sealed, previous: str) -> None:
    """Keep a signed manifest as the newest, and its run as sealed."""
    row: dict[str, Any] = {
        "number": sealed.number,
        "run": sealed.run,
        "sha256": sealed.sha256,
        "previous": previous,
        "key_id": sealed.key_id,
        "made_at": sealed.made_at,
        "envelope": sealed.envelope.to_bytes().decode(),
    }
    connection.execute(MANIFESTS.insert(), [row])
    connection.execute(update(CASES).where(CASES.c.run == sealed.run).values(sealed_at=sealed.made_at))


def manifest_of(connection: Connection, run: str) -> Sealed | None:
    """A run's manifest; None until it is sealed."""
    row = connection.execute(select(MANIFESTS).where(MANIFESTS.c.run == run)).one_or_none()
    return _sealed(row) if row else None


def head(connection: Connection) -> Sealed | None:
    """The newest manifest; None where nothing was sealed yet."""
    row = connection.execute(select(MANIFESTS).order_by(MANIFESTS.c.number.desc()).limit(1)).one_or_none()
    return _sealed(row) if row else None


def manifests_after(connection: Connection, number: int) -> list[Sealed]:
    """The manifests behind a number, in order."""
    rows = connection.execute(select(MANIFESTS).where(MANIFESTS.c.number > number).order_by(MANIFESTS.c.number))
    return [_sealed(row) for row in rows]


def _sealed(row: Row[Any]) -> Sealed:
    envelope = Envelope.from_bytes(row.envelope.encode())
    return Sealed(row.number, row.run, row.sha256, row.key_id, row.made_at, envelope)


def note_custody(connection: Connection, run: str, who: str, what: Custody, detail: str, at: datetime) -> CustodyEntry:
    """Add to a run's custody log; each entry names the digest of the one before it."""
    query = select(CUSTODY.c.number, CUSTODY.c.digest).where(CUSTODY.c.run == run)
    last = connection.execute(query.order_by(CUSTODY.c.number.desc()).limit(1)).one_or_none()
    number, previous = (last.number + 1, last.digest) if last else (1, "")
    entry = CustodyEntry(storable(run), number, at, storable(who), what, storable(detail), previous)
    row = {
        name: getattr(entry, name) for name in ("run", "number", "at", "who", "what", "detail", "previous", "digest")
    }
    connection.execute(CUSTODY.insert(), [row])
    return entry


def custody_of(connection: Connection, run: str) -> tuple[CustodyEntry, ...]:
    """A run's custody log, in order."""
    rows = connection.execute(select(CUSTODY).where(CUSTODY.c.run == run).order_by(CUSTODY.c.number))
    return tuple(
        CustodyEntry(row.run, row.number, row.at, row.who, Custody(row.what), row.detail, row.previous) for row in rows
    )


def put_key(connection: Connection, id_: str, pem: str, at: datetime) -> None:
    """Keep a public key for as long as something that it signed may be asked about: for ever."""
    insert_new(KEYS, [{"id": id_, "pem": pem, "made_at": at}], connection)


def public_keys(connection: Connection) -> Mapping[str, str]:
    """Every public key that signed here, as PEM by its id, the oldest first."""
    return {row.id: row.pem for row in connection.execute(select(KEYS).order_by(KEYS.c.made_at, KEYS.c.id))}
