"""SQS's long polling, done by us, because moto would hold everybody up while it waits."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nephoscope.sandbox.call import ApiCall
    from nephoscope.sandbox.cloud import Wire

WAIT = re.compile(rb"(^|&)WaitTimeSeconds=\d+")


def is_long_poll(call: ApiCall) -> bool:
    """Whether a call asks to wait for a message."""
    is_receive = (call.service, call.operation) == ("sqs", "ReceiveMessage")
    return is_receive and bool(call.parameters.get("WaitTimeSeconds"))


def without_waiting(wire: Wire) -> Wire:
    """The same request, to be answered at once."""
    if wire.body.lstrip().startswith(b"{"):
        return replace(wire, body=json.dumps({**json.loads(wire.body), "WaitTimeSeconds": 0}).encode())
    return replace(wire, body=WAIT.sub(rb"\1WaitTimeSeconds=0", wire.body))
