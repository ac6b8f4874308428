"""What a template does not say: values that are known only when it is deployed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Unresolved:
    """A value that cannot be known from the template; cause says why."""

    cause: str


def settle(value: Any) -> tuple[Any, dict[str, str]]:
    """A value without its unresolved parts, and those parts as {JSON pointer: cause}.

    In objects they are left out, in lists null stands in their place, so that positions stay.
    """
    holes: dict[str, str] = {}
    return _settled(value, "", holes), holes


def _settled(value: Any, pointer: str, holes: dict[str, str]) -> Any:
    if isinstance(value, Unresolved):
        holes[pointer] = value.cause
        return None
    if isinstance(value, dict):
        settled = {key: _settled(each, f"{pointer}/{escape(key)}", holes) for key, each in value.items()}
        return {key: each for key, each in settled.items() if not isinstance(value[key], Unresolved)}
    if isinstance(value, list):
        return [_settled(each, f"{pointer}/{place}", holes) for place, each in enumerate(value)]
    return value


def escape(key: object) -> str:
    """A key as a JSON pointer spells it. Source: RFC 6901."""
    return str(key).replace("~", "~0").replace("/", "~1")


def unresolved_in(*values: Any) -> Unresolved | None:
    """The first unresolved value among some, looked at one level deep."""
    for value in values:
        if isinstance(value, Unresolved):
            return value
        if isinstance(value, list):
            found = next((each for each in value if isinstance(each, Unresolved)), None)
            if found:
                return found
    return None
