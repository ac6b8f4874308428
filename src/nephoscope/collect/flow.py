"""Flow-log lines → batches by column: fields between single spaces, a header that names them, `-` for none."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import UNSET

from nephoscope.collect.activity import FAILURE, NETWORK_ACTIVITY, SUCCESS, UNKNOWN
from nephoscope.collect.decode import Window
from nephoscope.collect.unzip import LIMITS, Limits, content
from nephoscope.model.errors import SourceError
from nephoscope.model.event import EventBatch, LogSource, moment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import BinaryIO

CHUNK_BYTES = 2 << 20
LINE_BYTES = 1 << 16
DEFAULT = (
    *("version", "account-id", "interface-id", "srcaddr", "dstaddr", "srcport", "dstport", "protocol"),
    *("packets", "bytes", "start", "end", "action", "log-status"),
)
NUMBERS = frozenset(
    ("version", "srcport", "dstport", "protocol", "packets", "bytes", "start", "end", "tcpflags", "trafficpath")
)
STATUS = {"ACCEPT": SUCCESS, "REJECT": FAILURE}
TRAFFIC = 6
REGION = re.compile(r"_vpcflowlogs_([a-z0-9-]+)_")
ENCODER = msgspec.json.Encoder()


def canonical(field: str) -> str:
    """`tcp-flags`, `tcp_flags` and `tcpFlags` are one field."""
    return field.lower().replace("-", "").replace("_", "")


class FlowBatch(EventBatch):
    """Lines of one file. fields: as its header names them; rows: each line's tokens, one after the other."""

    def __init__(self, source: str, log_source: LogSource, columns: Mapping[str, str], origin: str) -> None:
        self.source = source
        self.log_source = log_source
        self.columns = columns
        self.origin = origin
        self.fields: list[str] = []
        self.tokens: list[str] = []
        self.indices: Sequence[int] = range(0)
        self.unreadable = []
        self._columns: dict[str, list[Any]] = {}

    def __len__(self) -> int:
        return len(self.indices)

    def index(self, row: int) -> int:
        return self.indices[row]

    @cached_property
    def _places(self) -> dict[str, int]:
        return {canonical(field): place for place, field in enumerate(self.fields)}

    def values(self, field: str) -> Sequence[Any]:
        name = canonical(field)
        if name not in self._columns:
            place = self._places.get(name)
            if place is None:
                return [UNSET] * len(self)
            known = _Numbers({"-": UNSET}) if name in NUMBERS else _Texts({"-": UNSET})
            self._columns[name] = [known[token] for token in self.tokens[place :: len(self.fields)]]
        return self._columns[name]

    def value(self, field: str, row: int) -> Any:
        return self.values(field)[row]

    def record(self, row: int) -> dict[str, Any]:
        found = {field: self.value(field, row) for field in self.fields}
        return {field: value for field, value in found.items() if value is not UNSET}

    def text(self, row: int) -> str:
        width = len(self.fields)
        return " ".join(self.tokens[row * width : row * width + width])

    @cached_property
    def _times(self) -> tuple[list[datetime], list[tuple[int, str]]]:
        known = _Moments(datetime.now(UTC) + timedelta(days=1))
        times: list[datetime] = []
        notes: list[tuple[int, str]] = []
        for row, (start, end) in enumerate(zip(self.values("start"), self.values("end"), strict=True)):
            found = known[end] or known[start]
            if known[end] is None:
                notes.append((self.index(row), f"end is {'absent' if end is UNSET else repr(end)[:40]}: mended"))
            times.append(found or (times[-1] if times else datetime.fromtimestamp(0, UTC)))
        return times, notes

    @property
    def times(self) -> Sequence[datetime]:
        """When each flow's window closed."""
        return self._times[0]

    def time(self, row: int) -> datetime:
        """When one flow's window closed."""
        return self._times[0][row]

    @property
    def adjusted(self) -> list[tuple[int, str]]:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Rows whose time is not as logged."""
        return self._times[1]

    @cached_property
    def skipped(self) -> list[tuple[int, str]]:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Windows in which the provider says that it lost records."""
        return [
            (self.index(row), f"flow records of {self.value('interface-id', row)} were skipped by AWS (SKIPDATA)")
            for row, status in enumerate(self.values("log-status"))
            if status == "SKIPDATA"
        ]

    def filled(self) -> dict[str, Sequence[Any]]:
        """OCSF columns of every record."""
        moments = _Moments(datetime.max.replace(tzinfo=UTC))
        region = REGION.search(self.origin)
        size = len(self)
        found: dict[str, Sequence[Any]] = {"cloud.region": [region.group(1) if region else ""] * size}
        found |= {
            column: self.values(field) for field, column in self.columns.items() if canonical(field) in self._places
        }
        return found | {
            "time": self.times,
            "start_time": [moments[value] for value in self.values("start")],
            "end_time": [moments[value] for value in self.values("end")],
            "metadata.uid": [f"{self.origin}#{index}" for index in self.indices],
            "class_uid": [NETWORK_ACTIVITY] * size,
            "activity_id": [TRAFFIC] * size,
            "status_id": [STATUS.get(action, UNKNOWN) for action in self.values("action")],
            "cloud.provider": ["AWS"] * size,
            "unmapped": self._leftover(),
        }

    def _leftover(self) -> list[Any]:
        mapped = {canonical(field) for field in self.columns} | (set() if self.adjusted else {"start", "end"})
        rest = [field for field in self.fields if canonical(field) not in mapped]
        known = _Leftovers(rest)
        return [known[row] for row in zip(*(self.values(field) for field in rest), strict=True)] if rest else []

    def ocsf(self, row: int) -> dict[str, Any]:
        """One record's OCSF columns, those that it has."""
        found = {column: values[row] for column, values in self.filled().items() if len(values)}
        return {column: value for column, value in found.items() if value is not UNSET and value is not None}


