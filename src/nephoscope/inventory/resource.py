"""A reader: how one resource type is read. A new one is one file in `resources/`."""

from __future__ import annotations

import re
import threading
from abc import ABC, abstractmethod
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from nephoscope.model.errors import AccessDenied, CloudError
from nephoscope.model.item import Item, Relationship

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from nephoscope.clouds.aws import Aws

ABSENT = re.compile(r"NotFound|NoSuch|NonExist|DoesNotExist|Malformed$|NotExist")
DENIED = re.compile(r"([\w-]+:\w+) was denied")
GLOBAL = "global"
SIDE_BY_SIDE = 6


@dataclass
class Memo:
    """What several readers of one pass ask for is asked once per account."""

    _values: dict[Any, Any] = field(default_factory=dict[Any, Any])
    _locks: dict[Any, threading.Lock] = field(default_factory=dict[Any, threading.Lock])
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def once(self, key: Any, make: Callable[[], Any]) -> Any:
        """The value of `make`, called once per key; its error is raised to each who asks."""
        with self._lock:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            if key not in self._values:
                try:
                    self._values[key] = (make(), None)
                except CloudError as error:
                    self._values[key] = (None, error)
        value, error = self._values[key]
        if error is not None:
            raise error
        return value


@dataclass(frozen=True)
class View:
    """One account and region, as a reader sees it.

    started_at: when the pass began. is_single: whether there is no pass, and only some resources are read again.
    """

    aws: Aws
    account: str
    region: str
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    memo: Memo = field(default_factory=Memo)
    is_single: bool = False

    def call(self, service: str, operation: str, **params: Any) -> Any:
        """One call; raises AccessDenied and CloudError. The answer may be another reader's, too: it is not changed."""
        asked = (service, operation, repr(sorted(params.items())))
        return self._shared(
            asked, lambda: self.aws.call(service, operation, region=self.region, account=self.account, **params)
        )

    def every(self, service: str, operation: str, key: str, **params: Any) -> Iterator[Any]:
        """The elements under `key` of every page of a call."""
        if self.is_single:
            asked = (service, operation, key, repr(sorted(params.items())))
            yield from self._shared(asked, lambda: list(self._every(service, operation, key, params)))
        else:
            yield from self._every(service, operation, key, params)

    def _every(self, service: str, operation: str, key: str, params: dict[str, Any]) -> Iterator[Any]:
        for page in self.aws.pages(service, operation, region=self.region, account=self.account, **params):
            yield from page.get(key) or ()

    def _shared(self, asked: tuple[str, ...], ask: Callable[[], Any]) -> Any:
        """What is asked; of resources that are read again together, each question goes out once."""
        return self.memo.once((self.account, self.region, *asked), ask) if self.is_single else ask()

    def ahead(self, service: str, operations: Iterable[str], **params: Any) -> None:
        """Ask several things of one resource that is read again side by side; who asks for them then has them."""

        def ask(operation: str) -> None:
            with suppress(CloudError):  # told to whoever asks
                self.call(service, operation, **params)

        if self.is_single:
            with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
                list(pool.map(ask, operations))

    def maybe(self, service: str, operation: str, absent: str = "", **params: Any) -> Any | None:
        """One call; None when the provider says that there is none.

        absent: the error codes that say so, by spaces; empty: any whose name says "not found".
        """
        try:
            return self.call(service, operation, **params)
        except CloudError as error:
            if error.code in absent.split() if absent else is_absent(error):
                return None
            raise

    def arn(self, service: str, resource: str, *, region: str | None = None) -> str:
        """An ARN of this account and region."""
        where = self.region if region is None else region
        return f"arn:{partition_of(self.region)}:{service}:{where}:{self.account}:{resource}"


@dataclass
class Draft:
    """An item in the making: what was read, what could not be.

    Setting a key to None leaves it out, since the provider did not say; `absent` says that there is none.
    region: where the resource lies, if not where it was asked for.
    """

    configuration: dict[str, Any]
    observed: dict[str, Any] = field(default_factory=dict[str, Any])
    not_collected: dict[str, str] = field(default_factory=dict[str, str])
    relationships: list[Relationship] = field(default_factory=list[Relationship])
    arn: str = ""
    name: str = ""
    region: str = ""

    def __setitem__(self, key: str, value: Any) -> None:
        if value is not None:
            self.configuration[key] = value

    def absent(self, key: str) -> None:
        """The provider says that there is none: the key is there, with null."""
        self.known(key, None)

    def known(self, key: str, value: Any | None) -> None:
        """What the provider says of the key: a value, or None when it says that there is none."""
        self.configuration[key] = value

    @contextmanager
    def part(self, *pointers: str) -> Iterator[None]:
        """Read a part of the resource: if that fails the part is not collected, and the rest still comes.

        A "not found" that the reader did not explain means that the resource itself is gone, and is raised.
        """
        try:
            yield
        except CloudError as error:
            if is_absent(error):
                raise
            self.not_collected.update(dict.fromkeys(pointers, cause_of(error)))

    def relate(self, kind: str, resource_type: str, ids: Iterable[str | None] | str | None) -> None:
        """Note that this resource is related to others; ids that are empty are left out."""
        several = [ids] if isinstance(ids, str) else ids or ()
        self.relationships += [Relationship(kind, resource_type, one) for one in dict.fromkeys(several) if one]


