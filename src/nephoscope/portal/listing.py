"""How every list of the API is asked: a page, facets beside it, an export of exactly the same rows."""

# Annotations are not postponed here: those of the routes that `list_router` makes name its arguments.

import csv
import hashlib
import io
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

import msgspec
from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from nephoscope.export.text import without_formula
from nephoscope.model.query import Node
from nephoscope.portal.audit import noted
from nephoscope.portal.caller import Caller, allow
from nephoscope.portal.cursors import seal, unseal
from nephoscope.portal.permissions import Permission
from nephoscope.portal.problems import ProblemError
from nephoscope.portal.shapes.common import Facet, Facets, Fault, Page, Value
from nephoscope.portal.sources import VALUES, Rows, Source
from nephoscope.query import QueryError, parse
from nephoscope.store.ledger_lists import Sort

EXPORT_PAGE = 500
MOST_SORTS = 3
MEDIA = {"csv": "text/csv; charset=utf-8", "ndjson": "application/x-ndjson"}


class Asked(BaseModel):
    """Which rows, in which order, from where on."""

    model_config = ConfigDict(extra="forbid")

    q: str = Field(default="", max_length=4_000, description="A query; GET /query/fields lists the fields.")
    sort: str = Field(default="", max_length=200, description="Fields with commas, a minus before those that descend.")
    limit: int = Field(default=50, ge=1, le=200)
    cursor: str = Field(
        default="", max_length=8_192, description="`next` of the page before, with the same q and sort."
    )


class FacetsAsked(BaseModel):
    """Which facets, under which query."""

    model_config = ConfigDict(extra="forbid")

    q: str = Field(default="", max_length=4_000)
    fields: str = Field(default="", max_length=500, description="With commas; else the list's own facets.")


class ExportAsked(BaseModel):
    """Which rows and columns, in which form."""

    model_config = ConfigDict(extra="forbid")

    q: str = Field(default="", max_length=4_000)
    sort: str = Field(default="", max_length=200)
    columns: str = Field(default="", max_length=2_000, description="With commas; else all.")
    format: Literal["csv", "ndjson"] = "csv"


def parsed(source: Source, q: str) -> Node:
    """A query of a list. Raises the problem `bad-query`."""
    try:
        return parse(q, source.fields)
    except QueryError as error:
        fault = Fault(pointer="#/query/q", detail=error.detail, position=error.position, nearest=error.nearest or None)
        raise ProblemError("bad-query", str(error), [fault]) from None


def sorted_by(source: Source, text: str) -> Sort:
    """An order. Raises the problem `bad-value` for a field that has none."""
    names = [name.strip() for name in (text or source.default_sort).split(",") if name.strip()]
    found = tuple((name.removeprefix("-"), name.startswith("-")) for name in names)
    known = [name for name, field in source.fields.items() if field.is_sortable]
    wrong = [name for name, _ in found if name not in known]
    if wrong or len(found) > MOST_SORTS or len({name for name, _ in found}) < len(found):
        detail = f"sort is at most {MOST_SORTS} of {', '.join(known)}, each once"
        raise ProblemError("bad-value", detail, [Fault(pointer="#/query/sort", detail=detail)])
    return found


def page(me: Caller, source: Source, asked: Asked) -> dict[str, Any]:
    """A page of a list, as its shape has it; the header Link leads on."""
    node, sort = parsed(source, asked.q), sorted_by(source, asked.sort)
    purpose = _purpose(source, asked.q, sort)
    after = unseal(me.portal.secret, purpose, asked.cursor) if asked.cursor else None
    rows = source.page(me, node, sort, after, asked.limit + 1)
    following = None
    if len(rows.shapes) > asked.limit:
        following = seal(me.portal.secret, purpose, rows.places[asked.limit - 1])
        query = asked.model_dump(exclude_defaults=True) | {"cursor": following}
        me.response.headers["Link"] = f'<{me.request.url.path}?{urlencode(query)}>; rel="next"'
    total, is_all = source.count(me, node)
    return {
        "items": rows.shapes[: asked.limit],
        "next": following,
        "total": total,
        "total_relation": "eq" if is_all else "gte",
    }


def _purpose(source: Source, q: str, sort: Sort) -> str:
    return hashlib.sha256(msgspec.json.encode([source.name, q, sort])).hexdigest()


def facets(me: Caller, source: Source, asked: FacetsAsked) -> Facets:
    """Counts beside a list: each field's values, under what the query asks of the other fields."""
    node = parsed(source, asked.q)
    own = [name for name, field in source.fields.items() if field.is_facet]
    names = list(dict.fromkeys(filter(None, asked.fields.split(",")))) or own
    if wrong := [name for name in names if name not in source.fields or name == "search"]:
        detail = f"there is no field {wrong[0][:100]}; there are {', '.join(source.fields)}"
        raise ProblemError("bad-value", detail, [Fault(pointer="#/query/fields", detail=detail)])
    found = source.facets(me, node, names)
    total, is_all = source.count(me, node)
    shown = [
        Facet(
            field=name,
            values=[Value(value=value, count=n) for value, n in counts[:VALUES]],
            is_cut=len(counts) > VALUES,
        )
        for name, counts in found.items()
    ]
    return Facets(facets=shown, total=total, total_relation="eq" if is_all else "gte")


