"""Azure by its REST interfaces: tokens for a client, blobs of a container."""

from __future__ import annotations

import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import quote
from xml.etree import ElementTree

import msgspec

from nephoscope.clouds.http import Http
from nephoscope.model.errors import CloudError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

STORAGE_API = "2021-12-02"


@dataclass(frozen=True)
class Client:
    """An application that signs in by itself. secret: its client secret; wait: as `Http` has it."""

    login_url: str
    tenant: str
    id: str
    secret: str
    wait: Callable[[float], None] = time.sleep

    def headers(self, scope: str) -> dict[str, str]:
        """What authorises calls to a scope (`https://management.azure.com/.default`). Raises CloudError.

        Source: https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-client-creds-grant-flow
        """
        http = Http(self.login_url, "azure:token", wait=self.wait)
        form = {"grant_type": "client_credentials", "client_id": self.id, "client_secret": self.secret, "scope": scope}
        answer = http.post(f"{quote(self.tenant, safe='')}/oauth2/v2.0/token", form)
        try:
            token = msgspec.json.decode(answer.body, type=dict[str, msgspec.Raw])["access_token"]
            return {"Authorization": f"Bearer {msgspec.json.decode(token, type=str)}"}
        except (msgspec.MsgspecError, KeyError) as error:
            raise CloudError("azure:token", "malformed", "the answer holds no access_token") from error


@dataclass(frozen=True)
class Blob:
    """A blob as a listing names it."""

    name: str
    size_bytes: int
    modified_at: datetime


def blobs(http: Http, headers: Mapping[str, str], prefix: str = "") -> Iterator[Blob]:
    """Every blob of the container that is the service's base address. Raises CloudError.

    Source: https://learn.microsoft.com/en-us/rest/api/storageservices/list-blobs
    """
    asked = {"restype": "container", "comp": "list", "prefix": prefix}
    while True:
        page = _parsed(http.get(http.base_url, {**headers, "x-ms-version": STORAGE_API}, asked).body)
        for found in page.iter("Blob"):
            yield _blob(found)
        marker = page.findtext("NextMarker")
        if not marker:
            return
        asked["marker"] = marker


def blob_range(http: Http, headers: Mapping[str, str], name: str, start: int, end: int) -> bytes:
    """A blob's bytes from `start` to before `end`; none behind its end. Raises CloudError."""
    asked = {**headers, "x-ms-version": STORAGE_API, "Range": f"bytes={start}-{end - 1}"}
    try:
        return http.get(quote(name), asked).body
    except CloudError as error:
        if error.code == "416":
            return b""
        raise


def _parsed(body: bytes) -> ElementTree.Element:
    try:
        if b"<!DOCTYPE" in body:
            raise ElementTree.ParseError("a listing has no document type")
        return ElementTree.fromstring(body)  # noqa: S314  no document type, so no entities
    except ElementTree.ParseError as error:
        raise CloudError("azure:ListBlobs", "malformed", str(error)) from error


def _blob(found: ElementTree.Element) -> Blob:
    try:
        size = int(found.findtext("Properties/Content-Length", ""))
        modified_at = parsedate_to_datetime(found.findtext("Properties/Last-Modified", ""))
    except ValueError as error:
        raise CloudError("azure:ListBlobs", "malformed", str(error)) from error
    return Blob(found.findtext("Name", ""), size, modified_at)
