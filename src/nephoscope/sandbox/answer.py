"""What goes back to a client: read by the API model for the log, or made by us in the service's own protocol."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from botocore.parsers import ResponseParserError, create_parser
from moto.core.request import determine_request_protocol
from moto.core.serialize import get_serializer_class
from moto.core.utils import get_service_model

if TYPE_CHECKING:
    from collections.abc import Mapping

    from moto.core.model import OperationModel

    from nephoscope.sandbox.call import ApiCall, Denial

NOT_IMPLEMENTED = re.compile(r"has not been implemented|not been implemented|NotImplemented", re.IGNORECASE)


@dataclass(frozen=True)
class Answer:
    """An HTTP answer."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str:
        """A header's value, "" where there is none."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")


@dataclass(frozen=True)
class Outcome:
    """What came of a call: `result` as the API model names it, or an error's code and message."""

    result: Mapping[str, Any] | None = None
    error_code: str = ""
    error_message: str = ""
    body: bytes = b""


def operation_model(call: ApiCall) -> OperationModel | None:
    """The model of a call's operation, None where there is none."""
    try:
        return get_service_model(call.service).operation_model(call.operation) if call.operation else None
    except Exception:  # noqa: BLE001 - botocore raises several types for a service or operation that it lacks
        return None


def protocol(call: ApiCall) -> str:
    """`ec2`, `query`, `json`, `rest-json` or `rest-xml`."""
    model = operation_model(call)
    if model is None:
        return "json"
    try:
        return determine_request_protocol(model.service_model, call.content_type)
    except NotImplementedError:
        return str(model.service_model.protocol)


def read(call: ApiCall, answer: Answer) -> Outcome:
    """Read moto's answer by the model; one that no model describes has a result of {}."""
    model = operation_model(call)
    if model is None:
        return Outcome({}) if answer.status < 300 else Outcome(None, *_plain_error(answer))
    shape = None if model.has_streaming_output and answer.status < 300 else model.output_shape
    raw = {"body": answer.body, "headers": _lower(answer.headers), "status_code": answer.status}
    try:
        parsed = create_parser(protocol(call)).parse(raw, shape)
    except (ResponseParserError, ValueError, KeyError, TypeError):
        return Outcome({}) if answer.status < 300 else Outcome(None, *_plain_error(answer))
    if answer.status >= 300:
        error = parsed.get("Error", {})
        return Outcome(None, str(error.get("Code", answer.status)), str(error.get("Message", "")))
    parsed.pop("ResponseMetadata", None)
    return Outcome(parsed, body=answer.body)


def _lower(headers: tuple[tuple[str, str], ...]) -> dict[str, str]:
    return {key.lower(): value for key, value in headers}


def _plain_error(answer: Answer) -> tuple[str, str]:
    try:
        found = json.loads(answer.body)
        return str(found.get("__type", answer.status)).rpartition("#")[2], str(found.get("message", ""))
    except (ValueError, AttributeError, RecursionError):
        return str(answer.status), ""


def succeed(call: ApiCall, result: Mapping[str, Any]) -> Answer:
    """An answer of ours to an operation that the sandbox serves itself."""
    model = operation_model(call)
    if model is None:
        raise LookupError(f"no model of {call.service}:{call.operation}")
    made = get_serializer_class(call.service, protocol(call))(operation_model=model).serialize(result)
    body = made["body"]
    headers = {**made["headers"], "x-amzn-RequestId": call.request_id}
    return Answer(made["status_code"], tuple(headers.items()), body.encode() if isinstance(body, str) else body)


def refuse(call: ApiCall, denial: Denial) -> Answer:
    """An error in the shape that the service's protocol gives errors."""
    style = protocol(call)
    code, message, request_id = escape(denial.code), escape(denial.message), call.request_id
    if style == "ec2":
        body = (
            f"<?xml version='1.0' encoding='UTF-8'?><Response><Errors><Error><Code>{code}</Code><Message>{message}"
            f"</Message></Error></Errors><RequestID>{request_id}</RequestID></Response>"
        )
    elif call.service == "s3":
        body = (
            f"<?xml version='1.0' encoding='UTF-8'?><Error><Code>{code}</Code><Message>{message}</Message>"
            f"<RequestId>{request_id}</RequestId><HostId>{request_id}</HostId></Error>"
        )
    elif style in ("query", "rest-xml"):
        body = (
            f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
            f"<RequestId>{request_id}</RequestId></ErrorResponse>"
        )
    else:
        body = json.dumps({"__type": denial.code, "message": denial.message})
    kind = "application/x-amz-json-1.1" if body.startswith("{") else "text/xml"
    headers = (("Content-Type", kind), ("x-amzn-ErrorType", denial.code), ("x-amzn-RequestId", request_id))
    return Answer(denial.status, headers, b"" if call.method == "HEAD" else body.encode())


def is_unimplemented(answer: Answer) -> bool:
    """Whether moto says, with a page for people or an exception's text, that it lacks an operation."""
    if answer.status < 400:
        return False
    is_page = "text/html" in answer.header("Content-Type") and b"<title>40" in answer.body[:200]
    return is_page or (
        answer.status in (400, 500, 501) and bool(NOT_IMPLEMENTED.search(answer.body[:2000].decode("utf-8", "replace")))
    )


def now() -> datetime:
    """The moment, aware UTC."""
    return datetime.now(UTC)
