"""VEX documents ─► statements in the ledger, which the scan arrow heeds; and what is known here ─► VEX documents."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from nephoscope.model.errors import SourceError
from nephoscope.scan.vex import read_document
from nephoscope.store.packages import sets_with, untell
from nephoscope.store.vex import VexDocument, list_documents, packages_naming, put_document, statements_of, withdraw

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

    from nephoscope.model.coverage import Gap
    from nephoscope.store.ledger import Ledger


def import_document(ledger: Ledger, content: bytes, origin: str, by: str) -> tuple[VexDocument, list[Gap]]:
    """Keep what a document says, with who brought it; the same document again holds again.

    Raises SourceError for a file that is none.
    """
    document, gaps = read_document(content, origin)
    digest = hashlib.sha256(content).hexdigest()
    made = VexDocument(
        digest, document.id, document.format, document.author, len(document.statements), by, datetime.now(UTC)
    )
    with ledger.write() as connection:
        put_document(connection, made, document.statements)
        _judge_anew(connection, (name for each in document.statements for name in each.names))
    return made, gaps


def withdraw_document(ledger: Ledger, name: str, by: str) -> VexDocument:
    """Take a document back, by its id or the beginning of its digest; what it suppressed is found again.

    Raises SourceError if it is none, or several.
    """
    with ledger.write() as connection:
        known = [each for each in list_documents(connection) if not each.withdrawn_by]
        chosen = [each for each in known if name and (each.id == name or each.digest.startswith(name))]
        if len(chosen) != 1:
            raise SourceError(name, f"is the id or digest of {len(chosen)} documents that hold, not of one")
        [document] = chosen
        withdraw(connection, document.digest, by, datetime.now(UTC))
        rows = [row for _, row in statements_of(connection, document.digest)]
        _judge_anew(connection, (name for vulnerability, aliases, *_ in rows for name in (vulnerability, *aliases)))
    return document


def _judge_anew(connection: Connection, names: Iterable[str]) -> None:
    """Have the findings of everything that has such vulnerabilities made anew."""
    untell(connection, sets_with(connection, packages_naming(connection, names)))
