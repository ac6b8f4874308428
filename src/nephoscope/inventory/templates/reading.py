"""Paths → items: which files are templates is told by their content."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from nephoscope.inventory.templates import cloudformation
from nephoscope.inventory.templates.document import parse
from nephoscope.inventory.templates.files import guarded, text_of, walk
from nephoscope.inventory.templates.items import items_of
from nephoscope.inventory.templates.plan import is_plan
from nephoscope.inventory.templates.stacks import read_planned, read_stack, read_stacks
from nephoscope.model.coverage import Gap
from nephoscope.model.item import Item

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

DOCUMENTS = frozenset([".yaml", ".yml", ".json", ".template", ".cfn", ".cform"])
CLOUDFORMATION = re.compile(r"AWSTemplateFormatVersion|\bAWS::[A-Za-z0-9]+::[A-Za-z0-9]+|\bCustom::")


def read(paths: Iterable[Path]) -> Iterator[Item | Gap]:
    """The items of every template among some files and folders, and what could not be read.

    In a folder other files are passed over; a file that is named itself has to be a template.
    """
    for path in paths:
        if path.is_dir():
            yield from _folder(path)
        elif path.suffix == ".tf":
            yield from guarded(path, _terraform(path))
        else:
            yield from guarded(path, _document(path, is_named=True))


def _folder(root: Path) -> Iterator[Item | Gap]:
    modules: set[Path] = set()
    for path in walk(root):
        if isinstance(path, Gap):
            yield path
        elif path.name.endswith((".tf", ".tf.json")):
            modules.add(path.parent)
        elif path.suffix.lower() in DOCUMENTS:
            yield from guarded(path, _document(path, is_named=False))
    if modules:
        yield from read_stacks(root, modules)


def _terraform(path: Path) -> Iterator[Item | Gap]:
    """What one file of a module declares; the others are read with it, as it cannot be understood without."""
    for each in read_stack(path.parent, path.parent.resolve()):
        file = each.place.file if isinstance(each, Item) and each.place else getattr(each, "subject", "")
        if file == str(path) or file.startswith(f"{path}:"):
            yield each


def _document(path: Path, *, is_named: bool) -> Iterator[Item | Gap]:
    text = text_of(path)
    if is_plan(text):
        yield from read_planned(text, str(path))
        return
    if CLOUDFORMATION.search(text) and "Resources" in text:
        document = parse(text, str(path))
        if cloudformation.is_template(document):
            yield from _cloudformation(document, str(path))
            return
    if is_named:
        yield Gap(
            "object", str(path), "is neither a CloudFormation template nor Terraform's (plan: terraform show -json)"
        )


def _cloudformation(document: Any, file: str) -> Iterator[Item | Gap]:
    declared, gaps = cloudformation.declared(document, file)
    yield from gaps
    yield from items_of(declared)
