"""How commands speak: text for people on a terminal, JSON lines in a pipe, four exit codes."""

from __future__ import annotations

import sys
from enum import IntEnum
from typing import Any

import msgspec

LINE_ENDS = {code: f"\\u{code:04x}" for code in (0x85, 0x2028, 0x2029)}


class Exit(IntEnum):
    """What a command's exit code says."""

    NOTHING = 0  # nothing to act on
    FINDINGS = 1
    UNSEEN = 2  # no findings, but something could not be seen
    USAGE = 64
    BROKEN = 70  # a fault of ours: never the same as findings


def wants_json(chosen: str) -> bool:
    """Whether to print JSON lines: `--format jsonl`, or no format chosen and no terminal."""
    return chosen == "jsonl" or (not chosen and not sys.stdout.isatty())


def print_json(row: Any) -> None:
    """Print one JSON line."""
    sys.stdout.write(json_line(row))


def json_line(row: Any) -> str:
    """One JSON line; what else may end a line for some reader (U+0085, U+2028, U+2029) is escaped."""
    text = msgspec.json.encode(row).decode()
    return (text if text.isascii() else text.translate(LINE_ENDS)) + "\n"


def printable(text: str) -> str:
    """Text from outside, without the control characters that would steer a terminal."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


def warn(text: str) -> None:
    """Say something on standard error."""
    print(printable(text), file=sys.stderr)