def export(me: Caller, source: Source, asked: ExportAsked, shape: type[Any]) -> StreamingResponse:
    """Every row of a query, as it is read: one object a line, or CSV in which no cell is a formula."""
    node, sort = parsed(source, asked.q), sorted_by(source, asked.sort)
    known = [field.alias or name for name, field in shape.model_fields.items() if name != "can"]
    columns = [name.strip() for name in asked.columns.split(",") if name.strip()] or known
    if wrong := [name for name in columns if name not in known]:
        detail = f"there is no column {wrong[0][:100]}; there are {', '.join(known)}"
        raise ProblemError("bad-value", detail, [Fault(pointer="#/query/columns", detail=detail)])
    noted(me, f"export {source.name}", asked.q, {"format": asked.format, "columns": columns})
    rows = _all_rows(me, source, node, sort)
    lines = _csv(rows, columns) if asked.format == "csv" else _ndjson(rows, columns)
    name = f"nephoscope-{source.name}-{me.portal.clock():%Y%m%dT%H%M%SZ}.{asked.format}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return StreamingResponse(lines, media_type=MEDIA[asked.format], headers=headers)


def all_pages(me: Caller, source: Source, node: Node, sort: Sort, at_once: int = EXPORT_PAGE) -> Iterator[Rows]:
    """A list to its end, page by page. Raises `not-allowed` once its reader is not who they were when they asked."""
    after: Sequence[Any] | None = None
    while True:
        rows = source.page(me, node, sort, after, at_once)
        yield rows
        if len(rows.shapes) < at_once:
            return
        if not me.is_still():
            raise ProblemError(
                "not-allowed", "The session has ended, or its rights have changed: the rest is not given"
            )
        after = rows.places[-1]


def _all_rows(me: Caller, source: Source, node: Node, sort: Sort) -> Iterator[dict[str, Any]]:
    for rows in all_pages(me, source, node, sort):
        yield from (row.model_dump(mode="json", by_alias=True) for row in rows.shapes)


def _ndjson(rows: Iterator[dict[str, Any]], columns: list[str]) -> Iterator[bytes]:
    for row in rows:
        yield msgspec.json.encode({name: row[name] for name in columns}) + b"\n"


def _csv(rows: Iterator[dict[str, Any]], columns: list[str]) -> Iterator[str]:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(columns)
    for number, row in enumerate(rows, 1):
        writer.writerow([cell(row[name]) for name in columns])
        if number % 100 == 0:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def cell(value: Any) -> str:
    """A value as a cell that no spreadsheet takes for a formula."""
    if value is None:
        return ""
    if isinstance(value, dict) or (isinstance(value, list) and any(isinstance(each, dict | list) for each in value)):
        return msgspec.json.encode(value).decode()
    if isinstance(value, int | float):
        return str(value)
    return without_formula(" ".join(map(str, value)) if isinstance(value, list) else str(value))


def list_router(
    name: str, source: Source, shape: type[Page[Any]], permission: Permission = Permission.READ, prefix: str = ""
) -> APIRouter:
    """The routes of a list: itself, its facets, its export. name: in operation ids, `Findings`."""
    router = APIRouter(prefix=prefix or f"/{source.name}", tags=[source.name])
    row: Any = shape.model_fields["items"].annotation
    row = row.__args__[0]
    who = Annotated[Caller, allow(permission)]

    def list_rows(me: who, asked: Annotated[Asked, Query()]) -> Any:  # pyright: ignore[reportInvalidTypeForm]
        return page(me, source, asked)

    def list_facets(me: who, asked: Annotated[FacetsAsked, Query()]) -> Facets:  # pyright: ignore[reportInvalidTypeForm]
        return facets(me, source, asked)

    def export_rows(me: who, asked: Annotated[ExportAsked, Query()]) -> StreamingResponse:  # pyright: ignore[reportInvalidTypeForm]
        return export(me, source, asked, row)

    about = (shape.__doc__ or "").strip()
    router.add_api_route("", list_rows, response_model=shape, operation_id=f"list{name}", summary=about)
    router.add_api_route("/facets", list_facets, operation_id=f"facet{name}", summary=f"Counts by field. {about}")
    router.add_api_route(
        "/export",
        export_rows,
        operation_id=f"export{name}",
        summary=f"Every row, streamed. {about}",
        response_class=StreamingResponse,
        responses={200: {"content": {media.partition(";")[0]: {} for media in MEDIA.values()}}},
    )
    return router