class Reader(ABC):
    """How one resource type is read.

    type: CloudFormation's, or one of ours in its manner. is_global: listed once per account, not once per region.
    permissions: every one that its calls need. satellites: top-level properties that other CloudFormation types
    hold, or none, folded in here. ephemeral: pointers whose change makes no revision. makes_calls: whether `draft`
    calls the provider, so that resources are read side by side.
    How CloudTrail's events name a resource of the type: named_by, the keys that hold its id, name or ARN, at any depth
    of request and answer; or id_prefix, with which every such id begins; or is_one_per_account: they do not name it.
    """

    type: ClassVar[str]
    is_global: ClassVar[bool] = False
    permissions: ClassVar[tuple[str, ...]]
    satellites: ClassVar[tuple[str, ...]] = ()
    ephemeral: ClassVar[tuple[str, ...]] = ()
    makes_calls: ClassVar[bool] = False
    named_by: ClassVar[tuple[str, ...]] = ()
    id_prefix: ClassVar[str] = ""
    is_one_per_account: ClassVar[bool] = False

    @abstractmethod
    def find(self, view: View) -> Iterator[Any]:
        """Every resource of the type, as the listing call gives it. Raises CloudError when it cannot be listed."""

    @abstractmethod
    def get(self, view: View, id: str) -> Any | None:
        """One resource, as `find` would give it; None when it is not there."""

    @abstractmethod
    def draft(self, view: View, found: Any) -> Draft | None:
        """What is known of a found resource; None if it turns out to be the provider's own."""

    @abstractmethod
    def id(self, configuration: dict[str, Any]) -> str:
        """CloudFormation's primary identifier."""

    def item(self, view: View, found: Any) -> Item | None:
        """The configuration item of a found resource; None if it is the provider's own."""
        draft = self.draft(view, found)
        if draft is None:
            return None
        configuration = draft.configuration
        tags = tags_of(configuration)
        return Item(
            type=self.type,
            id=self.id(configuration),
            account=view.account,
            region=draft.region or (GLOBAL if self.is_global else view.region),
            configuration=configuration,
            observed={key: value for key, value in draft.observed.items() if value is not None},
            not_collected=draft.not_collected,
            relationships=tuple(draft.relationships),
            arn=draft.arn or str(configuration.get("Arn", "")),
            name=draft.name or tags.get("Name", "") or self.id(configuration),
            tags=tags,
            captured_at=datetime.now(UTC),
        )

    def read(self, view: View, id: str) -> Item | None:
        """One resource now; None when it is deleted. Raises CloudError when that cannot be told."""
        try:
            found = self.get(view, id)
            return None if found is None else self.item(view, found)
        except CloudError as error:
            if is_absent(error):
                return None
            raise


def partition_of(region: str) -> str:
    """The part of AWS that a region belongs to; accounts of one know nothing of the others.

    Source: https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html
    """
    return "aws-cn" if region.startswith("cn-") else "aws-us-gov" if "-gov-" in region else "aws"


def is_absent(error: CloudError) -> bool:
    """Whether the provider says that what was asked for is not there."""
    return not isinstance(error, AccessDenied) and bool(ABSENT.search(error.code))


def cause_of(error: CloudError) -> str:
    """Why something could not be read, as items and gaps say it."""
    if isinstance(error, AccessDenied):
        return f"{error.permission} was denied"
    return f"{error.call} answered {error.code}: {error.message[:200]}".rstrip(": ")


def permission_in(cause: str) -> str:
    """The permission that a cause says was denied, empty if it says something else."""
    said = DENIED.fullmatch(cause)
    return said[1] if said else ""


def tags_of(configuration: dict[str, Any]) -> dict[str, str]:
    """Tags by key, from a list of `Key` and `Value` or from an object."""
    tags = configuration.get("Tags") or ()
    if isinstance(tags, dict):
        return dict(tags)
    return {tag["Key"]: tag.get("Value", "") for tag in tags}


class Described(Reader):
    """A type whose resources one paged call gives whole, all of them or those asked for by id.

    service, operation, elements: the call, and the key under which its pages hold resources. by: the parameter that
    takes a list of ids. params: further parameters; page_size: where the service leaves it to the caller.
    """

    service: ClassVar[str]
    operation: ClassVar[str]
    elements: ClassVar[str]
    by: ClassVar[str]
    params: ClassVar[dict[str, Any]] = {}
    page_size: ClassVar[int] = 0

    def find(self, view: View) -> Iterator[Any]:
        paging = {"PaginationConfig": {"PageSize": self.page_size}} if self.page_size else {}
        return view.every(self.service, self.operation, self.elements, **self.params, **paging)

    def get(self, view: View, id: str) -> Any | None:
        wanted: dict[str, Any] = {**self.params, self.by: [id]}
        answer = view.maybe(self.service, self.operation, **wanted)
        found = (answer or {}).get(self.elements) or [None]
        return found[0]
