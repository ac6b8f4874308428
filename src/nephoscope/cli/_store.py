"""How commands reach the stores of a data folder, and how they print what they find there."""

from __future__ import annotations

import csv
import getpass
import re
import shutil
import sys
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperGroup

from nephoscope.cli.output import print_json, printable
from nephoscope.config import Config, load
from nephoscope.export.text import without_formula
from nephoscope.model.errors import MissingExtra, StoreError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from nephoscope.store.ledger import Ledger

FORMATS = ("", "jsonl", "csv", "table")
SPAN = re.compile(r"(\d{1,5})([smhdw])")
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
CELL, LEAST = 60, 19  # characters of a column, where the terminal has room and where it has not


class ListByDefault(TyperGroup):
    """A group of commands in which `list` need not be said."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not args or (args[0] not in self.commands and args[0] not in ("--help", "-h")):
            args = ["list", *args]
        return super().parse_args(ctx, args)


@contextmanager
def opened_ledger(config: Config) -> Iterator[Ledger]:
    """The ledger that a configuration names; raises StoreError if there is none yet, MissingExtra without `server`."""
    try:
        from nephoscope.store.ledger import open_ledger
    except ImportError:
        raise MissingExtra("Reading the ledger", "server") from None
    file = Path(config.ledger_url.removeprefix("sqlite:///"))
    if config.ledger_url.startswith("sqlite:") and not file.exists():
        raise StoreError(f"There is no ledger in {file.parent}: start `nephoscope up`, or name its folder by --data")
    with open_ledger(config.ledger_url) as ledger:
        yield ledger


def configured(config: Path | None, data: Path | None) -> Config:
    """The configuration, with the data folder that was chosen."""
    return load(config, data)


def chosen_format(text: str) -> str:
    """One of jsonl, csv, table; in a pipe JSON lines unless another is asked for."""
    if text not in FORMATS:
        raise typer.BadParameter(f"{text} is none of jsonl, csv, table", param_hint="--format")
    return text or ("table" if sys.stdout.isatty() else "jsonl")


def moment(text: str, option: str) -> datetime | None:
    """`24h`, `7d` (so long ago) or an ISO time (UTC unless it says otherwise); None for an empty text."""
    if not text:
        return None
    if span := SPAN.fullmatch(text):
        return datetime.now(UTC) - timedelta(seconds=int(span[1]) * SECONDS[span[2]])
    return iso(text, option)


def later(text: str, option: str) -> datetime:
    """`30d` (so long from now) or an ISO time."""
    if span := SPAN.fullmatch(text):
        return datetime.now(UTC) + timedelta(seconds=int(span[1]) * SECONDS[span[2]])
    return iso(text, option)


def iso(text: str, option: str) -> datetime:
    """An ISO time, in UTC unless it says otherwise."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text} is neither a span like 24h or 7d nor a time", param_hint=option) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def listed(text: str) -> tuple[str, ...]:
    """The parts of a list with commas."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def identity(by: str) -> str:
    """Who acts: the name given, else the user of this machine."""
    try:
        return by or getpass.getuser()
    except (KeyError, OSError):
        raise typer.BadParameter("this user has no name here: say who acts", param_hint="--by") from None


def print_rows(rows: Iterable[Mapping[str, Any]], columns: Sequence[str], kind: str) -> int:
    """Print rows as JSON lines, CSV or a table; returns how many. In a table and CSV only `columns` are shown."""
    if kind == "jsonl":
        return sum(1 for row in rows if print_json(row) is None)
    if kind == "csv":
        return _print_csv(rows, columns)
    return _print_table(list(rows), columns)


def _print_csv(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> int:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(columns)
    lines = ([without_formula(_text(row.get(name))) for name in columns] for row in rows)
    return sum(1 for line in lines if writer.writerow(line))


def _print_table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> int:
    lines = [list(columns), *([printable(_text(row.get(name))) for name in columns] for row in rows)]
    widths = [min(CELL, max(len(line[place]) for line in lines)) for place in range(len(columns))]
    room = shutil.get_terminal_size().columns if sys.stdout.isatty() else sys.maxsize
    if not _narrow(widths, room):
        print("\n".join(text for line in lines[1:] for text in _wrapped(columns, line, room)))
        return len(rows)
    for line in lines:
        cells = (_fitted(cell, width) for cell, width in zip(line, widths, strict=True))
        print("  ".join(cells).rstrip())
    return len(rows)


def _narrow(widths: list[int], room: int) -> bool:
    """Take from the widest columns what the terminal has no room for; answers whether that was enough."""
    while (over := sum(widths) + 2 * (len(widths) - 1) - room) > 0:
        widest = max(widths)
        if widest <= LEAST:
            return False
        widths[widths.index(widest)] = max(LEAST, widest - over)
    return True


def _wrapped(names: Sequence[str], cells: Sequence[str], room: int) -> Iterator[str]:
    """A row for which the terminal is too narrow: names and values, over several lines."""
    line = ""
    for name, cell in zip(names, cells, strict=True):
        text = f"{name} {cell}"
        if not cell:
            continue
        if line and len(line) + 2 + len(text) > room:
            yield line
            line = ""
        line = f"{line}  {text}" if line else _cut(text if name == names[0] else f"    {text}", room)
    yield line


def _cut(text: str, room: int) -> str:
    return text if len(text) <= room else text[: room - 1] + "…"


def _fitted(cell: str, width: int) -> str:
    return _cut(cell, width).ljust(width)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    if isinstance(value, list | tuple):
        return " ".join(map(str, value))
    return str(value)
