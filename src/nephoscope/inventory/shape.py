"""From the provider's shapes to CloudFormation's."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def pick(found: Mapping[str, Any], *names: str, **renamed: str) -> dict[str, Any]:
    """Some properties of an answer, as they are named there; renamed: `our name = their name`. Null is left out.

    names: each one name, or several by spaces.
    """
    pairs = [(name, name) for several in names for name in several.split()] + list(renamed.items())
    return {ours: plain(found[theirs]) for ours, theirs in pairs if found.get(theirs) is not None}


def plain(value: Any) -> Any:
    """The value as JSON has it: times as ISO 8601 in UTC."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: plain(element) for key, element in value.items() if element is not None}
    if isinstance(value, (list, tuple)):
        return [plain(element) for element in value]
    return value


def pascal(value: Any) -> Any:
    """Keys with their first letter raised, all the way down: `publicAccessCidrs` → `PublicAccessCidrs`."""
    if isinstance(value, dict):
        return {key[:1].upper() + key[1:]: pascal(element) for key, element in value.items() if element is not None}
    if isinstance(value, list):
        return [pascal(element) for element in value]
    return plain(value)


def key_values(tags: Mapping[str, str] | None) -> list[dict[str, str]]:
    """Tags as CloudFormation lists them, from an object."""
    return [{"Key": key, "Value": value} for key, value in sorted((tags or {}).items())]


def own_tags(tags: Iterable[Mapping[str, str]] | None) -> list[dict[str, str]]:
    """Tags as CloudFormation lists them, from a list; keys may be lower case; AWS's own `aws:` tags stay."""
    pairs = ((tag.get("Key") or tag.get("key") or "", tag.get("Value") or tag.get("value") or "") for tag in tags or ())
    return [{"Key": key, "Value": value} for key, value in sorted(pairs)]


def document(text: Any) -> Any:
    """A policy document: JSON text, percent-encoded or not, or already decoded; text that is not JSON stays as it is.

    Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_PolicyVersion.html
    """
    if not isinstance(text, str):
        return text
    for form in (text, unquote(text)):
        try:
            return json.loads(form)
        except ValueError:
            continue
    return text


def truth(text: Any) -> bool | None:
    """A boolean that the provider writes as text."""
    return None if text is None else str(text).lower() == "true"


def number(text: Any) -> int | None:
    """A whole number that the provider writes as text."""
    return None if text is None else int(text)


def redacted(place: str, text: str) -> str:
    """A value that may be a secret, so that a change shows and the value does not.

    place: where it stands (resource and name), mixed in so that equal values in two places look different. What the
    value begins with is kept where that says that it names a place (an ARN, a path, an address).
    """
    kind = next((start for start in ("arn:", "https://", "http://", "/", "{{resolve:") if text.startswith(start)), "")
    mark = hashlib.sha256(f"{place}\0{text}".encode()).hexdigest()[:8]
    return f"{kind}[redacted {mark}]"
