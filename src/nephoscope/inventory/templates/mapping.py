"""Terraform's resources → CloudFormation's shape, as each service's mapping says.

An attribute without an entry takes its own name in CloudFormation's spelling (`kms_key_id` is KmsKeyId); a nested block
without one is left out.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nephoscope.inventory.templates.cloudformation import NAMES
from nephoscope.inventory.templates.fold import Declared, Fold
from nephoscope.inventory.templates.unresolved import Unresolved, settle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from nephoscope.inventory.templates.terraform import Resource

MAX_POLICY = 1_000_000


@dataclass(frozen=True)
class One:
    """A nested block that CloudFormation has as one object. into: a property or a path `A.B`; empty: the parent's."""

    into: str
    names: Mapping[str, Target] = field(default_factory=dict[str, Any])


@dataclass(frozen=True)
class Many:
    """Nested blocks that CloudFormation has as a list of objects."""

    into: str
    names: Mapping[str, Target] = field(default_factory=dict[str, Any])


@dataclass(frozen=True)
class Json:
    """A text that holds JSON, which CloudFormation has as an object."""

    into: str


@dataclass(frozen=True)
class Via:
    """A value that is not only renamed. make: gets the value; parts of it may be Unresolved, all of it is not."""

    into: str
    make: Callable[[Any], Any]


Target = str | One | Many | Json | Via | None


@dataclass(frozen=True)
class To:
    """What a Terraform type becomes. names: its attributes and blocks; None leaves one out.

    defaults: the provider's, where they are not what CloudFormation takes. folds: the parents it is a part of.
    reshape: changes the values before they are named.
    """

    type: str
    names: Mapping[str, Target] = field(default_factory=dict[str, Any])
    defaults: Mapping[str, Any] = field(default_factory=dict[str, Any])
    folds: tuple[Fold, ...] = ()
    reshape: Callable[[Mapping[str, Any]], Mapping[str, Any]] = lambda values: values


def declared_of(resource: Resource, types: Mapping[str, To]) -> Declared:
    """A resource in CloudFormation's shape; of a type that no mapping knows, in its own."""
    narrower = f"{resource.type}.{resource.values.get('type')}"
    to = types.get(narrower) or types.get(resource.type) or To(resource.type)
    found = dict(to.defaults) | shaped(to.reshape(resource.values), to.names)
    properties, holes = settle(found)
    name = next((value for key in NAMES if isinstance(value := properties.get(key), str)), "")
    return Declared(
        to.type, resource.address, properties, resource.line, resource.file, resource.address, holes, name, to.folds
    )


def shaped(values: Mapping[str, Any], names: Mapping[str, Target]) -> dict[str, Any]:
    """A block's values under CloudFormation's names."""
    found: dict[str, Any] = {}
    for key, value in values.items():
        if value is None:
            continue
        target = names.get(key, _auto(key, value))
        if target is None:
            continue
        made = _made(target, value)
        for place in _places(target) if isinstance(made, Unresolved) else (_into(target),):
            _put(found, place, made)
    return found


def _places(target: Target) -> Iterator[str]:
    """All the properties that a target sets."""
    if isinstance(target, One) and not target.into:
        for inner in target.names.values():
            yield from _places(inner)
    elif place := _into(target):
        yield place


def _auto(key: str, value: Any) -> Target:
    if key in ("tags", "tags_all"):
        return Via("Tags", tags) if key == "tags" else None
    is_block = isinstance(value, list) and any(isinstance(each, dict) for each in value)
    return None if is_block else pascal(key)


def pascal(key: str) -> str:
    """`kms_key_id` → `KmsKeyId`."""
    return "".join(part[:1].upper() + part[1:] for part in key.split("_"))


def tags(value: Any) -> Any:
    """A table of tags as CloudFormation lists them."""
    return [{"Key": key, "Value": each} for key, each in value.items()] if isinstance(value, dict) else value


def _into(target: Target) -> str:
    return target if isinstance(target, str) else target.into if target else ""


def _made(target: Target, value: Any) -> Any:
    if isinstance(value, Unresolved):
        return value
    match target:
        case One(names=names):
            blocks = blocks_of(value)
            first = blocks[0] if blocks else None
            return shaped(first, names) if isinstance(first, dict) else first
        case Many(names=names):
            return [each if isinstance(each, Unresolved) else shaped(each, names) for each in blocks_of(value)]
        case Json():
            return json_of(value)
        case Via(make=make):
            return make(value)
        case _:
            return value


def blocks_of(value: Any) -> list[Any]:
    """A block's instances: blocks are lists, an attribute of the same name may be one object."""
    several = value if isinstance(value, list) else [value]
    return [each for each in several if isinstance(each, (dict, Unresolved))]


def json_of(value: Any) -> Any:
    """A policy's text as an object; Unresolved if it is none."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value) if value.strip() else None
    except (ValueError, RecursionError):
        return Unresolved("it is no JSON as far as the template says")


def _put(found: dict[str, Any], path: str, value: Any) -> None:
    if value is None:
        return
    if not path:
        found.update(value if isinstance(value, dict) else {})
        return
    *outer, last = path.split(".")
    for step in outer:
        found = found.setdefault(step, {})
        if not isinstance(found, dict):
            return
    if isinstance(value, dict) and isinstance(found.get(last), dict):
        value = found[last] | value
    found[last] = value
