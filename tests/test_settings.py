from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from nephoscope.model.errors import ConfigError
from nephoscope.settings import Setting, build, duration, nearest, settings_of


@dataclass(frozen=True)
class Inner:
    """A table in a table."""

    every_s: float = 1.0


@dataclass(frozen=True)
class Outer:
    """A table with a key of each kind."""

    name: str
    count: int = 3
    is_on: bool = False
    file: Path | None = None
    regions: tuple[str, ...] = ()
    days: Mapping[str, int] = field(default_factory=dict[str, int])
    inner: Inner = field(default_factory=Inner)


def test_a_table_becomes_what_its_fields_say(tmp_path):
    table = {"name": "a", "file": str(tmp_path), "regions": ["r"], "days": {"kev": 1}, "inner": {"every_s": 2}}
    assert build(Outer, table, "x") == Outer("a", 3, False, tmp_path, ("r",), {"kev": 1}, Inner(2.0))  # noqa: FBT003


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({}, "x: the key 'name' is missing"),
        ({"name": "a", "cuont": 1}, "x: there is no key 'cuont'; did you mean 'count'?"),
        ({"name": "a", "count": True}, "x: count is True, not a int"),
        ({"name": 1}, "x: name is 1, not text"),
        ({"name": "a", "regions": "r"}, "x: regions is not a list"),
        ({"name": "a", "days": {"kev": "1"}}, "x: days.kev is '1', not a int"),
        ({"name": "a", "inner": 1}, "x: inner is not a table"),
    ],
)
def test_a_wrong_table_is_refused_with_the_key(table, said):
    with pytest.raises(ConfigError) as refused:
        build(Outer, table, "x")
    assert str(refused.value) == said


def test_keys_are_told_those_first_that_are_required():
    first, second, *_ = settings_of(Outer)
    assert (first, second) == (Setting("name", "text", is_required=True), Setting("count", "number", False, 3))  # noqa: FBT003


def test_spans_of_time_are_minutes_hours_and_days():
    assert [duration(text, "x") for text in ("90m", "24h", "7d")] == [
        timedelta(minutes=90),
        timedelta(hours=24),
        timedelta(days=7),
    ]


@pytest.mark.parametrize("text", ["", "0h", "7", "7w", "-1d", "1h\n", 7, None])
def test_what_is_no_span_of_time_is_refused(text):
    with pytest.raises(ConfigError, match="x is .*, not a time"):
        duration(text, "x")


def test_the_nearest_word_is_named_else_all_there_are():
    assert nearest("debain", {"debian": 1}) == "; did you mean 'debian'?"
    assert nearest("q", {"debian": 1, "alpine": 2}) == "; there are alpine, debian"
    assert nearest("q", {}) == ""
