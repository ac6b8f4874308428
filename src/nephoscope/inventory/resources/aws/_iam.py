"""What IAM's readers share: the account's authorization details and its credential report."""

from __future__ import annotations

import csv
import io
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from nephoscope.inventory.resource import Reader
from nephoscope.inventory.shape import document
from nephoscope.model.errors import CloudError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from nephoscope.inventory.resource import View

REPORT_PERMISSIONS = ("iam:GenerateCredentialReport", "iam:GetCredentialReport")
TRIES = 20
NO_REPORT = "ReportNotPresent ReportExpired ReportInProgress CredentialReportNotPresentException"
NONE = ("N/A", "no_information", "not_supported", "")


class Iam(Reader):
    """A type that `GetAccountAuthorizationDetails` gives whole. filter, elements: its parameter and its answer's key.

    Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html
    """

    is_global: ClassVar[bool] = True
    filter: ClassVar[str]
    elements: ClassVar[str]
    id_key: ClassVar[str]
    found_key: ClassVar[str]

    def find(self, view: View) -> Iterator[Any]:
        paging = {"PaginationConfig": {"PageSize": 1000}}
        return view.every("iam", "GetAccountAuthorizationDetails", self.elements, Filter=[self.filter], **paging)

    def get(self, view: View, id: str) -> Any | None:
        return next((one for one in self.find(view) if one[self.found_key] == id), None)

    def id(self, configuration: dict[str, Any]) -> str:
        return configuration[self.id_key]


def inline(policies: Any) -> list[dict[str, Any]]:
    """Inline policies."""
    return sorted(
        (
            {"PolicyName": one["PolicyName"], "PolicyDocument": document(one["PolicyDocument"])}
            for one in policies or ()
        ),
        key=lambda policy: policy["PolicyName"],
    )


def attached(policies: Any) -> list[str]:
    """ARNs of attached managed policies."""
    return sorted(one["PolicyArn"] for one in policies or ())


def report(view: View) -> tuple[Mapping[str, Mapping[str, str]], bool]:
    """The credential report by user name (`<root_account>` too), and whether it is of this pass.

    AWS makes a new one at most every four hours; an older one may miss what changed since, and serves for what is
    `observed` only. Raises CloudError.
    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html
    """
    answer = view.memo.once(("credential report", view.account), lambda: _report(view))
    rows = csv.DictReader(io.StringIO(answer["Content"].decode()))
    is_fresh = not view.is_single and answer["GeneratedTime"] >= view.started_at.replace(microsecond=0)
    return {row["user"]: row for row in rows}, is_fresh


def _report(view: View) -> Any:
    """A report; making one takes a second or more, so a resource that is read again takes the one there is."""
    found = view.maybe("iam", "GetCredentialReport", NO_REPORT) if view.is_single else None
    if found is not None:
        return found
    asking = replace(view, is_single=False)  # the same questions again, for other answers
    for _ in range(TRIES):
        if asking.call("iam", "GenerateCredentialReport").get("State") == "COMPLETE":
            return asking.call("iam", "GetCredentialReport")
        time.sleep(1)
    raise CloudError("iam:GenerateCredentialReport", "NotReady", f"no report after {TRIES} seconds")


def moment(text: str | None) -> str | None:
    """A report's time in ISO 8601, or None where it has none."""
    if text is None or text in NONE:
        return None
    return datetime.fromisoformat(text).astimezone(UTC).isoformat()
