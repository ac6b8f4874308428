"""A path → its packages, by the kind of target that it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from nephoscope import plugins

if TYPE_CHECKING:
    from pathlib import Path

    from nephoscope.agent.packages.package import Found

Look = Callable[["Path", str], Iterator["Found"]]


@dataclass(frozen=True)
class Target:
    """A kind of target.

    look: a path and a platform (`linux/amd64`; only images heed it) → each package, and each problem. Raises OSError
    for a path that cannot be opened. is_one: whether a path is of this kind, told by what it holds and not by its
    name; no path is of two.
    """

    look: Look
    is_one: Callable[[Path], bool]

    def __post_init__(self) -> None:
        for name in ("__module__", "__name__", "__qualname__", "__doc__"):
            object.__setattr__(self, name, getattr(self.look, name))


def target(is_one: Callable[[Path], bool]) -> Callable[[Look], Target]:
    """Make a kind of target of the function that looks at one; it registers nothing."""

    def make(look: Look) -> Target:
        return Target(look, is_one)

    return make


@cache
def targets() -> dict[str, Target]:
    """Every kind of the folder, by file name."""
    return plugins.load("nephoscope.scan.targets", lambda value: value if isinstance(value, Target) else None)


def kind_of(path: Path) -> str:
    """Which kind of target a path is; empty for none. Raises OSError for what cannot be opened."""
    return next((name for name, each in targets().items() if each.is_one(path)), "")
