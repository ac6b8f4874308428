"""What can be asked of each list; for completion in query bars."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from nephoscope.portal.caller import Reader
from nephoscope.portal.catalogue import all_fields, values_beginning
from nephoscope.portal.shapes.queries import QueryLists, Values

router = APIRouter(prefix="/query", tags=["query"])


@router.get("/fields", operation_id="getQueryFields", response_model=QueryLists)
def get_fields(me: Reader) -> Any:
    """List the fields of every list that takes `q=`."""
    return all_fields()


@router.get("/values", operation_id="getQueryValues", response_model=Values)
def get_values(
    me: Reader,
    list: Annotated[str, Query(max_length=50)],
    field: Annotated[str, Query(max_length=100)],
    begins: Annotated[str, Query(max_length=200)] = "",
) -> Any:
    """List values of a field that begin so, the most frequent first."""
    return values_beginning(me, list, field, begins)
