"""VEX as the ledger keeps it: documents with who brought them, and their statements; nothing of it is ever deleted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from nephoscope.store.ledger import insert_new, upsert
from nephoscope.store.package_tables import VEX, VEX_DOCUMENTS, VULNERABILITIES
from nephoscope.store.tables import key_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

AT_ONCE = 500  # rows of one statement
NAMES = ("vulnerability", "aliases", "product", "component", "status", "justification", "said", "at")


@dataclass(frozen=True)
class VexDocument:
    """A document. digest: SHA-256 of its bytes; withdrawn_by: who took it back, empty while it holds."""

    digest: str
    id: str
    format: str
    author: str
    statements: int
    imported_by: str
    imported_at: datetime
    withdrawn_by: str = ""
    withdrawn_at: datetime | None = None


Row = tuple[str, tuple[str, ...], str, str, str, str, str, str]  # a statement's parts, as NAMES has them


def put_document(connection: Connection, document: VexDocument, statements: Iterable[Row]) -> None:
    """Keep a document and what it says; one that was withdrawn holds again."""
    upsert(VEX_DOCUMENTS, [{name: getattr(document, name) for name in VexDocument.__dataclass_fields__}], connection)
    rows = [
        {"key": key_of(document.digest, *map(str, row)), "document": document.digest}
        | dict(zip(NAMES, row, strict=True))
        for row in statements
    ]
    for start in range(0, len(rows), AT_ONCE):
        insert_new(VEX, rows[start : start + AT_ONCE], connection)


def list_documents(connection: Connection) -> list[VexDocument]:
    """Every document, the newest first, withdrawn ones too."""
    query = select(VEX_DOCUMENTS).order_by(VEX_DOCUMENTS.c.imported_at.desc(), VEX_DOCUMENTS.c.digest)
    return [VexDocument(**row) for row in connection.execute(query).mappings()]


def statements_of(connection: Connection, digest: str = "") -> list[tuple[str, Row]]:
    """(document's digest, statement) of every document that holds, or of one whether it holds or not."""
    joined = VEX.join(VEX_DOCUMENTS, VEX.c.document == VEX_DOCUMENTS.c.digest)
    query = select(VEX).select_from(joined).order_by(VEX_DOCUMENTS.c.imported_at, VEX.c.key)
    query = query.where(VEX.c.document == digest if digest else VEX_DOCUMENTS.c.withdrawn_by == "")
    return [(row.document, _row(row)) for row in connection.execute(query)]


def _row(row: object) -> Row:
    vulnerability, aliases, *rest = (getattr(row, name) for name in NAMES)
    product, component, status, justification, said, at = rest
    return vulnerability, tuple(aliases), product, component, status, justification, said, at


def withdraw(connection: Connection, digest: str, by: str, at: datetime) -> None:
    """Note that a document holds no more."""
    changed = update(VEX_DOCUMENTS).where(VEX_DOCUMENTS.c.digest == digest)
    connection.execute(changed.values(withdrawn_by=by, withdrawn_at=at))


def packages_naming(connection: Connection, names: Iterable[str]) -> set[int]:
    """The package versions that have a vulnerability of one of these names."""
    wanted, table = set(names), VULNERABILITIES.c
    found: Sequence[object] = connection.execute(
        select(table.package, table.advisory, table.aliases, table.related)
    ).all()
    return {
        package
        for package, advisory, aliases, related in found  # type: ignore[misc]
        if not wanted.isdisjoint((advisory, *aliases, *related))
    }
