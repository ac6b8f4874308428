"""SQL that people write: one SELECT over the lake's own tables; nothing else of the machine or the network.

`readonly=1` is not enough: the engine still takes several statements, writes `INTO OUTFILE`, and reads files by the
function `file`, its own insides by `system.…`, and objects of this process. So a statement must be one (no semicolon,
comment or other quoting in which one could hide), it is put into a subselect of ours, and the engine's own syntax tree
of exactly that text must name nothing but known kinds of nodes, our tables, and functions that compute.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NoReturn

from nephoscope.model.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pyarrow as pa

    from nephoscope.store.lake import Lake

TABLES = frozenset(("events", "items", "finding_changes", "verdict_changes"))
TABLE_FUNCTIONS = frozenset(("numbers", "zeros", "values", "generate_series", "generateseries"))
FORBIDDEN_KINDS = frozenset(
    (
        "other",
        "introspection",
        "dictionary",
        "embedded dictionary",
        "ai",
        "machine learning",
        "internal",
        "time series",
        "",
    )
)
COMPUTING = frozenset(
    (
        "transform",
        "identity",
        "materialize",
        "totypename",
        "formatreadablesize",
        "formatreadabledecimalsize",
        "formatreadablequantity",
        "formatreadabletimedelta",
        "parsereadablesize",
        "bar",
        "tuple",
        "array",
        "length",
        "empty",
        "notempty",
        "reverse",
        "tostring",
        "cast",
        "_cast",
        "untuple",
        "countdigits",
        "digits",
        "visiblewidth",
        "neighbor",
        "runningdifference",
        "rownumberinallblocks",
        "ignore",
        "throwif",
        "isconstant",
        "initializeaggregation",
        "finalizeaggregation",
        "concat",
        "substring",
        "lambda",
        "if",
        "in",
        "equals",
        "and",
        "or",
        "not",
        "arrayelement",
        "tupleelement",
        "exists",
    )
)
WINDOW = frozenset(
    (
        "row_number",
        "rank",
        "dense_rank",
        "percent_rank",
        "cume_dist",
        "ntile",
        "lag",
        "lead",
        "laginframe",
        "leadinframe",
        "first_value",
        "last_value",
        "nth_value",
        "denserank",
        "percentrank",
    )
)
COMBINATORS = re.compile(r"(if|array|map|distinct|ornull|ordefault|state|merge|foreach|resample|argmin|argmax)$")
NODES = frozenset(
    (
        "SelectWithUnionQuery",
        "SelectIntersectExceptQuery",
        "SelectQuery",
        "ExpressionList",
        "Literal",
        "Identifier",
        "Function",
        "Subquery",
        "TablesInSelectQuery",
        "TablesInSelectQueryElement",
        "TableExpression",
        "TableIdentifier",
        "TableJoin",
        "ArrayJoin",
        "Asterisk",
        "QualifiedAsterisk",
        "ColumnsRegexpMatcher",
        "ColumnsListMatcher",
        "ColumnsExceptTransformer",
        "ColumnsReplaceTransformer",
        "ColumnsApplyTransformer",
        "ColumnsTransformerList",
        "ASTColumnsReplaceTransformer::Replacement",
        "WithElement",
        "WindowDefinition",
        "WindowListElement",
        "OrderByElement",
        "InterpolateElement",
        "StorageOrderByElement",
        "SampleRatio",
    )
)
DATABASES = ("system", "information_schema", "_temporary_and_external_tables", "default")
PLAIN = re.compile(r"[\x20-\x7e\s]")
NAMED = re.compile(r"([A-Za-z_]\w*)\s+as\s*\(", re.IGNORECASE)
LINE = re.compile(r"^( *)([A-Za-z:]+)(?: (.*?))?(?: \(alias .*\))?(?: \(children \d+\))?$")


class SqlRefused(StoreError):
    """A statement is not one that may be asked; the text says why."""


def asked_of(lake: Lake, sql: str, limit: int) -> pa.Table:
    """The first rows of a statement. Raises SqlRefused, and StoreError with what the engine says of it."""
    import pyarrow as pa

    wrapped = checked(lake, sql, limit)
    content = lake.stream(wrapped, {})
    try:
        return pa.ipc.open_stream(content).read_all()
    except (pa.ArrowInvalid, OSError) as error:
        raise StoreError(f"The lake's answer cannot be read: {error}") from error


def checked(lake: Lake, sql: str, limit: int) -> str:
    """The statement as it is asked. Raises SqlRefused."""
    return f"{_subselect(lake, sql, {})} LIMIT {int(limit)}"


def only_reads(lake: Lake, sql: str, parameters: Mapping[str, Any]) -> str:
    """One statement of a program, without its semicolon, in its own order of rows; refused is what `asked_of` refuses.

    parameters: as it will be asked with them, since one can be a name of a table. Raises SqlRefused.
    """
    _subselect(lake, sql, parameters)
    return _one(sql)


def _one(sql: str) -> str:
    return sql.strip().removesuffix(";")


def _subselect(lake: Lake, sql: str, parameters: Mapping[str, Any]) -> str:
    text = _one(sql)
    bare = "".join(_outside(text))
    wrapped = f"SELECT * FROM (\n{text}\n)"
    named = {name.lower() for name in NAMED.findall(bare)}
    _check_tree(lake.syntax(wrapped, parameters), named, _kinds(lake))
    return wrapped


def _outside(text: str) -> Iterator[str]:
    """What stands outside of quotes, and an apostrophe for each text; only what leaves no doubt where those end."""
    place = 0
    while place < len(text):
        mark = text[place]
        if mark in "'\"`":
            end = _end_of_quote(text, place)
            if mark != "'" and not text[place:end].isprintable():
                raise SqlRefused("A quoted name holds a character that names do not have")
            yield "'" if mark == "'" else text[place + 1 : end - 1]
            place = end
            continue
        if mark in ";#$\\" or text.startswith(("--", "/*"), place) or not PLAIN.match(mark):
            raise SqlRefused(f"One statement without comments may be asked; {mark!r} at {place} is not of one")
        yield mark
        place += 1


def _end_of_quote(text: str, start: int) -> int:
    place = start + 1
    while place < len(text):
        if text[place] == "\\":
            place += 2
            continue
        if text[place] == text[start]:
            return place + 1
        place += 1
    raise SqlRefused(f"The quote at {start} is not closed")


def _kinds(lake: Lake) -> dict[str, tuple[str, bool]]:
    """Of every function of the engine, in lower case: its kinds, and whether it aggregates."""
    kinds = getattr(lake, "_function_kinds", None)
    if kinds is None:
        rows = lake.rows("SELECT name, alias_to, toString(categories) AS kinds, is_aggregate FROM system.functions")
        own = {row["name"].lower(): (row["kinds"].lower(), bool(row["is_aggregate"])) for row in rows}
        kinds = own | {
            row["name"].lower(): own[row["alias_to"].lower()] for row in rows if row["alias_to"].lower() in own
        }
        lake._function_kinds = kinds  # type: ignore[attr-defined]
    return kinds


def _check_tree(tree: str, named: set[str], kinds: dict[str, tuple[str, bool]]) -> None:
    lines = [line for line in tree.splitlines() if line.strip()]
    parent = ""
    for line in lines:
        found = LINE.match(line)
        if found is None or found[2] not in NODES:
            _refuse(f"{line.strip()[:80]} may not be part of it")
        node, name = found[2], _named(found[3])
        if node == "TableIdentifier":
            _check_table(name, named)
        elif node == "Identifier" and name.partition(".")[0].lower() in DATABASES and "." in name:
            _refuse(f"{name} is not of the lake")
        elif node == "Function":
            _check_function(name, kinds, is_table=parent == "TableExpression")
        parent = node


def _named(text: str | None) -> str:
    return (text or "").strip()


def _check_table(name: str, named: set[str]) -> None:
    if name.lower() not in named and name not in TABLES:
        _refuse(f"there is no table {name[:80]} here; there are {', '.join(sorted(TABLES))}")


def _check_function(name: str, kinds: dict[str, tuple[str, bool]], *, is_table: bool) -> None:
    lower = name.lower()
    if is_table:
        if lower not in TABLE_FUNCTIONS:
            _refuse(f"the table function {name[:80]} reaches beyond the lake")
        return
    if lower in COMPUTING or lower in WINDOW or _computes(lower, kinds):
        return
    _refuse(f"the function {name[:80]} is not one that computes from the lake's rows")


def _computes(name: str, kinds: dict[str, tuple[str, bool]]) -> bool:
    bare = name
    while bare not in kinds and (shorter := COMBINATORS.sub("", bare)) != bare:
        bare = shorter
    kind, aggregates = kinds.get(bare, ("", False))
    return aggregates or kind not in FORBIDDEN_KINDS


def _refuse(why: str) -> NoReturn:
    raise SqlRefused(f"Refused: {why}")


def result_of(table: pa.Table) -> tuple[list[str], list[str], list[list[Any]]]:
    """Columns, their types, and rows of values that JSON can say."""
    columns, types = list(table.column_names), [str(field.type) for field in table.schema]
    values = [_plain_column(column) for column in table.columns]
    return columns, types, [list(row) for row in zip(*values, strict=True)] if values else []


def _plain_column(column: Any) -> list[Any]:
    return [_plain(value) for value in column.to_pylist()]


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return str(value)
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {str(name): _plain(each) for name, each in value.items()}
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
