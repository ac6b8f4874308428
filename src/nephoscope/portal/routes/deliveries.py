"""Deliveries: what was sent, what waits, what was refused and why."""

from __future__ import annotations

from typing import Any

from nephoscope.portal.actions import once
from nephoscope.portal.caller import Sender
from nephoscope.portal.listing import list_router
from nephoscope.portal.lists.deliveries import SOURCE, change
from nephoscope.portal.permissions import Permission
from nephoscope.portal.shapes.exporters import DeliveryPage, DeliveryRow
from nephoscope.portal.versions import Key

router = list_router("Deliveries", SOURCE, DeliveryPage, Permission.DELIVERIES)


@router.post("/{id}/retry", operation_id="retryDelivery", response_model=DeliveryRow)
def post_retry(me: Sender, id: str, key: Key = None) -> Any:
    """Send a parked delivery again: what its receiver refused it may take now."""
    return once(me, key, "delivery retry", id, {}, lambda connection: change(connection, me, id, "retry"))


@router.post("/{id}/drop", operation_id="dropDelivery", response_model=DeliveryRow)
def post_drop(me: Sender, id: str, key: Key = None) -> Any:
    """Give up a delivery that was not sent; what waits behind it goes on."""
    return once(me, key, "delivery drop", id, {}, lambda connection: change(connection, me, id, "drop"))
