"""Folders with Terraform files → items: each root module once, with the local modules that it calls."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from nephoscope.inventory.templates.files import guarded
from nephoscope.inventory.templates.items import items_of
from nephoscope.inventory.templates.mapping import declared_of
from nephoscope.inventory.templates.mappings import TYPES
from nephoscope.inventory.templates.plan import read_plan
from nephoscope.inventory.templates.terraform import called_folders, read_module

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from nephoscope.model.coverage import Gap
    from nephoscope.model.item import Item


def read_stacks(root: Path, folders: set[Path]) -> Iterator[Item | Gap]:
    """The items of every root module among some folders below the scanned one.

    A folder that another calls is read through its caller; those that only call one another are read by themselves.
    """
    calls = {folder.resolve(): called_folders(folder.resolve()) for folder in sorted(folders)}
    called = {each for folder, inner in calls.items() for each in inner if each != folder}
    roots_first = sorted(calls, key=lambda folder: (folder in called, folder))
    read: set[Path] = set()
    for folder in roots_first:
        if folder not in read:
            yield from guarded(_shown(root, folder), read_stack(root, folder))
            read |= _reached(folder, calls)


def _shown(root: Path, folder: Path) -> Path:
    """A folder, resolved, as whoever named the scanned one would name it."""
    return root / folder.relative_to(root.resolve()) if folder.is_relative_to(root.resolve()) else folder


def _reached(folder: Path, calls: dict[Path, set[Path]]) -> set[Path]:
    reached: set[Path] = set()
    waiting = [folder]
    while waiting:
        each = waiting.pop()
        if each not in reached:
            reached.add(each)
            waiting += calls.get(each, ())
    return reached


def read_planned(text: str, file: str) -> Iterator[Item]:
    """The items of a plan. Raises SourceError for what is none."""
    return items_of([declared_of(each, TYPES) for each in read_plan(text, file)])


def read_stack(root: Path, folder: Path) -> Iterator[Item | Gap]:
    """The items of one root module, files named as the scanned folder was.

    folder: resolved.
    """
    resources, gaps = read_module(folder, root.resolve())
    yield from (replace(each, subject=str(root / each.subject)) for each in gaps)
    placed = [replace(each, file=str(root / each.file)) for each in resources]
    yield from items_of([declared_of(each, TYPES) for each in placed])
