"""S3's requestParameters: bucket, host, the query string's words, and the body as its XML was."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl
from xml.etree import ElementTree

from nephoscope.sandbox.naming import event_name

if TYPE_CHECKING:
    from nephoscope.sandbox.call import ApiCall

SIGNING = ("X-Amz-", "x-id", "AWSAccessKeyId", "Signature", "Expires")
NAMES = {"max-keys": "max-keys", "list-type": "list-type"}
HEADERS = {
    "ACL": "x-amz-acl",
    "ServerSideEncryption": "x-amz-server-side-encryption",
    "CopySource": "x-amz-copy-source",
}


def request_parameters(call: ApiCall) -> dict[str, Any]:
    """What a record of S3 says of its request."""
    from nephoscope.sandbox.record import host

    given: dict[str, Any] = {}
    if bucket := call.parameters.get("Bucket"):
        given["bucketName" if call.service == "s3" else "bucket"] = bucket
    given["Host"] = host(call)
    if key := call.parameters.get("Key"):
        given["key"] = key
    for name, value in parse_qsl(call.query, keep_blank_values=True):
        if not name.startswith(SIGNING):
            given[_camel(name)] = value
    for name, header in HEADERS.items():
        if name in call.parameters:
            given[header] = call.parameters[name]
    return given | _body(call)


def _camel(name: str) -> str:
    """`policyStatus`, `publicAccessBlock`, `max-keys`: as in the query string, but for `maxResults`."""
    return NAMES.get(name, name)


def _body(call: ApiCall) -> dict[str, Any]:
    if event_name(call) == "PutBucketPolicy":
        return {"bucketPolicy": _json(str(call.parameters.get("Policy", "")))}
    if not call.body.lstrip().startswith(b"<"):
        return {}
    try:
        root = ElementTree.fromstring(call.body.decode("utf-8", "replace"))  # noqa: S314 - read only after moto has, no entities in expat's default
    except ElementTree.ParseError:
        return {}
    space, _, name = root.tag.rpartition("}")
    value = element(root)
    if isinstance(value, dict) and space:
        value = {"xmlns": space.lstrip("{"), **value}
    return {name: value}


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def element(node: ElementTree.Element) -> Any:
    """An element's children by name, one as it is and several as a list; its text, as a bool or number if it is one."""
    if not len(node):
        return scalar(node.text or "")
    found: dict[str, Any] = {}
    for child in node:
        name, value = child.tag.rpartition("}")[2], element(child)
        if name not in found:
            found[name] = value
        elif isinstance(found[name], list):
            found[name].append(value)
        else:
            found[name] = [found[name], value]
    return found


def scalar(text: str) -> Any:
    """`true` → True, `12` → 12: CloudTrail's XML reader guesses."""
    if text in ("true", "false"):
        return text == "true"
    return (
        int(text) if text.isascii() and text.isdigit() and len(text) < 16 and (text == "0" or text[0] != "0") else text
    )
