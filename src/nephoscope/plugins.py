"""Finds sources, resources, checks, incidents: a file's place in the tree is its registration."""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING, TypeVar

from nephoscope.model.errors import ContentError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")


def modules(package: str) -> Iterator[str]:
    """Every module below a package, by full name, in order of name; packages and `_private` files are left out."""
    root = importlib.import_module(package)
    for found in sorted(pkgutil.walk_packages(root.__path__, f"{package}."), key=lambda found: found.name):
        if not found.ispkg and not found.name.rpartition(".")[2].startswith("_"):
            yield found.name


def load(package: str, pick: Callable[[object], T | None]) -> dict[str, T]:
    """The one plugin of every file below a package, by file name.

    pick: answers with the plugin if an attribute of the module is one. Raises ContentError for a file with none or
    several, and for two of one name.
    """
    plugins: dict[str, T] = {}
    for name in modules(package):
        module = importlib.import_module(name)
        own = [value for value in vars(module).values() if getattr(value, "__module__", "") == name]
        found = [plugin for value in own if (plugin := pick(value)) is not None]
        short = name.rpartition(".")[2]
        if len(found) != 1:
            raise ContentError(name, f"holds {len(found)} plugins, not one")
        if short in plugins:
            raise ContentError(name, f"another file is named {short} too")
        plugins[short] = found[0]
    return plugins
