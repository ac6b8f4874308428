"""Terraform's functions that depend on nothing but their arguments.

Source: https://developer.hashicorp.com/terraform/language/functions
"""

from __future__ import annotations

import base64
import json
import math
import re
from typing import TYPE_CHECKING, Any

from nephoscope.inventory.templates.unresolved import MAX_TEXT, TOO_LARGE, Unresolved, settle

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_RANGE = 100_000
WIDE = re.compile(r"%[^%A-Za-z]*([0-9]{4}|\*)")


def _flatten(values: list[Any]) -> list[Any]:
    return [inner for each in values for inner in (_flatten(each) if isinstance(each, list) else [each])]


def _distinct(values: list[Any]) -> list[Any]:
    return [each for place, each in enumerate(values) if each not in values[:place]]


def _as_list(value: Any) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else list(value)


def _jsonencode(value: Any) -> Any:
    settled, holes = settle(value)
    return Unresolved(next(iter(holes.values()))) if holes else json.dumps(settled, separators=(",", ":"))


def _lookup(table: dict[str, Any], key: str, *default: Any) -> Any:
    if key in table:
        return table[key]
    return default[0] if default else Unresolved(f"lookup: there is no {str(key)[:50]}")


def _element(values: list[Any], place: Any) -> Any:
    return values[int(place) % len(values)] if values else Unresolved("element: the list is empty")


def _one(values: list[Any]) -> Any:
    return values[0] if values else None


def _range(*bounds: Any) -> Any:
    numbers = range(*map(int, bounds))
    return list(numbers) if len(numbers) <= MAX_RANGE else Unresolved("range: too many numbers")


def _format(text: str, *values: Any) -> Any:
    if WIDE.search(text):
        return Unresolved("format: a width that is absurd")
    plain = [str(value).lower() if isinstance(value, bool) else value for value in values]
    return text.replace("%v", "%s").replace("%q", '"%s"') % tuple(plain)


def _replace(text: str, old: str, new: str) -> Any:
    if len(old) > 1 and old.startswith("/") and old.endswith("/"):
        return Unresolved("replace: regular expressions are not supported")
    return text.replace(old, new) if text.count(old) * len(new) <= MAX_TEXT else TOO_LARGE


def _join(separator: str, *lists: list[Any]) -> Any:
    texts = [_text(each) for one in lists for each in one]
    return separator.join(texts) if len(texts) * len(separator) <= MAX_TEXT else TOO_LARGE


def _indent(spaces: Any, text: str) -> Any:
    margin = " " * min(int(spaces), MAX_TEXT)
    return _replace(text, "\n", "\n" + margin)


def _substr(text: str, start: int, length: int) -> str:
    return text[start:] if length < 0 else text[start : start + length]


def _tonumber(value: Any) -> Any:
    number = float(value)
    return int(number) if number.is_integer() else number


def _merge(*tables: Any) -> dict[str, Any]:
    return {key: value for table in tables if table for key, value in table.items()}


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "abs": abs,
    "alltrue": lambda values: all(each in (True, "true") for each in values),
    "anytrue": lambda values: any(each in (True, "true") for each in values),
    "base64decode": lambda text: base64.b64decode(text).decode(),
    "base64encode": lambda text: base64.b64encode(text.encode()).decode(),
    "ceil": math.ceil,
    "chomp": lambda text: text.rstrip("\r\n"),
    "coalescelist": lambda *lists: next((each for each in lists if each), []),
    "compact": lambda values: [each for each in values if each not in (None, "")],
    "concat": lambda *lists: [each for one in lists for each in one],
    "contains": lambda values, wanted: wanted in values,
    "distinct": _distinct,
    "element": _element,
    "endswith": lambda text, end: text.endswith(end),
    "flatten": _flatten,
    "floor": math.floor,
    "format": _format,
    "indent": _indent,
    "index": lambda values, wanted: values.index(wanted),
    "join": _join,
    "jsondecode": json.loads,
    "jsonencode": _jsonencode,
    "keys": lambda table: sorted(table),
    "length": len,
    "lookup": _lookup,
    "lower": lambda text: text.lower(),
    "max": max,
    "merge": _merge,
    "min": min,
    "nonsensitive": lambda value: value,
    "one": _one,
    "range": _range,
    "replace": _replace,
    "reverse": lambda values: values[::-1],
    "sensitive": lambda value: value,
    "setsubtract": lambda left, right: [each for each in left if each not in right],
    "setunion": lambda *sets: _distinct([each for one in sets for each in one]),
    "slice": lambda values, start, end: values[int(start) : int(end)],
    "sort": sorted,
    "split": lambda separator, text: text.split(separator) if text else [],
    "startswith": lambda text, start: text.startswith(start),
    "substr": _substr,
    "sum": sum,
    "title": lambda text: text.title(),
    "tobool": lambda value: value in (True, "true"),
    "tolist": _as_list,
    "tomap": dict,
    "tonumber": _tonumber,
    "toset": lambda values: _distinct(_as_list(values)),
    "tostring": _text,
    "trim": lambda text, cut: text.strip(cut),
    "trimprefix": lambda text, start: text.removeprefix(start),
    "trimspace": lambda text: text.strip(),
    "trimsuffix": lambda text, end: text.removesuffix(end),
    "upper": lambda text: text.upper(),
    "values": lambda table: [table[key] for key in sorted(table)],
    "zipmap": lambda keys, values: dict(zip(keys, values, strict=True)),
}
