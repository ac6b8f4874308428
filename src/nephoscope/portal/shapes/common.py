"""What every answer shares: pages, problems, facets."""

from __future__ import annotations

from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

Row = TypeVar("Row")
Relation = Literal["eq", "gte"]


class Shape(BaseModel):
    """An object of the API; what it does not name it does not take."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)


class Page(Shape, Generic[Row]):
    """A part of a list; `next` leads on, and is null at its end."""

    items: list[Row]
    next: str | None = Field(default=None, description="The cursor of the next page; the header Link has it too.")
    total: int = Field(description="How many there are in all.")
    total_relation: Relation = Field(default="eq", description="`gte` where counting stopped early.")


class Value(Shape):
    """One value of a facet, and how many rows have it under every other facet's filter."""

    value: str
    count: int


class Facet(Shape):
    """A field's most frequent values."""

    field: str
    values: list[Value]
    is_cut: bool = Field(default=False, description="Whether there are more values than these.")


class Facets(Shape):
    """Counts beside a list. total: rows of the whole query."""

    facets: list[Facet]
    total: int
    total_relation: Relation = "eq"


class Fault(Shape):
    """One thing that is wrong with a request."""

    pointer: str = Field(description="JSON pointer into the body, or `#/query/NAME`.")
    detail: str
    position: int | None = Field(default=None, description="Where in the text, from 0; for queries.")
    nearest: str | None = Field(default=None, description="What was probably meant.")


class Problem(Shape):
    """RFC 9457: what went wrong. type: a page of the documentation, by its address."""

    type: str
    title: str
    status: int
    detail: str = ""
    instance: str = ""
    errors: list[Fault] = []
    trace_id: str = ""


class Actor(Shape):
    """Who did it, as the log names them."""

    uid: str = ""
    type: str = ""
    name: str = ""
    session: str = ""
    issuer: str = ""
    credential: str = ""
    ip: str = ""
    user_agent: str = ""


class Done(Shape):
    """An action that gives back nothing but that it was done."""

    done: bool = True


Json = dict[str, Any]
