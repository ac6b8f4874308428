"""Terraform's plan as JSON (`terraform show -json`) → resources.

What is known only after the plan is carried out is unresolved; where the configuration says that it comes from another
resource of the plan, it is that reference, as symbolic text.
Source: https://developer.hashicorp.com/terraform/internals/json-format
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from nephoscope.inventory.templates.terraform import Resource
from nephoscope.inventory.templates.unresolved import MAX_WEIGHT, Unresolved, weigh
from nephoscope.model.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MAX_MODULES = 50  # one within the other
UNKNOWN = Unresolved("it is known only after the plan is applied")
ADDRESS = re.compile(r'"address"\s*:\s*("(?:[^"\\]|\\.)*")')
NAMING = frozenset(["id", "arn", "name", "bucket", "function_name", "key_id", "url", "repository"])
INDEX = re.compile(r"\[(?:\d+|\"[^\"]*\")\]")


def is_plan(text: str) -> bool:
    """Whether a text looks like a plan, or a state, as `terraform show -json` prints it."""
    return '"format_version"' in text and ('"planned_values"' in text or '"values"' in text) and '"terraform' in text


def read_plan(text: str, file: str) -> list[Resource]:
    """The managed resources that would be there once the plan is applied. Raises SourceError for what is no plan."""
    try:
        plan = msgspec.json.decode(text)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise SourceError(file, f"is not JSON: {error}") from error
    plan = _table(plan)
    root = _table(plan.get("planned_values") or plan.get("values")).get("root_module")
    if not isinstance(root, dict):
        raise SourceError(file, "is no plan: it has no planned_values; print it with `terraform show -json PLAN`")
    changes = _rows(plan.get("resource_changes"))
    unknown = {each.get("address"): _table(each.get("change")).get("after_unknown") for each in changes}
    found = [(each, _table(_table(plan.get("configuration")).get("root_module"))) for each in _managed(root, 0)]
    addresses = frozenset(str(each.get("address")) for each, _ in found)
    reader = _Reader(file, unknown, addresses, _lines(text))
    return [reader.resource(each, configuration) for each, configuration in found]


def _table(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _rows(value: Any) -> list[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _managed(module: Mapping[str, Any], depth: int) -> Iterator[Mapping[str, Any]]:
    for each in _rows(module.get("resources")):
        if each.get("mode", "managed") == "managed" and isinstance(each.get("type"), str):
            yield each
    for child in _rows(module.get("child_modules")) if depth < MAX_MODULES else ():
        yield from _managed(child, depth + 1)


def _lines(text: str) -> dict[str, int]:
    """The line on which each address first stands, from 1."""
    found: dict[str, int] = {}
    line, at = 1, 0
    for match in ADDRESS.finditer(text):
        line, at = line + text.count("\n", at, match.start()), match.start()
        found.setdefault(msgspec.json.decode(match[1]), line)
    return found


@dataclass(frozen=True)
class _Reader:
    file: str
    unknown: Mapping[Any, Any]
    addresses: frozenset[str]
    lines: Mapping[str, int]

    def resource(self, planned: Mapping[str, Any], configuration: Mapping[str, Any]) -> Resource:
        address = str(planned.get("address", ""))
        values, line = _table(planned.get("values")), self.lines.get(address, 1)
        if weigh(values) > MAX_WEIGHT:
            raise SourceError(self.file, f"{address[:100]} is absurdly large", f"line {line}")
        expressions = _expressions(configuration, address)
        prefix, _, _ = address.rpartition(f"{planned['type']}.")
        index = INDEX.findall(address.removeprefix(prefix))
        context = _Context(self.addresses, prefix, index[-1] if index else "")
        known = _merged(values, self.unknown.get(address), expressions, context)
        return Resource(planned["type"], address, _table(known), self.file, line)


@dataclass(frozen=True)
class _Context:
    """Where a resource stands: the plan's addresses, its module's prefix, its own index."""

    addresses: frozenset[str]
    prefix: str
    index: str

    def symbol(self, references: Any) -> Any:
        """The text of a reference to one resource of the plan; of several, or of something else, it is not known."""
        if not isinstance(references, list):
            return UNKNOWN
        full = [each for each in references if isinstance(each, str) and each.count(".") > 1]
        targets = {".".join(INDEX.sub("", each).split(".")[:2]) for each in references if isinstance(each, str)}
        if len(targets) != 1 or not full:
            return UNKNOWN
        target, attribute = targets.pop(), full[0].rpartition(".")[2]
        if attribute not in NAMING:
            return UNKNOWN
        for name in (".".join(full[0].split(".")[:2]), f"{target}{self.index}", target, f"{target}[0]"):
            if f"{self.prefix}{name}" in self.addresses:
                return f"${{{self.prefix}{name}.{attribute}}}"
        return UNKNOWN


def _expressions(configuration: Mapping[str, Any], address: str) -> Mapping[str, Any]:
    """What the configuration says of a resource's attributes."""
    plain = INDEX.sub("", address)
    while plain.startswith("module.") and plain.count(".") >= 3:
        _, name, plain = plain.split(".", 2)
        call = _table(_table(configuration.get("module_calls")).get(name))
        configuration = _table(call.get("module"))
    for each in _rows(configuration.get("resources")):
        if each.get("address") == plain:
            return _table(each.get("expressions"))
    return {}


def _merged(known: Any, unknown: Any, expression: Any, context: _Context) -> Any:
    """Planned values with what is unknown in them; an attribute that is unknown and not configured is left out."""
    if unknown is True:
        return context.symbol(_table(expression).get("references"))
    if isinstance(unknown, dict):
        found = dict(_table(known))
        for key, inner in unknown.items():
            whole = expression if "references" in _table(expression) else None
            configured = _table(expression).get(key, whole)
            if inner and (inner is not True or configured):
                found[key] = _merged(found.get(key), inner, configured, context)
        return found
    if isinstance(unknown, list):
        several = known if isinstance(known, list) else []
        return [
            _merged(
                several[place] if place < len(several) else None,
                unknown[place] if place < len(unknown) else None,
                expression[place] if isinstance(expression, list) and place < len(expression) else expression,
                context,
            )
            for place in range(max(len(several), len(unknown)))
        ]
    return known
