"""Exporters, routes and deliveries."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from nephoscope.portal.shapes.common import Page, Shape


class ExporterRow(Shape):
    """A receiver of notices, and how its deliveries stand."""

    name: str
    type: str
    routes: list[str] = Field(description="The routes that lead to it; without any nothing is sent there.")
    waiting: int
    parked: int = Field(description="Refused by the receiver, until somebody retries or drops them.")
    sent: int
    last_sent_at: datetime | None
    failure: str = Field(description="Why the latest attempt failed; empty if it did not.")
    permissions: list[str]


class ExporterPage(Page[ExporterRow]):
    """Exporters."""


class ExportRoute(Shape):
    """Which changes go to whom, and when, as it is configured."""

    name: str
    settings: dict[str, Any]


class Exporter(ExporterRow):
    """An exporter with its routes. Its own settings stand in the configuration file only: they may hold secrets."""

    leading: list[ExportRoute]
    can: list[str] = Field(description="test.")


class DeliveryRow(Shape):
    """One thing for one exporter."""

    id: str
    exporter: str
    route: str
    what: str
    subject: str = Field(description="Uid of the finding that it is about, or whatever else it tells of.")
    title: str
    state: str
    tries: int
    made_at: datetime
    due_at: datetime
    ended_at: datetime | None
    error: str
    can: list[str] = Field(description="retry, drop.")


class DeliveryPage(Page[DeliveryRow]):
    """Deliveries."""
