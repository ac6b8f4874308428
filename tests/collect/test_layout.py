import msgspec
import pytest
from msgspec import UNSET, Raw, Struct, UnsetType

from nephoscope.collect.layout import Layout, closed, loads
from nephoscope.model.event import LogSource


class Inner(Struct):
    b: str | UnsetType | None = UNSET
    raw: Raw | UnsetType = UNSET


class Outer(Struct):
    a: Inner | UnsetType | None = UNSET
    at: str | UnsetType = msgspec.field(default=UNSET, name="@at")


def layout(**options):
    return Layout("s", LogSource(), Outer, {}, "@at", **options)


def test_a_field_is_reached_as_far_as_structs_go_and_by_text_from_there():
    steps = {name: layout().step(name) for name in ("a.b", "a.raw.x.y", "a", "a.unknown", "@at", "a.b.c", "z")}
    assert {name: (step.path, step.rest) for name, step in steps.items()} == {
        "a.b": (("a", "b"), ""),
        "a.raw.x.y": (("a", "raw"), "x.y"),
        "a": ((), ""),
        "a.unknown": ((), "unknown"),
        "@at": (("at",), ""),
        "a.b.c": ((), "c"),
        "z": ((), ""),
    }


def test_a_closed_struct_refuses_what_it_does_not_have_at_every_depth():
    decoder = msgspec.json.Decoder(closed(Outer))
    decoder.decode(b'{"a": {"b": "x"}, "@at": "y"}')
    for text in (b'{"new": 1}', b'{"a": {"new": 1}}'):
        with pytest.raises(msgspec.ValidationError):
            decoder.decode(text)


def test_fields_without_regard_to_case_by_their_other_names_and_without_translation():
    found = layout(caseless=True, aliases={"op": ("operation", "op")})
    lowered = {"operation": {"value": "write", "localizedvalue": "Write"}, "x": 1}
    assert found.find(lowered, "OP") == "write"
    assert found.find(lowered, "X") == 1
    assert found.find(lowered, "y") is UNSET


@pytest.mark.parametrize(
    ("text", "value"),
    [(b'"\\ud800"', "\ufffd"), (b'"\\ud83d\\ude00"', "\U0001f600"), (b'"\\\\ud800"', "\\ud800"), (b'"\xff"', "\ufffd"),
     (b"1e999", float("inf")), (b'"\\ud800\\udc00\\udc00"', "\U00010000\ufffd")],
)  # fmt: skip
def test_what_is_nearly_json_is_read_without_halves_of_characters(text, value):
    assert loads(text) == value


@pytest.mark.parametrize("text", [b"NaN", b"-Infinity", b"{'a': 1}", b"", b"01"])
def test_what_is_no_json_is_refused(text):
    with pytest.raises(ValueError):  # noqa: PT011  msgspec's and json's own errors are both of this kind
        loads(text)
