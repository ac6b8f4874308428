"""Reads all accounts, regions and resource types side by side; one that fails leaves the others whole."""

from __future__ import annotations

from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from nephoscope.inventory.resource import GLOBAL, Memo, Reader, View, cause_of, is_absent, partition_of, permission_in
from nephoscope.model.coverage import Gap
from nephoscope.model.errors import AccessDenied, CloudError, ConfigError, NephoscopeError
from nephoscope.plugins import load

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from nephoscope.clouds.aws import Aws
    from nephoscope.model.item import Item

WORKERS = 16
HOME = "us-east-1"

Key = tuple[str, str, str, str]


@dataclass(frozen=True)
class Listing:
    """What one pass found of one type in one account and region ("global": all of them).

    gaps: what could not be read; only a listing without any says what is no longer there.
    """

    type: str
    account: str
    region: str
    items: tuple[Item, ...]
    gaps: tuple[Gap, ...] = ()

    @property
    def is_complete(self) -> bool:
        return not self.gaps

    @property
    def unseen(self) -> tuple[Gap, ...]:
        """Its gaps, and those of the parts of resources that could not be read."""
        return (*self.gaps, *part_gaps(self.items))

    def deleted(self, known: Iterable[Key]) -> list[Key]:
        """Which of the resources known before are gone; none unless the listing is complete.

        known: keys (account, region, type, id) of resources not yet known to be deleted.
        """
        if not self.is_complete:
            return []
        here = {item.key for item in self.items}
        return [key for key in known if self._covers(key) and key not in here]

    def _covers(self, key: Key) -> bool:
        account, region, resource_type, _ = key
        return (account, resource_type) == (self.account, self.type) and self.region in (region, GLOBAL)


@dataclass(frozen=True)
class Plan:
    """What to read: readers, and each account's regions. home: where an account's global types are asked for."""

    readers: tuple[Reader, ...]
    regions: Mapping[str, tuple[str, ...]]
    home: str = HOME
    workers: int = WORKERS

    def parts(self) -> list[tuple[Reader, str, str]]:
        """(reader, account, region), those that make most calls first."""
        ordered = sorted(self.readers, key=lambda reader: (not reader.makes_calls, not reader.is_global, reader.type))
        return [
            (reader, account, region)
            for reader in ordered
            for account, regions in self.regions.items()
            for region in ((self.home,) if reader.is_global else regions)
        ]

    @cached_property
    def by_type(self) -> Mapping[str, Reader]:
        """The readers by resource type."""
        return {reader.type: reader for reader in self.readers}

    def covers(self, key: Key) -> bool:
        """Whether a resource is of a type, account and region that are read."""
        account, region, resource_type, _ = key
        reader = self.by_type.get(resource_type)
        return reader is not None and account in self.regions and (reader.is_global or region in self.regions[account])

    def out_of_sight(self, known: Iterable[Key]) -> list[Gap]:
        """Accounts and regions of which something is known and that are not read any more: it may have changed since.

        known: keys of resources that were read at some time.
        """
        left = {
            (key[0], key[1] if key[0] in self.regions else "")
            for key in known
            if key[2] in self.by_type and not self.covers(key)
        }
        why = "is not read any more; what is known of it may have changed since"
        return [
            Gap(
                "read",
                "region" if region else "account",
                f"the {'region' if region else 'account'} {why}",
                account,
                region,
            )
            for account, region in sorted(left)
        ]


@cache
def readers() -> Mapping[str, Reader]:
    """Every reader, by resource type."""
    found = load("nephoscope.inventory.resources", _reader)
    return {reader.type: reader for reader in found.values()}


def _reader(value: object) -> Reader | None:
    return value() if isinstance(value, type) and issubclass(value, Reader) else None


@dataclass
class Inventory:
    """One full pass. `run` yields a Listing per type, account and region as each is done.

    before_each: asked before each part and each resource; may wait, so that what is more urgent comes first.
    """

    aws: Aws
    plan: Plan
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    before_each: Callable[[], None] = lambda: None

    def run(self) -> Iterator[Listing]:
        """Read all parts of the plan, `workers` at a time, and each one's resources side by side."""
        memo = Memo()
        with ThreadPoolExecutor(self.plan.workers) as parts, ThreadPoolExecutor(self.plan.workers) as details:
            waiting: set[Future[Listing]] = {
                parts.submit(self._read, reader, View(self.aws, account, region, self.started_at, memo), details)
                for reader, account, region in self.plan.parts()
            }
            try:
                while waiting:
                    done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                    yield from (future.result() for future in done)
            finally:
                parts.shutdown(wait=False, cancel_futures=True)
                details.shutdown(wait=False, cancel_futures=True)

    def _read(self, reader: Reader, view: View, details: ThreadPoolExecutor) -> Listing:
        self.before_each()
        return read_all(reader, view, details, self.before_each)


