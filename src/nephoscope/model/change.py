"""Changes: how one configuration differs from another, path by path."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, cast

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nephoscope.model.item import Item

DEEPEST = 64
# Fields that name an element of a list among its neighbours, the most telling first.
NATURAL_KEYS = (
    ("Id",),
    ("Key",),
    ("Sid",),
    ("PolicyName",),
    ("Egress", "RuleNumber"),
    ("ListenerArn",),
    ("NetworkInterfaceId",),
    ("VolumeId",),
    ("DeviceName",),
    ("IndexName",),
    ("AttributeName",),
    ("DestinationCidrBlock",),
    ("SerialNumber",),
    ("Name",),
)
SECRET = re.compile(r"(?i)(password|passwd|secret_?string|secret_?access_?key|private_?key|token|user_?data)$")
MASK = "[redacted]"


class Kind(StrEnum):
    """What happened at a path."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True)
class Change:
    """One difference. path: JSON pointer; an element that has a natural key goes by it: `/Tags/env/Value`.

    before, after: JSON values; None on the side where there is nothing. What may be a secret is masked.
    """

    path: str
    kind: Kind
    before: Any = None
    after: Any = None

    @property
    def property(self) -> str:
        """The top-level property that the path lies in."""
        return self.path[1:].partition("/")[0].replace("~1", "/").replace("~0", "~")


def digest(configuration: Mapping[str, Any]) -> str:
    """What two configurations share if they are the same but for the order of their keys: 64 hex digits."""
    return hashlib.sha256(msgspec.json.encode(configuration, order="sorted")).hexdigest()


def changes(before: Item | None, after: Item | None) -> tuple[Change, ...]:
    """How an item's durable part differs from an earlier one; None where the resource did not exist.

    What either side did not collect is no change: nobody can say that it is one.
    """
    unknown = tuple({*(before.not_collected if before else ()), *(after.not_collected if after else ())})
    found = differences(before.configuration if before else {}, after.configuration if after else {})
    return tuple(one for one in found if not _is_unknown(one.path, unknown))


def _is_unknown(path: str, unknown: Sequence[str]) -> bool:
    return any(path == pointer or path.startswith(f"{pointer.rstrip('/')}/") for pointer in unknown)


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Change, ...]:
    """How two configurations differ, in order of path.

    Elements of lists are matched by a natural key if every one has it and none twice, else those that are equal are,
    and the rest are gone or new. A list that is only in another order is one change.
    """
    return tuple(sorted(_objects("", before, after, 0), key=lambda change: (change.path, change.kind)))


def _objects(path: str, before: Mapping[str, Any], after: Mapping[str, Any], depth: int) -> Iterator[Change]:
    for key in before.keys() | after.keys():
        here = f"{path}/{_escaped(str(key))}"
        if key not in after:
            yield _change(here, Kind.REMOVED, before[key], None)
        elif key not in before:
            yield _change(here, Kind.ADDED, None, after[key])
        else:
            yield from _values(here, before[key], after[key], depth + 1)


def _values(path: str, before: Any, after: Any, depth: int) -> Iterator[Change]:
    if _same(before, after):
        return
    if depth < DEEPEST and isinstance(before, Mapping) and isinstance(after, Mapping):
        yield from _objects(path, cast("Mapping[str, Any]", before), cast("Mapping[str, Any]", after), depth)
    elif depth < DEEPEST and isinstance(before, list) and isinstance(after, list):
        yield from _lists(path, cast("list[Any]", before), cast("list[Any]", after), depth)
    else:
        yield _change(path, Kind.CHANGED, before, after)


def _same(before: Any, after: Any) -> bool:
    """Equal as JSON: true is not 1."""
    return before == after and _text(before) == _text(after)


def _lists(path: str, before: list[Any], after: list[Any], depth: int) -> Iterator[Change]:
    keys = _natural_key(before, after)
    if keys:
        earlier, later = ({_name(one, keys): one for one in elements} for elements in (before, after))
        yield from _objects(path, earlier, later, depth)
        return
    gone, new = _unmatched(before, after), _unmatched(after, before)
    if not gone and not new:
        yield _change(path, Kind.CHANGED, before, after)
    elif len(gone) == len(new) == 1 and gone[0][0] == new[0][0]:
        yield from _values(f"{path}/{gone[0][0]}", gone[0][1], new[0][1], depth + 1)
    else:
        yield from (_change(f"{path}/{place}", Kind.REMOVED, one, None) for place, one in gone)
        yield from (_change(f"{path}/{place}", Kind.ADDED, None, one) for place, one in new)


def _natural_key(before: list[Any], after: list[Any]) -> tuple[str, ...]:
    elements = [*before, *after]
    if not elements or not all(isinstance(one, Mapping) for one in elements):
        return ()
    for keys in NATURAL_KEYS:
        if all(isinstance(one.get(key), (str, int)) for one in elements for key in keys) and all(
            len({_name(one, keys) for one in side}) == len(side) for side in (before, after)
        ):
            return keys
    return ()


def _name(element: Mapping[str, Any], keys: tuple[str, ...]) -> str:
    return " ".join(str(element[key]) for key in keys)


def _unmatched(these: list[Any], others: list[Any]) -> list[tuple[int, Any]]:
    """(place, element) of those that the other list does not have, as often as they are too many."""
    left: dict[bytes, int] = {}
    for one in others:
        left[_text(one)] = left.get(_text(one), 0) + 1
    unmatched: list[tuple[int, Any]] = []
    for place, one in enumerate(these):
        if left.get(_text(one), 0):
            left[_text(one)] -= 1
        else:
            unmatched.append((place, one))
    return unmatched


def _text(value: Any) -> bytes:
    return msgspec.json.encode(value, order="sorted")


def _change(path: str, kind: Kind, before: Any, after: Any) -> Change:
    is_secret = any(SECRET.search(part) for part in path.split("/"))
    return Change(path, kind, _masked(before, is_secret), _masked(after, is_secret))


def masked(value: Any) -> Any:
    """A configuration without what may be a secret."""
    return _masked(value, is_secret=False)


def _masked(value: Any, is_secret: bool, depth: int = 0) -> Any:
    """The value without what may be a secret: texts under a name that says so."""
    if isinstance(value, Mapping) and depth < DEEPEST:
        pairs = cast("Mapping[str, Any]", value).items()
        return {key: _masked(one, is_secret or bool(SECRET.search(str(key))), depth + 1) for key, one in pairs}
    if isinstance(value, list) and depth < DEEPEST:
        return [_masked(one, is_secret, depth + 1) for one in cast("list[Any]", value)]
    return MASK if is_secret and isinstance(value, str) else cast("Any", value)


def _escaped(part: str) -> str:
    """Source: RFC 6901, section 3."""
    return part.replace("~", "~0").replace("/", "~1")
