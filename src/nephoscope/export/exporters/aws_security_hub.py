"""Findings in AWS Security Hub."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from nephoscope.export.asff import asff_type
from nephoscope.export.aws import called
from nephoscope.export.exporter import Exporter
from nephoscope.export.message import advice, who
from nephoscope.export.text import one_line
from nephoscope.model.errors import ConfigError, DeliveryError
from nephoscope.model.finding import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from nephoscope.export.exporter import Failures, Outside
    from nephoscope.export.notice import Notice

ACCOUNT = re.compile(r"\d{12}")
TYPES = {
    Kind.DETECTION: "TTPs",
    Kind.COMPLIANCE: "Software and Configuration Checks/AWS Security Best Practices",
    Kind.VULNERABILITY: "Software and Configuration Checks/Vulnerabilities/CVE",
    Kind.INTEGRITY: "Software and Configuration Checks",
}


@dataclass(frozen=True, kw_only=True)
class AwsSecurityHub(Exporter):
    """AWS Security Hub: findings in ASFF, imported in batches; an imported one is updated by its Id.

    account: whose Security Hub, by the name of `[accounts.NAME]`; account_id: its twelve digits. Findings about other
    accounts are imported there too: a custom integration may import for its own account only, the real one is named in
    the resource and in ProductFields.
    Limits: what was set in Security Hub (workflow, notes) is left alone.
    Source: https://docs.aws.amazon.com/securityhub/latest/userguide/asff-required-attributes.html
    """

    account: str
    account_id: str
    region: str
    partition: str = "aws"

    at_once: ClassVar[int] = 100
    permissions: ClassVar[tuple[str, ...]] = ("securityhub:BatchImportFindings",)

    @property
    def resources(self) -> tuple[str, ...]:
        return (f"{self._hub}:product/{self.account_id}/default",)

    @property
    def _hub(self) -> str:
        return f"arn:{self.partition}:securityhub:{self.region}:{self.account_id}"

    def send(self, notices: Sequence[Notice], outside: Outside) -> Failures:
        if not ACCOUNT.fullmatch(self.account_id):
            raise ConfigError(f"account_id is {self.account_id!r}, not twelve digits")
        by_id = {self.id_of(notice): notice for notice in notices}
        findings = [self.finding(notice) for notice in notices]
        clouds = outside.clouds(self.account)
        answer = called(clouds, "securityhub", "BatchImportFindings", self.region, Findings=findings)
        failures: Failures = {}
        for each in answer.get("FailedFindings", []):
            code, said = str(each.get("ErrorCode", "")), one_line(each.get("ErrorMessage", ""), 300)
            if notice := by_id.get(each.get("Id", "")):
                is_final = "Throttl" not in code and "Internal" not in code
                failures[notice.id] = DeliveryError("Security Hub", f"answered {code}: {said}", is_final=is_final)
        return failures

    def id_of(self, notice: Notice) -> str:
        """A finding's Id there: the same for all its revisions."""
        return f"nephoscope/{notice.uid}"

    def finding(self, notice: Notice) -> dict[str, Any]:
        """The finding in ASFF."""
        stored, finding = notice.stored, notice.stored.finding
        severity = {"Label": str(finding.severity).upper(), "Original": str(finding.severity)}
        types = [TYPES[finding.kind]]
        found: dict[str, Any] = {
            "SchemaVersion": "2018-10-08",
            "Id": self.id_of(notice),
            "ProductArn": self.resources[0],
            "ProductName": "Nephoscope",
            "CompanyName": "Nephoscope",
            "GeneratorId": one_line(finding.rule, 500),
            "AwsAccountId": self.account_id,
            "Types": types,
            "FirstObservedAt": _time(stored.first_seen_at),
            "LastObservedAt": _time(stored.last_seen_at),
            "CreatedAt": _time(stored.first_seen_at),
            "UpdatedAt": _time(max(notice.at, stored.last_seen_at)),
            "Severity": severity,
            "FindingProviderFields": {"Severity": severity, "Types": types},
            "Title": one_line(finding.title, 256) or "-",
            "Description": one_line(f"{finding.title}. {finding.reason}", 1024),
            "Resources": [_resource(notice)],
            "RecordState": "ARCHIVED" if notice.is_over else "ACTIVE",
            "ProductFields": _fields(notice),
        }
        if fix := advice(stored):
            found["Remediation"] = {"Recommendation": {"Text": one_line(fix, 512)}}
        if finding.kind is Kind.COMPLIANCE:
            found["Compliance"] = {"Status": "PASSED" if stored.status == "resolved" else "FAILED"}
        if link := self.linked(notice.uid):
            found["SourceUrl"] = link
        return found


def _resource(notice: Notice) -> dict[str, Any]:
    resource = notice.stored.finding.resource
    details = {"Account": resource.account, "Type": resource.type}
    found: dict[str, Any] = {
        "Type": asff_type(resource.type),
        "Id": one_line(resource.id or f"AWS::::Account:{resource.account}", 512),
        "Details": {"Other": {name: one_line(text, 1024) for name, text in details.items() if text}},
    }
    return found | ({"Region": one_line(resource.region, 16)} if resource.region else {})


def _fields(notice: Notice) -> dict[str, str]:
    finding = notice.stored.finding
    told = {
        "account": finding.resource.account,
        "actor": who(notice.stored),
        "kind": finding.kind,
        "owner": notice.owner,
        "status": notice.stored.status,
        "revision": notice.stored.revision,
    }
    return {f"nephoscope/{name}": one_line(text, 2048) for name, text in told.items() if text}


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
