"""What a host says of itself when it joins. Nothing of it makes its id: that comes from its key."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from nephoscope.fleet.requests import parse_key
from nephoscope.model.errors import HostRefused

MOST_BYTES = 256 << 10
INSTANCE = re.compile(r"i-([0-9a-f]{8}|[0-9a-f]{17})")
ACCOUNT = re.compile(r"[0-9]{12}")
REGION = re.compile(r"[a-z0-9-]{1,40}")

Short = Annotated[str, Meta(max_length=300)]


class Cloud(Struct, frozen=True):
    """A cloud's word for which instance this is."""

    provider: Annotated[str, Meta(max_length=20)]
    document: Annotated[str, Meta(max_length=32_768)] = ""
    signature: Annotated[str, Meta(max_length=32_768)] = ""


class Image(Struct, frozen=True):
    """The image that the host was made from, as its builder named it."""

    id: Short = ""


class Request(Struct, frozen=True):
    """The body of an enrolment."""

    token: Annotated[str, Meta(max_length=200)]
    key: Annotated[str, Meta(max_length=100)]
    hostname: Short = ""
    machine_id: Annotated[str, Meta(max_length=64)] = ""
    agent_version: Annotated[str, Meta(max_length=100)] = ""
    python: Annotated[str, Meta(max_length=40)] = ""
    os: dict[Annotated[str, Meta(max_length=40)], Short] = {}
    cloud: Cloud | None = None
    image: Image | None = None


@dataclass(frozen=True)
class Claim:
    """Which instance a host says it is; empty parts: it says nothing, or nothing that can be one."""

    provider: str = ""
    instance: str = ""
    account: str = ""
    region: str = ""
    image: str = ""


@dataclass(frozen=True)
class Enrolment:
    """A request to join. key: 32 bytes."""

    request: Request
    key: bytes
    claim: Claim


def parse_enrolment(body: bytes) -> Enrolment:
    """A request to join. Raises HostRefused."""
    try:
        request = msgspec.json.decode(body, type=Request)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise HostRefused("unreadable", f"the request to join cannot be read: {str(error)[:300]}") from None
    if len(request.os) > 50:
        raise HostRefused("unreadable", "the request to join says too much of its system")
    claim = claim_of(request.cloud)
    if request.image and request.image.id and not claim.image:
        claim = Claim(claim.provider, claim.instance, claim.account, claim.region, request.image.id)
    return Enrolment(request, parse_key(request.key), claim)


def claim_of(cloud: Cloud | None) -> Claim:
    """Which instance an identity document names. Raises HostRefused for a document that is none.

    Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-identity-documents.html
    """
    if cloud is None:
        return Claim()
    if cloud.provider != "aws":
        raise HostRefused("unreadable", "identity documents are read of the provider aws only")
    try:
        said = msgspec.json.decode(cloud.document, type=dict[str, Any])
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        raise HostRefused("unreadable", "the identity document is no JSON object") from None
    instance, account, region = (str(said.get(name, "")) for name in ("instanceId", "accountId", "region"))
    if not (INSTANCE.fullmatch(instance) and ACCOUNT.fullmatch(account) and REGION.fullmatch(region)):
        raise HostRefused("unreadable", "the identity document names no instance, account and region")
    return Claim("aws", instance, account, region, str(said.get("imageId", ""))[:100])
