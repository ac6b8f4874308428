"""A guarded look at an item: what was not collected raises when touched, so that it cannot become a default."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, SupportsIndex, cast, overload

from nephoscope.model.errors import NotCollected

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nephoscope.model.item import Item

Path = tuple[str, ...]
_REQUIRED: Any = object()


def view_of(item: Item) -> View:
    """An item's configuration, with its live facts under `observed`."""
    return guarded({**item.configuration, "observed": item.observed}, item.not_collected)


def guarded(data: Mapping[str, Any], not_collected: Mapping[str, str], reads: set[Path] | None = None) -> View:
    """A mapping in which whatever lies under a pointer of `not_collected` raises NotCollected when touched.

    not_collected: {JSON pointer: cause}. reads: gathers the paths that were touched, for whoever wants to know.
    """
    holes = {_path(pointer): cause for pointer, cause in not_collected.items()}
    return View(data, _Guard(holes, reads), ())


def _path(pointer: str) -> Path:
    """Source: RFC 6901."""
    parts = pointer.removeprefix("/").split("/") if pointer.strip("/") else []
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in parts)


@dataclass(frozen=True)
class _Guard:
    """What one item lacks, by path."""

    holes: Mapping[Path, str]
    reads: set[Path] | None = field(default=None)

    def enter(self, path: Path) -> None:
        """Raise NotCollected if this path, or the whole item, is not known."""
        if self.reads is not None:
            self.reads.add(path)
        if self.holes:
            for known in (path, ()):
                if known in self.holes:
                    raise NotCollected("/".join(path), f"was not collected: {self.holes[known]}")

    def reject_below(self, path: Path) -> None:
        """Raise NotCollected if anything under this path is not known: what stands there would hide it."""
        for hole, cause in self.holes.items():
            if hole[: len(path)] == path:
                raise NotCollected("/".join(hole), f"was not collected: {cause}")

    def knows_any(self, path: Path, keys: Iterable[object]) -> bool:
        """Whether any of some keys below a path is known to be there."""
        return any((*path, str(key)) not in self.holes for key in keys)

    def wrap(self, value: Any, path: Path) -> Any:
        """The value as checks may have it: containers guarded, anything else plain."""
        if isinstance(value, Mapping):
            return View(cast("Mapping[str, Any]", value), self, path)
        if isinstance(value, list | tuple):
            return ListView(cast("Sequence[Any]", value), self, path)
        if self.holes:
            self.reject_below(path)
        return value


class View(Mapping[str, Any]):
    """A mapping of an item, guarded."""

    __slots__ = ("_data", "_guard", "_here")

    def __init__(self, data: Mapping[str, Any], guard: _Guard, path: Path) -> None:
        self._data = data
        self._guard = guard
        self._here = path

    def __getitem__(self, key: str) -> Any:
        path = (*self._here, key)
        self._guard.enter(path)
        if key not in self._data:
            raise NotCollected("/".join(path))
        return self._guard.wrap(self._data[key], path)

    def get(self, key: str, default: Any = None) -> Any:
        """The value, or the default that is documented for its absence."""
        path = (*self._here, key)
        self._guard.enter(path)
        if key not in self._data:
            self._guard.reject_below(path)
            return default
        return self._guard.wrap(self._data[key], path)

    def flag(self, key: str, default: Any = _REQUIRED) -> bool:
        """A boolean, which CloudFormation also writes as text and AWS as 0 or 1. Raises NotCollected for others."""
        value = self[key] if default is _REQUIRED else self.get(key, default)
        if isinstance(value, bool | int) and value in (0, 1):
            return bool(value)
        if isinstance(value, str) and value.lower() in ("true", "false"):
            return value.lower() == "true"
        raise NotCollected("/".join((*self._here, key)), f"is neither true nor false: {str(value)[:40]}")

    def number(self, key: str, default: Any = _REQUIRED) -> int:
        """A whole number; CloudFormation also writes it as text. Raises NotCollected for anything else."""
        value = self[key] if default is _REQUIRED else self.get(key, default)
        if isinstance(value, int | float) and not isinstance(value, bool) and value == value // 1:
            return int(value)
        if isinstance(value, str) and value.removeprefix("-").isascii() and value.removeprefix("-").isdigit():
            return int(value[:20])
        raise NotCollected("/".join((*self._here, key)), f"is not a whole number: {str(value)[:40]}")

    def each(self, key: str, default: Any = _REQUIRED) -> ListView | Sequence[Any]:
        """A list. Raises NotCollected for anything else, so that a wrong shape is not taken for an empty one."""
        value = self[key] if default is _REQUIRED else self.get(key, default)
        if isinstance(value, ListView) or value is default:
            return value
        raise NotCollected("/".join((*self._here, key)), f"is not a list: {str(value)[:40]}")

    def __contains__(self, key: object) -> bool:
        path = (*self._here, str(key))
        self._guard.enter(path)
        if key in self._data:
            return True
        self._guard.reject_below(path)
        return False

    def __iter__(self) -> Iterator[str]:
        for key in self._data:
            self._guard.enter((*self._here, key))
            yield key
        self._reject_hidden()

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __bool__(self) -> bool:
        """What is known of it is enough to say that it is not empty; that it is empty only if all of it is known."""
        self._guard.enter(self._here)
        return self._guard.knows_any(self._here, self._data) or len(self) > 0

    def __eq__(self, other: object) -> bool:
        return _plain(self) == _plain(other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return repr(_plain(self))

    def _reject_hidden(self) -> None:
        self._guard.enter(self._here)
        for hole in self._guard.holes:
            if len(hole) > len(self._here) and hole[: len(self._here)] == self._here:
                key = hole[len(self._here)]
                if key not in self._data:
                    self._guard.reject_below((*self._here, key))


class ListView(Sequence[Any]):
    """A list of an item, guarded."""

    __slots__ = ("_data", "_guard", "_here")

    def __init__(self, data: Sequence[Any], guard: _Guard, path: Path) -> None:
        self._data = data
        self._guard = guard
        self._here = path

    @overload
    def __getitem__(self, index: SupportsIndex) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> list[Any]: ...
    def __getitem__(self, index: SupportsIndex | slice) -> Any:
        if isinstance(index, slice):
            return list(self)[index]
        place = range(len(self))[index]
        path = (*self._here, str(place))
        self._guard.enter(path)
        return self._guard.wrap(self._data[place], path)

    def __iter__(self) -> Iterator[Any]:
        for place, value in enumerate(self._data):
            path = (*self._here, str(place))
            self._guard.enter(path)
            yield self._guard.wrap(value, path)
        self._reject_hidden()

    def __len__(self) -> int:
        self._reject_hidden()
        return len(self._data)

    def __bool__(self) -> bool:
        """As of a mapping."""
        self._guard.enter(self._here)
        return self._guard.knows_any(self._here, range(len(self._data))) or bool(list(self))

    def __eq__(self, other: object) -> bool:
        return _plain(self) == _plain(other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return repr(_plain(self))

    def _reject_hidden(self) -> None:
        self._guard.enter(self._here)
        known = {str(place) for place in range(len(self._data))} if self._guard.holes else ()
        for hole in self._guard.holes:
            if len(hole) > len(self._here) and hole[: len(self._here)] == self._here:
                key = hole[len(self._here)]
                if key not in known:
                    self._guard.reject_below((*self._here, key))


def _plain(value: Any) -> Any:
    """The value without guards; raises NotCollected if any of it is not known."""
    if isinstance(value, View):
        return {key: _plain(value[key]) for key in value}
    if isinstance(value, ListView):
        return [_plain(each) for each in value]
    return value