def read_all(
    reader: Reader,
    view: View,
    details: ThreadPoolExecutor | None = None,
    before_each: Callable[[], None] = lambda: None,
) -> Listing:
    """Every resource of one type in one account and region. Never raises: what fails becomes a Gap."""

    def item(one: Any) -> Item | Gap | None:
        before_each()
        return _item(reader, view, one)

    found, gaps = _found(reader, view)
    if reader.makes_calls and details is not None:
        answers = list(details.map(item, found))
    else:
        answers = [_item(reader, view, one) for one in found]
    items = tuple(answer for answer in answers if answer is not None and not isinstance(answer, Gap))
    gaps += [answer for answer in answers if isinstance(answer, Gap)]
    return Listing(reader.type, view.account, GLOBAL if reader.is_global else view.region, items, tuple(gaps))


def read_again(aws: Aws, keys: Iterable[Key], workers: int = WORKERS) -> dict[Key, Listing]:
    """Resources again, side by side, each as `read_one` gives it; what they ask in common is asked once."""
    memo = Memo()
    with ThreadPoolExecutor(workers) as pool:
        asked = list(dict.fromkeys(keys))
        return dict(zip(asked, pool.map(lambda key: read_one(aws, key, memo), asked), strict=True))


def read_one(aws: Aws, key: Key, memo: Memo | None = None) -> Listing:
    """One resource again, as soon as an event touched it: its item, or nothing when it is deleted, or why not.

    key: (account, region, type, id), as `touched` gives it. Never raises.
    """
    account, region, resource_type, id = key
    reader = readers()[resource_type]
    view = View(aws, account, HOME if region == GLOBAL else region, memo=memo or Memo(), is_single=True)
    try:
        item = reader.read(view, id)
    except Exception as error:  # noqa: BLE001 - boundary: one resource
        return Listing(resource_type, account, region, (), (gap(reader, view, error),))
    return Listing(resource_type, account, region, (item,) if item else ())


def _found(reader: Reader, view: View) -> tuple[list[Any], list[Gap]]:
    found: list[Any] = []
    try:
        for one in reader.find(view):
            found.append(one)  # noqa: PERF402 - what was listed before an error is kept
    except Exception as error:  # noqa: BLE001 - boundary: one resource type of one account and region
        return found, [gap(reader, view, error)]
    return found, []


def _item(reader: Reader, view: View, found: Any) -> Item | Gap | None:
    try:
        return reader.item(view, found)
    except CloudError as error:
        return None if is_absent(error) else gap(reader, view, error)
    except Exception as error:  # noqa: BLE001 - boundary: one resource of one type
        return gap(reader, view, error)


def gap(reader: Reader, view: View, error: Exception) -> Gap:
    """What could not be read, and why."""
    region = GLOBAL if reader.is_global else view.region
    if isinstance(error, CloudError):
        permission = error.permission if isinstance(error, AccessDenied) else ""
        return Gap("read", reader.type, cause_of(error), view.account, region, permission)
    cause = f"an answer could not be understood: {type(error).__name__}: {error}"
    return Gap("read", reader.type, cause, view.account, region)


def part_gaps(items: Iterable[Item]) -> list[Gap]:
    """What could not be read of resources that were: one gap per account, region, type and part, not per resource."""
    found = [
        Gap("read", f"{item.type}{pointer}", cause, item.account, item.region, permission_in(cause))
        for item in items
        for pointer, cause in item.not_collected.items()
    ]
    return list({each.key: each for each in found}.values())


def reachable(aws: Aws, accounts: Mapping[str, tuple[str, ...]]) -> tuple[dict[str, tuple[str, ...]], list[Gap]]:
    """The regions to read of each account that answers, and why the others do not. Never raises.

    accounts: the regions that were chosen for each; empty for all that are enabled.
    """
    regions: dict[str, tuple[str, ...]] = {}
    gaps: list[Gap] = []
    for account, chosen in accounts.items():
        try:
            _is_meant(aws, account)
            regions[account] = chosen or enabled_regions(aws, account)
        except NephoscopeError as error:
            permission = error.permission if isinstance(error, AccessDenied) else ""
            gaps.append(Gap("read", "account", str(error), account, permission=permission))
    return regions, gaps


def _is_meant(aws: Aws, account: str) -> None:
    """Raise ConfigError for credentials that are another account's: its resources would be taken for this one's."""
    answer = aws.call("sts", "GetCallerIdentity", account=account)
    if answer["Account"] != account:
        raise ConfigError(f"the credentials named for {account} are of {answer['Account']} ({answer['Arn']})")


def clock_of(aws: Aws, account: str) -> datetime | None:
    """What time it is at the provider, to the second, as its events have it; None if it does not say. Never raises."""
    try:
        headers = aws.call("sts", "GetCallerIdentity", account=account)["ResponseMetadata"]["HTTPHeaders"]
        return parsedate_to_datetime(headers["date"])
    except (NephoscopeError, KeyError, TypeError, ValueError):
        return None


def enabled_regions(aws: Aws, account: str) -> tuple[str, ...]:
    """The regions that are switched on for an account, of the partition it is asked in. Raises CloudError."""
    found = aws.call("ec2", "DescribeRegions", account=account)["Regions"]
    enabled = [one["RegionName"] for one in found if one.get("OptInStatus") != "not-opted-in"]
    return tuple(sorted(name for name in enabled if partition_of(name) == partition_of(aws.region)))
