"""SQL of administrators, asked and noted in the audit log; what may be asked, `store/free_sql.py` says."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from nephoscope.model.errors import StoreError
from nephoscope.portal.audit import noted
from nephoscope.portal.problems import ProblemError
from nephoscope.portal.shapes.common import Fault
from nephoscope.portal.shapes.events import SqlResult
from nephoscope.store.free_sql import SqlRefused, asked_of, result_of

if TYPE_CHECKING:
    from nephoscope.portal.caller import Caller
    from nephoscope.portal.shapes.events import Sql

NOTED = 2_000


def run(me: Caller, asked: Sql) -> SqlResult:
    """Ask the lake. Raises `bad-value` for what is refused, and with what the engine says of it."""
    began = time.monotonic()
    try:
        table = asked_of(me.portal.lake, asked.sql, asked.limit + 1)
    except StoreError as error:
        noted(me, "sql", asked.sql[:NOTED], outcome="refused" if isinstance(error, SqlRefused) else "failed")
        raise ProblemError("bad-value", str(error)[:1_000], [Fault(pointer="#/sql", detail=str(error)[:500])]) from None
    columns, types, rows = result_of(table)
    elapsed = int((time.monotonic() - began) * 1000)
    noted(me, "sql", asked.sql[:NOTED], {"rows": len(rows), "elapsed_ms": elapsed})
    return SqlResult(
        columns=columns, types=types, rows=rows[: asked.limit], is_cut=len(rows) > asked.limit, elapsed_ms=elapsed
    )
