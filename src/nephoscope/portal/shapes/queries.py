"""What can be asked of each list."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from nephoscope.portal.shapes.common import Shape


class QueryField(Shape):
    """A field of a list. values: all that it can have, where they are few."""

    name: str
    type: Literal["text", "word", "number", "time", "bool", "severity"]
    about: str
    values: list[str]
    is_facet: bool
    is_sortable: bool


class QueryFields(Shape):
    """The fields of one list."""

    list: str
    fields: list[QueryField]
    default_sort: str
    default_q: str = Field(description="What to show where nothing was asked for.")
    operators: list[str]


class QueryLists(Shape):
    """Every list that takes `q=`."""

    lists: list[QueryFields]


class Values(Shape):
    """Values of a field that begin so, for completion."""

    field: str
    values: list[str] = Field(max_length=50)
