import pytest

from nephoscope.model.errors import NotCollected
from nephoscope.model.item import Item
from nephoscope.model.view import guarded, view_of

DENIED = {"/Policy/Statement": "AccessDenied", "/Rules/1": "AccessDenied", "/Gone/Deep": "AccessDenied"}
DATA = {"Policy": {"Version": "1", "Statement": []}, "Rules": [{"a": 1}, None, {"a": 3}], "Name": "x", "Port": "22"}


@pytest.fixture
def view():
    """An item of which a key, an element of a list, and a key of something absent were not read."""
    return guarded(DATA, DENIED)


@pytest.mark.parametrize(
    "touch",
    [
        lambda v: v["Policy"]["Statement"],
        lambda v: v["Policy"].get("Statement"),
        lambda v: "Statement" in v["Policy"],
        lambda v: list(v["Policy"]),
        lambda v: dict(v["Policy"]),
        lambda v: len(v["Policy"]),
        lambda v: list(v["Policy"].items()),
        lambda v: list(v["Policy"].values()),
        lambda v: v["Policy"] == {},
        lambda v: repr(v["Policy"]),
        lambda v: v["Rules"][1],
        lambda v: list(v["Rules"]),
        lambda v: v["Rules"][:2],
        lambda v: {"a": 3} in v["Rules"],
        lambda v: v["Rules"] == [],
        lambda v: v.get("Gone"),
        lambda v: "Gone" in v,
        lambda v: list(v),
        lambda v: len(v),
        lambda v: v == {},
    ],
)
def test_whatever_touches_what_was_not_collected_raises(view, touch):
    with pytest.raises(NotCollected, match="AccessDenied"):
        touch(view)


def test_what_was_collected_can_be_read_beside_what_was_not(view):
    assert view["Policy"]["Version"] == "1"
    assert "Policy" in view
    assert view["Rules"][2]["a"] == 3
    assert {"a": 1} in view["Rules"]
    assert view["Rules"]
    assert view.get("Other", 5) == 5


def test_one_known_part_is_enough_to_say_that_something_is_not_empty():
    view = guarded(
        {"a": {"x": None, "y": 1}, "b": {"x": None}, "c": [None, 1]}, {"/a/x": "Ref", "/b/x": "Ref", "/c/0": "Ref"}
    )
    assert view["a"]
    assert view["c"]
    with pytest.raises(NotCollected):
        bool(view["b"])


def test_an_absent_key_is_not_collected_and_named_with_its_path(view):
    with pytest.raises(NotCollected, match="Policy/Other was not collected"):
        view["Policy"]["Other"]


def test_a_placeholder_does_not_hide_what_was_not_collected_below_it():
    for placeholder in (None, "", "x", 0, {}, []):
        view = guarded({"Policy": placeholder}, {"/Policy/Statement": "AccessDenied"})
        with pytest.raises(NotCollected):
            bool(view["Policy"])


def test_nothing_of_an_item_that_was_not_read_at_all_is_known():
    view = guarded(DATA, {"": "AccessDenied"})
    for touch in (lambda: view["Name"], lambda: "Name" in view, lambda: bool(view), lambda: view.get("Other")):
        with pytest.raises(NotCollected):
            touch()


def test_pointers_are_read_as_rfc_6901_writes_them():
    view = guarded({"a/b": {"c~d": 1}}, {"/a~1b/c~0d": "AccessDenied"})
    with pytest.raises(NotCollected):
        view["a/b"]["c~d"]


def test_a_flag_is_a_boolean_also_as_cloudformation_and_aws_write_it():
    view = guarded({"a": True, "b": "false", "c": "True", "d": 0, "e": "no", "f": None, "g": 2}, {})
    assert [view.flag(key) for key in "abcd"] == [True, False, True, False]
    assert view.flag("absent", False) is False
    for key in "efg":
        with pytest.raises(NotCollected, match="neither true nor false"):
            view.flag(key)


def test_a_number_is_whole_also_as_cloudformation_writes_it():
    view = guarded({"a": 14, "b": "-1", "c": 2.0, "d": "x", "e": True, "f": None, "g": 1.5, "h": "9" * 10_000}, {})
    assert [view.number(key) for key in "abc"] == [14, -1, 2]
    assert view.number("absent", 3) == 3
    assert view.number("h") > 0
    for key in "defg":
        with pytest.raises(NotCollected, match="not a whole number"):
            view.number(key)


def test_what_is_no_list_is_not_an_empty_one():
    view = guarded({"a": [1], "b": "", "c": None, "d": {}, "e": 0}, {})
    assert list(view.each("a")) == [1]
    assert list(view.each("absent", ())) == []
    for key in ("b", "c", "d", "e", "absent"):
        with pytest.raises(NotCollected):
            view.each(key)


def test_live_facts_stand_under_observed_and_are_guarded_likewise():
    item = Item(
        "T", "i", "a", "r", {"Name": "x"}, {"LastUsed": "y", "Seen": "z"}, {"/observed/LastUsed": "AccessDenied"}
    )
    view = view_of(item)
    assert view["observed"]["Seen"] == "z"
    with pytest.raises(NotCollected):
        view["observed"]["LastUsed"]


def test_reads_are_told_to_whoever_wants_to_know():
    reads = set()
    view = guarded(DATA, {}, reads)
    view["Policy"].get("Other")
    assert reads == {("Policy",), ("Policy", "Other")}
