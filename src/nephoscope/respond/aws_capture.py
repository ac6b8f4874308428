"""What captures of AWS share: each answer becomes evidence as it came, each failure a statement of what is missing."""

from __future__ import annotations

import json
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from nephoscope.model.errors import CloudError, Refused, StoreError
from nephoscope.respond.aws_action import InstanceAction
from nephoscope.store.known import MOST

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from nephoscope.model.response import State
    from nephoscope.respond.action import World
    from nephoscope.respond.aws_action import AwsAction

AT_ONCE = 4  # captures that are put into the evidence at the same time
JSON = "application/json"
TEXT = "text/plain; charset=utf-8"


@dataclass(frozen=True)
class InstanceCapture(InstanceAction):
    """Captures something of one EC2 instance, and changes nothing."""

    def state(self, world: World) -> State:
        """Nothing can be put back where nothing changes."""
        del world
        return {}

    def verify(self, world: World, state: State) -> str:
        """What was captured is in the evidence, and what was not is there as a statement."""
        del world, state
        return ""


@dataclass
class Captured:
    """What one action captures. folder: before every name. missing: what could not be captured, and why.

    What came is put into the evidence while the next is asked for; `told` waits until all of it lies there.
    """

    world: World
    action: AwsAction
    folder: str
    missing: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    _keeping: list[tuple[str, Future[str]]] = field(default_factory=list[tuple[str, "Future[str]"]], init=False)
    _hands: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(AT_ONCE, "evidence"), init=False)

    def ask(self, name: str, service: str, operation: str, **params: Any) -> Mapping[str, Any]:
        """One call whose whole answer is kept; empty where it failed, which is said."""
        source = f"{service}:{operation} {json.dumps(params, default=str, sort_keys=True)}"
        try:
            answer = dict(self.action.call(self.world, service, operation, **params))
        except CloudError as error:
            self.lacks(name, error)
            return {}
        self.json(name, answer, source)
        return answer

    def every(self, name: str, service: str, operation: str, key: str, **params: Any) -> list[Any]:
        """A call read to its last page, whose elements are kept; as many as came where it failed, which is said."""
        source = f"{service}:{operation} {json.dumps(params, default=str, sort_keys=True)}"
        found: list[Any] = []
        try:
            found.extend(self.action.every(self.world, service, operation, key, **params))
        except CloudError as error:
            self.lacks(name, error)
            if not found:
                return []
        self.json(name, {key: found}, source)
        return found

    def json(self, name: str, value: object, source: str) -> None:
        """Keep a value as JSON."""
        text = json.dumps(value, indent=1, default=_plain, sort_keys=True, ensure_ascii=False)
        self.keep(f"{name}.json", text.encode(errors="backslashreplace"), JSON, source)

    def text(self, name: str, text: str, source: str) -> None:
        """Keep a text."""
        self.keep(f"{name}.txt", text.encode(errors="backslashreplace"), TEXT, source)

    def keep(self, name: str, content: bytes, media_type: str, source: str) -> None:
        """Keep bytes."""
        put = self._hands.submit(
            self.world.evidence.add,
            f"{self.folder}/{name}",
            content,
            media_type=media_type,
            source=source,
            captured_at=datetime.now(UTC),
        )
        self._keeping.append((name, put))

    def lacks(self, name: str, why: CloudError | Refused | str) -> None:
        """Say that something is missing, and why."""
        permission = str(getattr(why, "permission", ""))
        self.missing.append({"what": f"{self.folder}/{name}", "why": str(why), "permission": permission})

    def rows(self, name: str, said: str, ask: Callable[[], Sequence[State]]) -> int:
        """Keep what the stores know; returns how many rows. That they cannot be read, or give no more, is said."""
        try:
            found = list(ask())
        except StoreError as error:
            self.lacks(name, str(error))
            return 0
        self.json(name, found, f"the lake: {said}")
        if len(found) >= MOST:
            self.lacks(f"{name} beyond {MOST}", f"only the first {MOST} rows are captured")
        return len(found)

    def told(self, **more: Any) -> dict[str, Any]:
        """What the action tells, once all is kept; what is missing is kept as evidence too. Raises CustodyError."""
        if self.missing:
            self.json("not_captured", self.missing, "what could not be captured, and why: it is missing, not absent")
        lacking = [each["what"] for each in self.missing]
        self._hands.shutdown()
        for _, put in self._keeping:
            put.result()
        return {"captured": sorted({name for name, _ in self._keeping}), "missing": lacking, **more}


def profile_of(instance: Mapping[str, Any]) -> str:
    """The name of an instance's profile, empty if it has none."""
    profile: dict[str, str] = instance.get("IamInstanceProfile") or {}
    return profile.get("Arn", "").rpartition("/")[2]


def _plain(value: object) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return value.hex() if isinstance(value, bytes) else str(value)
