"""The GitHub audit log."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, BinaryIO, Self

import msgspec
from msgspec import Struct

from nephoscope.clouds.http import Http, linked, secret
from nephoscope.collect.activity import (
    API_ACTIVITY,
    AUTHENTICATION,
    CREATE,
    DELETE,
    FAILURE,
    LOGON,
    READ,
    SUCCESS,
    UPDATE,
    activity_of,
)
from nephoscope.collect.decode import read
from nephoscope.collect.layout import Layout
from nephoscope.collect.source import LogObject, Source
from nephoscope.collect.windows import DAY_S, FORM, Windows, lines, page_of, window_of, within
from nephoscope.model.event import LogSource

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from nephoscope.clouds import Clouds
    from nephoscope.collect.batch import JsonBatch

PAGE = 100
TIMES = ("@timestamp", "created_at", "at_sign_timestamp")
OPERATIONS = {
    "create": CREATE,
    "access": READ,
    "modify": UPDATE,
    "remove": DELETE,
    "restore": UPDATE,
    "transfer": UPDATE,
}


class Record(Struct, gc=False):
    """One event: its fields differ by action, so none is typed."""


def derive(batch: JsonBatch) -> dict[str, list[Any]]:
    """The columns that the audit log's fields only imply."""
    actions = [str(action) for action in batch.values("action")]
    operations = batch.values("operation_type")
    is_sign_in = [operation == "authentication" for operation in operations]
    return {
        "class_uid": [AUTHENTICATION if sign_in else API_ACTIVITY for sign_in in is_sign_in],
        "activity_id": [
            LOGON if sign_in else OPERATIONS.get(str(operation)) or activity_of(_verb(action))
            for sign_in, operation, action in zip(is_sign_in, operations, actions, strict=True)
        ],
        "status_id": [FAILURE if value == "failure" else SUCCESS for value in batch.values("conclusion")],
        "cloud.provider": ["GitHub"] * len(batch),
        "api.service.name": ["github.com"] * len(batch),
        "resource_uids": [[repo] if isinstance(repo, str) else [] for repo in batch.values("repo")],
    }


def _verb(action: str) -> str:
    return action.rpartition(".")[2].partition("_")[0]


LAYOUT = Layout(
    source="github_audit",
    log_source=LogSource(product="github", service="audit"),
    record=Record,
    columns={
        "@timestamp": "time",
        "_document_id": "metadata.uid",
        "action": "api.operation",
        "actor": "actor.user.uid",
        "actor_ip": "src_endpoint.ip",
        "user_agent": "http_request.user_agent",
        "org": "cloud.account.uid",
        "operation_type": "event_code",
    },
    time="@timestamp",
    derive=derive,
    caseless=True,
    keeps_raw=True,
    aliases={"@timestamp": TIMES},
)


@dataclass(frozen=True)
class GithubAudit(Source):
    """GitHub audit log: who did what in an organisation or enterprise.

    organisation, enterprise: whose log; one of them. token_env, token_file: where the token stands. include: `web`,
    `git` or `all`. window_s: how much one question asks for; lookback_s: how far back the first look goes.
    Limits: Git events are kept by GitHub for seven days only; the API allows 1,750 questions an hour.
    Source: https://docs.github.com/en/enterprise-cloud@latest/rest/orgs/orgs#get-the-audit-log-for-an-organization
    """

    organisation: str = ""
    enterprise: str = ""
    token_env: str = ""
    token_file: str = ""
    api_url: str = "https://api.github.com"
    include: str = "all"
    window_s: int = 300
    lookback_s: int = 86_400

    name = LAYOUT.source
    log_source = LAYOUT.log_source
    permissions = ("github:read:audit_log",)
    columns = LAYOUT.columns

    def objects(self, clouds: Clouds, seen: Container[tuple[str, str]]) -> Iterator[LogObject]:
        windows = Windows(self.window_s, self.lookback_s)
        return windows.objects(self._address, datetime.now(UTC), seen, self.organisation or self.enterprise)

    def since(self, days: int) -> Self:
        return replace(self, lookback_s=self.lookback_s + days * DAY_S)

    @property
    def _address(self) -> str:
        owner = f"orgs/{self.organisation}" if self.organisation else f"enterprises/{self.enterprise}"
        return f"{self.api_url.rstrip('/')}/{owner}/audit-log"

    def open(self, clouds: Clouds, log_object: LogObject) -> BinaryIO:
        token = secret(self.token_env, self.token_file)
        http = Http(self.api_url, "github:audit-log", "read:audit_log")
        return lines(self._pages(http, token, log_object))

    def _pages(self, http: Http, token: str, log_object: LogObject) -> Iterator[list[msgspec.Raw]]:
        headers = {
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {token}",
            "X-GitHub-Api-Version": "2022-11-28",
            "User-Agent": "nephoscope",
        }
        window = window_of(log_object)
        asked = {
            "phrase": f"created:{window[0].strftime(FORM)}..{window[1].strftime(FORM)}",
            "include": self.include,
            "order": "asc",
            "per_page": str(PAGE),
        }
        answer = http.get(self._address, headers, asked)
        while True:
            yield within(page_of(answer.body, log_object.uri, list[msgspec.Raw]), window, *TIMES)
            following = linked(answer.headers.get("link", ""), "next")
            if not following:
                return
            answer = http.get(following, headers)

    @classmethod
    def batches(cls, stream: BinaryIO, origin: str) -> Iterator[JsonBatch]:
        return read(stream, origin, LAYOUT)
