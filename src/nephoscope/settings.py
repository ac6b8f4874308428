"""A table of settings → a dataclass whose fields are its keys; an unknown key is an error naming the nearest one."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from nephoscope.model.errors import ConfigError

T = TypeVar("T")
DURATION = re.compile(r"([0-9]{1,6})([mhd])")
UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
WORDS: Mapping[Any, str] = {str: "text", int: "number", float: "number", bool: "boolean", Path: "path"}


def build(kind: type[T], table: Mapping[str, Any], where: str) -> T:
    """A dataclass from a table; its fields are the keys.

    Raises ConfigError for an unknown key (naming the nearest), a missing one, and a value of another type.
    """
    hints = _hints(kind)
    known = {each.name: each for each in fields(kind) if each.init}  # pyright: ignore[reportArgumentType]
    for key in table:
        if key not in known:
            raise ConfigError(f"{where}: there is no key '{key}'{nearest(key, known)}")
    for each in known.values():
        if each.name not in table and each.default is MISSING and each.default_factory is MISSING:
            raise ConfigError(f"{where}: the key '{each.name}' is missing")
    return kind(**{key: _value(hints[key], value, f"{where}: {key}") for key, value in table.items()})


@dataclass(frozen=True)
class Setting:
    """A key that a table may hold. default: what holds where it is left out, unless it is required."""

    name: str
    type: str
    is_required: bool
    default: Any = None


def settings_of(kind: type[Any]) -> tuple[Setting, ...]:
    """The keys of a dataclass's table, those first that are required."""
    hints = _hints(kind)
    found: list[Setting] = []
    for each in fields(kind):
        if not each.init:
            continue
        is_required = each.default is MISSING and each.default_factory is MISSING
        default = None if each.default is MISSING else each.default
        found.append(Setting(each.name, WORDS.get(hints[each.name], "list"), is_required, default))
    return tuple(sorted(found, key=lambda setting: not setting.is_required))


def _hints(kind: type[Any]) -> dict[str, Any]:
    """The types of a dataclass's fields, and of nothing else that it annotates."""
    hints: dict[str, Any] = {}
    for each in fields(kind):
        owner = next(base for base in kind.__mro__ if each.name in vars(base).get("__annotations__", {}))
        alone = type("Field", (), {"__annotations__": {each.name: each.type}, "__module__": owner.__module__})
        hints |= get_type_hints(alone)
    return hints


def nearest(word: str, known: Mapping[str, Any]) -> str:
    """`; did you mean 'x'?`, or what there is, or nothing."""
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    if close:
        return f"; did you mean '{close[0]}'?"
    return f"; there are {', '.join(sorted(known))}" if known else ""


def _value(hint: Any, value: Any, where: str) -> Any:
    origin, arguments = get_origin(hint), get_args(hint)
    if hasattr(hint, "__dataclass_fields__"):
        return build(hint, _table(value, where), where)
    if origin is tuple:
        if not isinstance(value, list):
            raise ConfigError(f"{where} is not a list")
        return tuple(_value(arguments[0], each, where) for each in value)
    if origin is Mapping:
        inner = arguments[1]
        return {key: _value(inner, each, f"{where}.{key}") for key, each in _table(value, where).items()}
    if Path in (hint, *arguments):
        return Path(_plain(str, value, where)).expanduser().absolute()
    return value if hint is Any else _plain(hint, value, where)


def _plain(hint: type[Any], value: Any, where: str) -> Any:
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, hint) or (isinstance(value, bool) and hint is not bool):
        raise ConfigError(f"{where} is {value!r}, not {'text' if hint is str else f'a {hint.__name__}'}")
    return value


def _table(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ConfigError(f"{where} is not a table")
    return value


def duration(value: object, where: str) -> timedelta:
    """`90m`, `24h` or `7d` as a span of time. Raises ConfigError."""
    found = DURATION.fullmatch(value) if isinstance(value, str) else None
    if found is None or not int(found[1]):
        raise ConfigError(f"{where} is {value!r}, not a time such as '90m', '24h' or '7d'")
    return int(found[1]) * UNITS[found[2]]
