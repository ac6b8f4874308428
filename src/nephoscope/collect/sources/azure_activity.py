"""The Azure Activity Log."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, BinaryIO, Self
from urllib.parse import quote, unquote

import msgspec
from msgspec import Struct

from nephoscope.clouds.azure import Client, blob_range, blobs
from nephoscope.clouds.http import Http, secret
from nephoscope.collect.activity import (
    API_ACTIVITY,
    DELETE,
    FAILURE,
    OTHER,
    READ,
    SUCCESS,
    UNKNOWN,
    UPDATE,
    activity_of,
)
from nephoscope.collect.appended import part_lines, parts
from nephoscope.collect.decode import read
from nephoscope.collect.layout import Layout
from nephoscope.collect.source import LogObject, Source
from nephoscope.collect.windows import DAY_S, FORM, Windows, lines, page_of, window_of, within
from nephoscope.model.coverage import Gap
from nephoscope.model.errors import AccessDenied, CloudError
from nephoscope.model.event import LogSource

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from nephoscope.clouds import Clouds
    from nephoscope.collect.batch import JsonBatch

API = "2015-04-01"
STORAGE_SCOPE = "https://storage.azure.com/.default"
READ_BLOBS = "azure:Storage Blob Data Reader"
SETTLE_S = (300, 7200)  # the log is complete within minutes as a rule, and not always
OUTCOMES = {"success": SUCCESS, "succeeded": SUCCESS, "failure": FAILURE, "failed": FAILURE}


class Record(Struct, gc=False):
    """One event: the export and the API name its fields differently, so none is typed."""


class Page(Struct):
    """A page of the API."""

    value: list[msgspec.Raw]
    nextLink: str = ""


def derive(batch: JsonBatch) -> dict[str, list[Any]]:
    """The columns that the Activity Log's fields only imply."""
    resources = batch.values("resourceId")
    return {
        "class_uid": [API_ACTIVITY] * len(batch),
        "activity_id": [_activity(str(operation)) for operation in batch.values("operationName")],
        "status_id": [OUTCOMES.get(str(result).lower(), UNKNOWN) for result in batch.values("resultType")],
        "cloud.provider": ["Azure"] * len(batch),
        "cloud.account.uid": [_subscription(str(resource)) for resource in resources],
        "resource_uids": [[resource] if isinstance(resource, str) else [] for resource in resources],
    }


def _activity(operation: str) -> int:
    """By the last part of `Microsoft.Compute/virtualMachines/write`; an action by its own name before it."""
    *_, name, verb = ("", "", *operation.lower().split("/"))
    known = {"write": UPDATE, "delete": DELETE, "read": READ}
    return known[verb] if verb in known else activity_of(name) if verb == "action" else OTHER


def _subscription(resource: str) -> str:
    parts = resource.split("/")
    return parts[2] if len(parts) > 2 and parts[1].lower() == "subscriptions" else ""


LAYOUT = Layout(
    source="azure_activity",
    log_source=LogSource(product="azure", service="activitylogs"),
    record=Record,
    columns={
        "time": "time",
        "eventDataId": "metadata.uid",
        "operationName": "api.operation",
        "resourceProviderValue": "api.service.name",
        "correlationId": "api.request.uid",
        "resultSignature": "api.response.error",
        "caller": "actor.user.uid",
        "callerIpAddress": "src_endpoint.ip",
        "location": "cloud.region",
        "category": "event_code",
    },
    time="time",
    envelope=("records", "value"),
    derive=derive,
    caseless=True,
    keeps_raw=True,
    aliases={
        "time": ("time", "eventTimestamp", "submissionTimestamp"),
        "operationnamevalue": ("operationNameValue", "operationName"),
        "categoryvalue": ("categoryValue", "category"),
        "resourceprovidervalue": ("resourceProviderValue", "resourceProviderName"),
        "calleripaddress": ("callerIpAddress", "httpRequest.clientIpAddress"),
        "resulttype": ("resultType", "status"),
        "resultsignature": ("resultSignature", "subStatus"),
        "caller": ("caller", "identity.claims.http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn", "identity"),
    },
)


