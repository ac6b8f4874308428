"""Python packages: PEP 440."""

from __future__ import annotations

import re

from nephoscope.scan.ecosystem import ecosystem
from nephoscope.scan.version_key import number_key, numbers_key, text_key, without_trailing_zeros

_FORM = re.compile(
    r"v?(?:(?P<epoch>[0-9]+)!)?(?P<release>[0-9]+(?:\.[0-9]+)*)"
    r"(?:[-_.]?(?P<pre>alpha|beta|preview|pre|a|b|c|rc)[-_.]?(?P<pre_number>[0-9]*))?"
    r"(?P<post>-(?P<post_bare>[0-9]+)|[-_.]?(?:post|rev|r)[-_.]?(?P<post_number>[0-9]*))?"
    r"(?P<dev>[-_.]?dev[-_.]?(?P<dev_number>[0-9]*))?"
    r"(?:\+(?P<local>[a-z0-9]+(?:[-_.][a-z0-9]+)*))?",
    re.ASCII,
)
_LOCAL_DIVIDERS = re.compile(r"[-_.]")
_NAME_DIVIDERS = re.compile(r"[-_.]+")
_PRE = {"alpha": b"a", "a": b"a", "beta": b"b", "b": b"b", "c": b"c", "rc": b"c", "pre": b"c", "preview": b"c"}
_LOWEST, _SOME, _HIGHEST = b"\0", b"\1", b"\2"
_LEGACY, _VALID = b"\0", b"\1"
_LEGACY_FORM = re.compile(r"[^\s0-9.]*[0-9.]\S*", re.ASCII)
_LEGACY_PARTS = re.compile(r"[0-9]+|[a-z]+|-")
_LEGACY_WORDS = {"pre": "c", "preview": "c", "-": "final-", "rc": "c", "dev": "@"}


def package_name(name: str) -> str:
    """PEP 503's normal form: lower case, one hyphen for each run of `-`, `_` and `.`."""
    return _NAME_DIVIDERS.sub("-", name).lower()


@ecosystem("PyPI", package_name=package_name)
def pypi(version: str) -> bytes | None:
    """[N!]N(.N)*[{a|b|rc}N][.postN][.devN][+local].

    A text with a digit or a dot that PEP 440 does not know comes before all others, in the order that setuptools had
    for it before version 66; None for any other text.
    Order: 0.1-charmander < 1.0.dev1 < 1.0a1 < 1.0rc1.post1 < 1.0rc2 < 1.0 = v1.0.0 < 1.0+local
        < 1.0.post1 = 1.0-1 < 1.10 < 1!0.1
    Refuses: not-a-version
    Source: https://packaging.python.org/en/latest/specifications/version-specifiers/
    """
    lower = version.lower()
    found = _FORM.fullmatch(lower)
    if found is None:
        return _LEGACY + _legacy_key(lower) if _LEGACY_FORM.fullmatch(lower) else None
    release = without_trailing_zeros(found["release"].split("."))
    post = found["post_bare"] or found["post_number"] or ""
    return b"".join(
        (
            _VALID + number_key(found["epoch"] or "") + numbers_key(release),
            _pre_key(found),
            _SOME + number_key(post) if found["post"] else _LOWEST,
            _SOME + number_key(found["dev_number"]) if found["dev"] else _HIGHEST,
            _local_key(found["local"]),
        )
    )


def _pre_key(found: re.Match[str]) -> bytes:
    """Before the release; a development release of the final one comes before its alphas."""
    if found["pre"]:
        return _SOME + _PRE[found["pre"]] + number_key(found["pre_number"])
    return _LOWEST if found["dev"] and not found["post"] else _HIGHEST


def _local_key(local: str | None) -> bytes:
    parts = _LOCAL_DIVIDERS.split(local) if local else []
    keys = [_HIGHEST + number_key(part) if part.isdigit() else _SOME + text_key(part) for part in parts]
    return b"".join(keys) + _LOWEST


def _legacy_key(version: str) -> bytes:
    """As `pkg_resources` ordered versions before PEP 440: parts as texts, without the zeros before a word."""
    parts: list[str] = []
    for part in _LEGACY_PARTS.findall(version):
        word = str(_LEGACY_WORDS.get(part, part))
        if word[0].isdigit():
            parts.append(word.zfill(8))
        else:
            _drop_before(f"*{word}", parts)
            parts.append(f"*{word}")
    _drop_before("*final", parts)
    return b"".join(text_key(part) for part in [*parts, "*final"])


def _drop_before(word: str, parts: list[str]) -> None:
    while word < "*final" and parts and parts[-1] == "*final-":
        parts.pop()
    while parts and parts[-1] == "00000000":
        parts.pop()