class _Texts(dict[str, Any]):
    def __missing__(self, token: str) -> str:
        return token


class _Numbers(dict[str, Any]):
    def __missing__(self, token: str) -> Any:
        self[token] = found = int(token) if token.isdecimal() and token.isascii() and len(token) < 20 else token
        return found


class _Moments(dict[Any, "datetime | None"]):
    def __init__(self, latest: datetime) -> None:
        self.latest = latest

    def __missing__(self, value: Any) -> datetime | None:
        found = moment(value)
        self[value] = found = found if found is not None and found <= self.latest else None
        return found


class _Leftovers(dict[tuple[Any, ...], bytes]):
    def __init__(self, fields: list[str]) -> None:
        self.fields = fields

    def __missing__(self, row: tuple[Any, ...]) -> bytes:
        left = {field: value for field, value in zip(self.fields, row, strict=True) if value is not UNSET}
        self[row] = found = ENCODER.encode(left)
        return found


def read_flows(
    stream: BinaryIO, origin: str, log: tuple[str, LogSource, Mapping[str, str]], limits: Limits = LIMITS
) -> Iterator[FlowBatch]:
    """Decode a file of flow records. log: the source's name, log source and columns.

    Raises SourceError after the last line that could be read.
    """
    window = Window(content(stream, origin, limits))
    fields: list[str] = []
    index = 0
    while window.text or not window.ended:
        window.fill(CHUNK_BYTES)
        end = len(window.text) if window.ended else window.text.rfind(b"\n") + 1
        if not end and not window.ended:
            raise SourceError(origin, "a line is too long", f"record {index}, byte {window.offset}")
        lines = [line for line in window.text[:end].decode(errors="replace").split("\n") if line.strip()]
        if not fields and lines:
            fields, lines = _header(lines, origin)
        yield from _batches(fields, lines, FlowBatch(*log, origin), index, limits.batch_records)
        index += len(lines)
        window.drop(end)
    if window.damage is not None:
        raise window.damage


def _header(lines: list[str], origin: str) -> tuple[list[str], list[str]]:
    """The names of the fields, and the lines behind them."""
    first = lines[0].split()
    if lines[0].startswith("PAR1"):
        raise SourceError(origin, "is Parquet: have the flow log delivered as text (FileFormat=plain-text)")
    if all(re.fullmatch(r"[a-z][a-zA-Z0-9_-]*", name) for name in first) and len(first) > 1:
        return first, lines[1:]
    if len(first) == len(DEFAULT) and first[0].isdecimal():
        return list(DEFAULT), lines
    raise SourceError(origin, "has no header that names its fields, and not the fields of the default format", "line 1")


def _batches(fields: list[str], lines: list[str], empty: FlowBatch, first: int, size: int) -> Iterator[FlowBatch]:
    log = (empty.source, empty.log_source, empty.columns, empty.origin)
    for start in range(0, len(lines), size):
        part = lines[start : start + size]
        batch = FlowBatch(*log)
        batch.fields = fields
        batch.indices = range(first + start, first + start + len(part))
        batch.tokens = " ".join(part).split(" ")
        if {line.count(" ") for line in part} != {len(fields) - 1}:
            _sift(batch, part)
        yield batch


def _sift(batch: FlowBatch, lines: list[str]) -> None:
    """Keep only lines that have as many fields as the header, however they are spaced."""
    split = [line.split() for line in lines]
    width = len(batch.fields)
    indexed = list(zip(batch.indices, split, strict=True))
    batch.unreadable = [
        (index, f"has {len(tokens)} fields, not {width}") for index, tokens in indexed if len(tokens) != width
    ]
    kept = [(index, tokens) for index, tokens in indexed if len(tokens) == width]
    batch.indices = [index for index, _ in kept]
    batch.tokens = [token for _, tokens in kept for token in tokens]