@dataclass(frozen=True)
class AzureActivity(Source):
    """Azure Activity Log: who changed what in a subscription.

    Read through Azure Monitor's API, or, if `container_url` is set, from a storage export (append blobs of JSON lines).
    tenant, client: the application that reads; token_env, token_file: where its secret stands. window_s: how much one
    question asks for; lookback_s: how far back the first look goes.
    Limits: the log holds writes, deletes and actions, no reads; the API keeps 90 days.
    Source: https://learn.microsoft.com/en-us/rest/api/monitor/activity-logs/list
    """

    subscription: str = ""
    tenant: str = ""
    client: str = ""
    token_env: str = ""
    token_file: str = ""
    container_url: str = ""
    api_url: str = "https://management.azure.com"
    login_url: str = "https://login.microsoftonline.com"
    window_s: int = 300
    lookback_s: int = 86_400

    name = LAYOUT.source
    log_source = LAYOUT.log_source
    permissions = ("azure:Microsoft.Insights/eventtypes/values/Read",)
    columns = LAYOUT.columns

    def objects(self, clouds: Clouds, seen: Container[tuple[str, str]]) -> Iterator[LogObject | Gap]:
        now = datetime.now(UTC)
        if not self.container_url:
            address = f"{self.api_url}/subscriptions/{self.subscription}/activity-log"
            return Windows(self.window_s, self.lookback_s, SETTLE_S).objects(address, now, seen, self.subscription)
        return self._appended(seen, now - timedelta(seconds=self.lookback_s))

    def since(self, days: int) -> Self:
        return replace(self, lookback_s=self.lookback_s + days * DAY_S)

    def _appended(self, seen: Container[tuple[str, str]], since: datetime) -> Iterator[LogObject | Gap]:
        """What the export's blobs have grown by."""
        http = Http(self.container_url, "azure:ListBlobs", READ_BLOBS)
        try:
            for blob in blobs(http, self._headers(STORAGE_SCOPE)):
                if blob.modified_at >= since:
                    address = f"{self.container_url.rstrip('/')}/{quote(blob.name)}"
                    yield from parts(address, blob.size_bytes, blob.modified_at, seen, self.subscription)
        except CloudError as error:
            permission = error.permission if isinstance(error, AccessDenied) else ""
            yield Gap("source", self.container_url, str(error), self.subscription, permission=permission)

    def open(self, clouds: Clouds, log_object: LogObject) -> BinaryIO:
        if not self.container_url:
            return lines(self._pages(log_object))
        http = Http(self.container_url, "azure:GetBlob", READ_BLOBS)
        headers = self._headers(STORAGE_SCOPE)
        base = f"{self.container_url.rstrip('/')}/"

        def ranged(address: str, start: int, end: int) -> bytes:
            return blob_range(http, headers, unquote(address.removeprefix(base)), start, end)

        return io.BytesIO(part_lines(log_object, ranged))

    def _headers(self, scope: str) -> dict[str, str]:
        return Client(self.login_url, self.tenant, self.client, secret(self.token_env, self.token_file)).headers(scope)

    def _pages(self, log_object: LogObject) -> Iterator[list[msgspec.Raw]]:
        http = Http(self.api_url, "azure:ListActivityLogs", self.permissions[0])
        headers = self._headers(f"{self.api_url.rstrip('/')}/.default")
        window = window_of(log_object)
        since, until = (at.strftime(FORM) for at in window)
        asked = {"api-version": API, "$filter": f"eventTimestamp ge '{since}' and eventTimestamp le '{until}'"}
        address = f"subscriptions/{quote(self.subscription)}/providers/Microsoft.Insights/eventtypes/management/values"
        answer = http.get(address, headers, asked)
        while True:
            page = page_of(answer.body, log_object.uri, Page)
            yield within(page.value, window, "eventTimestamp")
            if not page.nextLink:
                return
            answer = http.get(page.nextLink, headers)

    @classmethod
    def batches(cls, stream: BinaryIO, origin: str) -> Iterator[JsonBatch]:
        return read(stream, origin, LAYOUT)
