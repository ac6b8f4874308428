"""Which trails get a record: moto's trails as values, their coverage of accounts and regions, their selectors."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from nephoscope.sandbox.caller import Backends


@dataclass(frozen=True)
class Trail:
    """A trail that logs, as it was when a call was made.

    organisation: its id for an organisation's trail, else "". accounts: whose events it gets. selectors, advanced: as
    the API gives them.
    """

    arn: str
    name: str
    account: str
    home_region: str
    bucket: str
    prefix: str = ""
    organisation: str = ""
    accounts: tuple[str, ...] = ()
    is_multi_region: bool = False
    validates: bool = False
    topic_arn: str = ""
    started_at: str = ""
    selectors: tuple[Any, ...] = field(default=(), compare=False, hash=False)
    advanced: tuple[Any, ...] = field(default=(), compare=False, hash=False)

    def covers(self, account: str, region: str) -> bool:
        """Whether events of this account and region are this trail's."""
        return account in self.accounts and (self.is_multi_region or region == self.home_region)

    def folder(self, account: str) -> str:
        """Where this account's objects begin: `[prefix/]AWSLogs/[organisation/]account`."""
        parts = [self.prefix, "AWSLogs", self.organisation, account]
        return "/".join(part for part in parts if part)


def logging_trails(backends: Backends) -> list[Trail]:
    """Every trail of every account that is logging now."""
    return [
        _view(trail, backends)
        for regions in list(backends.of("cloudtrail").values())
        for backend in list(regions.values())
        for trail in backend.trails.values()
        if trail.status.is_logging
    ]


def trail_of(backends: Backends, account: str, region: str, name_or_arn: str) -> Trail | None:
    """A trail by name or ARN, whether it logs or not; None where there is none."""
    if name_or_arn.startswith("arn:"):
        account, region = name_or_arn.split(":")[4], name_or_arn.split(":")[3]
    for backend in list(backends.of("cloudtrail")[account].values()):
        for trail in backend.trails.values():
            if name_or_arn == trail.arn or (name_or_arn == trail.trail_name and backend.region_name == region):
                return _view(trail, backends)
    return None


def _view(trail: Any, backends: Backends) -> Trail:
    organisation, accounts = _organisation(trail, backends)
    return Trail(
        arn=trail.arn,
        name=trail.trail_name,
        account=trail.account_id,
        home_region=trail.region_name,
        bucket=trail.bucket_name,
        prefix=trail.s3_key_prefix or "",
        organisation=organisation,
        accounts=accounts,
        is_multi_region=bool(trail.is_multi_region),
        validates=bool(trail.log_validation),
        topic_arn=trail.topic_arn or "",
        started_at=trail.status.started.isoformat() if trail.status.started else "",
        selectors=tuple(trail.event_selectors or ()),
        advanced=tuple(trail.advanced_event_selectors or ()),
    )


def _organisation(trail: Any, backends: Backends) -> tuple[str, tuple[str, ...]]:
    if not trail.is_org_trail:
        return "", (trail.account_id,)
    backend = backends.of("organizations")[trail.account_id]["aws"]
    members = tuple(str(account.id) for account in backend.accounts) or (trail.account_id,)
    return (str(backend.org.id) if backend.org else ""), members


def wanting(trails: Sequence[Trail], record: Mapping[str, Any]) -> Iterator[Trail]:
    """The trails that a record is for."""
    account, region = record["recipientAccountId"], record["awsRegion"]
    for trail in trails:
        if trail.covers(account, region) and selects(trail, record):
            yield trail


def selects(trail: Trail, record: Mapping[str, Any]) -> bool:
    """Whether a trail's event selectors ask for a record; without any, every management event is asked for."""
    if trail.advanced:
        return any(_advanced(selector, record) for selector in trail.advanced)
    if trail.selectors:
        return any(_basic(selector, record) for selector in trail.selectors)
    return bool(record["managementEvent"])


def _basic(selector: Mapping[str, Any], record: Mapping[str, Any]) -> bool:
    wanted = selector.get("ReadWriteType", "All")
    if wanted != "All" and (wanted == "ReadOnly") != record["readOnly"]:
        return False
    if record["managementEvent"]:
        left_out = selector.get("ExcludeManagementEventSources") or ()
        return bool(selector.get("IncludeManagementEvents", True)) and record["eventSource"] not in left_out
    return any(_is_data_of(wanted, record) for wanted in selector.get("DataResources") or ())


def _is_data_of(wanted: Mapping[str, Any], record: Mapping[str, Any]) -> bool:
    return any(
        resource.get("type") == wanted.get("Type") and _starts(str(resource.get("ARN", "")), wanted.get("Values") or ())
        for resource in record.get("resources", ())
    )


def _starts(arn: str, values: Sequence[str]) -> bool:
    """`arn:aws:s3` means every bucket, `arn:aws:s3:::name/` every object of one."""
    return any(arn.startswith(value) for value in values)


def _advanced(selector: Mapping[str, Any], record: Mapping[str, Any]) -> bool:
    return all(_field(wanted, record) for wanted in selector.get("FieldSelectors") or ())


def _field(wanted: Mapping[str, Any], record: Mapping[str, Any]) -> bool:
    value = _value(str(wanted.get("Field", "")), record)
    tests = {
        "Equals": lambda given: value in given,
        "NotEquals": lambda given: value not in given,
        "StartsWith": lambda given: value.startswith(tuple(given)),
        "NotStartsWith": lambda given: not value.startswith(tuple(given)),
        "EndsWith": lambda given: value.endswith(tuple(given)),
        "NotEndsWith": lambda given: not value.endswith(tuple(given)),
    }
    return all(test(wanted[name]) for name, test in tests.items() if wanted.get(name))


def _value(name: str, record: Mapping[str, Any]) -> str:
    if name.startswith("resources."):
        key = name.removeprefix("resources.")
        found = next((resource for resource in record.get("resources", ()) if key in resource), {})
        return str(found.get(key, ""))
    value = record.get(name, "")
    return str(value).lower() if isinstance(value, bool) else str(value)
