import json
import random

import pytest
from tests.scan.reports.samples import ALL

from nephoscope.model.errors import SourceError
from nephoscope.scan.scanner_report import format_named, report_formats, word_of


@pytest.mark.parametrize("name", ALL)
def test_a_report_is_known_by_what_it_holds(name):
    assert format_named(ALL[name], "f").name == name
    assert format_named(ALL[name], "f", name).name == name


def test_every_format_has_a_sample():
    assert set(report_formats()) == set(ALL)


@pytest.mark.parametrize("content", [b"", b"{", b"{}", b"[]", b"\xff", b"{" * 100_000, b'{"matches": 7}', b"<xml/>"])
def test_another_file_is_refused_with_its_name(content):
    with pytest.raises(SourceError, match="^f: is no report that is known here"):
        format_named(content, "f")


@pytest.mark.parametrize("name", ALL)
def test_broken_bytes_are_named_and_never_a_crash(name):
    chance = random.Random(7)
    for _ in range(150):
        content = bytearray(ALL[name])
        for _ in range(chance.randrange(1, 6)):
            content[chance.randrange(len(content))] = chance.randrange(256)
        content = content[: chance.choice((len(content), chance.randrange(len(content))))]
        try:
            assert all(told is not None for told in report_formats()[name].read(bytes(content), "f"))
        except SourceError as error:
            assert error.where == "f"  # noqa: PT017


@pytest.mark.parametrize("name", ["trivy", "grype", "syft", "inspector"])
@pytest.mark.parametrize("wrong", [None, 7, "x", [7], {"a": 1}, [[]]])
def test_wrong_types_anywhere_are_never_a_crash(name, wrong):
    def changed(value):
        if isinstance(value, dict):
            yield from ({**value, key: wrong} for key in value)
            yield from ({**value, key: inner} for key in value for inner in changed(value[key]))
        elif isinstance(value, list):
            yield from (
                [*value[:at], inner, *value[at + 1 :]] for at, each in enumerate(value) for inner in changed(each)
            )

    for each in changed(json.loads(ALL[name])):
        list(report_formats()[name].read(json.dumps(each).encode(), "f"))


@pytest.mark.parametrize(
    ("word", "ours"), [("HIGH", "high"), ("Negligible", "low"), ("x", "unknown"), (None, "unknown")]
)
def test_a_scanners_word_is_ours_or_unknown(word, ours):
    assert word_of(word) == ours
