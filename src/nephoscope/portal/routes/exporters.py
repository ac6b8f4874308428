"""Exporters: who is told, by which routes, and how that fares."""

from __future__ import annotations

from typing import Any

from nephoscope.portal.caller import Sender
from nephoscope.portal.listing import list_router
from nephoscope.portal.lists.exporters import SOURCE, shown, tested
from nephoscope.portal.permissions import Permission
from nephoscope.portal.shapes.common import Done
from nephoscope.portal.shapes.exporters import Exporter, ExporterPage

router = list_router("Exporters", SOURCE, ExporterPage, Permission.DELIVERIES)


@router.get("/{name}", operation_id="getExporter", response_model=Exporter)
def get(me: Sender, name: str) -> Any:
    """Show an exporter: the routes that lead to it, how its deliveries stand, the latest failure."""
    return shown(me, name)


@router.post("/{name}/test", operation_id="testExporter", response_model=Done)
def post_test(me: Sender, name: str) -> Any:
    """Send a notice that is marked as a test, now, past every route."""
    return tested(me, name)
