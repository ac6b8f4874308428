"""What a template does not say: values that are known only when it is deployed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Unresolved:
    """A value that cannot be known from the template; cause says why."""

    cause: str


@dataclass(frozen=True)
class Elsewhere(Unresolved):
    """A text of which only parts are known, or the name of something outside. text: as far as it is known."""

    text: str = ""


TOO_LARGE = Unresolved("it is larger, or deeper, than any template needs")
UNKNOWN = "${unknown}"
NAMING = ("Id", "ID", "Arn", "ARN", "Profile", "Arns", "Ids")
MAX_WEIGHT = 300_000
MAX_TEXT = 3_000_000
TEXT_WEIGHT = 10  # characters that count as one value


def partly(hole: Unresolved, text: str, known: str) -> Unresolved:
    """A text with an unresolved part; known: its other parts, without which nothing is known of it."""
    return Elsewhere(hole.cause, text) if known.strip() and hole is not TOO_LARGE else hole


def settle(value: Any) -> tuple[Any, dict[str, str]]:
    """A value without its unresolved parts, and those parts as {JSON pointer: cause}.

    In objects they are left out, in lists null stands in their place, so that positions stay. Where only a name can
    stand (`KmsKeyId`), that of something elsewhere is enough: it is known to be set. What is known of a boot script
    stands beside it, as `UserDataPart`.
    """
    holes: dict[str, str] = {}
    return _settled(value, "", holes), holes


def _settled(value: Any, pointer: str, holes: dict[str, str]) -> Any:
    if isinstance(value, Elsewhere) and pointer.endswith(NAMING):
        return value.text
    if isinstance(value, Unresolved):
        holes[pointer] = value.cause
        return None
    if isinstance(value, dict):
        settled = {key: _settled(each, f"{pointer}/{escape(key)}", holes) for key, each in value.items()}
        script = dict.get(value, "UserData")
        part = {"UserDataPart": script.text} if isinstance(script, Elsewhere) else {}
        return {key: each for key, each in settled.items() if f"{pointer}/{escape(key)}" not in holes} | part
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


def weigh(value: Any) -> int:
    """How many values one holds, each counted as often as it is reached; in time linear in the distinct ones."""
    return _weight(value, {})


def _weight(value: Any, known: dict[int, int]) -> int:
    if isinstance(value, str):
        return 1 + len(value) // TEXT_WEIGHT
    if not isinstance(value, (dict, list)):
        return 1
    if id(value) not in known:
        inner = dict.values(value) if isinstance(value, dict) else value
        known[id(value)] = 1 + sum(_weight(each, known) for each in inner)
    return known[id(value)]


def bounded(value: Any) -> Any:
    """The value, or Unresolved if it has grown absurdly: names that hold names twice double with each step."""
    try:
        return value if weigh(value) <= MAX_WEIGHT else TOO_LARGE
    except RecursionError:
        return TOO_LARGE
